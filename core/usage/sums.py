"""What is added up of single runs or legs, and by what."""

from collections.abc import Sequence

import numpy as np

from core.usage.columns import Array, Columns, Ints, add_up, begins, dense_sum, occurrences
from core.usage.figures import MEASURES
from core.usage.grouping import group
from core.usage.keys import Keyring
from core.usage.percentiles import BUCKETS

STATUS = {"run": "cost_status", "leg": "attempt_cost_status"}
MODEL = {"run": "model", "leg": "attempt_model"}
SPEEDS = ("latency", "ttft")
PLAIN, SURE = MEASURES[:6], MEASURES[6:]  # of a row itself, and by how sure its cost is


def measures(rows: Columns, ring: Keyring, kind: str, only: Sequence[str] = MEASURES) -> Columns:
    """The measures of single rows; a row with a `sign` of -1 takes away what was added before."""
    sign = rows.arrays.get("sign")
    ones = np.ones(len(rows), np.int64) if sign is None else sign
    arrays: dict[str, Array] = {}
    for name in only:
        if name == "runs":
            arrays[name] = ones
        elif name in rows.arrays:
            arrays[name] = rows[name] if sign is None else rows[name] * sign
        else:
            arrays[name] = ring.mask({STATUS[kind]: [name]}).take(rows["key"]) * ones
    return Columns(arrays)


def by_hour(rows: Columns, ring: Keyring, kind: str) -> Columns:
    """The measures of single rows by what the clock showed, `shown` in quarter hours."""
    sure = ring.codes(STATUS[kind]).take(rows["key"])  # three sums fewer for each row
    found = group([rows["shown"] // 4, sure], measures(rows, ring, kind, PLAIN).arrays)
    arrays: dict[str, Array] = dict(found.sums)
    for name in SURE:
        of_code = np.array([value == name for (value,) in ring.values(STATUS[kind])], bool)
        arrays[name] = of_code[found.codes[1]] * found.sums["runs"]
    return sums_by(found.codes[0], np.zeros(found.size, np.int64), Columns(arrays))


def by_key(time: Ints, rows: Columns, ring: Keyring, kind: str) -> Columns:
    """The measures of single rows by time and key; rows of one time and key that are apart stay apart."""
    key = rows["key"]
    begin = begins(key, time)
    place = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(rows)))
    table = {"time": time[begin], "key": key[begin]}
    for name, column in measures(rows, ring, kind, PLAIN).arrays.items():
        table[name] = dense_sum(place, column, len(begin))  # much faster than reduceat where few rows are one
    for name in SURE:
        table[name] = ring.mask({STATUS[kind]: [name]}).take(table["key"]) * table["runs"]
    return Columns(table).narrowed()


def sums_by(time: Ints, code: Ints, measured: Columns, name: str = "code") -> Columns:
    """Measures by time and code, in that order."""
    many = int(code.max()) + 1 if len(code) else 1
    found, sums = add_up(time.astype(np.int64) * many + code, {measure: measured[measure] for measure in MEASURES})
    return Columns({"time": found // many, name: found % many, **sums}).narrowed()


def counted(time: Ints | None, code: Ints | None, rows: Columns, name: str) -> Columns:
    """How many rows lie in each bucket of a duration, by time and code; what was not measured is left out."""
    table = counts_by(time, code, rows[name], rows.arrays.get("sign"))
    return table.take(table["bucket"] > 0)


def counts_by(time: Array | None, code: Array | None, bucket: Array, count: Array | None) -> Columns:
    """Counts by time, code and bucket, in that order; without a time or code all are under 0, without a count each is 1."""
    index, many, first = bucket.astype(np.int64), 1, 0
    if code is not None and len(code):
        many = int(code.max()) + 1
        index += np.multiply(code, BUCKETS, dtype=np.int64)
    if time is not None and len(time):
        first = int(time.min())
        index += np.multiply(time - first, many * BUCKETS, dtype=np.int64)
    found, counts = occurrences(index) if count is None else _added(index, count)
    one = found // BUCKETS
    found %= BUCKETS
    return Columns({"time": one // many + first, "code": one % many, "bucket": found, "count": counts}).narrowed()


def _added(index: Ints, count: Array) -> tuple[Ints, Ints]:
    found, sums = add_up(index, {"count": count})
    return found, sums["count"]
