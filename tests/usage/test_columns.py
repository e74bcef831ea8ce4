"""Columns of whole numbers take little room and add up exactly."""

import numpy as np
import pytest

from core.usage.columns import MEASURED, Cache, add_up, begins, narrow, occurrences


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([], np.uint8),
        ([0, 2**8 - 1], np.uint8),
        ([2**8], np.uint16),
        ([2**16 - 1, 0], np.uint16),
        ([2**16], np.uint32),
        ([2**32 - 1], np.uint32),
        ([2**32], np.int64),
        ([-1, 5], np.int64),
        ([-(2**62), 2**62], np.int64),
    ],
)
def test_a_column_takes_the_narrowest_type_that_holds_it(numbers: list[int], kind: type) -> None:
    column = narrow(np.array(numbers, np.int64))
    assert column.dtype == kind
    assert column.tolist() == numbers


def test_a_short_column_with_a_negative_number_is_widened() -> None:
    assert narrow(np.array([-1, 3], np.int32)).tolist() == [-1, 3]


@pytest.mark.parametrize("index", [[], [3, 0, 3, 3, 7], [5, 10**12, 5]], ids=["none", "near", "far apart"])
def test_how_often_a_number_occurs_is_its_sum_of_ones(index: list[int]) -> None:
    numbers = np.array(index, np.int64)
    found, counts = occurrences(numbers)
    expected, sums = add_up(numbers, {"count": np.ones(len(numbers), np.int64)})
    assert found.tolist() == expected.tolist() == sorted(set(index))
    assert counts.tolist() == sums["count"].tolist() == [index.count(number) for number in sorted(set(index))]


def test_rows_begin_wherever_one_of_the_columns_changes() -> None:
    assert begins(np.array([1, 1, 1, 2, 2]), np.array([8, 8, 9, 9, 9])).tolist() == [0, 2, 3]
    assert begins(np.zeros(0, np.int64)).tolist() == []


class Growing:
    """Something that takes more room the longer it is used."""

    nbytes = 1


def test_what_grew_after_it_was_put_is_let_go_soon() -> None:
    kept: Cache[Growing] = Cache(100)
    grown = [kept.put(number, 0, Growing()) for number in range(4)]
    for one in grown:
        one.nbytes = 60
    for number in range(4, 4 + MEASURED):
        kept.put(number, 0, Growing())
    there = [one for number in range(4 + MEASURED) if (one := kept.get(number, 0))]
    assert sum(one.nbytes for one in there) <= 100
    assert len(there) > MEASURED  # nothing else had to go
