"""A text as evidence: what is in it that a claim may rest on."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from core.drive import ranks
from core.drive.agreement import Standing, by_value, standing
from core.drive.amounts import Amount
from core.drive.folding import fold
from core.drive.numerals import amounts, nothings
from core.drive.reckoning import Reckoning
from core.drive.signs import TOKEN
from core.drive.vocabulary import is_plain, kin, stem, words
from core.tools import kinship, terms
from core.tools.lexicon.words import key

Kind = Literal["number", "date", "name", "tool", "title", "degree", "certificate", "distinction", "word"]

_ENGLISH = re.compile(r"\b(?:the|and|of|for|with|from|to|in|by|that)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"([a-z]{3,})\d{1,2}")  # `JUnit5` holds `JUnit`
_POSSESSIVE = re.compile(r"'s?$")
LONGEST_TERM = 6  # words whose initials may make an acronym


class Claim(NamedTuple):
    """One thing a text says; `said` is how it is written there, `term` how a tool is usually called."""

    kind: Kind
    said: str
    start: int = 0
    amount: Amount | None = None
    term: str = ""


USUAL_CHARS = 12_000
MOST_ASKED = (
    300  # claims of which each evidence remembers whether it holds them: the same tools are named again and again
)


class Evidence:
    """A text that claims may rest on, read once: its amounts, its words in all their forms, its tools."""

    def __init__(self, text: str) -> None:
        self.text = fold(text)
        self._asked: dict[tuple[str, str, str], Standing] = {}

    @cached_property
    def amounts(self) -> Mapping[Decimal, Sequence[Amount]]:
        return by_value([*amounts(self.text), *nothings(self.text)])

    @cached_property
    def reckoning(self) -> Reckoning:
        return Reckoning(self.text)

    @cached_property
    def years(self) -> frozenset[Decimal]:
        return frozenset(value for value, found in self.amounts.items() if any(one.is_year for one in found))

    @cached_property
    def low(self) -> str:
        return self.text.lower()

    @cached_property
    def forms(self) -> frozenset[str]:
        found = {form for found in TOKEN.finditer(self.text) for form in forms_of(found[0])}
        return frozenset(found | {numbered[1] for form in found if (numbered := _NUMBERED.fullmatch(form))})

    @cached_property
    def stems(self) -> frozenset[str]:
        said = [found[0] for found in words(self.text)]
        joined = {stem(one + other) for one, other in pairwise(said) if other[0].islower()}
        return frozenset(map(stem, said)) | joined

    @cached_property
    def groups(self) -> frozenset[int]:
        return frozenset(group for one in self.stems for group in kin(one))

    @cached_property
    def initials(self) -> str:
        """The first letters of its words in a row: `slo` in it stands for `service-level objectives`."""
        return "".join(found[0][0].lower() for found in words(self.text))

    @cached_property
    def levels(self) -> frozenset[str]:
        """The levels of the degrees it names."""
        return frozenset(level for level, _ in ranks.degrees(self.text))

    @cached_property
    def lines(self) -> tuple[frozenset[str], ...]:
        """The words of each of its lines that may be a title."""
        return tuple(set(map(ranks.title_stems, self.text.splitlines())))

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(_key(hit.term) for hit in terms.find(self.text))

    @cached_property
    def is_english(self) -> bool:
        return len(_ENGLISH.findall(self.text)) * 25 >= len(self.text.split())

    def says(self, word: str) -> bool:
        """Whether it has a word in any form, or one that means the same."""
        low = stem(word)
        return low in self.stems or not self.groups.isdisjoint(kin(low))

    def standing(self, claim: Claim) -> tuple[Standing, Amount | None]:
        """Whether it holds a claim; of numbers with the amount that comes nearest."""
        if claim.amount is not None:
            found, near = standing(claim.amount, self.amounts)
            return ("held" if found == "held" or self.reckoning.holds(claim.amount) else found), near
        asked = claim.kind, claim.said, claim.term
        known = self._asked.get(asked)
        if known is None:
            known = "held" if self._holds(claim) else "absent"
            if len(self._asked) < MOST_ASKED:
                self._asked[asked] = known
        return known, None

    def counts_otherwise(self, claim: Claim) -> bool:
        """Whether it counts the same things, and never so many: `three patents` where it has two."""
        amount = claim.amount
        if amount is None or amount.kind or amount.unit or not amount.counts:
            return False
        every = (one for found in self.amounts.values() for one in found)
        same = [one.value for one in every if not one.kind and one.counts[:1] == amount.counts[:1]]
        return bool(same) and amount.value not in same

    def _holds(self, claim: Claim) -> bool:
        match claim.kind:
            case "name":
                return self.holds_name(claim.said)
            case "tool":
                return self._holds_tool(claim.said) or self._holds_tool(claim.term)
            case "degree":
                level = next(ranks.degrees(claim.said))[0]
                return bool(self.levels) if level == "diploma" else level in self.levels
            case "title":
                wanted = ranks.title_stems(claim.said)
                return any(wanted <= line for line in self.lines)
            case "certificate" | "distinction":
                return any(self.says(word[0]) for word in words(claim.said) if not is_plain(stem(word[0])))
        return self.says(claim.said)

    def holds_name(self, said: str) -> bool:
        for found in TOKEN.finditer(said):
            word = found[0]
            forms = forms_of(word)
            if (
                forms & self.forms
                or (word.rstrip("s").isupper() and any(map(self.abbreviates, forms)))
                or (word.isalpha() and self.says(word))
            ):
                continue
            return False
        return True

    def abbreviates(self, short: str) -> bool:
        """Whether words in a row begin with these letters."""
        return 1 < len(short) < LONGEST_TERM and short.lower() in self.initials

    def _holds_tool(self, said: str) -> bool:
        if not said:
            return False
        if stands(said.lower(), self.low) or said.lower() in self.forms or (name := _key(said)) in self.terms:
            return True
        if any(_key(one) in self.terms for one in kinship.kinds().get(name, ())):
            return True
        parts = [found[0] for found in words(said)]
        return re.sub(r"[ /-]", "", said).isalpha() and len(parts) > 1 and all(map(self.says, parts))


def evidence(text: str) -> Evidence:
    """The text as evidence; the same text is read once, as long as it is not crowded out."""
    return _usual(text) if len(text) <= USUAL_CHARS else _long(text)


_usual = lru_cache(maxsize=64)(Evidence)  # a resume takes about 100 kB
_long = lru_cache(maxsize=8)(Evidence)  # up to a megabyte


@lru_cache(maxsize=1 << 12)
def _key(term: str) -> str:
    return key(term)


def stands(said: str, text: str) -> bool:
    """Whether a text has these words as whole words; both in lower case."""
    at = text.find(said)
    while at >= 0:
        end = at + len(said)
        if (
            not (at and (text[at - 1].isalnum() or text[at - 1] == "_"))
            and not text[end : end + 1].isalnum()
            and text[end : end + 1] not in ("+", "#")
        ):
            return True
        at = text.find(said, at + 1)
    return False


@lru_cache(maxsize=1 << 12)
def forms_of(word: str) -> frozenset[str]:
    """How a word may stand elsewhere: without its possessive, and in the singular."""
    low = _POSSESSIVE.sub("", word.lower())
    return frozenset({low, low[:-1]} if low.endswith("s") and (len(low) > 3 or word[:-1].isupper()) else {low})
