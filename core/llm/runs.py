"""The record of a run: opened before the call, settled once after it, closed by others when its process died."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

import uuid_utils
from sqlalchemy import Connection, select, update

from core.access import ledger, settlement
from core.access.ledger import Claim
from core.errors import LimitReached, PlanDenied, StoreConflict, tried
from core.llm import repeats, rows
from core.llm.repeats import RUN
from core.llm.rows import Attempt, Ending, Opening
from core.schema import Cost, RunResult
from core.store import Store
from core.store.columns import now
from core.tools import memory
from core.usage import pending

__all__ = ["Attempt", "Ending", "Opening", "new_id", "open_all", "open_run", "refuse", "settle", "settle_all"]

LEASE = timedelta(seconds=30)


def new_id() -> str:
    """A run id: unique, and later ids sort after earlier ones."""
    return str(uuid_utils.uuid7())


def open_run(store: Store, opening: Opening, *, owner: str) -> str:
    """Insert the `running` row, with what it reserves, and return its id, or the id of the run that this key already made.

    Errors: `Conflict` when the key came with another request, `LimitReached`, recorded, when a limit has no room for it.
    """
    try:
        return _open(store, opening, owner)
    except LimitReached as reached:
        refuse(store, opening, reached)
        raise
    except StoreConflict:
        if not opening.idempotency_key:
            raise
        return _open(store, opening, owner)  # the same key, a moment earlier: now its run is found


def open_all(store: Store, openings: Sequence[Opening], *, owner: str) -> list[str | Exception]:
    """The same for runs that wait together, in one commit where nothing stands against any of them."""
    if 1 < len(openings) <= store.together:
        opened = tried(partial(_opened_together, store, openings, owner))
        if not isinstance(opened, Exception):
            return [_told(opening, *one) for opening, one in zip(openings, opened, strict=True)]
    return [tried(partial(open_run, store, opening, owner=owner)) for opening in openings]


def _open(store: Store, opening: Opening, owner: str) -> str:
    with store.write() as connection:
        opened = _opened(connection, opening, owner)
    return _told(opening, *opened)


def _opened_together(store: Store, openings: Sequence[Opening], owner: str) -> list[tuple[str, bool]]:
    with store.write() as connection:
        return [_opened(connection, opening, owner) for opening in openings]


def _opened(connection: Connection, opening: Opening, owner: str) -> tuple[str, bool]:
    """The run's id, or that of the run its key made, and whether it holds all it asked for."""
    if key := opening.idempotency_key:
        if made := repeats.find(connection, opening.caller.name, key, opening.request):
            return made, True
        repeats.release(connection, opening.caller.name, key)
    rows.OPEN.run(connection, rows.opened(opening) | {"owner": owner, "lease_until": now() + LEASE})
    # After the run's own row, as in `settle`, so that the two never wait for each other.
    return opening.id, not opening.claim or ledger.claim(connection, opening.claim, opening.id)


def _told(opening: Opening, run_id: str, whole: bool) -> str:
    """Once it is committed the claim learns what the run holds."""
    if opening.claim and not whole:
        opening.claim.without_dollars()
    return run_id


def refuse(store: Store, opening: Opening, why: PlanDenied | LimitReached) -> None:
    """Keep a refusal, whose id `why` then says: it cost nothing, called nobody, and does not use up its idempotency key."""
    done = {"status": "refused", "error_code": why.code, "finished_at": now(), "idempotency_key": None}
    with store.write() as connection:
        rows.OPEN.run(connection, rows.opened(opening) | done | {"cost_nanousd": 0, "cost_status": "exact"})
        pending.note(connection, [opening.id])
    why.run_id = opening.id


def settle(
    store: Store, opening: Opening, result: RunResult, attempts: Sequence[Attempt], cost: Cost, *, note: str | None
) -> bool:
    """Write how the run ended, its attempts and what to remember, in one transaction.

    Returns False, and writes nothing, when it is settled already. A run that another process took for dead, because
    its lease could not be renewed in time, is settled all the same: this is what really became of it.
    """
    with store.write() as connection:
        return _settled(connection, [Ending(opening, result, attempts, cost, note)])[0]


def settle_all(store: Store, endings: Sequence[Ending]) -> list[bool | Exception]:
    """The same for runs that ended together, in one commit; one that cannot be settled keeps back none of the others."""
    return store.write_all(_settled, endings)


def _settled(connection: Connection, endings: Sequence[Ending]) -> list[bool]:
    """Of each whether this recorded it. What can be written of all of them at once is."""
    ended = [_ended(connection, one, was="running") for one in endings]
    pending.note(connection, [one.opening.id for one, is_new in zip(endings, ended, strict=True) if is_new])
    told = [is_new or _came_back(connection, one) for one, is_new in zip(endings, ended, strict=True)]
    late = [not so and _ended_late(connection, one) for one, so in zip(endings, told, strict=True)]
    spent = [
        _spent(one.opening.claim, one, recorded=so or is_late, erased=is_late)
        for one, so, is_late in zip(endings, told, late, strict=True)
        if one.opening.claim
    ]
    settlement.settle(connection, spent)
    recorded = [one for one, so in zip(endings, told, strict=True) if so]
    rows.KEEP_LEG.run_all(connection, [rows.leg(one.opening, leg) for one in recorded for leg in one.attempts])
    memory.remember(connection, [_left(one.opening, one.note) for one in recorded if one.note])
    return told


def _ended(connection: Connection, ending: Ending, *, was: str) -> bool:
    """Write the end into the run's row, if its status still is what it was."""
    return bool(rows.SETTLE.run(connection, rows.settled(ending) | {"was": was}))


def _came_back(connection: Connection, ending: Ending) -> bool:
    """The same for one that was taken for dead, and a note of what was added up of it."""
    if not rows.ABANDONED.row(connection, {"run_id": ending.opening.id}):
        return False
    pending.changing(connection, [ending.opening.id])
    return _ended(connection, ending, was="abandoned")


def _ended_late(connection: Connection, ending: Ending) -> bool:
    """The same for one that was erased with its candidate: no record, but what it used is kept as nobody's."""
    legs = [rows.leg(ending.opening, leg) for leg in ending.attempts]
    return pending.ended_late(connection, ending.opening.id, rows.settled(ending), legs)


def _spent(claim: Claim, ending: Ending, *, recorded: bool, erased: bool) -> settlement.Spent:
    usage = ending.result.usage
    return settlement.Spent(
        claim,
        ending.opening.id,
        tokens=usage.input_tokens + usage.output_tokens,
        nanousd=ending.cost.nanousd,
        least_nanousd=sum(attempt.cost.nanousd or 0 for attempt in ending.attempts),
        recorded=recorded,
        erased=erased,
    )


def _left(opening: Opening, note: str) -> memory.Left:
    return memory.Left(opening.request.user_id, opening.request.job_id, note, opening.id)


def renew(store: Store, owner: str, run_ids: Collection[str]) -> set[str]:
    """Prolong the leases of these runs of a process; one whose task has ended unrecorded is left to run out.

    Returns those whose rows are gone: they were erased with their candidate.
    """
    with store.write() as connection:
        mine = (RUN.c.status == "running") & (RUN.c.owner == owner) & RUN.c.id.in_(run_ids)
        connection.execute(update(RUN).where(mine).values(lease_until=now() + LEASE))
        return set(run_ids).difference(connection.execute(select(RUN.c.id).where(RUN.c.id.in_(run_ids))).scalars())


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
        settlement.forfeit(connection)
    return len(closed)
