"""Where the lexicon's spellings stand in a text, and how much each place looks like a skill."""

import functools
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from core.tools.lexicon import CAPITAL, LETTER, PLAIN, Entry, Lexicon
from core.tools.lexicon.words import Words, sentences, split

START, END = "^", "$"
SHORT = 4_000  # characters of a sentence or a letter: it is asked about several times in a row, so it is read once

# After a name that is also a word, these show the word: "Go to our site", "Excel in a team", "Lean on us".
_WORDLIKE_AFTER = frozenset({
    "to", "at", "in", "the", "a", "an", "your", "our", "you", "we", "us", "on", "with", "for", "beyond", "above",
    "out", "through", "into", "ahead", "back", "forward", "further", "it", "this", "that", "is", "was", "are",
    "were", "will", "can", "may", "must", "be", "has", "have", "home", "online", "here", "there", "by", "up",
    "down", "along", "off", "no",
})  # fmt: skip
_VERBLIKE_AFTER = frozenset({
    "to", "the", "a", "an", "your", "our", "you", "we", "beyond", "above", "out", "through", "ahead", "back", "forward",
    "further", "home", "online", "up", "down", "along", "there", "here",
})  # fmt: skip
_JOINTS = frozenset({"and", "or"})
_NEAR = 6
_NAMELIKE_BEFORE = frozenset({"in", "using", "with", "of", "know", "like", "use"})
_NAMELIKE_AFTER = frozenset({
    "programming", "language", "languages", "lang", "code", "scripts", "script", "scripting", "packages", "package",
    "developer", "developers", "engineer", "engineers", "backend", "services", "microservices", "modules",
    "routines", "shiny", "studio", "applications", "libraries", "tidyverse",
    "experience", "skills", "knowledge", "proficiency", "certification", "expertise",
})  # fmt: skip
_NAMELESS_BEFORE = frozenset({
    "vitamin", "hepatitis", "class", "grade", "type", "section", "title", "exhibit", "series", "schedule",
    "category", "part", "level", "group", "plan", "&", "go",
})  # fmt: skip
_UNITS = frozenset(
    {"ms", "mb", "gb", "tb", "kb", "ml", "mg", "kg", "mm", "cm", "km", "hz", "kw", "mw", "s", "m", "h", "b", "k"}
)
_TIGHT = frozenset(".+#")
_STICKY = frozenset("-&+#'’@_/.")


class Candidate(NamedTuple):
    """A spelling at words `first` up to `past`, inside the sentence of words `begin` up to `finish`."""

    key: str
    entry: Entry
    first: int
    past: int
    sentence: int
    begin: int
    finish: int


class Page(NamedTuple):
    """A text, its words, and the range of words of each sentence."""

    text: str
    said: Words
    sentences: list[tuple[int, int]]


def read(text: str) -> Page:
    """The text with its words and sentences."""
    return _read_once(text) if len(text) <= SHORT else _read(text)


@functools.lru_cache(maxsize=64)
def _read_once(text: str) -> Page:
    return _read(text)


def _read(text: str) -> Page:
    said = split(text)
    ranges = []
    for start, end in sentences(text):
        begin = bisect_left(said.starts, start)
        finish = bisect_left(said.starts, end, begin)
        if finish > begin:
            ranges.append((begin, finish))
    return Page(text, said, ranges)


def spellings(page: Page, lexicon: Lexicon) -> Iterator[Candidate]:
    """Every spelling that stands as a whole term, longest first at each word; they may overlap."""
    said, longest, entries = page.said, lexicon.longest, lexicon.entries
    names, last, flat, at, ends = said.words, said.last, said.flat, said.at, lexicon.ends
    heads = longest.keys()
    for number, (begin, finish) in enumerate(page.sentences):
        if heads.isdisjoint(names[begin:finish]) and heads.isdisjoint(last[begin:finish]):
            continue
        for first in range(begin, finish):
            reach = longest.get(names[first]) or longest.get(last[first])
            if not reach:
                continue
            start = at[first]
            for past in range(min(finish, first + reach), first, -1):
                if past > first + 1 and last[past - 1] not in ends:
                    continue
                name = flat[start : at[past - 1]] + last[past - 1]
                if (entry := entries.get(name)) is None:
                    continue
                found = Candidate(name, entry, first, past, number, begin, finish)
                if _whole(page, found) and (found.entry.care == PLAIN or _meant(page, found, lexicon)):
                    yield found


def surroundings(page: Page, found: Candidate) -> tuple[str, str, str, str]:
    """The word before, the two words before, the word after, and the letter case of a candidate."""
    words = page.said.words
    before = _before(page, found)
    earlier = words[found.first - 2] if found.first > found.begin + 1 else START
    after = words[found.past] if found.past < found.finish else END
    return before, f"{earlier} {before}", after, _case(page, found)


def score(page: Page, found: Candidate, around: Sequence[float], lexicon: Lexicon) -> float:
    """The log-odds that a candidate is a skill here. `around` is the value of each sentence (`outlook`)."""
    if found.entry.score is None:
        return 1.0
    before, pair, after, case = surroundings(page, found)
    weights = lexicon.weights
    return (
        found.entry.score
        + around[found.sentence]
        + weights["before"].get(before, 0.0)
        + weights["pair"].get(pair, 0.0)
        + weights["after"].get(after, 0.0)
        + weights["case"].get(case, 0.0)
    )


def outlook(page: Page, lexicon: Lexicon) -> list[float]:
    """For each sentence, how much its own words and its neighbours' speak for skills."""
    own = [line_value(page, place, lexicon.weights["line"]) for place in page.sentences]
    here, near = (lexicon.weights["context"].get(name, 0.0) for name in ("here", "near"))
    return [here * value + near * neighbours(own, number) for number, value in enumerate(own)]


def line_value(page: Page, place: tuple[int, int], weights: Mapping[str, float]) -> float:
    """The sum of a sentence's different words' weights over the root of their number."""
    words = dict.fromkeys(page.said.words[place[0] : place[1]])  # in order: sums of floats must not depend on hashing
    return sum(weights.get(word, 0.0) for word in words) / math.sqrt(len(words) + 1)


def neighbours(own: Sequence[float], number: int) -> float:
    """The mean value of the two sentences before and the two after."""
    near = [*own[max(0, number - 2) : number], *own[number + 1 : number + 3]]
    return sum(near) / len(near) if near else 0.0


def _case(page: Page, found: Candidate) -> str:
    surface = page.text[page.said.starts[found.first] : page.said.ends[found.past - 1]]
    if surface.islower():
        case = "lower"
    elif surface.isupper() and len(surface) > 1:
        case = "upper"
    elif found.past - found.first == 1 and any(mark.isupper() for mark in surface[1:]):
        case = "mixed"
    else:
        case = "title"
    return case + (START if found.first == found.begin else "")


def _whole(page: Page, found: Candidate) -> bool:
    """Whether nothing sticks to the term: ".net" is not in "site.net", nor "C" in "C++"; ". NET" is no ".NET"."""
    said, text = page.said, page.text
    start, end = said.starts[found.first], said.ends[found.past - 1]
    if found.key in _UNITS and start and text[:start].rstrip()[-1:].isdigit():
        return False
    if not text[start].isalnum() and start and text[start - 1].isalnum():
        return False
    if text[end : end + 1] in ("+", "#"):
        return False
    return found.past - found.first == 1 or all(
        said.ends[place] == said.starts[place + 1]
        for place in range(found.first, found.past - 1)
        if said.words[place] in _TIGHT or said.words[place + 1] in _TIGHT
    )


def _meant(page: Page, found: Candidate, lexicon: Lexicon) -> bool:
    """Whether a name that is also an ordinary word, or a single letter, is meant as the name here."""
    said, care = page.said, found.entry.care
    surface = page.text[said.starts[found.first] : said.ends[found.past - 1]]
    if care == CAPITAL:
        return not surface.islower()
    as_written = surface in found.entry.written
    if care == LETTER:
        return as_written and _letter_meant(page, found, lexicon)
    if not as_written:
        return _listed(page, found) and _tool_near(page, found, lexicon)
    if surface.isupper() or surface[1:] != surface[1:].lower():
        return True
    after = _after(page, found)
    if found.first > found.begin or not after.isalpha() or after in _JOINTS or after in _NAMELIKE_AFTER:
        return after not in _WORDLIKE_AFTER
    return _tool_near(page, found, lexicon)


def _letter_meant(page: Page, found: Candidate, lexicon: Lexicon) -> bool:
    said, text = page.said, page.text
    start, end = said.starts[found.first], said.ends[found.past - 1]
    before, after = _before(page, found), _after(page, found)
    if (start and text[start - 1] in _STICKY - {"/"}) or before in _NAMELESS_BEFORE or after in ("&", "'"):
        return False
    if text[end : end + 1] in _STICKY - {"/"} and text[end + 1 : end + 2].isalnum():
        return text[end + 1 :].startswith("based")
    if found.finish - found.begin == 1 or after in _NAMELIKE_AFTER:
        return True
    if before in _NAMELIKE_BEFORE and not after.isalnum():
        return True
    return after not in _VERBLIKE_AFTER and _tool_near(page, found, lexicon)


def _before(page: Page, found: Candidate) -> str:
    return page.said.words[found.first - 1] if found.first > found.begin else START


def _after(page: Page, found: Candidate) -> str:
    return page.said.words[found.past] if found.past < found.finish else END


def _tool_near(page: Page, found: Candidate, lexicon: Lexicon) -> bool:
    said = page.said
    for place in range(max(found.begin, found.first - _NEAR), min(found.finish, found.past + _NEAR)):
        if found.first <= place < found.past:
            continue
        if said.last[place] in lexicon.tools or page.text[said.starts[place] : said.ends[place]] in lexicon.written:
            return True
    return False


def _listed(page: Page, found: Candidate) -> bool:
    """Whether the term is an item of a list: separators, ends or the list's "and" beside it."""
    return all(not word.isalpha() or word in _JOINTS for word in (_before(page, found), _after(page, found)))
