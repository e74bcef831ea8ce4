"""What follows from the figures of a text by arithmetic: `doubled`, `39 percent less`, `nearly a fifth`, `over 11,000`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.drive.agreement import alike, is_about
from core.drive.amounts import Amount
from core.drive.numerals import amounts
from core.drive.vocabulary import is_plain, stem, words

FARTHEST = 120  # characters from where something stood to where it came
ROUNDED = Decimal("0.5")  # of a percentage
TOLERANCE = Decimal("0.06")  # of a multiple, or of what is said to be about so
NEARLY = Decimal("0.85")
_SHARE = re.compile(r"\b(\d[\d.,]*)\s(?:out )?of (?:the |its |all )?(\d[\d.,]*)\b")
_ENDED = re.compile(r"[.;:!?](?=\s)")
_SPAN = re.compile(r"\b(?:in|within|over|during)(?: (?:the|just|only|about|under))*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that a line gives twice, before and after, or a part and its whole; `line` are the line's stems."""

    first: Decimal
    last: Decimal
    line: frozenset[str]
    is_share: bool = False

    @property
    def change(self) -> Decimal:
        """In percent of what it was; of a share, what it comes to."""
        return 100 * (self.last if self.is_share else abs(self.last - self.first)) / self.first

    @property
    def left(self) -> Decimal:
        return self.last / self.first


class Reckoning:
    """The figures of a text, with what can be worked out of them."""

    def __init__(self, text: str) -> None:
        self._figures: list[Amount] = []
        self._moves: list[Move] = []
        self._spans: list[tuple[Decimal, frozenset[str]]] = []
        for line in text.splitlines():
            found = amounts(line)
            if found:
                self._figures += [one for one in found if not one.is_year]
                said = _stems(line)
                self._moves += [*_moves(line, found, said), *_shares(line, said)]
                self._spans += [(abs(one - other), said) for one, other in _years(found)]

    def holds(self, claim: Amount) -> bool:
        """Whether a figure follows: rounded as it says itself, or worked out of two figures of one line."""
        if claim.kind == "mass" or claim.is_year:
            return False
        rounded = claim.bound and any(_rounds(claim, one) for one in self._figures)
        return bool(rounded) or self._worked_out(claim) or self._spans_years(claim)

    def _worked_out(self, claim: Amount) -> bool:
        if claim.kind not in ("%", "x"):
            return False
        about = [move for move in self._moves if not claim.near or alike(claim.near, move.line)]
        return any(_is_result(claim, move) for move in about)

    def _spans_years(self, claim: Amount) -> bool:
        """`in three years` of a line that tells of 2022 and of 2025."""
        if claim.unit is None or claim.unit[0] != "months" or not _SPAN.search(claim.before):
            return False
        about = (length for length, line in self._spans if not claim.near or alike(claim.near, line))
        return any(12 * length == claim.value * claim.unit[1] for length in about)


def _rounds(claim: Amount, one: Amount) -> bool:
    """Whether a claim gives another figure roughly and says so: `over 11,000` for 11,400."""
    if not is_about(claim, one):
        return False
    if claim.counts and not claim.kind and not one.counts and not alike(claim.counts, one.near):
        return False
    if claim.unit or one.unit:
        if not (claim.unit and one.unit and claim.unit[0] == one.unit[0]):
            return False
        return _near_enough(claim.bound, claim.value * claim.unit[1], one.value * one.unit[1], one.bound)
    return any(
        kind == other and _near_enough(claim.bound, value, held, one.bound)
        for kind, value in claim.readings
        for other, held in one.readings
    )


def _near_enough(bound: str, said: Decimal, held: Decimal, careful: str = "") -> bool:
    match bound:
        case "over":
            return (said < held < 2 * said and careful in ("", "over")) or (said == held and careful == "over")
        case "nearly":
            return NEARLY * said <= held < said and not careful
        case "under":
            return said / 2 < held < said and careful in ("", "under", "nearly")
    return abs(said - held) <= TOLERANCE * said and careful in ("", "about")


def _is_result(claim: Amount, move: Move) -> bool:
    low = claim.written.lower()
    if (low.startswith(("doubl", "trebl", "tripl", "quadrupl", "quintupl")) and move.last <= move.first) or (
        low.startswith("halv") and move.last >= move.first
    ):
        return False
    if claim.kind == "x" and claim.value > 1:
        times = max(move.left, 1 / move.left) if move.last else Decimal(0)
        if claim.bound == "over":
            return claim.value < times < claim.value + 1
        return _near_enough(claim.bound or "about", claim.value, times)
    said = claim.value if claim.kind == "%" else claim.value * 100
    left = 100 * move.left
    results = (
        [move.change]
        if claim.towards == "by" or move.is_share
        else [left]
        if claim.towards == "to"
        else [move.change, left]
    )
    return any(_is_percent(claim, said, result) for result in results)


def _is_percent(claim: Amount, said: Decimal, result: Decimal) -> bool:
    if claim.bound:
        return _near_enough(claim.bound, said, result)
    return abs(said - result) <= (ROUNDED if claim.kind == "%" else 2)


# -- two figures of one line ---------------------------------------------------------------------------


def _moves(line: str, found: Sequence[Amount], said: frozenset[str]) -> Iterator[Move]:
    """`from 19 hours to 2`, `1,100 returns in 2023; the new seal lowered returns to 90`."""
    for at, last in enumerate(found):
        if last.towards != "to" or last.bound not in ("", "about") or last.is_year:
            continue
        first = next((one for one in reversed(found[:at]) if not one.is_year), None)
        if first is None or last.start - first.end > FARTHEST or not _matches(first, last):
            continue
        if _ENDED.search(line[first.end : last.start]) and not alike(first.counts, last.near):
            continue
        before, after = _sizes(first, last)
        if before and after:
            yield Move(before, after, said)


def _matches(first: Amount, last: Amount) -> bool:
    """Whether two figures are in one unit, of which the second may be left unsaid."""
    if first.unit and last.unit:
        return first.unit[0] == last.unit[0]
    kinds = {kind for kind, _ in first.readings} & {kind for kind, _ in last.readings}
    return bool(kinds) and "x" not in kinds and not (last.unit and not first.unit)


def _sizes(first: Amount, last: Amount) -> tuple[Decimal, Decimal]:
    """Both in one unit; of what the first may mean, `from $1.2 to 1.6 million`, that which comes nearest."""
    if first.unit:
        return first.value * first.unit[1], last.value * (last.unit or first.unit)[1]
    pairs = ((one, other) for kind, one in first.readings for same, other in last.readings if kind == same)
    return min(pairs, key=lambda pair: abs(pair[0] - pair[1]))


def _shares(line: str, said: frozenset[str]) -> Iterator[Move]:
    for found in _SHARE.finditer(line):
        part, whole = (Decimal(number.replace(",", "").rstrip(".")) for number in found.groups())
        if 0 < part <= whole:
            yield Move(whole, part, said, is_share=True)


def _years(found: Sequence[Amount]) -> Iterator[tuple[Decimal, Decimal]]:
    years = [one.value for one in found if one.is_year]
    return ((one, other) for at, one in enumerate(years) for other in years[at + 1 :])


def _stems(line: str) -> frozenset[str]:
    return frozenset(low for word in words(line) if not is_plain(low := stem(word[0])))
