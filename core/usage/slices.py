"""History in slices: what has ended within a filter, oldest first, a bounded number of runs at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, select, tuple_

from core.store import Store
from core.store.columns import UtcTime
from core.usage.filters import LEG_DIMENSIONS, Filter
from core.usage.records import ATTEMPT, RUN

SIZE = 20_000  # runs a slice

_OF_LEGS = dict(zip(LEG_DIMENSIONS, ("provider", "model", "status", "error_code", "cost_status", "price"), strict=True))

Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the rows, each one leg beside its run (a run without legs has empty ones), and how much of the whole
    period lies behind them, from 0 to 1."""

    rows: Sequence[Any]
    share: float


def slices(
    store: Store, asked: Filter, columns: Sequence[ColumnElement[Any]], *, size: int = SIZE, bare: bool = False
) -> Iterator[Slice]:
    """The columns of all runs in the filter that have ended, with their legs in order.

    Each slice is read for itself, so nothing is held open meanwhile. `bare` rows hold what the driver gives, texts and
    numbers, which takes half the time. Errors: `StorageDown`.
    """
    after: Place | None = None
    whole = (asked.end - asked.start).total_seconds()
    while True:
        with store.read() as connection:
            last = _last(connection, asked, after, size)
            found = connection.execute(_rows(asked, columns, after, last))
            rows = found.cursor.fetchall() if bare else found.all()
        done = 1.0 if last is None else (last[0] - asked.start).total_seconds() / whole
        yield Slice(rows, done)
        if last is None:
            return
        after = last


def conditions(asked: Filter) -> list[ColumnElement[bool]]:
    """What a run and its legs must satisfy; a run under way has not ended and satisfies nothing."""
    found = [RUN.c.created_at >= asked.start, RUN.c.created_at < asked.end, RUN.c.status != "running"]
    for name, values in asked.where.items():
        column = ATTEMPT.c[_OF_LEGS[name]] if name in _OF_LEGS else RUN.c["user_id" if name == "user" else name]
        given = [value for value in values if value is not None]
        among = column.in_(given)
        found.append(among | column.is_(None) if None in values else among)
    return found


def _last(connection: Connection, asked: Filter, after: Place | None, size: int) -> Place | None:
    """The last run of the next slice; None where fewer than that are left."""
    begin = after[0] if after else asked.start
    wanted = select(RUN.c.created_at, RUN.c.id).where(RUN.c.created_at >= begin, RUN.c.created_at < asked.end)
    wanted = wanted.where(_beyond(after)) if after else wanted
    row = connection.execute(wanted.order_by(RUN.c.created_at, RUN.c.id).limit(1).offset(size - 1)).one_or_none()
    return (row[0], row[1]) if row else None


def _rows(asked: Filter, columns: Sequence[ColumnElement[Any]], after: Place | None, last: Place | None) -> Any:
    wanted = select(*columns).select_from(RUN.outerjoin(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id))
    wanted = wanted.where(*conditions(asked))
    if after:
        wanted = wanted.where(RUN.c.created_at >= after[0], _beyond(after))
    if last:
        wanted = wanted.where(RUN.c.created_at <= last[0], ~_beyond(last))
    return wanted.order_by(RUN.c.created_at, RUN.c.id, ATTEMPT.c.number)


def _beyond(place: Place) -> ColumnElement[bool]:
    at, run_id = literal(place[0], UtcTime()), literal(place[1])
    return tuple_(RUN.c.created_at, RUN.c.id) > tuple_(at, run_id)
