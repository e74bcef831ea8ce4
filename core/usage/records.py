"""What the figures need to know of a run and its legs: read from the record, kept as JSON, laid out as columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, Table, select

from core.store import AiAttempt, AiRun, UsageErased, UsagePending
from core.usage import percentiles, zones
from core.usage.columns import Columns
from core.usage.filters import RUN_DIMENSIONS
from core.usage.keys import Dimensions

RUN: Table = AiRun.__table__  # type: ignore[assignment]
ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]
PENDING: Table = UsagePending.__table__  # type: ignore[assignment]
ERASED: Table = UsageErased.__table__  # type: ignore[assignment]

NUMBERS = (
    *("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
    *("cost_nanousd", "latency_ms", "ttft_ms"),
)
NOBODY = 0  # the user of erased candidates' runs
STATUS = RUN_DIMENSIONS.index("status")
RUNNING = RUN.c.lease_until.is_not(None) & (RUN.c.status == "running")  # what the figures count as under way
LAID_OUT = ("key", "quarter", "user", *NUMBERS[:5], "latency", "ttft")

_RUN = [
    *(RUN.c[name] for name in ("id", "created_at", "user_id")),
    *(RUN.c[name] for name in ("feature", "plan", "provider", "model", "prompt", "status", "caller", "cost_status")),
    *(RUN.c[name] for name in NUMBERS),
]
_LEG = [
    *(ATTEMPT.c[name] for name in ("provider", "model", "status", "error_code", "cost_status", "price")),
    *(ATTEMPT.c[name] for name in NUMBERS),
]
_OF_RUN = slice(0, len(_RUN))
_OF_LEG = slice(len(_RUN), len(_RUN) + len(_LEG))


class Leg(NamedTuple):
    """One attempt: its dimensions, and its numbers as in `NUMBERS`."""

    dimensions: Dimensions
    numbers: tuple[int | None, ...]


class Run(NamedTuple):
    """One run with its legs; what is the candidate's of it is the number alone."""

    at: datetime
    user_id: int
    dimensions: Dimensions
    numbers: tuple[int | None, ...]
    legs: tuple[Leg, ...]

    @property
    def day(self) -> int:
        """The number of its UTC day."""
        return zones.quarter(self.at) // zones.A_DAY


class Change(NamedTuple):
    """A run that is noted: what the days hold of it, and what they shall hold; None is nothing."""

    notes: tuple[int, ...]
    held: Run | None
    now: Run | None


def read(connection: Connection, condition: ColumnElement[bool]) -> list[Run]:
    """The runs that satisfy a condition, from one statement, oldest first."""
    return [run for _, run in read_named(connection, condition)]


def read_named(connection: Connection, condition: ColumnElement[bool]) -> Iterator[tuple[str, Run]]:
    """The same with their ids."""
    source = RUN.outerjoin(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id)
    order = RUN.c.created_at, RUN.c.id, ATTEMPT.c.number
    statement = select(*_RUN, *_LEG).select_from(source).where(condition).order_by(*order)
    # Of the statement, not of the connection: there it would make a cursor on the server of every INSERT that follows.
    rows = connection.execute(statement.execution_options(yield_per=5_000))
    for run_id, of_run in groupby(rows, key=lambda row: row[0]):
        yield run_id, _run(list(of_run))


def read_bare(connection: Connection, condition: ColumnElement[bool]) -> list[Run]:
    """The same without their legs, in any order: an order would keep the database from the condition's index."""
    return [_run([row]) for row in connection.execute(select(*_RUN).where(condition))]


def read_erased(connection: Connection, first: int, last: int) -> list[Run]:
    """What erased candidates' runs of these UTC days left."""
    begin, end = zones.day(first).isoformat(), zones.day(last).isoformat()
    asked = select(ERASED.c.figures).where(ERASED.c.day >= begin, ERASED.c.day <= end)
    return [from_json(figures) for figures in connection.execute(asked).scalars()]


def of_day(connection: Connection, number: int) -> tuple[list[Run], list[int]]:
    """All runs of a UTC day that have ended, and the notes of them that were there in the same moment."""
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
    during = (RUN.c.created_at >= begin) & (RUN.c.created_at < begin + timedelta(days=1)) & (RUN.c.status != "running")
    standing = (
        select(*_RUN, *_LEG, PENDING.c.id)
        .select_from(
            RUN.outerjoin(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id).outerjoin(PENDING, PENDING.c.run_id == RUN.c.id)
        )
        .where(during)
        .order_by(RUN.c.created_at, RUN.c.id, PENDING.c.id, ATTEMPT.c.number)
    )
    erased = (
        select(ERASED.c.run_id, ERASED.c.figures, PENDING.c.id)
        .select_from(ERASED.outerjoin(PENDING, PENDING.c.run_id == ERASED.c.run_id))
        .where(ERASED.c.day == begin.date().isoformat())
        .order_by(ERASED.c.run_id)
    )
    runs, notes = [], set()
    for _, group in groupby(connection.execute(standing), key=lambda row: row[0]):
        rows = list(group)
        runs.append(_run([row[:-1] for row in rows if row[-1] == rows[0][-1]]))
        notes |= {row[-1] for row in rows}
    for _, left in groupby(connection.execute(erased), key=lambda row: row[0]):
        same = list(left)
        runs.append(from_json(same[0][1]))
        notes |= {row[-1] for row in same}
    return runs, sorted(notes - {None})


def changes(connection: Connection, *, most: int | None = None) -> list[Change]:
    """What is noted, the oldest `most` runs of it or all, from one statement: no run changes while it is read."""
    notes = select(PENDING.c.id, PENDING.c.held, ERASED.c.figures, PENDING.c.run_id, *_RUN, *_LEG).select_from(
        PENDING.outerjoin(RUN, (RUN.c.id == PENDING.c.run_id) & (RUN.c.status != "running"))
        .outerjoin(ERASED, ERASED.c.run_id == PENDING.c.run_id)
        .outerjoin(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id)
    )
    return _changes(connection, _oldest(notes, most).order_by(PENDING.c.run_id, PENDING.c.id, ATTEMPT.c.number))


def _oldest(notes: Select[Any], most: int | None) -> Select[Any]:
    """All notes of the runs noted first: never some of one run's."""
    if most is None:
        return notes
    first = select(PENDING.c.run_id).order_by(PENDING.c.id).limit(most)
    return notes.where(PENDING.c.run_id.in_(first.scalar_subquery()))


def _changes(connection: Connection, statement: Select[Any]) -> list[Change]:
    found = []
    for _, group in groupby(connection.execute(statement), key=lambda row: row[3]):
        rows = list(group)
        first = [row for row in rows if row[0] == rows[0][0]]
        held = from_json(rows[0][1]) if rows[0][1] else None
        run = _run([row[4:] for row in first]) if rows[0][4] is not None else None
        erased = from_json(rows[0][2]) if rows[0][2] else None
        found.append(Change(tuple({row[0] for row in rows}), held, run or erased))
    return found


def _run(rows: Sequence[Any]) -> Run:
    run = tuple(rows[0][_OF_RUN])
    legs = [tuple(row[_OF_LEG]) for row in rows if len(row) > len(_RUN) and row[len(_RUN)] is not None]
    at = run[1] if isinstance(run[1], datetime) else datetime.fromisoformat(run[1])
    return Run(at, run[2], run[3:11], run[11:], tuple(Leg(leg[:6], leg[6:]) for leg in legs))


def anonymous(run: Run) -> Run:
    """The same run of nobody; one that is under way as if it were abandoned."""
    dimensions = tuple(
        "abandoned" if place == STATUS and value == "running" else value for place, value in enumerate(run.dimensions)
    )
    return run._replace(user_id=NOBODY, dimensions=dimensions)


def ended(run: Run, row: Mapping[str, Any], legs: Sequence[Mapping[str, Any]]) -> Run:
    """The same run as it ended: what `row` and `legs` say, by the names of their columns, in place of what was known."""
    dimensions = tuple(row.get(name, known) for name, known in zip(RUN_DIMENSIONS, run.dimensions, strict=True))
    of_legs = tuple(
        Leg(tuple(leg[column.name] for column in _LEG[:6]), tuple(leg[name] for name in NUMBERS)) for leg in legs
    )
    return run._replace(dimensions=dimensions, numbers=tuple(row[name] for name in NUMBERS), legs=of_legs)


# -- as JSON ---------------------------------------------------------------------------------------


def to_json(run: Run) -> list[Any]:
    """All of it, for a column of JSON."""
    legs = [[*leg.dimensions, *leg.numbers] for leg in run.legs]
    return [run.at.astimezone(UTC).isoformat(), run.user_id, [*run.dimensions, *run.numbers], legs]


def from_json(kept: Sequence[Any]) -> Run:
    """What `to_json` made."""
    at, user_id, run, legs = kept
    read_legs = tuple(Leg(tuple(leg[:6]), tuple(leg[6:])) for leg in legs)
    return Run(datetime.fromisoformat(at), user_id, tuple(run[:8]), tuple(run[8:]), read_legs)


# -- as columns ------------------------------------------------------------------------------------

Number = Callable[[Dimensions], int]


def lay_out(runs: Iterable[Run], run_key: Number, leg_key: Number) -> tuple[Columns, Columns]:
    """Runs and their legs as columns: key, quarter hour, user, tokens, cost, and the buckets of their durations."""
    of_runs, of_legs = [], []
    for run in runs:
        quarter = zones.quarter(run.at)
        of_runs.append((run_key(run.dimensions), quarter, run.user_id, *_filled(run.numbers)))
        for leg in run.legs:
            key = leg_key((*run.dimensions, *leg.dimensions))
            of_legs.append((key, quarter, run.user_id, *_filled(leg.numbers)))
    return _columns(of_runs), _columns(of_legs)


def _filled(numbers: tuple[int | None, ...]) -> tuple[int, ...]:
    """An unknown cost adds nothing, the key says that it is unknown; -1 stands for a duration that was not measured."""
    if None not in numbers:
        return numbers  # type: ignore[return-value]
    sums, durations = numbers[:5], numbers[5:]
    return (*(number or 0 for number in sums), *(-1 if number is None else number for number in durations))


def _columns(rows: list[tuple[int, ...]]) -> Columns:
    table = np.array(rows, np.int64).reshape(-1, len(LAID_OUT))
    arrays = {name: table[:, place] for place, name in enumerate(LAID_OUT)}
    arrays |= {name: percentiles.buckets(arrays[name]) for name in ("latency", "ttft")}
    return Columns(arrays)
