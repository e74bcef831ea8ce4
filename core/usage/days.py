"""One UTC day: its runs and legs as columns, changed and written whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, delete, insert, select

from core.store import UsageDay
from core.usage import margins, records, zones
from core.usage.columns import Columns, concat, unpack
from core.usage.keys import Dimensions, Known
from core.usage.records import Run

DAY: Table = UsageDay.__table__  # type: ignore[assignment]


class Astray(Exception):
    """What a day was to lose is not in it: it has to be made anew from the runs."""


@dataclass(frozen=True, slots=True)
class Day:
    """The runs and legs of a day; keys are ids of the database, `slot` the quarter hour of the day."""

    run: Columns
    leg: Columns


def lay_out(connection: Connection, known: Known, runs: Sequence[Run]) -> Day:
    """These runs as columns, with the keys of the database."""
    run_keys = known.ids(connection, "run", {run.dimensions for run in runs})
    leg_keys = known.ids(connection, "leg", {of_leg(run, leg) for run in runs for leg in run.legs})
    of_runs, of_legs = records.lay_out(runs, run_keys.__getitem__, leg_keys.__getitem__)
    return Day(_slotted(of_runs), _slotted(of_legs))


def of_leg(run: Run, leg: records.Leg) -> Dimensions:
    """The dimensions of a leg: its run's and its own."""
    return (*run.dimensions, *leg.dimensions)


def changed(connection: Connection, known: Known, number: int, more: Sequence[Run], less: Sequence[Run]) -> Day:
    """A day with some runs more and others less. Errors: `Astray`."""
    asked = select(DAY.c.run_columns, DAY.c.leg_columns).where(DAY.c.day == name(number))
    row = connection.execute(asked).one_or_none()
    day = lay_out(connection, known, more)
    if row:
        day = Day(concat([unpack(row.run_columns), day.run]), concat([unpack(row.leg_columns), day.leg]))
    if less:
        taken = lay_out(connection, known, less)
        day = Day(_without(day.run, taken.run), _without(day.leg, taken.leg))
    return day


def pack(connection: Connection, known: Known, number: int, day: Day) -> dict[str, Any]:
    """A day as its row, but for its version."""
    tables = {"run": _sorted(day.run), "leg": _sorted(day.leg)}
    keys = np.unique(np.concatenate([table["key"] for table in tables.values()])).tolist()
    return {
        "day": name(number),
        "runs": len(day.run),
        "margins": margins.pack(tables, known.meaning(connection, keys)),
        "run_columns": tables["run"].pack(),
        "leg_columns": tables["leg"].pack(),
    }


def write(connection: Connection, row: dict[str, Any], version: int) -> None:
    """Store a day in place of what was there; without runs it is no more."""
    connection.execute(delete(DAY).where(DAY.c.day == row["day"]))
    if row["runs"]:
        connection.execute(insert(DAY).values(**row, version=version))


def name(number: int) -> str:
    """A day as its row is called."""
    return zones.day(number).isoformat()


def by_day(runs: Iterable[Run]) -> dict[int, list[Run]]:
    """Runs by the number of their UTC day."""
    found: dict[int, list[Run]] = {}
    for run in runs:
        found.setdefault(run.day, []).append(run)
    return found


def _slotted(table: Columns) -> Columns:
    arrays = dict(table.arrays)
    quarter = arrays.pop("quarter")
    return Columns({**arrays, "slot": quarter % zones.A_DAY})


def _sorted(table: Columns) -> Columns:
    return table.take(np.lexsort((table["slot"], table["key"])))


def _without(table: Columns, taken: Columns) -> Columns:
    """The table without one row for each that is equal to one of `taken`. Errors: `Astray`."""
    if not len(taken):
        return table
    whole = concat([table, taken])
    order = np.lexsort([whole[column] for column in whole.arrays])
    rows = whole.take(order)
    new = np.ones(len(rows), bool)
    if len(rows) > 1:
        same = [array[1:] == array[:-1] for array in rows.arrays.values()]
        new[1:] = ~np.logical_and.reduce(same)
    sign = np.where(order < len(table), 1, -1)
    left = np.add.reduceat(sign, np.flatnonzero(new))
    if left.min() < 0:
        raise Astray
    return rows.take(np.repeat(np.flatnonzero(new), left))
