"""What is added up of single runs or legs, and by what."""

from collections.abc import Sequence

import numpy as np

from core.usage.columns import Array, Columns, Ints, add_up, occurrences
from core.usage.figures import MEASURES
from core.usage.grouping import Groups, group
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


def summed(codes: Sequence[Array], rows: Columns, ring: Keyring, kind: str) -> Groups:
    """The measures of single rows by these codes."""
    sure = ring.codes(STATUS[kind]).take(rows["key"])
    found = group([*codes, sure], measures(rows, ring, kind, PLAIN).arrays)
    arrays: dict[str, Array] = dict(found.sums)
    for name in SURE:
        of_code = np.array([value == name for (value,) in ring.values(STATUS[kind])], bool)
        arrays[name] = of_code[found.codes[-1]] * found.sums["runs"]
    return group(found.codes[:-1], arrays)


def runs_of(time: Ints, rows: Columns, ring: Keyring, kind: str) -> Columns:
    """The measures by time and key of rows that follow each other: rows are stored by day and key."""
    key = rows["key"]
    new = np.ones(len(rows), bool)
    new[1:] = (key[1:] != key[:-1]) | (time[1:] != time[:-1])
    begin = np.flatnonzero(new)
    table = {"time": time[begin], "key": key[begin]}
    for name, column in measures(rows, ring, kind, PLAIN).arrays.items():
        table[name] = np.add.reduceat(column.astype(np.int64, copy=False), begin)
    for name in SURE:
        table[name] = ring.mask({STATUS[kind]: [name]}).take(table["key"]) * table["runs"]
    return Columns(table).narrowed()


def sums_by(time: Ints, code: Ints, measured: Columns, name: str = "code") -> Columns:
    """Measures by time and code, in that order."""
    many = int(code.max()) + 1 if len(code) else 1
    found, sums = add_up(time.astype(np.int64) * many + code, {measure: measured[measure] for measure in MEASURES})
    return Columns({"time": found // many, name: found % many, **sums}).narrowed()


def counted(time: Ints, code: Ints, rows: Columns, name: str) -> Columns:
    """How many rows lie in each bucket of a duration, by time and code; what was not measured is left out."""
    table = counts_by(time, code, rows[name], rows.arrays.get("sign"))
    return table.take(table["bucket"] > 0)


def counts_by(time: Ints, code: Ints, bucket: Array, count: Array | None) -> Columns:
    """Counts by time, code and bucket, in that order; without a `count` each row is one."""
    many = int(code.max()) + 1 if len(code) else 1
    index = (time.astype(np.int64) * many + code) * BUCKETS + bucket
    found, counts = occurrences(index) if count is None else _added(index, count)
    group = found // BUCKETS
    return Columns({"time": group // many, "code": group % many, "bucket": found % BUCKETS, "count": counts}).narrowed()


def _added(index: Ints, count: Array) -> tuple[Ints, Ints]:
    found, sums = add_up(index, {"count": count})
    return found, sums["count"]
