"""What a text claims that can be checked by code, and whether another text holds it as evidence."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from core.drive import ranks
from core.drive.amounts import Amount, Standing, by_value, is_unit, standing
from core.drive.folding import fold
from core.drive.numerals import amounts, nothings, numbers
from core.drive.vocabulary import is_plain, kin, listed, stem, words
from core.tools import kinship, terms
from core.tools.lexicon import TOPIC
from core.tools.lexicon.words import key

__all__ = [
    "Claim",
    "Evidence",
    "Kind",
    "claims",
    "evidence",
    "figures",
    "new_words",
    "numbers",
    "of_rank",
    "stands",
    "unsupported",
]

Kind = Literal["number", "date", "name", "tool", "title", "degree", "certificate", "distinction", "word"]

_TOKEN = re.compile(r"[^\W_][\w+#]*(?:[.'&][\w+#]+)*[+#]*")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:•\n]\s*[\"“'(\[]*$")
_VERB = re.compile(r"[A-Z][a-z]{2,}(?:ed|ing|ly)")
_PRONOUNS = frozenset({"i", "i'm", "i've", "i'd", "i'll"})
_ENGLISH = re.compile(r"\b(?:the|and|of|for|with|from|to|in|by|that)\b", re.IGNORECASE)
_LONGEST_TERM = 6  # words whose initials may make an acronym


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing a text says; `said` is how it is written there, `term` how a tool is usually called."""

    kind: Kind
    said: str
    start: int = 0
    amount: Amount | None = None
    term: str = ""


class Evidence:
    """A text that claims may rest on, read once: its amounts, its words in all their forms, its tools."""

    def __init__(self, text: str) -> None:
        self.text = fold(text)

    @cached_property
    def amounts(self) -> Mapping[Decimal, Sequence[Amount]]:
        return by_value([*amounts(self.text), *nothings(self.text)])

    @cached_property
    def years(self) -> frozenset[Decimal]:
        return frozenset(value for value, found in self.amounts.items() if any(one.is_year for one in found))

    @cached_property
    def low(self) -> str:
        return self.text.lower()

    @cached_property
    def forms(self) -> frozenset[str]:
        return frozenset(form for found in _TOKEN.finditer(self.text) for form in _forms(found[0]))

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
            return standing(claim.amount, self.amounts)
        return ("held" if self._holds(claim) else "absent"), None

    def _holds(self, claim: Claim) -> bool:
        match claim.kind:
            case "name":
                return self._holds_name(claim.said)
            case "tool":
                return self._holds_tool(claim.said) or self._holds_tool(claim.term)
            case "degree":
                level = next(ranks.degrees(claim.said))[0]
                return bool(self.levels) if level == "diploma" else level in self.levels
            case "title":
                wanted = ranks.title_stems(claim.said)
                return any(wanted <= line for line in self.lines)
            case "certificate" | "distinction":
                return any(stem(word[0]) in self.stems for word in words(claim.said) if not is_plain(stem(word[0])))
        return self.says(claim.said)

    def _holds_name(self, said: str) -> bool:
        for found in _TOKEN.finditer(said):
            word = found[0]
            forms = _forms(word)
            if (
                forms & self.forms
                or (word.rstrip("s").isupper() and self._abbreviates(forms))
                or (word.isalpha() and self.says(word))
            ):
                continue
            return False
        return True

    def _abbreviates(self, forms: Iterable[str]) -> bool:
        return any(1 < len(form) < _LONGEST_TERM and form in self.initials for form in forms)

    def _holds_tool(self, said: str) -> bool:
        if not said:
            return False
        if stands(said.lower(), self.low) or (name := _key(said)) in self.terms:
            return True
        if any(_key(one) in self.terms for one in kinship.kinds().get(name, ())):
            return True
        parts = [found[0] for found in words(said)]
        return re.sub(r"[ /-]", "", said).isalpha() and len(parts) > 1 and all(map(self.says, parts))


@lru_cache(maxsize=128)  # a whole resume takes up to a megabyte
def evidence(text: str) -> Evidence:
    """The text as evidence; the same text is read once."""
    return Evidence(text)


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


def unsupported(text: str, support: str, *, names: Iterable[str] = ()) -> list[str]:
    """The numbers, names, acronyms and tools of `text` that `support` does not hold, as they are written, each once.

    `names` are names known from elsewhere (employers, schools): as claims they count even where a sentence starts.
    A text that retells another puts numbers into other words: that its unit is the same is enough.
    """
    held = evidence(support)
    return list(dict.fromkeys(claim.said for claim in claims(text, held, names) if held.standing(claim)[0] == "absent"))


def claims(text: str, held: Evidence, names: Iterable[str] = ()) -> Iterator[Claim]:
    """The numbers, names and tools that a text claims; words known to `held` are no names where a sentence starts."""
    said = fold(text)
    spans = []
    for figure in figures(said):
        if figure.amount:
            spans.append((figure.amount.start, figure.amount.end))
        yield figure
    hits = [hit for hit in terms.find(said) if hit.grade >= TOPIC]
    for hit in hits:
        spans.append((hit.start, hit.end))
        yield Claim("tool", said[hit.start : hit.end], hit.start, term=hit.term)
    yield from _names(said, held, spans, names)


def figures(text: str) -> Iterator[Claim]:
    """The numbers and dates that a text claims."""
    return (Claim("date" if one.is_year else "number", one.written, one.start, one) for one in amounts(fold(text)))


def of_rank(text: str) -> Iterator[Claim]:
    """The titles, degrees, certificates and distinctions that a text claims."""
    yield from (Claim("title", said) for said in ranks.titles(text))
    yield from (Claim("degree", said) for _, said in ranks.degrees(text))
    yield from (Claim("certificate", said) for said, _ in ranks.certificates(text))
    yield from (Claim("distinction", said) for said in ranks.distinctions(text))


def new_words(text: str, held: Evidence, taken: Iterable[str]) -> Iterator[Claim]:
    """The words that claim something and that `held` has in no form; `taken` are claims that stand for themselves."""
    said = fold(text)
    spoken = {word[0].lower() for one in taken for word in words(fold(one))}
    fresh = [found[0] for found in words(said)]
    shorts = "".join(word[0].lower() for word in fresh)
    for at, found in enumerate(words(said)):
        low = stem(found[0])
        if len(found[0]) < 3 or found[0].lower() in spoken or is_plain(low) or held.says(found[0]):
            continue
        if is_unit(low) or _counts(said, found):
            continue
        if _spells_out(shorts, at, held) or _joined(fresh, at, held):
            continue
        yield Claim("word", found[0], found.start())


# -- names and acronyms ---------------------------------------------------------------------------------


def _names(text: str, held: Evidence, spans: list[tuple[int, int]], names: Iterable[str]) -> Iterator[Claim]:
    known = _known(tuple(names))
    last: Claim | None = None
    for found in _TOKEN.finditer(text):
        if found[0].islower() or found[0].lower() in _PRONOUNS or not _is_name(text, found, known, held):
            continue
        if any(start < found.end() and found.start() < end for start, end in spans):
            continue
        if last and text[last.start + len(last.said) : found.start()] == " " and not held._holds_name(last.said):
            last = Claim("name", f"{last.said} {found[0]}", last.start)  # one name of several words
            continue
        if last:
            yield last
        last = Claim("name", found[0], found.start())
    if last:
        yield last


@lru_cache(maxsize=64)
def _known(names: tuple[str, ...]) -> frozenset[str]:
    """The words of known names in all their forms."""
    return frozenset(
        form for name in names for found in _TOKEN.finditer(name) if found[0][0].isupper() for form in _forms(found[0])
    )


def _is_name(text: str, found: re.Match[str], known: frozenset[str], held: Evidence) -> bool:
    word = found[0]
    if word[0].isdigit():
        return bool(re.search(r"[A-Za-z]{2}", word)) and re.fullmatch(r"[\d.,]+[a-z]+", word) is None
    if re.search(r"[A-Z0-9+#]", word[1:]) or (len(word) == 1 and word not in ("I", "A") and word.isupper()):
        return True
    if not word[0].isupper():
        return False
    before = text[: found.start()]
    if before.strip() and not _SENTENCE_END.search(before):
        return not is_plain(stem(word))
    if _forms(word) & known or (_MONTH.fullmatch(word) and len(word) > 3):
        return True
    return not (is_plain(stem(word)) or kin(stem(word)) or _VERB.fullmatch(word) or held.says(word))


def _forms(word: str) -> set[str]:
    """How a word may stand elsewhere: without its possessive, and in the singular."""
    low = re.sub(r"'s?$", "", word.lower())
    return {low, low[:-1]} if low.endswith("s") and (len(low) > 3 or word[:-1].isupper()) else {low}


# -- words ------------------------------------------------------------------------------------------------


def _counts(text: str, found: re.Match[str]) -> bool:
    """Whether a word is part of an amount: `million`, `percent`, `twelve`."""
    low = stem(found[0])
    counting = low in listed("number-words") or low in listed("counting") or found[0].lower().endswith("fold")
    return counting or text[found.start() - 1 : found.start()].isdigit()


def _spells_out(shorts: str, at: int, held: Evidence) -> bool:
    """Whether a word is part of the long form of an acronym that the evidence has."""
    for size in range(2, _LONGEST_TERM):
        for first in range(max(0, at - size + 1), at + 1):
            short = shorts[first : first + size]
            if len(short) == size and short in held.forms and re.search(rf"\b{short.upper()}\b", held.text):
                return True
    return False


def _joined(fresh: list[str], at: int, held: Evidence) -> bool:
    """Whether a word is half of one that the evidence writes in one piece: `data set`."""
    pairs = (fresh[at - 1] + fresh[at] if at else "", fresh[at] + fresh[at + 1] if at + 1 < len(fresh) else "")
    return any(pair and stem(pair) in held.stems for pair in pairs)
