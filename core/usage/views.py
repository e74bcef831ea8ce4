"""Sums of chosen runs by day or hour of a zone, span by span: what most questions are answered from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

import numpy as np

from core.usage import zones
from core.usage.aside import Aside
from core.usage.blocks import Block, chosen
from core.usage.columns import Columns, Ints, concat
from core.usage.figures import MEASURES
from core.usage.filters import Value
from core.usage.keys import Keyring
from core.usage.margins import GROUPINGS
from core.usage.records import LAID_OUT
from core.usage.sums import MODEL, SPEEDS, by_key, counted, counts_by, runs_by_hour, sums_by

Unit = Literal["day", "hour"]
Grouping = tuple[str, ...]
SUMMED = ("key", *(name for name in LAID_OUT if name in MEASURES))
PER = {"day": zones.A_DAY, "hour": 4}  # quarter hours


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of a kind count: conditions on their keys, and quarter hours where whole days are not meant."""

    kind: str
    where: Mapping[str, Collection[Value]]
    quarters: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a block that count; the block is asked for whenever it is needed."""

    block: Callable[[], Block]
    ring: Keyring
    choice: Choice
    zone: tzinfo

    def take(self, columns: Collection[str]) -> tuple[Columns, Ints]:
        """These columns, the slots, and the sign where there is one; and what the clock shows in each slot in quarters."""
        block = self.block()
        shown = zones.local(block.first, block.last, self.zone)
        return taken(block, self.ring, self.choice, (*columns, "slot")), shown


def taken(block: Block, ring: Keyring, choice: Choice, columns: Collection[str]) -> Columns:
    """These columns, and the sign where there is one, of the rows of a block that are chosen."""
    held = np.flatnonzero(ring.mask(choice.where).take(block.keys)) if choice.where else None
    slots = None
    if choice.quarters and len(block):
        low, high = (quarter - block.first * zones.A_DAY for quarter in choice.quarters)
        slots = None if low <= 0 and high >= (block.last + 1 - block.first) * zones.A_DAY else (low, high)
    return chosen(block, held, slots, columns)


@dataclass(slots=True)
class Part:
    """Sums of some days, each worked out when it is asked for. A time is the number of a local day or hour.

    `rows` are those that are chosen; a part of margins has none. `cells` gives the sums of everything by time and key,
    to choose from, where they are at hand. `hold` may keep those of the chosen: they are large, and made again.
    """

    ring: Keyring
    kind: str
    unit: Unit
    rows: Rows | None = None
    cells: Callable[[], Aside] | None = None
    hold: Callable[[Callable[[], Columns]], Columns] = lambda made: made()
    _hours: Columns | None = None
    _by: dict[Grouping, Columns] = field(default_factory=dict)
    _counts: dict[tuple[str, bool, bool], Columns] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        tables = [self._hours, *self._by.values(), *self._counts.values()]
        return 2_000 + sum(table.nbytes for table in tables if table is not None)

    @property
    def hours(self) -> Columns:
        """Runs by local hour."""
        if self._hours is None:
            self._count(both=False)
        assert self._hours is not None
        return self._hours

    @property
    def keyed(self) -> Columns:
        """Sums by time and key, of which each may be there more than once."""
        cells = self.cells
        return self.hold(self.summed if cells is None else lambda: self._of_cells(cells()))

    def summed(self) -> Columns:
        """The same from single rows."""
        rows, shown = self._chosen.take(SUMMED)
        return by_key((shown // PER[self.unit]).take(rows["slot"]), rows, self.ring, self.kind)

    def _of_cells(self, cells: Aside) -> Columns:
        where = self._chosen.choice.where
        held = np.flatnonzero(self.ring.mask(where).take(cells.take(("key",))["key"])) if where else None
        return cells.take(cells.names(), held)

    @property
    def _chosen(self) -> Rows:
        assert self.rows is not None  # a part of margins is asked only for what it has
        return self.rows

    def by(self, dimensions: Grouping) -> Columns:
        """Sums by time and the code of what the runs have on these dimensions."""
        if dimensions not in self._by:
            keyed = self.keyed  # before its codes: reading it may bring new keys
            self._by[dimensions] = sums_by(keyed["time"], self.ring.codes(*dimensions).take(keyed["key"]), keyed)
        return self._by[dimensions]

    def counts(self, name: str, *, models: bool, times: bool) -> Columns:
        """How often a duration was in each bucket, by time and model where they are wanted, else all under 0."""
        asked = name, models, times
        if asked not in self._counts:
            if models and times:
                self._count(both=True)
            elif (whole := self._counts.get((name, True, True))) is not None:
                self._counts[asked] = _added(whole, models=models, times=times)
            elif models or times:
                self._count(both=False)
            else:
                self._counts[asked] = _added(self.counts(name, models=True, times=False), models=False, times=False)
        return self._counts[asked]

    def _count(self, *, both: bool) -> None:
        """Both durations by time and by model, and the runs by hour: the rows are chosen only once."""
        rows, shown = self._chosen.take(("key", *SPEEDS))
        self._hours = runs_by_hour(rows, shown)
        time, models = shown // PER[self.unit], self.ring.codes(MODEL[self.kind])
        wanted = [(models, time)] if both else [(models, None), (None, time)]
        for code, moment in wanted:
            for name, table in zip(SPEEDS, counted(rows, moment, code), strict=True):
                self._counts[name, code is not None, moment is not None] = table.narrowed()

    def lies_within(self, low: int, high: int) -> bool:
        """Whether nothing of it is before the time `low` or from the time `high` on."""
        times = self.by(())["time"]
        return not len(times) or (int(times[0]) >= low and int(times[-1]) < high)


def _added(table: Columns, *, models: bool, times: bool) -> Columns:
    """Counts by less than they were."""
    time, code = table["time"] if times else None, table["code"] if models else None
    return counts_by(time, code, table["bucket"], table["count"])


Margins = Sequence[tuple[int, Sequence[Columns]]]  # of days by their numbers, in their order


def margin_part(margins: Margins, ring: Keyring, choice: Choice, unit: Unit, zone: tzinfo) -> Part:
    """The sums of days whose margins these are, in a zone whose hours begin with those of UTC; nothing is chosen."""
    first, shown = margins[0][0], zones.local(margins[0][0], margins[-1][0], zone)
    sums, *counts = (_of_days(margins, place, choice.quarters) for place in range(1 + len(SPEEDS)))
    clock = shown[sums["quarter"] - first * zones.A_DAY]
    by = {}
    for place, dimensions in enumerate(GROUPINGS[choice.kind]):
        mine = np.flatnonzero(sums["grouping"] == place)
        rows = sums.take(mine)
        by[dimensions] = sums_by(clock[mine] // PER[unit], ring.codes(*dimensions)[rows["key"]], rows)
        if not dimensions:
            hours = Columns({"time": clock[mine] // 4, "runs": rows["runs"]})
    models, speeds = ring.codes(MODEL[choice.kind]), {}
    for name, table in zip(SPEEDS, counts, strict=True):
        time = shown[table["quarter"] - first * zones.A_DAY] // PER[unit]
        speeds[name, True, True] = counts_by(time, models[table["key"]], table["bucket"], table["count"])
    return Part(ring, choice.kind, unit, _hours=hours, _counts=speeds, _by=by)


def _of_days(margins: Margins, place: int, quarters: tuple[int, int] | None) -> Columns:
    """One table of the margins of all days, with the quarter hour in which each hour begins."""
    tables = [
        tables[place].also(quarter=tables[place]["hour"].astype(np.int64) * 4 + number * zones.A_DAY)
        for number, tables in margins
    ]
    return _within(concat(tables), quarters)


def _within(rows: Columns, quarters: tuple[int, int] | None) -> Columns:
    """The rows of these quarter hours."""
    if quarters is None:
        return rows
    here: Ints = rows["quarter"]
    if not len(here) or (here.min() >= quarters[0] and here.max() < quarters[1]):
        return rows
    return rows.take((here >= quarters[0]) & (here < quarters[1]))
