"""The record of a run: opened before the call, settled once after it, closed by others when its process died."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils
from sqlalchemy import Connection, Table, insert, update
from sqlalchemy.exc import IntegrityError

from core.access import ledger
from core.access.ledger import Claim
from core.errors import LimitReached, StoreConflict
from core.llm import repeats, sound
from core.llm.provider import Message
from core.llm.repeats import RUN
from core.schema import AiRequest, AttemptStatus, AttemptView, Caller, Cost, RunResult, Usage, usd
from core.store import AiAttempt, Store
from core.store.models import now
from core.tools import memory
from core.tools.material import Piece
from core.usage import pending

LEASE = timedelta(seconds=30)

ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]


def new_id() -> str:
    """A run id: unique, and later ids sort after earlier ones."""
    return str(uuid_utils.uuid7())


@dataclass(slots=True)
class Attempt:
    """One leg while it is under way, and what is kept of it."""

    number: int
    provider: str
    model: str | None
    started_at: datetime
    messages: tuple[Message, ...] = ()
    parts: Sequence[Mapping[str, Any]] = ()
    pieces: tuple[Piece, ...] = ()
    status: AttemptStatus = "running"
    finish_reason: str | None = None
    error_code: str | None = None
    error: str | None = None
    text: list[str] = field(default_factory=list)
    usage: Usage = Usage()
    raw_usage: Mapping[str, Any] | None = None
    answered_by: str | None = None
    service_tier: str | None = None
    cost: Cost = Cost(nanousd=None, status="unknown")
    latency_ms: int | None = None
    ttft_ms: int | None = None

    def view(self) -> AttemptView:
        return AttemptView(
            number=self.number,
            provider=self.provider,
            model=self.model,
            status=self.status,
            finish_reason=self.finish_reason,
            error_code=self.error_code,
            error=self.error,
            usage=self.usage,
            cost_usd=usd(self.cost.nanousd),
            cost_status=self.cost.status,
            latency_ms=self.latency_ms,
            ttft_ms=self.ttft_ms,
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a run before its call."""

    id: str
    caller: Caller
    request: AiRequest
    prompt: str
    plan: str
    prompt_text: str | None = None
    tier: str | None = None
    route: str = ""
    pieces: tuple[Piece, ...] = ()
    idempotency_key: str | None = None
    claim: Claim | None = None


def open_run(store: Store, opening: Opening, *, owner: str) -> str:
    """Insert the `running` row, with what it reserves, and return its id, or the id of the run that this key already made.

    Errors: `Conflict` when the key came with another request, `LimitReached`, recorded, when a limit has no room for it.
    """
    try:
        return _open(store, opening, owner)
    except LimitReached as reached:
        refuse(store, opening, error_code=reached.code)
        raise
    except StoreConflict:
        if not opening.idempotency_key:
            raise
        return _open(store, opening, owner)  # the same key, a moment earlier: now its run is found


def _open(store: Store, opening: Opening, owner: str) -> str:
    with store.write() as connection:
        if key := opening.idempotency_key:
            if made := repeats.find(connection, opening.caller.name, key, opening.request):
                return made
            repeats.release(connection, opening.caller.name, key)
        values = _row(opening) | {"status": "running", "owner": owner, "lease_until": now() + LEASE}
        connection.execute(insert(RUN).values(**values))
        if opening.claim:  # after the run's own row, as in `settle`, so that the two never wait for each other
            ledger.claim(connection, opening.claim, opening.id)
    return opening.id


def refuse(store: Store, opening: Opening, *, error_code: str) -> None:
    """Keep a refusal: it cost nothing, called nobody, and does not use up its idempotency key."""
    done = {"status": "refused", "error_code": error_code, "finished_at": now(), "idempotency_key": None}
    with store.write() as connection:
        connection.execute(insert(RUN).values(**_row(opening) | done | {"cost_nanousd": 0, "cost_status": "exact"}))
        pending.note(connection, [opening.id])


def settle(
    store: Store, opening: Opening, result: RunResult, attempts: Sequence[Attempt], cost: Cost, *, note: str | None
) -> bool:
    """Write how the run ended, its attempts and what to remember, in one transaction.

    Returns False, and writes nothing, when it is settled already. A run that another process took for dead, because
    its lease could not be renewed in time, is settled all the same: this is what really became of it.
    """
    with store.write() as connection:
        closed = connection.execute(
            update(RUN)
            .where(RUN.c.id == opening.id, RUN.c.status.in_(("running", "abandoned")))
            .values(
                **result.model_dump(
                    mode="json", include={"status", "provider", "model", "answer", "changes", "details"}
                ),
                **result.usage.model_dump(),
                cost_nanousd=cost.nanousd,
                cost_status=cost.status,
                latency_ms=result.latency_ms,
                ttft_ms=result.ttft_ms,
                error_code=next((a.error_code for a in attempts if a.error_code), None),
                context=_context(next((a.pieces for a in reversed(attempts) if a.pieces), opening.pieces)),
                lease_until=None,
                finished_at=now(),
                **_route(opening),
            )
        )
        _settle_limits(connection, opening, result.usage, attempts, cost, recorded=bool(closed.rowcount))
        if not closed.rowcount:
            return False
        if attempts:
            connection.execute(insert(ATTEMPT), [_attempt_row(opening, attempt) for attempt in attempts])
        pending.note(connection, [opening.id])
        if note:
            _remember(connection, opening, note)
    return True


def _remember(connection: Connection, opening: Opening, note: str) -> None:
    """Keep the note unless its job was removed while the run went on: that must not cost the record."""
    user_id, job_id = opening.request.user_id, opening.request.job_id
    with suppress(IntegrityError), connection.begin_nested():
        memory.keep(connection, user_id=user_id, job_id=job_id, text=note, run_id=opening.id)


def renew(store: Store, owner: str, run_ids: Collection[str]) -> None:
    """Prolong the leases of these runs of a process; one whose task has ended unrecorded is left to run out."""
    with store.write() as connection:
        mine = (RUN.c.status == "running") & (RUN.c.owner == owner) & RUN.c.id.in_(run_ids)
        connection.execute(update(RUN).where(mine).values(lease_until=now() + LEASE))


def close_expired(store: Store) -> int:
    """Close the runs whose process died as `abandoned`; what they cost is unknown, so what they held counts as used.

    Returns how many.
    """
    with store.write() as connection:
        expired = (RUN.c.status == "running") & (RUN.c.lease_until < now())
        closed = connection.execute(
            update(RUN)
            .where(expired)
            .values(
                status="abandoned",
                error_code="abandoned",
                cost_status="unknown",
                lease_until=None,
                finished_at=now(),
                idempotency_key=None,  # nothing was answered: the same key may try again
            )
            .returning(RUN.c.id)
        ).all()
        pending.note(connection, [run_id for (run_id,) in closed])
        ledger.forfeit(connection)
    return len(closed)


def _settle_limits(
    connection: Connection, opening: Opening, usage: Usage, attempts: Sequence[Attempt], cost: Cost, *, recorded: bool
) -> None:
    """What was used takes the place of what was held."""
    if opening.claim:
        ledger.settle(
            connection,
            opening.claim,
            opening.id,
            tokens=usage.input_tokens + usage.output_tokens,
            nanousd=cost.nanousd,
            least_nanousd=sum(attempt.cost.nanousd or 0 for attempt in attempts),
            recorded=recorded,
        )


def _route(opening: Opening) -> dict[str, str]:
    """The route in words once more, where there are legs that it could not afford in the end."""
    skipped = opening.claim.skipped if opening.claim else []
    return {"route": "; ".join([opening.route, *skipped])} if skipped else {}


def _row(opening: Opening) -> dict[str, Any]:
    request = opening.request
    return {
        "id": opening.id,
        "caller": opening.caller.name,
        "user_id": request.user_id,
        "feature": request.feature,
        "prompt": opening.prompt,
        "prompt_text": opening.prompt_text,
        "plan": opening.plan,
        "tier": opening.tier,
        "route": opening.route,
        "job_id": request.job_id,
        "request": request.model_dump(mode="json"),
        "request_sha256": repeats.fingerprint(request),
        "idempotency_key": opening.idempotency_key,
        "context": _context(opening.pieces),
        "created_at": now(),
    }


def _context(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """What the model was told of, without its text: labels, ids, hashes, tokens, and what was trimmed."""
    return [
        {"chip": p.chip, "label": p.label, "tokens": p.tokens, "trimmed_from": p.trimmed_from, "source": dict(p.source)}
        for p in pieces
    ]


def _attempt_row(opening: Opening, attempt: Attempt) -> dict[str, Any]:
    return {
        "run_id": opening.id,
        "user_id": opening.request.user_id,
        "number": attempt.number,
        "provider": attempt.provider,
        "model": attempt.model,
        "answered_by": attempt.answered_by,
        "status": attempt.status,
        "finish_reason": attempt.finish_reason,
        "error_code": attempt.error_code,
        "error": attempt.error,
        "messages": [asdict(message) for message in attempt.messages],
        "parts": [dict(part) for part in attempt.parts],
        "text": sound.text("".join(attempt.text)),
        **attempt.usage.model_dump(),
        "usage": attempt.raw_usage,
        "service_tier": attempt.service_tier,
        "price": attempt.cost.price,
        "cost_nanousd": attempt.cost.nanousd,
        "cost_status": attempt.cost.status,
        "latency_ms": attempt.latency_ms,
        "ttft_ms": attempt.ttft_ms,
        "started_at": attempt.started_at.astimezone(UTC),
    }
