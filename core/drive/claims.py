"""What a text claims that can be checked by code, and whether another text holds it as evidence."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.drive import ranks
from core.drive.amounts import is_unit
from core.drive.evidence import LONGEST_TERM, Claim, Evidence, evidence, forms_of
from core.drive.folding import fold
from core.drive.numerals import amounts
from core.drive.signs import TOKEN, has
from core.drive.vocabulary import is_plain, kin, listed, stem, words
from core.tools import terms
from core.tools.lexicon import TOPIC

_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:•\n]\s*[\"“'(\[]*$")
_VERB = re.compile(r"[A-Z][a-z]{2,}(?:ed|ing|ly)")
_NAMELIKE = re.compile(r"[A-Z0-9+#]")
_PRONOUNS = frozenset({"i", "i'm", "i've", "i'd", "i'll"})


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
    if not has(fold(text), ranks.RANKED):
        return
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
    for found in TOKEN.finditer(text):
        word = found[0]
        if word.islower() or word.lower() in _PRONOUNS:
            continue
        begin, past = found.span()
        if any(start < past and begin < end for start, end in spans) or not _is_name(text, found, known, held):
            continue
        if last and text[last.start + len(last.said) : found.start()] == " " and not held.holds_name(last.said):
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
        form for name in names for found in TOKEN.finditer(name) if found[0][0].isupper() for form in forms_of(found[0])
    )


def _is_name(text: str, found: re.Match[str], known: frozenset[str], held: Evidence) -> bool:
    word = found[0]
    if word[0].isdigit():
        return bool(re.search(r"[A-Za-z]{2}", word)) and re.fullmatch(r"[\d.,]+[a-z]+", word) is None
    if _NAMELIKE.search(word, 1) or (len(word) == 1 and word not in ("I", "A") and word.isupper()):
        return True
    if not word[0].isupper():
        return False
    before = text[: found.start()]
    if before.strip() and not _SENTENCE_END.search(before):
        return not is_plain(stem(word))
    if forms_of(word) & known or (_MONTH.fullmatch(word) and len(word) > 3):
        return True
    return not (is_plain(stem(word)) or kin(stem(word)) or _VERB.fullmatch(word) or held.says(word))


# -- words ------------------------------------------------------------------------------------------------


def _counts(text: str, found: re.Match[str]) -> bool:
    """Whether a word is part of an amount: `million`, `percent`, `twelve`."""
    low = stem(found[0])
    counting = low in listed("number-words") or low in listed("counting") or found[0].lower().endswith("fold")
    return counting or text[found.start() - 1 : found.start()].isdigit()


def _spells_out(shorts: str, at: int, held: Evidence) -> bool:
    """Whether a word is part of the long form of an acronym that the evidence has."""
    for size in range(2, LONGEST_TERM):
        for first in range(max(0, at - size + 1), at + 1):
            short = shorts[first : first + size]
            if len(short) == size and short in held.forms and re.search(rf"\b{short.upper()}\b", held.text):
                return True
    return False


def _joined(fresh: list[str], at: int, held: Evidence) -> bool:
    """Whether a word is half of one that the evidence writes in one piece: `data set`."""
    pairs = (fresh[at - 1] + fresh[at] if at else "", fresh[at] + fresh[at + 1] if at + 1 < len(fresh) else "")
    return any(pair and stem(pair) in held.stems for pair in pairs)
