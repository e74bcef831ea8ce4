"""What many calls cost at one price row, as columns: the same formula as `PriceRow.nanousd`, to the last nano-dollar."""

from typing import NamedTuple

import numpy as np

from core.llm.price_rows import MTOK, PriceRow, Rate
from core.usage.columns import Array, Ints

UNKNOWN = -1
LARGEST = 2**62


class Tokens(NamedTuple):
    """Counts of calls, one column a kind; `cached`, `written` and `audio_in` are parts of `input`, `audio_out` of
    `output`. `odd` are calls with pictures, which have prices that no row tells."""

    input: Ints
    cached: Ints
    written: Ints
    output: Ints
    audio_in: Ints
    audio_out: Ints
    odd: Array

    def take(self, rows: Array) -> "Tokens":
        return Tokens(*(column[rows] for column in self))

    def uncached(self) -> "Tokens":
        """The same, as if the provider had never seen the text before."""
        nothing = np.zeros_like(self.input)
        return self._replace(cached=nothing, written=nothing)


def charge(row: PriceRow | None, calls: Tokens) -> Ints:
    """The cost of each call in nano-dollars, `UNKNOWN` where a kind that was used has no price."""
    cost = np.full(len(calls.input), UNKNOWN, np.int64)
    if row is None:
        return cost
    starts = sorted({above for rate in _rates(row) if rate for above, _ in rate.steps} | {-1})
    for above, following in zip(starts, [*starts[1:], LARGEST], strict=True):
        within = np.flatnonzero((calls.input > above) & (calls.input <= following))
        if len(within):
            cost[within] = _band(row, above + 1, calls.take(within))
    apart = (calls.audio_in > 0) & ((calls.cached > 0) | (calls.written > 0))
    cost[(calls.odd & row.images_apart) | apart] = UNKNOWN
    return cost


def _rates(row: PriceRow) -> tuple[Rate | None, ...]:
    return row.input, row.cached or row.input, row.written or row.input, row.output, row.audio_in, row.audio_out


def _band(row: PriceRow, input_tokens: int, calls: Tokens) -> Ints:
    """Calls that all pay the prices of this band."""
    prices = [rate.at(input_tokens) if rate else None for rate in _rates(row)]
    plain = calls.input - calls.cached - calls.written - calls.audio_in
    counts = (plain, calls.cached, calls.written, calls.output - calls.audio_out, calls.audio_in, calls.audio_out)
    # Six products are added up: none may leave the range of the columns.
    if any(int(count.max()) * (price or 0) > LARGEST // 8 for count, price in zip(counts, prices, strict=True)):
        return np.array([_one(row, calls.take(np.array([place]))) for place in range(len(plain))], np.int64)
    amount = np.zeros(len(plain), np.int64)
    for count, price in zip(counts, prices, strict=True):
        amount += count * (price or 0)
    whole, rest = np.divmod(amount, MTOK)
    whole += (2 * rest > MTOK) | ((2 * rest == MTOK) & (whole % 2 == 1))
    for needed, price in (
        (calls.input, prices[0]),
        (counts[3], prices[3]),
        (counts[4], prices[4]),
        (counts[5], prices[5]),
    ):
        if price is None:
            whole[needed > 0] = UNKNOWN
    return whole


def _one(row: PriceRow, call: Tokens) -> int:
    counts = (int(column[0]) for column in call[:6])
    cost = row.nanousd(*counts)
    return UNKNOWN if cost is None else cost
