"""Made-up runs for the figures' tests, and what a full scan of them says."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import uuid_utils
from sqlalchemy import Connection, delete, insert, select, update

from core.store import Store
from core.usage import pending
from core.usage.figures import MEASURES, Total
from core.usage.filters import LEG_DIMENSIONS, Filter
from core.usage.records import ATTEMPT, RUN

START = datetime(2026, 3, 27, tzinfo=UTC)  # clocks in Berlin move on the 29th
MODELS = (("openai", "gpt-6-luna"), ("openai", "gpt-6.1-terra"), ("embedded", "smollm2-135m"), ("rules", None))
ERRORS = ("provider_slow", "provider_cut", None)
TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")


def leg(chance: random.Random, *, failed: bool = False) -> dict[str, Any]:
    provider, model = chance.choice(MODELS)
    status = chance.choice(("exact", "exact", "estimated", "unknown"))
    return {
        "provider": provider,
        "model": model,
        "status": "failed" if failed else "ok",
        "error_code": chance.choice(ERRORS) if failed else None,
        "price": chance.choice(("list 1", "list 2")),
        "cost_status": status,
        "cost_nanousd": None if status == "unknown" else chance.choice((0, 780_000, chance.randrange(10**12))),
        "latency_ms": chance.choice((None, 0, 7, chance.randrange(120_000))),
        "ttft_ms": chance.choice((None, chance.randrange(5_000))),
        **{name: chance.randrange(3_000) for name in TOKENS},
    }


def run(chance: random.Random, user_id: int, *, days: int = 5, at: datetime | None = None) -> dict[str, Any]:
    """One run with 0 to 3 legs; its numbers are their sums, unknown where one of them is."""
    status = chance.choice(("ok", "ok", "fallback", "cancelled", "refused", "abandoned"))
    many = {"ok": 1, "fallback": chance.choice((2, 3)), "cancelled": 1}.get(status, 0)
    legs = [leg(chance, failed=number < many - 1) for number in range(many)]
    began = at or START + timedelta(microseconds=chance.randrange(days * 86_400_000_000))
    return {
        "id": str(uuid_utils.uuid7(nanoseconds=int(began.timestamp() * 1_000_000) * 1_000)),
        "user_id": user_id,
        "caller": chance.choice(("member:1", "token:backend", "cli")),
        "feature": chance.choice(("match", "cover_letter")),
        "prompt": chance.choice(("match@1", "match@2")),
        "plan": chance.choice(("free", "pro")),
        "status": status,
        "provider": legs[-1]["provider"] if legs else None,
        "model": legs[-1]["model"] if legs else None,
        "created_at": began,
        **summed(legs, refused=status == "refused"),
        "legs": legs,
    }


def summed(legs: Sequence[Mapping[str, Any]], *, refused: bool = False) -> dict[str, Any]:
    statuses = {one["cost_status"] for one in legs} or {"exact" if refused else "unknown"}
    status = next(one for one in ("unknown", "estimated", "exact") if one in statuses)
    return {
        **{name: sum(one[name] for one in legs) for name in TOKENS},
        "cost_status": status,
        "cost_nanousd": None if status == "unknown" else sum(one["cost_nanousd"] for one in legs),
        "latency_ms": legs[-1]["latency_ms"] if legs else None,
        "ttft_ms": legs[-1]["ttft_ms"] if legs else None,
    }


def put(connection: Connection, one: Mapping[str, Any], *, noted: bool = True) -> None:
    """Record a run as it stands when it has ended."""
    row = {name: value for name, value in one.items() if name != "legs"}
    connection.execute(insert(RUN).values(**row, request={}, request_sha256="0" * 64))
    _legs(connection, one)
    if noted:
        pending.note(connection, [one["id"]])


def again(connection: Connection, one: Mapping[str, Any]) -> None:
    """A run that had ended ends otherwise: the same id and moment, other legs."""
    pending.changing(connection, [one["id"]])
    row = {name: value for name, value in one.items() if name not in ("legs", "id", "created_at", "user_id")}
    connection.execute(update(RUN).where(RUN.c.id == one["id"]).values(**row))
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.run_id == one["id"]))
    _legs(connection, one)


def _legs(connection: Connection, one: Mapping[str, Any]) -> None:
    rows = [
        {"run_id": one["id"], "user_id": one["user_id"], "number": number, "started_at": one["created_at"], **each}
        for number, each in enumerate(one["legs"], 1)
    ]
    if rows:
        connection.execute(insert(ATTEMPT), rows)


def fill(store: Store, runs: Iterable[Mapping[str, Any]], *, noted: bool = True) -> None:
    with store.write() as connection:
        for one in runs:
            put(connection, one, noted=noted)


# -- the truth -------------------------------------------------------------------------------------


def scan(store: Store) -> list[dict[str, Any]]:
    """Every run with its legs, read from the record."""
    with store.read() as connection:
        runs = {row.id: dict(row._mapping) | {"legs": []} for row in connection.execute(select(RUN))}
        for row in connection.execute(select(ATTEMPT).order_by(ATTEMPT.c.number)):
            runs[row.run_id]["legs"].append(dict(row._mapping))
    return list(runs.values())


def chosen(runs: Iterable[Mapping[str, Any]], filter: Filter, *, legs: bool = False) -> list[dict[str, Any]]:
    """The runs of a filter, or their legs, one flat row each."""
    rows = [row for one in runs for row in (_legs_of(one) if legs else [_flat(one)])]
    return [row for row in rows if _within(row, filter)]


def _flat(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "user": one["user_id"], "counted_status": one["cost_status"]}


def _legs_of(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = dict(
        zip(LEG_DIMENSIONS, ("provider", "model", "status", "error_code", "cost_status", "price"), strict=True)
    )
    counted = (*TOKENS, "cost_nanousd", "latency_ms", "ttft_ms")
    return [
        {
            **_flat(one),
            **{name: each[column] for name, column in names.items()},
            **{name: each[name] for name in counted},
            "counted_status": each["cost_status"],
        }
        for each in one["legs"]
    ]


def _within(row: Mapping[str, Any], filter: Filter) -> bool:
    inside = filter.start <= row["created_at"] < filter.end
    return inside and all(row[dimension] in values for dimension, values in filter.where.items())


def grouped(rows: Iterable[Mapping[str, Any]], by: Sequence[str], zone: tzinfo) -> dict[tuple[Any, ...], list[Any]]:
    """Rows by their values on these dimensions and times."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        found.setdefault(tuple(_value(row, name, zone) for name in by), []).append(row)
    return found


def _value(row: Mapping[str, Any], name: str, zone: tzinfo) -> Any:
    shown = row["created_at"].astimezone(zone).replace(tzinfo=None)
    match name:
        case "hour":
            return shown.replace(minute=0, second=0, microsecond=0)
        case "day":
            return shown.date()
        case "week":
            return shown.date() - timedelta(days=shown.weekday())
        case "month":
            return shown.date().replace(day=1)
    return row[name]


def added(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The measures of rows, as a person would add them up."""
    statuses = [row["counted_status"] for row in rows]
    known = [row["cost_nanousd"] for row in rows if row["cost_nanousd"] is not None]
    return {
        "runs": len(rows),
        **{name: sum(row[name] for row in rows) for name in TOKENS},
        "cost_nanousd": sum(known) if known or not rows else None,
        **{name: statuses.count(name) for name in ("exact", "estimated", "unknown")},
    }


def as_measured(total: Total) -> dict[str, Any]:
    return {name: getattr(total, name) for name in MEASURES}


def nearest(values: Iterable[int | None], percent: int) -> int | None:
    """The smallest value that so many of a hundred do not exceed."""
    measured = sorted(value for value in values if value is not None)
    return measured[max(1, -(-len(measured) * percent // 100)) - 1] if measured else None
