"""Stretches of months that are read and added up together: long where runs are few, so that there are not many."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.usage import zones

MOST_RUNS, MOST_MONTHS = 300_000, 6


class Span(NamedTuple):
    """UTC days, first and last; `sign` changes whenever one of them does."""

    first: int
    last: int
    sign: int

    @property
    def days(self) -> tuple[int, int]:
        return self.first, self.last

    def holds(self, number: int) -> bool:
        """Whether this day lies in it."""
        return self.first <= number <= self.last

    def meets(self, first: int, last: int) -> bool:
        """Whether some of these days lie in it."""
        return self.first <= last and first <= self.last


def spans(days: Iterable[tuple[int, int, int]]) -> tuple[Span, ...]:
    """All days with runs in spans, oldest first; a day is its number, its version and its runs.

    The last month, which changes, is alone. Earlier ones are together as long as they have few runs.
    """
    months: dict[int, tuple[int, int]] = {}  # sign and runs
    for number, version, runs in sorted(days):
        sign, before = months.get(zones.month(number), (0, 0))
        months[zones.month(number)] = hash((sign, number, version)), before + runs
    found: list[Span] = []
    first, total = 0, 0
    for month, (sign, runs) in months.items():
        total += runs
        new = month == max(months) or total > MOST_RUNS or month - first >= MOST_MONTHS
        if new or not found:
            first, total = month, runs
            found.append(Span(zones.first_of(month), zones.first_of(month + 1) - 1, sign))
        else:
            found[-1] = Span(found[-1].first, zones.first_of(month + 1) - 1, hash((found[-1].sign, sign)))
    return tuple(found)


def within(days: Mapping[int, int], span: Span) -> Mapping[int, int]:
    """Those of the days that lie in it."""
    return {number: version for number, version in days.items() if span.holds(number)}
