"""What is known of a run and of its legs, and the rows that keep it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from core.access.ledger import Claim
from core.llm import repeats, sound
from core.llm.provider import Message
from core.llm.repeats import RUN
from core.schema import AiRequest, AttemptStatus, AttemptView, Caller, Cost, RunResult, Usage, usd
from core.store import AiAttempt
from core.store.columns import now
from core.store.statement import Statement
from core.tools.material import Piece

ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]


@dataclass(slots=True)
class Attempt:
    """One leg while it is under way, and what is kept of it."""

    number: int
    provider: str
    model: str | None
    started_at: datetime
    began: float = field(default_factory=time.monotonic)
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


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a run when it has ended, and the `note` that the next one is told."""

    opening: Opening
    result: RunResult
    attempts: Sequence[Attempt]
    cost: Cost
    note: str | None = None


def opened(opening: Opening) -> dict[str, Any]:
    """The row of a run as far as it is known before its call."""
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
        "request": request,
        "request_sha256": repeats.fingerprint(request),
        "idempotency_key": opening.idempotency_key,
        "context": _context(opening.pieces),
        "created_at": now(),
        "status": "running",
        "owner": None,
        "lease_until": None,
        "error_code": None,
        "finished_at": None,
        "cost_nanousd": None,
        "cost_status": "unknown",
    }


def settled(ending: Ending) -> dict[str, Any]:
    """What a run's row learns at its end. Legs that it could not afford in the end are added to its route."""
    opening, result, usage = ending.opening, ending.result, ending.result.usage
    told = next((attempt.pieces for attempt in reversed(ending.attempts) if attempt.pieces), opening.pieces)
    skipped = opening.claim.skipped if opening.claim else []
    return {
        "run_id": opening.id,
        "status": result.status,
        "provider": result.provider,
        "model": result.model,
        "answer": result.answer,
        "changes": result.changes,
        "details": result.details,
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost_nanousd": ending.cost.nanousd,
        "cost_status": ending.cost.status,
        "latency_ms": result.latency_ms,
        "ttft_ms": result.ttft_ms,
        "error_code": next((attempt.error_code for attempt in ending.attempts if attempt.error_code), None),
        "context": _context(told),
        "route": "; ".join([opening.route, *skipped]),
        "lease_until": None,
        "finished_at": now(),
    }


def leg(opening: Opening, attempt: Attempt) -> dict[str, Any]:
    """The row of one leg."""
    usage = attempt.usage
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
        "messages": attempt.messages,
        "parts": attempt.parts,
        "text": sound.text("".join(attempt.text)),
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "usage": attempt.raw_usage,
        "service_tier": attempt.service_tier,
        "price": attempt.cost.price,
        "cost_nanousd": attempt.cost.nanousd,
        "cost_status": attempt.cost.status,
        "latency_ms": attempt.latency_ms,
        "ttft_ms": attempt.ttft_ms,
        "started_at": attempt.started_at.astimezone(UTC),
    }


def _context(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """What the model was told of, without its text: labels, ids, hashes, tokens, and what was trimmed."""
    return [
        {"chip": p.chip, "label": p.label, "tokens": p.tokens, "trimmed_from": p.trimmed_from, "source": dict(p.source)}
        for p in pieces
    ]


OPEN = Statement(
    insert(RUN).inline(),
    "id", "caller", "user_id", "feature", "prompt", "prompt_text", "plan", "tier", "route", "job_id", "request",
    "request_sha256", "idempotency_key", "context", "created_at", "status", "owner", "lease_until", "error_code",
    "finished_at", "cost_nanousd", "cost_status",
)  # fmt: skip
SETTLE = Statement(
    update(RUN).where(RUN.c.id == bindparam("run_id"), RUN.c.status == bindparam("was")),
    "status", "provider", "model", "answer", "changes", "details", "input_tokens", "cached_tokens", "output_tokens",
    "reasoning_tokens", "cost_nanousd", "cost_status", "latency_ms", "ttft_ms", "error_code", "context", "route",
    "lease_until", "finished_at",
)  # fmt: skip
ABANDONED = Statement(select(RUN.c.id).where(RUN.c.id == bindparam("run_id"), RUN.c.status == "abandoned"))
KEEP_LEG = Statement(
    insert(ATTEMPT).inline(),
    "run_id", "user_id", "number", "provider", "model", "answered_by", "status", "finish_reason", "error_code", "error",
    "messages", "parts", "text", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "usage",
    "service_tier", "price", "cost_nanousd", "cost_status", "latency_ms", "ttft_ms", "started_at",
)  # fmt: skip
