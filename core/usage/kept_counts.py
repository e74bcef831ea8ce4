"""How many papers were kept of the runs of a filter, and how much of the model's text stands in them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.usage import zones
from core.usage.columns import Array, Columns, Ints
from core.usage.filters import Filter, Value
from core.usage.kept_papers import NO_RUN, NO_SHARE
from core.usage.keys import Keyring


class Papers(NamedTuple):
    """How many documents and resume versions, and the share of text kept in thousandths; None where nobody knows."""

    kept: int = 0
    permille: int | None = None


Groups = Mapping[tuple[Value, ...], Papers]


def count(rows: Columns, ring: Keyring, asked: Filter, by: Sequence[str]) -> tuple[Papers, Groups]:
    """Of all runs that began in the filter, and by what they have on these dimensions.

    A paper of two groups counts in both, and once in all; its share is the average over its revisions.
    """
    chosen = _chosen(rows, ring, asked)
    codes = ring.codes(*by).take(chosen["key"])
    found, values = _by_code(chosen, codes), ring.values(*by)
    whole = _by_code(chosen, np.zeros(len(chosen), np.int64))
    return whole.get(0, Papers()), {values[code]: papers for code, papers in found.items()}


def _chosen(rows: Columns, ring: Keyring, asked: Filter) -> Columns:
    """The rows whose run is in the filter."""
    begin, end = (np.int64(zones.quarter(moment)) for moment in (asked.start, asked.end))
    rows = rows.take((rows["quarter"] >= begin) & (rows["quarter"] < end) & (rows["quarter"] != NO_RUN))
    held: Array = np.ones(len(rows), bool)
    where = {name: values for name, values in asked.where.items() if name != "user"}
    if where:
        held &= ring.mask(where).take(rows["key"])
    if "user" in asked.where:
        held &= np.isin(rows["user"], [user for user in asked.where["user"] if isinstance(user, int)])
    return rows.take(held) if asked.where else rows


def _by_code(rows: Columns, codes: Ints) -> dict[int, Papers]:
    many = int(codes.max()) + 1 if len(codes) else 0
    single, known = rows["single"], rows["share"] != NO_SHARE
    counts = np.bincount(codes[single], minlength=many) + np.bincount(_once(rows, codes, ~single), minlength=many)
    shares = np.bincount(codes[known], minlength=many)
    sums = np.bincount(codes[known], rows["share"][known], minlength=many)  # floats hold such sums exactly
    return {
        code: Papers(int(counts[code]), round(sums[code] / shares[code]) if shares[code] else None)
        for code in np.flatnonzero(counts).tolist()
    }


def _once(rows: Columns, codes: Ints, these: Array) -> Ints:
    """The codes of these rows, each once for every paper that it has."""
    pairs = np.unique(np.stack([codes[these], rows["paper"][these].astype(np.int64)]), axis=1)
    found: Ints = pairs[0]
    return found
