"""Groups of several columns at once, and their sums."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.usage import zones
from core.usage.columns import Array, Ints, add_up, narrow
from core.usage.filters import Every

MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock shows, in no zone


class Groups(NamedTuple):
    """Distinct combinations: one column of `codes` for each thing grouped by, and the sums of each combination."""

    codes: tuple[Ints, ...]
    sums: dict[str, Ints]

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return len(next(iter(self.sums.values())))

    @property
    def nbytes(self) -> int:
        return 1_000 + sum(array.nbytes for array in (*self.codes, *self.sums.values()))

    def narrowed(self) -> "Groups":
        """The same in as few bytes as hold it."""
        return Groups(tuple(narrow(one) for one in self.codes), {name: narrow(one) for name, one in self.sums.items()})


def group(codes: Sequence[Array], measured: Mapping[str, Array]) -> Groups:
    """The sums by all columns of `codes` together, in their order."""
    rows = len(next(iter(measured.values())))
    index: Ints | None = None
    lows, sizes = [], []
    for column in codes:
        low = int(column.min()) if rows else 0
        size = int(column.max()) - low + 1 if rows else 1
        code = column.astype(np.int64)
        code -= low
        if index is not None:
            index *= size
            code += index
        index = code
        lows.append(low)
        sizes.append(size)
    found, sums = add_up(np.zeros(rows, np.int64) if index is None else index, measured)
    split = []
    for low, size in zip(reversed(lows), reversed(sizes), strict=True):
        split.append(found % size + low)
        found = found // size
    return Groups(tuple(reversed(split)), sums)


def regroup(parts: Sequence[Groups]) -> Groups:
    """Several groups by the same things as one."""
    if len(parts) == 1:
        return parts[0]
    codes = [np.concatenate([part.codes[place] for part in parts]) for place in range(len(parts[0].codes))]
    return group(codes, {name: np.concatenate([part.sums[name] for part in parts]) for name in parts[0].sums})


# -- time ------------------------------------------------------------------------------------------


def since(hours: Ints, every: Every) -> Ints:
    """Local hours as numbers of hours, days, weeks (from Monday on) or months."""
    return hours if every == "hour" else of_days(hours // 24, every)


def of_days(days: Ints, every: Every) -> Ints:
    """Local days as numbers of days, weeks (from Monday on) or months."""
    if every == "week":
        return (days + 3) // 7  # the first day of all, in 1970, was a Thursday
    if every == "month" and len(days):
        first = int(days.min())
        table = np.array([zones.month(number) for number in range(first, int(days.max()) + 1)])
        return table[days - first]
    return days


@lru_cache(maxsize=64)
def starts(first: int, last: int, every: Every) -> tuple[date | datetime, ...]:
    """When all hours, days, weeks or months of these numbers begin."""
    return tuple(start(number, every) for number in range(first, last + 1))


def start(number: int, every: Every) -> date | datetime:
    """When that hour, day, week or month begins, as its clocks show it."""
    if every == "hour":
        return MIDNIGHT + timedelta(hours=number)
    if every == "week":
        return zones.day(number * 7 - 3)
    return zones.day(zones.first_of(number) if every == "month" else number)
