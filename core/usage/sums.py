"""What is added up of single runs or legs, and by what."""

from collections.abc import Sequence

import numpy as np

from core.usage.columns import Array, Columns, Ints, add_up, begins, dense_sum, occurrences
from core.usage.figures import MEASURES
from core.usage.grouping import Groups
from core.usage.keys import Keyring
from core.usage.percentiles import BUCKETS

STATUS = {"run": "cost_status", "leg": "attempt_cost_status"}
MODEL = {"run": "model", "leg": "attempt_model"}
SPEEDS = ("latency", "ttft")
SPENT = ("runs", "cost_nanousd", "unknown")
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


def runs_by_hour(rows: Columns, shown: Ints) -> Columns:
    """How many rows by local hour; `shown` is what the clock shows in each slot, in quarter hours."""
    slot, many = _occurring(rows["slot"].astype(np.int64), rows.arrays.get("sign"))
    found, sums = add_up(shown[slot] // 4, {"runs": many})
    return Columns({"time": found, **sums})


def spent_by_user(rows: Columns, ring: Keyring, kind: str) -> Groups:
    """`SPENT` by user."""
    user, cost, sign = rows["user"].astype(np.int64), rows["cost_nanousd"], rows.arrays.get("sign")
    found, sums = add_up(user, {"cost_nanousd": cost if sign is None else cost * sign})
    _, sums["runs"] = _occurring(user, sign)
    dark = np.flatnonzero(ring.mask({STATUS[kind]: ["unknown"]}).take(rows["key"]))  # few
    of_dark, many = _occurring(user[dark], None if sign is None else sign[dark])
    sums["unknown"] = np.zeros(len(found), np.int64)
    sums["unknown"][np.searchsorted(found, of_dark)] = many
    return Groups((found,), sums)


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


def counted(rows: Columns, time: Ints | None, code: Ints | None) -> list[Columns]:
    """For each of `SPEEDS` how many rows lie in each bucket, by the time of their slots and the code of their keys.

    Without times or codes all are under 0. What was not measured is left out.
    """
    wide = max((int(rows[name].max()) for name in SPEEDS if len(rows)), default=0) + 1
    many = int(code.max()) + 1 if code is not None and len(code) else 1
    first = int(time[0]) if time is not None and len(time) else 0
    place = np.zeros(1, np.int64)
    if time is not None:
        place = ((time - first) * (many * wide)).take(rows["slot"])
    if code is not None:
        place = place + (code * wide).take(rows["key"])
    tables = []
    for name in SPEEDS:
        found, counts = _occurring(place + rows[name], rows.arrays.get("sign"))
        one, bucket = np.divmod(found, wide)
        table = Columns({"time": one // many + first, "code": one % many, "bucket": bucket, "count": counts})
        tables.append(table.take(bucket > 0))
    return tables


def counts_by(time: Array | None, code: Array | None, bucket: Array, count: Array | None) -> Columns:
    """Counts by time, code and bucket, in that order; without a time or code all are under 0, without a count each is 1."""
    index, many, first = bucket.astype(np.int64), 1, 0
    if code is not None and len(code):
        many = int(code.max()) + 1
        index += np.multiply(code, BUCKETS, dtype=np.int64)
    if time is not None and len(time):
        first = int(time.min())
        index += np.multiply(time - first, many * BUCKETS, dtype=np.int64)
    found, counts = _occurring(index, count)
    one = found // BUCKETS
    found %= BUCKETS
    return Columns({"time": one // many + first, "code": one % many, "bucket": found, "count": counts}).narrowed()


def _occurring(index: Ints, count: Array | None) -> tuple[Ints, Ints]:
    """The distinct numbers and how often each occurs; with counts, their sums."""
    if count is None:
        return occurrences(index)
    found, sums = add_up(index, {"count": count})
    return found, sums["count"]
