"""Adding up: noted runs go into their days and their notes go, in one transaction; or days are made anew from the runs.

What a day will hold is worked out beside the traffic, from one state of the database. It is written only if no day has
changed since, so the writers are held up for no longer than it takes to store it. Runs that change meanwhile have notes
of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, Table, delete, func, select, type_coerce
from sqlalchemy.dialects.postgresql import insert as on_postgresql
from sqlalchemy.dialects.sqlite import insert as on_sqlite

from core.errors import StorageDown
from core.store import Store, UsageState
from core.usage import days, records, zones
from core.usage.keys import Known
from core.usage.records import ERASED, PENDING, RUN, Change

STATE: Table = UsageState.__table__  # type: ignore[assignment]
DAY = days.DAY
AT_ONCE = 2_000  # runs
CHUNK = 500
TRIES = 20


class _Outrun(Exception):
    """Somebody else has changed a day since this was worked out."""


@dataclass(slots=True)
class _Plan:
    """Days as they shall be, the notes that this makes good, and the state it was worked out from."""

    version: int
    days: list[dict[str, Any]] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    runs: int = 0


def fold(store: Store, *, most: int = AT_ONCE, known: Known | None = None) -> int:
    """Add up the runs noted first, `most` at a time; returns how many it was. Safe from any process at any moment.

    Who folds again and again keeps `known`.
    """
    known = known or Known(store)
    for _ in range(TRIES):
        with store.read() as connection:
            changes = records.changes(connection, most=most)
            if not changes:
                return 0
            plan = _Plan(_version(connection), runs=len(changes))
            _apply(connection, known, plan, changes)
        if _carry_out(store, plan):
            return plan.runs
    return 0  # others fold all the time, so it is done


def fold_all(store: Store, *, known: Known | None = None) -> int:
    """Add up all that is noted; returns how many runs it was."""
    total, known = 0, known or Known(store)
    while (folded := fold(store, known=known)) == AT_ONCE:
        total += folded
    return total + folded


def rebuild(store: Store) -> int:
    """Make every day anew from the runs and what erased ones left; returns how many runs it was.

    Some days at a time, so memory is bounded by the largest, and runs may go on to settle meanwhile.
    """
    return rebuild_days(store, _all_days(store))


def rebuild_days(store: Store, numbers: Sequence[int]) -> int:
    """Make these UTC days anew and strike the notes that this makes good; returns how many runs they have.

    Errors: `StorageDown` when others change days all the time.
    """
    left, total, known, tries = list(numbers), 0, Known(store), 0
    while left:
        with store.read() as connection:
            plan = _Plan(_version(connection))
            while len(plan.days) < len(left) and plan.runs < AT_ONCE:
                _anew(connection, known, plan, left[len(plan.days)])
        if _carry_out(store, plan):
            left, total, tries = left[len(plan.days) :], total + plan.runs, 0
        elif (tries := tries + 1) == TRIES:
            raise StorageDown("Other processes add up runs all the time. Try again in a moment.")
    return total


def _apply(connection: Connection, known: Known, plan: _Plan, changes: Iterable[Change]) -> None:
    plan.notes += [number for change in changes for number in change.notes]
    more = days.by_day(change.now for change in changes if change.now)
    less = days.by_day(change.held for change in changes if change.held)
    for number in sorted({*more, *less}):
        try:
            day = days.changed(connection, known, number, more.get(number, ()), less.get(number, ()))
        except days.Astray:
            _anew(connection, known, plan, number)
        else:
            plan.days.append(days.pack(connection, known, number, day))


def _anew(connection: Connection, known: Known, plan: _Plan, number: int) -> None:
    runs, notes = records.of_day(connection, number)
    plan.days.append(days.pack(connection, known, number, days.lay_out(connection, known, runs)))
    plan.notes += notes
    plan.runs += len(runs)


def _carry_out(store: Store, plan: _Plan) -> bool:
    """Write the plan, all or nothing; False when somebody else was faster."""
    try:
        with store.write() as connection:
            version = _hold(connection)
            if version != plan.version + 1:
                raise _Outrun
            for row in plan.days:
                days.write(connection, row, version)
            _strike(connection, plan.notes)
    except _Outrun:
        return False
    return True


def _hold(connection: Connection) -> int:
    """Hold the state's row until this transaction ends; returns the version that its days will have."""
    make = on_postgresql if connection.dialect.name == "postgresql" else on_sqlite
    first = make(STATE).values(id=1, version=1)
    held = first.on_conflict_do_update(index_elements=["id"], set_={"version": STATE.c.version + 1})
    return int(connection.execute(held.returning(STATE.c.version)).scalar_one())


def _version(connection: Connection) -> int:
    return connection.execute(select(STATE.c.version)).scalar() or 0


def _strike(connection: Connection, notes: list[int]) -> None:
    for begin in range(0, len(notes), CHUNK):
        connection.execute(delete(PENDING).where(PENDING.c.id.in_(notes[begin : begin + CHUNK])))


def _all_days(store: Store) -> list[int]:
    """Every UTC day that has, or had, a run."""
    with store.read() as connection:
        found = set(connection.execute(select(DAY.c.day)).scalars())
        found |= set(connection.execute(select(ERASED.c.day).distinct()).scalars())
        found |= {str(day) for (day,) in connection.execute(select(_utc_day(connection)).distinct())}
    return sorted(zones.numbered(day) for day in found)


def _utc_day(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", RUN.c.created_at), "YYYY-MM-DD")
    return func.substr(type_coerce(RUN.c.created_at, String()), 1, 10)
