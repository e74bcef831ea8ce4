"""Sums of chosen runs by day or hour of a zone, month by month: what most questions are answered from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

import numpy as np

from core.usage import zones
from core.usage.blocks import Block
from core.usage.columns import Columns, Ints, concat
from core.usage.figures import MEASURES
from core.usage.filters import Value
from core.usage.keys import Keyring
from core.usage.margins import GROUPINGS
from core.usage.records import LAID_OUT
from core.usage.sums import MODEL, SPEEDS, by_hour, by_key, counted, counts_by, sums_by

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


@dataclass(slots=True)
class Part:
    """Sums of some days, each worked out when it is asked for. A time is the number of a local day or hour.

    `rows` gives columns of the rows that are chosen, with what the clock shows in quarters; a part of margins has none.
    `sums` gives their sums by time and key, where those of everything are at hand to choose from.
    """

    ring: Keyring
    kind: str
    unit: Unit
    rows: Callable[[Sequence[str]], Columns] | None = None
    sums: Callable[[], Columns] | None = None
    _hours: Columns | None = None
    _keyed: Columns | None = None
    _by: dict[Grouping, Columns] = field(default_factory=dict)
    _counts: dict[tuple[str, bool, bool], Columns] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        tables = [self._hours, self._keyed, *self._by.values(), *self._counts.values()]
        return 2_000 + sum(table.nbytes for table in tables if table is not None)

    @property
    def hours(self) -> Columns:
        """Sums by local hour."""
        if self._hours is None:
            self._hours = self._read()
        return self._hours

    @property
    def keyed(self) -> Columns:
        """Sums by time and key, of which each may be there more than once."""
        if self._keyed is None:
            self._keyed = self.sums() if self.sums else self._summed()
        return self._keyed

    def _summed(self) -> Columns:
        rows = self._chosen(SUMMED)
        return by_key(rows["shown"] // PER[self.unit], rows, self.ring, self.kind)

    def _read(self) -> Columns:
        """Sums by local hour; what is counted by time or by model alone on the way, for the rows are chosen only once."""
        rows = self._chosen((*SUMMED, *SPEEDS))
        time, model = rows["shown"] // PER[self.unit], self._models(rows)
        for name in SPEEDS:
            self._counts[name, False, True] = counted(time, None, rows, name)
            self._counts[name, True, False] = counted(None, model, rows, name)
        return by_hour(rows, self.ring, self.kind)

    def _models(self, rows: Columns) -> Ints:
        return self.ring.codes(MODEL[self.kind]).take(rows["key"])

    def _chosen(self, columns: Sequence[str]) -> Columns:
        assert self.rows is not None  # a part of margins is asked only for what it has
        return self.rows(columns)

    def by(self, dimensions: Grouping) -> Columns:
        """Sums by time and the code of what the runs have on these dimensions."""
        if dimensions not in self._by:
            keyed = self.keyed  # before its codes: reading it may bring new keys
            self._by[dimensions] = sums_by(keyed["time"], self.ring.codes(*dimensions).take(keyed["key"]), keyed)
        return self._by[dimensions]

    def counts(self, name: str, *, models: bool, times: bool) -> Columns:
        """How often a duration was in each bucket, by time and model where they are wanted, else all under 0."""
        if (name, models, times) not in self._counts:
            self._counts[name, models, times] = self._counted(name, models, times)
        return self._counts[name, models, times]

    def _counted(self, name: str, models: bool, times: bool) -> Columns:
        if models and times:
            rows = self._chosen(("key", name))
            return counted(rows["shown"] // PER[self.unit], self._models(rows), rows, name)
        if models != times and self._hours is None:
            self._hours = self._read()
            return self._counts[name, models, times]
        known = self._counts.get((name, True, True))
        table = self.counts(name, models=True, times=False) if known is None else known
        time, code = table["time"] if times else None, table["code"] if models else None
        return counts_by(time, code, table["bucket"], table["count"])

    def lies_within(self, low: int, high: int) -> bool:
        """Whether nothing of it is before the time `low` or from the time `high` on."""
        times = self.by(())["time"]
        return not len(times) or (int(times[0]) >= low and int(times[-1]) < high)


def part(
    block: Callable[[], Block],
    ring: Keyring,
    choice: Choice,
    unit: Unit,
    zone: tzinfo,
    whole: Callable[[], Part] | None = None,
) -> Part:
    """The sums of those rows of a block that are chosen; the block is asked for whenever it is needed.

    `whole` gives the part of everything, of whose sums some are chosen, where no quarter hours are.
    """

    def rows(columns: Sequence[str]) -> Columns:
        here = block()
        found = chosen(here, ring, choice, (*columns, "quarter"))
        shown = zones.local(here.first, here.last, zone)
        return found.also(shown=shown.take(found["quarter"].astype(np.int64) - here.first * zones.A_DAY))

    def sums() -> Columns:
        assert whole is not None
        known = whole().keyed
        return known.take(np.flatnonzero(ring.mask(choice.where).take(known["key"])))

    return Part(ring, choice.kind, unit, rows, sums if whole else None)


def chosen(block: Block, ring: Keyring, choice: Choice, columns: Sequence[str]) -> Columns:
    """These columns, and the sign where there is one, of the rows that count."""
    rows, places = block.columns, _places(block, ring, choice)
    some = Columns({name: array for name, array in rows.arrays.items() if name in {"sign", *columns}})
    return some if len(places) == len(rows) else some.take(places)


def _places(block: Block, ring: Keyring, choice: Choice) -> Ints:
    """The places of the rows that count."""
    rows = block.columns
    places = _of_keys(block, ring, choice) if choice.where else np.arange(len(rows))
    if choice.quarters and len(places):
        here = rows["quarter"][places]
        if here.min() < choice.quarters[0] or here.max() >= choice.quarters[1]:
            places = places[(here >= choice.quarters[0]) & (here < choice.quarters[1])]
    return places


def _of_keys(block: Block, ring: Keyring, choice: Choice) -> Ints:
    """The places of the rows whose keys satisfy the conditions."""
    many = np.diff(block.begins, append=len(block.columns))
    held = np.flatnonzero(ring.mask(choice.where).take(block.columns["key"].take(block.begins)))
    begin, many = block.begins[held], many[held]
    skipped = begin - (many.cumsum() - many)  # how many rows before these are left out
    places: Ints = np.arange(many.sum()) + np.repeat(skipped, many)
    return places


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
            hours = sums_by(clock[mine] // 4, np.zeros(len(rows), np.int64), rows)
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
