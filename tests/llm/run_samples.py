"""Runs of every kind, put into the record past the call path: what the list and its file are tested on."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from core.llm import runs
from core.llm.runs import RUN
from core.schema import FEATURES
from core.store import Store
from tests.databases import person, posting

FIRST = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
MODELS = (
    ("openai", "gpt-6-luna"),
    ("openai", "gpt-6.1-terra"),
    ("embedded", "smollm2-135m"),
    ("rules", None),
    (None, None),
)
STATUSES = ("ok", "ok", "ok", "fallback", "cancelled", "refused", "abandoned", "running")
CODES = {"fallback": "provider_busy", "refused": "rate_limited", "abandoned": "abandoned"}


def run(number: int, at: datetime, user_id: int, job_id: int | None, **given: Any) -> dict[str, Any]:
    """One row of the record."""
    base = {
        "id": runs.new_id(),
        "caller": "member:1",
        "user_id": user_id,
        "feature": "match",
        "prompt": "match@1",
        "plan": "pro",
        "route": "premium, because plan pro",
        "job_id": job_id,
        "request": {"feature": "match", "user_id": user_id, "instructions": f"number {number}"},
        "request_sha256": "0" * 64,
        "status": "ok",
        "provider": "openai",
        "model": "gpt-6-luna",
        "answer": None,
        "cost_status": "exact",
        "cost_nanousd": 1_000,
        "latency_ms": 900,
        "ttft_ms": 90,
        "error_code": None,
        "created_at": at,
        "finished_at": at,
    }
    return base | given


def many(store: Store, count: int = 240, *, seed: int = 3) -> list[dict[str, Any]]:
    """Runs of three candidates over ten days; several share a moment. Returned as they were stored, oldest first."""
    chance = random.Random(seed)
    users = [person(store, name=name) for name in ("Ada Moreno", "Bo Åkesson", "Cyra Lind")]
    jobs = {
        user: posting(store, user, title=f"{title} engineer")
        for user, title in zip(users, ("Data", "Rail", "50% time"), strict=True)
    }
    rows = []
    for number in range(count):
        user, status = chance.choice(users), chance.choice(STATUSES)
        provider, model = chance.choice(MODELS)
        feature, known = chance.choice(FEATURES), status not in ("running", "abandoned")
        priced = known and chance.random() < 0.8
        rows.append(
            run(
                number,
                FIRST + timedelta(hours=number // 3),
                user,
                chance.choice((jobs[user], None)),
                feature=feature,
                prompt=chance.choice((f"{feature}@1", f"{feature}@2", f"{feature}@draft-1a2b")),
                plan=chance.choice(("free", "pro")),
                caller=chance.choice(("member:1", "token:backend", "cli")),
                status=status,
                provider=provider,
                model=model,
                error_code=CODES.get(status),
                input_tokens=chance.randrange(9) * 1_500 if known else 0,
                output_tokens=chance.randrange(90) if known else 0,
                cost_nanousd=chance.randrange(9) * 1_000 if priced else None,
                cost_status=chance.choice(("exact", "estimated")) if priced else "unknown",
                latency_ms=chance.randrange(9) * 5_000 if known else None,
                ttft_ms=None,
            )
        )
    chance.shuffle(rows)
    with store.write() as connection:
        connection.execute(insert(RUN), rows)
    return sorted(rows, key=lambda row: (row["created_at"], row["id"]))
