"""Price rows: what each kind of token costs, by how much goes in, and what a call comes to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MTOK = 1_000_000

Band = tuple[int | None, int | None, int | None, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Rate:
    """Nano-dollars per million tokens, as (above, price) steps in rising order.

    The whole call pays the price of the last step whose `above` its input tokens pass.
    """

    steps: tuple[tuple[int, int], ...]

    def at(self, input_tokens: int) -> int:
        return next(price for above, price in reversed(self.steps) if input_tokens > above)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The prices of one model in one tier, while they hold. `cached` and `written` fall back to `input`.

    What is heard and spoken has prices of its own, or none. `images_apart` says that pictures have prices which are
    not among these.
    """

    id: str
    input: Rate | None
    output: Rate | None
    cached: Rate | None = None
    written: Rate | None = None
    audio_in: Rate | None = None
    audio_out: Rate | None = None
    images_apart: bool = False
    _bands: tuple[tuple[int, Band], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = (
            *(self.input, self.cached or self.input, self.written or self.input, self.output),
            *(self.audio_in, self.audio_out),
        )
        starts = sorted({above for rate in kinds if rate for above, _ in rate.steps} | {-1}, reverse=True)
        bands = tuple((above, _band(kinds, above + 1)) for above in starts)
        object.__setattr__(self, "_bands", bands)

    @property
    def free(self) -> bool:
        """Whether nothing is charged."""
        return not any(price for _, band in self._bands for price in band)

    def nanousd(
        self, input: int, cached: int, written: int, output: int, audio_in: int = 0, audio_out: int = 0
    ) -> int | None:
        """What a call costs: `cached`, `written` and `audio_in` are parts of `input`, `audio_out` one of `output`.

        The sum is rounded once, half a nano-dollar to even. None when a kind that was used has no price.
        """
        fresh, read, kept, answer, heard, said = self._of(input)
        plain, spoken = input - cached - written - audio_in, output - audio_out
        if (input and fresh is None) or (spoken and answer is None):
            return None
        if (audio_in and heard is None) or (audio_out and said is None):
            return None
        amount = plain * (fresh or 0) + cached * (read or 0) + written * (kept or 0) + spoken * (answer or 0)
        if audio_in or audio_out:
            amount += audio_in * (heard or 0) + audio_out * (said or 0)
        whole, rest = divmod(amount, MTOK)
        return whole + (2 * rest > MTOK or (2 * rest == MTOK and whole % 2 == 1))

    def _of(self, input_tokens: int) -> Band:
        for above, band in self._bands:
            if input_tokens > above:
                return band
        return self._bands[-1][1]


def told(rate: Rate | None, *, free: str = "free") -> str:
    """A rate in words, dollars per million tokens: `$0.10, above 272,000 $0.20`; `–` where there is none."""
    if rate is None:
        return "–"
    (_, base), *steps = rate.steps
    more = [f"above {above:,} {dollars(price)}" for above, price in steps]
    return ", ".join([dollars(base) if base or steps else free, *more])


def flat(price: int) -> Rate:
    """One price, whatever goes in; the first step is above -1, so always passed."""
    return Rate(((-1, price),))


def _band(kinds: Iterable[Rate | None], input_tokens: int) -> Band:
    one, two, three, four, five, six = (rate.at(input_tokens) if rate else None for rate in kinds)
    return one, two, three, four, five, six


def dollars(nanousd: int) -> str:
    """`$0.10`, `$1.00`, `$0.0125`: two decimals at least, none lost."""
    whole, rest = divmod(nanousd, 10**9)
    return f"${whole:,}.{f'{rest:09d}'.rstrip('0').ljust(2, '0')}"
