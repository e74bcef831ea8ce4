"""The runs or legs of one filter: from sums where sums suffice, else row by row."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, time
from functools import cached_property

import numpy as np

from core.usage import grouping, zones
from core.usage.blocks import around
from core.usage.books import Books, State
from core.usage.columns import Columns, Ints, concat
from core.usage.figures import MEASURES
from core.usage.filters import LEG_DIMENSIONS, TIMES, Every, Filter
from core.usage.grouping import Groups
from core.usage.keys import Dimensions
from core.usage.margins import GROUPINGS
from core.usage.records import LAID_OUT
from core.usage.sums import measures, spent_by_user
from core.usage.views import SUMMED, Choice, Part, Unit, taken

HOURS_A_DAY = 24


class Selection:
    """What a filter chooses. With `every` hour, or bounds that are no midnight, its sums are by hour."""

    def __init__(
        self, books: Books, state: State, filter: Filter, dimensions: Sequence[str], every: Every | None = None
    ) -> None:
        self.books, self.state, self.filter = books, state, filter
        legs = filter.legs or any(dimension in LEG_DIMENSIONS for dimension in dimensions)
        self.kind = "leg" if legs else "run"
        self.ring = books.blocks.rings[self.kind]
        self.users_wanted = frozenset(filter.where.get("user", ()))
        self.where = {name: values for name, values in filter.where.items() if name != "user"}
        self.quarters = zones.quarter(filter.start), zones.quarter(filter.end)
        self.first, self.last = self.quarters[0] // zones.A_DAY, (self.quarters[1] - 1) // zones.A_DAY
        begin, end = (moment.astimezone(filter.zone) for moment in (filter.start, filter.end))
        whole_days = begin.time() == end.time() == time()
        self.unit: Unit = "day" if whole_days and every != "hour" else "hour"
        self._span = _hours(begin), _hours(end) + (end.minute > 0)

    # -- from sums ---------------------------------------------------------------------------------

    def sums(self, dimensions: tuple[str, ...], every: Every | None = None) -> Groups:
        """The measures by what the runs have on these dimensions, and before it by time."""
        table = self._within(_whole([part.by(dimensions) for part in self._parts(dimensions)], ("code", *MEASURES)))
        return self._grouped(table, ("code",), every, MEASURES)

    def speeds(self, name: str, every: Every | None = None, *, models: bool) -> tuple[Ints, ...]:
        """How often a duration was in each bucket: times, models (one code for all where not wanted), buckets, counts."""
        tables = []
        for one in self._parts():
            whole = every is None and one.lies_within(*self._limits)
            cut = bool(self.where) and every is None and not whole  # both will be asked for: the rows are counted once
            table = one.counts(name, models=models or cut, times=not whole)
            tables.append(table if whole else self._within(table))
        table = _whole(tables, ("code", "bucket", "count"))
        codes = [table[column].astype(np.int64) for column in ("code", "bucket", "count")]
        times = table["time"].astype(np.int64)
        return self._moments(times, every) if every else times, *codes

    def hours(self) -> Columns:
        """Runs by local hour (`time`), of which each may be there more than once."""
        return _cut(_whole([part.hours for part in self._parts()], ("runs",)), *self._span)

    def _grouped(self, table: Columns, names: Sequence[str], every: Every | None, sums: Sequence[str]) -> Groups:
        codes = [table[name] for name in names]
        if every:
            codes.insert(0, self._moments(table["time"], every))
        return grouping.group(codes, _of(table, sums))

    def _moments(self, times: Ints, every: Every) -> Ints:
        return grouping.of_days(times, every) if self.unit == "day" else grouping.since(times, every)

    def _within(self, table: Columns) -> Columns:
        return _cut(table, *self._limits)

    @property
    def _limits(self) -> tuple[int, int]:
        """The span in local days or hours, as sums have it."""
        hours = HOURS_A_DAY if self.unit == "day" else 1
        return self._span[0] // hours, self._span[1] // hours

    def _parts(self, dimensions: tuple[str, ...] = ()) -> list[Part]:
        quarters, zone = None if self.unit == "day" else self.quarters, self.filter.zone
        choice = Choice(self.kind, self.where, quarters)
        if self.users_wanted:
            return [self.books.part_of(self._of_users, choice, self.unit, zone)]
        margins = self._marginal and dimensions in GROUPINGS[self.kind]
        return self.books.parts(self.state, choice, self.unit, zone, (self.first, self.last), margins=margins)

    @cached_property
    def _marginal(self) -> bool:
        """Whether sums by hour of UTC suffice."""
        hourly = self.unit == "day" or not any(quarter % 4 for quarter in self.quarters)
        return not self.where and hourly and zones.whole_hours(self.first, self.last, self.filter.zone)

    # -- row by row --------------------------------------------------------------------------------

    def detailed(self, by: Sequence[str], column: str | None = None) -> Groups:
        """The measures by any dimensions and times, `user` among them; with a column of the rows, how many have what."""

        def group(rows: Columns) -> Groups:
            codes = [self._codes(rows, name) for name in by] + ([rows[column]] if column else [])
            measured = measures(rows, self.ring, self.kind, only=("runs",) if column else MEASURES)
            return grouping.group(codes, measured.arrays).narrowed()

        columns = ("key", column) if column else SUMMED
        columns += ("user",) if "user" in by else ()
        columns += ("quarter",) if any(name in TIMES for name in by) else ()
        asked = (tuple(by), column, str(self.filter.zone) if any(name in TIMES for name in by) else None)
        return self._from_rows(asked, columns, group)

    def spent(self) -> Groups:
        """`SPENT` by user."""

        def group(rows: Columns) -> Groups:
            return spent_by_user(rows, self.ring, self.kind).narrowed()

        return self._from_rows(("spent",), ("key", "user", "cost_nanousd"), group)

    def _from_rows(self, asked: Hashable, columns: Sequence[str], group: Callable[[Columns], Groups]) -> Groups:
        """What `group` makes of these columns; `asked` says by what."""
        choice = Choice(self.kind, self.where, self.quarters)
        if self.users_wanted:
            return group(taken(around(self._of_users), self.ring, choice, columns))
        made = self.books.details(self.state, choice, asked, columns, (self.first, self.last), group)
        return grouping.regroup(made) if made else group(_no_rows())

    def _codes(self, rows: Columns, name: str) -> Ints:
        if name == "user":
            return rows["user"]
        if name not in TIMES:
            return self.ring.codes(name).take(rows["key"])
        shown = zones.local(self.first, self.last, self.filter.zone)[
            rows["quarter"].astype(np.int64) - self.first * zones.A_DAY
        ]
        return grouping.since(shown // 4, name)  # type: ignore[arg-type]

    @property
    def _of_users(self) -> Columns:
        return self.books.of_users(self.state, self.kind, self.users_wanted, self.filter.start, self.filter.end)

    # -- what the numbers mean ---------------------------------------------------------------------

    def values(self, dimensions: tuple[str, ...]) -> list[Dimensions]:
        """What codes of these dimensions stand for."""
        return self.ring.values(*dimensions)

    def moments(self, every: Every) -> range:
        """The numbers of all hours, days, weeks or months of the filter."""
        ends = np.array([self._span[0], self._span[1] - 1])
        first, last = grouping.since(ends, every)
        return range(int(first), int(last) + 1)

    def times(self, every: Every) -> tuple[date | datetime, ...]:
        """When each of them begins."""
        moments = self.moments(every)
        return grouping.starts(moments.start, moments.stop - 1, every)


def _cut(table: Columns, low: int, high: int) -> Columns:
    times = table["time"]
    if not len(times) or (times.min() >= low and times.max() < high):
        return table
    return table.take((times >= low) & (times < high))


def _of(table: Columns, names: Sequence[str]) -> dict[str, Ints]:
    return {name: table[name] for name in names}


def _whole(tables: Sequence[Columns], names: Sequence[str]) -> Columns:
    if not tables:
        return Columns({name: np.zeros(0, np.int64) for name in ("time", *names)})
    return concat([Columns(_of(table, ("time", *names))) for table in tables])


def _no_rows() -> Columns:
    return Columns({name: np.zeros(0, np.int64) for name in LAID_OUT})


def _hours(shown: datetime) -> int:
    return zones.number(shown.date()) * HOURS_A_DAY + shown.hour
