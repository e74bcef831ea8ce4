"""Percentiles from counts by bucket: buckets grow by 2 %, so their middles are within 1 %, and sums of counts stay right.

Bucket 0 holds what was not measured. Up to 50 ms a bucket is one millisecond; from there on it is 2 % wide.
"""

import numpy as np
import numpy.typing as npt

from core.usage.columns import Array, Ints, dense_sum

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
    measured = np.flatnonzero(bucket)
    index, counts = _merged(group[measured] * BUCKETS + bucket[measured], count[measured])
    group, bucket = index // BUCKETS, index % BUCKETS
    upto, total = counts.cumsum(), dense_sum(group, counts, many)
    before = total.cumsum() - total
    durations = {}
    for percent in PERCENTS:
        rank = np.maximum(1, -(-total * percent // 100))
        place = np.minimum(np.searchsorted(upto, before + rank), max(0, len(upto) - 1))
        durations[percent] = np.where(total > 0, MIDDLES[bucket[place]], np.nan) if len(upto) else np.full(many, np.nan)
    return durations


def _merged(index: Ints, count: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers in `index`, ascending, each with its counts added up."""
    step = np.diff(index)
    if not len(step) or step.min() > 0:
        return index, count
    order = np.argsort(index, kind="stable")  # mostly in order: fast
    index, count = index[order], count[order]
    begin = np.flatnonzero(np.concatenate([[True], np.diff(index) > 0]))
    return index[begin], np.add.reduceat(count, begin)
