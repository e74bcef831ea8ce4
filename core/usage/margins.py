"""The sums of a day by hour and one dimension at a time: few, however many runs there are."""

from collections.abc import Mapping

import numpy as np

from core.usage.columns import Array, Columns, concat, unpack
from core.usage.filters import LEG_DIMENSIONS, RUN_DIMENSIONS
from core.usage.grouping import group
from core.usage.keys import KINDS, Dimensions, Keyring
from core.usage.sums import MODEL, SPEEDS, measures

CAUSE = ("attempt_provider", "attempt_model", "error_code", "attempt_status", "status")
GROUPINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "run": ((), *((name,) for name in RUN_DIMENSIONS)),
    "leg": ((), *((name,) for name in LEG_DIMENSIONS), CAUSE),
}
A_HOUR = 4  # quarter hours


def pack(tables: Mapping[str, Columns], dimensions: Mapping[int, Dimensions]) -> bytes:
    """The margins of a day from its runs and legs, by kind; `dimensions` says what their keys stand for."""
    packed = []
    for kind, table in tables.items():
        ring, rows = _read(kind, table, dimensions)
        packed += [_sums(kind, ring, rows, table["key"]).pack()]
        packed += [_counts(kind, ring, rows, table["key"], name).pack() for name in SPEEDS]
    return b"".join(len(one).to_bytes(4, "little") + one for one in packed)


def unpack_kind(packed: bytes, kind: str) -> tuple[Columns, ...]:
    """The margins of one kind: sums by grouping, key and hour, and the counts of `SPEEDS` by key, hour and bucket.

    A key stands for what it has on the dimensions of the grouping, or for its model.
    """
    parts, begin = [], 0
    while begin < len(packed):
        size = int.from_bytes(packed[begin : begin + 4], "little")
        parts.append((begin + 4, size))
        begin += 4 + size
    here = parts[:3] if kind == "run" else parts[3:]
    return tuple(unpack(packed[at : at + size]) for at, size in here)


def _read(kind: str, table: Columns, dimensions: Mapping[int, Dimensions]) -> tuple[Keyring, Columns]:
    ring = Keyring(KINDS[kind])
    for key in np.unique(table["key"]).tolist():
        ring.learn(key, dimensions[key])
    return ring, table.also(key=ring.numbers(table["key"]), hour=table["slot"] // A_HOUR)


def _sums(kind: str, ring: Keyring, rows: Columns, ids: Array) -> Columns:
    measured = measures(rows, ring, kind)
    tables = []
    for number, names in enumerate(GROUPINGS[kind]):
        codes = ring.codes(*names)[rows["key"]]
        found = group([codes, rows["hour"]], measured.arrays)
        key = _first(codes, ids)[found.codes[0]] if len(rows) else found.codes[0]
        place = np.full(found.size, number, np.int64)
        tables.append(Columns({"grouping": place, "key": key, "hour": found.codes[1], **found.sums}))
    return concat(tables)


def _counts(kind: str, ring: Keyring, rows: Columns, ids: Array, name: str) -> Columns:
    measured = np.flatnonzero(rows[name])
    codes = ring.codes(MODEL[kind])[rows["key"]]
    ones = {"count": np.ones(len(measured), np.int64)}
    found = group([codes[measured], rows["hour"][measured], rows[name][measured]], ones)
    key = _first(codes, ids)[found.codes[0]] if len(measured) else found.codes[0]
    return Columns({"key": key, "hour": found.codes[1], "bucket": found.codes[2], **found.sums})


def _first(codes: Array, ids: Array) -> Array:
    """For each code the smallest of the keys that have it."""
    first = np.full(int(codes.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, codes, ids.astype(np.int64))
    return first
