"""Why a provider's export and our own records of a day of a model differ: the likely cause, with figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.llm import pricing
from core.usage.invoice_file import Billed

TIERS = ("batch", "flex", "priority")
MANY_DAYS = 3  # on which one factor is no chance

CAUSES = {
    "agrees": "Agrees.",
    "rounding": "Rounded differently.",
    "missing here": "The provider counts calls that are not recorded here.",
    "missing there": "Calls are recorded here that the provider does not charge.",
    "day boundary": "Calls near midnight are counted on the neighbouring day.",
    "cached in full": "Cached input was charged like new input.",
    "another tier": "It was charged at another service tier.",
    "other price": "Every call costs the same factor more or less: the price differs.",
    "no price here": "The project has no price for it, so there is nothing to compare.",
    "differs": "The tokens agree, the dollars do not, and none of the usual causes explains it.",
}


@dataclass(slots=True)
class Ours:
    """What is recorded here of one model on one day. `nanousd` sums the known costs, None where none is; `unknown` counts
    legs without one; `provider` is who was called."""

    nanousd: int | None = None
    input: int = 0
    cached: int = 0
    output: int = 0
    legs: int = 0
    unknown: int = 0
    provider: str = "openai"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What still counts as equal: this share, or a cent's half for each line of the export."""

    share: float = 0.001
    nanousd: int = 5_000_000

    def tokens(self, one: int, other: int) -> bool:
        return abs(one - other) <= self.share * max(one, other)

    def dollars(self, one: int, other: int, lines: int = 1) -> bool:
        return abs(one - other) <= max(self.share * max(abs(one), abs(other)), self.nanousd * lines)


USUAL = Tolerance()


@dataclass(frozen=True, slots=True)
class Judge:
    """Finds the likely cause, the most telling first."""

    ours: Mapping[tuple[date, str], Ours]
    billed: Mapping[tuple[date, str], Billed]
    tolerance: Tolerance

    def cause(self, day: date, model: str) -> tuple[str, str]:
        ours, theirs = self.ours.get((day, model)), self.billed.get((day, model))
        near = self._neighbour(day, model)
        if near is not None:
            return "day boundary", f"{CAUSES['day boundary']} Together with {near} it agrees."
        if ours is None:
            return "missing here", f"{CAUSES['missing here']} None of that day is."
        if theirs is None:
            return "missing there", f"{CAUSES['missing there']} None of that day is charged."
        if ours.nanousd is None:
            return "no price here", "The project has no price for it. Add one under Admin, Prices."
        return self._tokens(ours, theirs) or self._dollars(day, model, ours, theirs)

    def _tokens(self, ours: Ours, theirs: Billed) -> tuple[str, str] | None:
        there, here = total(theirs), all_tokens(ours)
        if there is None or self.tolerance.tokens(there, here):
            return None
        cause = "missing here" if there > here else "missing there"
        return cause, f"{CAUSES[cause]} They are {abs(there - here):,} tokens."

    def _dollars(self, day: date, model: str, ours: Ours, theirs: Billed) -> tuple[str, str]:
        paid, known = theirs.nanousd, ours.nanousd or 0
        if abs(paid - known) <= self.tolerance.share * max(abs(paid), abs(known)):
            return "agrees", CAUSES["agrees"]
        if self.tolerance.dollars(paid, known, theirs.lines):
            return "rounding", f"{CAUSES['rounding']} The difference is below half a cent a line."
        for tier in TIERS:
            if self._near(paid, self._recalculated(day, model, ours, tier=tier)):
                return "another tier", f"It was charged at the service tier {tier}; here it is recorded at another."
        factors = self._factors(model)
        if len(factors) >= MANY_DAYS and _steady(factors, 0.002):
            return self._other_price(ours, theirs, len(factors))
        if ours.cached and self._near(paid, self._recalculated(day, model, ours, cached=False)):
            return "cached in full", f"{CAUSES['cached in full']} That is {ours.cached:,} tokens."
        if len(factors) > 1 and _steady(factors, 0.005):
            return self._other_price(ours, theirs, len(factors))
        if total(theirs) is None:
            cause = "missing here" if paid > known else "missing there"
            return cause, f"{CAUSES[cause]} The export has no tokens to tell it from another price."
        if not known:
            return "differs", CAUSES["differs"]
        return "differs", f"The tokens agree, and the provider charges {paid / known:.3f} times what is recorded."

    def _other_price(self, ours: Ours, theirs: Billed, days: int) -> tuple[str, str]:
        factor = theirs.nanousd / (ours.nanousd or 1)
        return "other price", f"The provider charges {factor:.3f} times our price on all {days} days."

    def _factors(self, model: str) -> list[float]:
        """What they charge over what is recorded, of every day of a model on which the tokens agree.

        A factor that holds on all of them is a price; on one day alone it is whatever it is.
        """
        return [
            self.billed[key].nanousd / one.nanousd
            for key, one in self.ours.items()
            if key[1] == model and key in self.billed and one.nanousd and self._same_tokens(key)
        ]

    def _same_tokens(self, key: tuple[date, str]) -> bool:
        there = total(self.billed[key])
        return there is None or self.tolerance.tokens(there, all_tokens(self.ours[key]))

    def _near(self, paid: int, supposed: int | None) -> bool:
        return supposed is not None and abs(paid - supposed) <= max(0.005 * supposed, 1000)

    def _recalculated(
        self, day: date, model: str, ours: Ours, *, cached: bool = True, tier: str | None = None
    ) -> int | None:
        """What the day's tokens cost in another way; steps of large calls are not seen in a sum."""
        at = datetime.combine(day, time(), UTC)
        row, standard = (pricing.price(ours.provider, model, one, at) for one in (tier, None))
        if row is None or standard is None:
            return None
        read = ours.cached if cached else 0
        supposed, usual = (_at(one, ours, kept) for one, kept in ((row, read), (standard, ours.cached)))
        return None if not usual or supposed is None else supposed * (ours.nanousd or 0) // usual

    def _neighbour(self, day: date, model: str) -> date | None:
        """A neighbouring day that has about as many tokens too many as this one has too few."""
        mine = self._drift(day, model)
        if not mine:
            return None
        for other in (day - timedelta(days=1), day + timedelta(days=1)):
            theirs = self._drift(other, model) if (other, model) in self.billed else 0
            if theirs and mine * theirs < 0 and abs(mine + theirs) <= 0.02 * max(abs(mine), abs(theirs)):
                return other
        return None

    def _drift(self, day: date, model: str) -> int:
        """Tokens they have more than we; 0 where they agree or cannot be compared."""
        ours, theirs = self.ours.get((day, model)), self.billed.get((day, model))
        there = 0 if theirs is None else total(theirs)
        if there is None or self.tolerance.tokens(there, all_tokens(ours)):
            return 0
        return there - all_tokens(ours)


def _at(row: pricing.PriceRow, ours: Ours, cached: int) -> int | None:
    """The day's tokens at the base prices of a row, whatever the steps: as if they were a million small calls."""
    fresh, read, answer = row.input, row.cached or row.input, row.output
    if fresh is None or read is None or answer is None:
        return None
    total = (ours.input - cached) * fresh.at(0) + cached * read.at(0) + ours.output * answer.at(0)
    return total // 10**6


def _steady(factors: Sequence[float], share: float) -> bool:
    return max(factors) - min(factors) <= share * abs(max(factors))


def total(billed: Billed | None) -> int | None:
    """All tokens of theirs; None where the export has none."""
    if billed is None or (billed.input is None and billed.output is None):
        return None
    return (billed.input or 0) + (billed.output or 0)


def all_tokens(ours: Ours | None) -> int:
    """All tokens of ours."""
    return ours.input + ours.output if ours else 0
