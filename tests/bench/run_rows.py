"""Many synthetic runs, as wide as real ones, put into an empty migrated database past the ORM: for speed only."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, insert

from core.schema import FEATURES
from core.store import AiRun, Job, Store, User

RUN: Table = AiRun.__table__  # type: ignore[assignment]
USERS, JOBS_EACH, DAYS, BATCH = 5_000, 3, 365, 5_000
MODELS = (
    *(("openai", name) for name in ("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-5-mini")),
    ("embedded", "smollm2-135m"),
    ("rules", None),
)
STATUSES = {"ok": 9_000, "fallback": 500, "cancelled": 250, "refused": 240, "abandoned": 10}
PLANS = {"free": 50, "pro": 35, "premium": 15}
CALLERS = {"member:1": 30, "member:2": 20, "cli": 5, **{f"token:backend-{n}": 40 - n for n in range(20)}}
ERRORS = ("provider_busy", "provider_slow", "provider_down", "provider_cut", "answer_unreadable")
WORDS = ("Python", "Kafka", "ledger", "team", "delivery", "quality", "served", "planning", "freight", "daily", "review")


def fill(store: Store, count: int, *, seed: int = 7) -> None:
    """Candidates, jobs and `count` runs over the last year, oldest first."""
    chance = random.Random(seed)
    _people(store)
    names = [column.name for column in RUN.columns]
    rows = _runs(count, chance)
    for _ in range(0, count, BATCH):
        batch = list(islice(rows, BATCH))
        _put(store, names, batch)


def _people(store: Store) -> None:
    at = datetime.now(UTC)
    users = [{"id": n, "name": f"Candidate {n:04d}", "plan": "pro", "profile": {}, "created_at": at} for n in _users()]
    jobs = [
        {"id": job_of(n, k), "user_id": n, "title": f"Role {job_of(n, k) % 997} engineer", "company": "Norrsken",
         "description": "We use Python.", "created_at": at}
        for n in _users() for k in range(JOBS_EACH)
    ]  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(User), users)
        connection.execute(insert(Job), jobs)


def _users() -> range:
    return range(1, USERS + 1)


def job_of(user: int, place: int) -> int:
    return (user - 1) * JOBS_EACH + place + 1


def _put(store: Store, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    with store.write() as connection:
        raw: Any = connection.connection.driver_connection
        if store.writer.dialect.name == "sqlite":
            marks = ", ".join("?" * len(names))
            raw.executemany(f"INSERT INTO ai_run ({', '.join(names)}) VALUES ({marks})", rows)
        else:
            with raw.cursor().copy(f"COPY ai_run ({', '.join(names)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _runs(count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    start, step = datetime.now(UTC) - timedelta(days=DAYS), timedelta(days=DAYS) / count
    answers, contexts = [_answer(chance) for _ in range(200)], [_context(chance) for _ in range(200)]
    details = [_details(chance) for _ in range(200)]
    statuses, plans, callers = (_weighted(table, chance) for table in (STATUSES, PLANS, CALLERS))
    names = [column.name for column in RUN.columns]
    for number in range(count):
        at, user = start + number * step, chance.randrange(USERS) + 1
        feature, status = FEATURES[chance.randrange(len(FEATURES))], next(statuses)
        provider, model = MODELS[int(chance.random() ** 2 * len(MODELS))]
        ended, priced = status not in ("refused", "abandoned"), chance.random() < 0.98
        tokens, latency = chance.randrange(300, 9_000), chance.randrange(400, 30_000)
        job = job_of(user, chance.randrange(JOBS_EACH))
        row = {
            "id": run_id(at, chance),
            "caller": next(callers),
            "feature": feature,
            "prompt": f"{feature}@{1 + number * 3 // count}",
            "plan": next(plans),
            "tier": "cheap",
            "route": "cheap, because plan pro and feature match; gpt-6-luna, then smollm2-135m, then the rules",
            "job_id": job,
            "request": json.dumps({"feature": feature, "user_id": user, "job_id": job, "instructions": _prose(chance, 20)}),
            "context": contexts[chance.randrange(200)],
            "status": status,
            "provider": provider if ended else None,
            "model": model if ended else None,
            "answer": answers[chance.randrange(200)] if ended else None,
            "changes": "[]",
            "details": details[chance.randrange(200)] if ended else "{}",
            "input_tokens": tokens if ended else 0,
            "cached_tokens": tokens // 4 if ended else 0,
            "output_tokens": tokens // 5 if ended else 0,
            "reasoning_tokens": 0,
            "cost_nanousd": tokens * 311 if ended and priced else 0 if status == "refused" else None,
            "cost_status": ("estimated" if status == "cancelled" else "exact") if priced and status != "abandoned" else "unknown",
            "latency_ms": latency if ended else None,
            "ttft_ms": latency // 9 if ended else None,
            "error_code": {"refused": "rate_limited", "abandoned": "abandoned", "fallback": ERRORS[number % 5]}.get(status),
            "request_sha256": f"{chance.getrandbits(256):064x}",
            "created_at": at.isoformat(timespec="microseconds"),
            "finished_at": (at + timedelta(milliseconds=latency)).isoformat(timespec="microseconds"),
            "user_id": user,
        }  # fmt: skip
        yield tuple(row.get(name) for name in names)


def run_id(at: datetime, chance: random.Random) -> str:
    """A version 7 UUID of that moment."""
    digits = f"{int(at.timestamp() * 1000):012x}7{chance.getrandbits(12):03x}{0x8 | chance.getrandbits(2):x}{chance.getrandbits(60):015x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _weighted(table: dict[str, int], chance: random.Random) -> Iterator[str]:
    while True:
        yield from chance.choices(list(table), list(table.values()), k=10_000)


def _prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def _answer(chance: random.Random) -> str:
    return json.dumps(
        {"title": "A good fit", "summary": _prose(chance, 25), "content": _prose(chance, 180),
         "bullets": [_prose(chance, 12) for _ in range(5)], "warnings": [_prose(chance, 10)],
         "keywords_added": ["Kafka"], "next_actions": [_prose(chance, 9)]}
    )  # fmt: skip


def _context(chance: random.Random) -> str:
    pieces = [
        {"chip": chip, "label": f"{chip}: {_prose(chance, 4)}", "tokens": chance.randrange(900), "trimmed_from": None,
         "source": {"kind": chip, "id": chance.randrange(5_000), "sha256": f"{chance.getrandbits(256):064x}"}}
        for chip in ("profile", "job", "resume", "keywords")
    ]  # fmt: skip
    return json.dumps(pieces)


def _details(chance: random.Random) -> str:
    found = [{"term": term, "evidence": [_prose(chance, 9)]} for term in WORDS[:8]]
    return json.dumps(
        {"score": 64, "parts": [], "matched": found, "missing": found[:3], "low_confidence": False, "rejected": []}
    )
