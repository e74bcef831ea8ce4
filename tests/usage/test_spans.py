"""Months of few runs are taken together, the last one alone, and every day lies in one span."""

from datetime import date
from itertools import pairwise

import pytest

from core.usage import zones
from core.usage.spans import MOST_MONTHS, MOST_RUNS, Span, spans, within


def days(months: int, runs: int, version: int = 1) -> list[tuple[int, int, int]]:
    """The first and the 28th of so many months from 2025 on, with so many runs a month."""
    of = [date(2025 + month // 12, month % 12 + 1, day) for month in range(months) for day in (1, 28)]
    return [(zones.number(day), version, runs // 2) for day in of]


@pytest.mark.parametrize(
    ("months", "runs", "lengths"),
    [
        (0, 0, []),
        (1, 10, [1]),
        (3, 10, [2, 1]),
        (14, 10, [MOST_MONTHS, MOST_MONTHS, 1, 1]),
        (7, MOST_RUNS // 3, [3, 3, 1]),
        (4, MOST_RUNS + 2, [1, 1, 1, 1]),
    ],
)
def test_a_span_has_few_runs_and_few_months_and_the_last_month_is_alone(
    months: int, runs: int, lengths: list[int]
) -> None:
    given = days(months, runs)
    found = spans(given)
    assert [zones.month(one.last) - zones.month(one.first) + 1 for one in found] == lengths
    whole = {number: version for number, version, _ in given}
    assert [day for one in found for day in within(whole, one)] == list(whole)
    assert all(before.last + 1 == after.first for before, after in pairwise(found))


def test_a_span_changes_its_sign_when_a_day_of_it_changes() -> None:
    given = days(4, 10)
    number, version, runs = given[2]
    before, after = spans(given), spans([*given[:2], (number, version + 1, runs), *given[3:]])
    assert [one.days for one in before] == [one.days for one in after]
    assert [one.sign == other.sign for one, other in zip(before, after, strict=True)] == [False, True]


@pytest.mark.parametrize(("first", "last", "meets"), [(1, 9, False), (1, 10, True), (15, 15, True), (20, 30, True)])
def test_a_span_meets_days_that_lie_in_it(first: int, last: int, meets: bool) -> None:
    assert Span(10, 20, 0).meets(first, last) is meets
    assert not Span(10, 20, 0).meets(21, 30)
