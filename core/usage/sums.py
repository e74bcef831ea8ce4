"""What is added up of single runs or legs, and by what."""

from collections.abc import Sequence

import numpy as np

from core.usage.columns import Array, Columns, Ints, add_up
from core.usage.figures import MEASURES
from core.usage.keys import Keyring
from core.usage.percentiles import BUCKETS

STATUS = {"run": "cost_status", "leg": "attempt_cost_status"}
MODEL = {"run": "model", "leg": "attempt_model"}
SPEEDS = ("latency", "ttft")


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
            arrays[name] = ring.mask({STATUS[kind]: [name]})[rows["key"]] * ones
    return Columns(arrays)


def sums_by(time: Ints, code: Ints, measured: Columns, name: str = "code") -> Columns:
    """Measures by time and code, in that order."""
    many = int(code.max()) + 1 if len(code) else 1
    found, sums = add_up(time.astype(np.int64) * many + code, {measure: measured[measure] for measure in MEASURES})
    return Columns({"time": found // many, name: found % many, **sums}).narrowed()


def counted(time: Ints, code: Ints, rows: Columns, name: str) -> Columns:
    """How many rows lie in each bucket of a duration, by time and code; what was not measured is left out."""
    measured = np.flatnonzero(rows[name])
    sign = rows.arrays.get("sign")
    ones = np.ones(len(measured), np.int64) if sign is None else sign[measured]
    return counts_by(time[measured], code[measured], rows[name][measured], ones)


def counts_by(time: Ints, code: Ints, bucket: Array, count: Array) -> Columns:
    """Counts by time, code and bucket, in that order."""
    many = int(code.max()) + 1 if len(code) else 1
    found, sums = add_up((time.astype(np.int64) * many + code) * BUCKETS + bucket, {"count": count})
    group = found // BUCKETS
    return Columns({"time": group // many, "code": group % many, "bucket": found % BUCKETS, **sums}).narrowed()
