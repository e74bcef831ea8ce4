"""Percentiles from counts by bucket: buckets grow by 2 %, so their middles are within 1 %, and sums of counts stay right.

Bucket 0 holds what was not measured. Up to 50 ms a bucket is one millisecond; from there on it is 2 % wide.
"""

import numpy as np
import numpy.typing as npt

from core.usage.columns import SMALL, SPARSE, Array, Ints, add_up, dense_sum

GROWTH = 1.02
EXACT = 50  # below, one millisecond a bucket
PERCENTS = (50, 95, 99)
BUCKETS = EXACT + 2 + int(np.log(2**31 / EXACT) / np.log(GROWTH)) + 1

Floats = npt.NDArray[np.float64]


def buckets(milliseconds: Array) -> Ints:
    """The bucket of each duration; what is negative (-1) was not measured."""
    values = np.minimum(milliseconds.astype(np.int64), 2**31 - 1)
    wide = EXACT + np.floor(np.log(np.maximum(values, EXACT) / EXACT) / np.log(GROWTH))
    found: Ints = np.where(values < EXACT, np.maximum(values + 1, 0), 1 + wide.astype(np.int64))
    return found


def _middles() -> Ints:
    """The duration that stands for each bucket: off by the same share from both its ends."""
    steps = np.arange(BUCKETS) - EXACT - 1
    wide = EXACT * GROWTH**steps * 2 * GROWTH / (1 + GROWTH)
    exact = np.arange(BUCKETS) - 1
    return np.where(steps < 0, exact, np.rint(wide)).astype(np.int64)


MIDDLES = _middles()


def of_groups(group: Ints, bucket: Ints, count: Ints, many: int) -> dict[int, Floats]:
    """By percentage, the duration that so many of a hundred do not exceed in each group 0 … many - 1; nan without any."""
    if not bucket.all():  # some were not measured
        measured = np.flatnonzero(bucket)
        group, bucket, count = group[measured], bucket[measured], count[measured]
    if not len(bucket):
        return {percent: np.full(many, np.nan) for percent in PERCENTS}
    wide = int(bucket.max()) + 1
    index, counts = _in_order(group * wide + bucket, count, many * wide)
    upto, total = counts.cumsum(), dense_sum(group, count, many)
    before = total.cumsum() - total
    durations = {}
    for percent in PERCENTS:
        rank = np.maximum(1, -(-total * percent // 100))
        place = np.minimum(np.searchsorted(upto, before + rank), len(upto) - 1)
        durations[percent] = np.where(total > 0, MIDDLES[index[place] % wide], np.nan)
    return durations


def _in_order(index: Ints, count: Ints, size: int) -> tuple[Ints, Ints]:
    """The numbers below `size`, ascending, each with its counts added up; where they are many, only those that occur."""
    if size <= SMALL + SPARSE * len(index):
        return np.arange(size), dense_sum(index, count, size)
    found, sums = add_up(index, {"count": count})
    return found, sums["count"]
