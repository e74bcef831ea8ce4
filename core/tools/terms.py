"""The skills a text names, which of them matter most, and whether a text names a given one."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.tools import emphasis, lexicon
from core.tools.lexicon import Entry, Lexicon, scan
from core.tools.lexicon.scan import Page
from core.tools.lexicon.words import key

_GRADE_WEIGHT = {lexicon.HARD: 3.0, lexicon.TOPIC: 1.5, lexicon.SOFT: 0.6, lexicon.EVERYDAY: 0.2}
# A field of knowledge is asked for only where its place speaks clearly for it: three of four such are right.
_CLEAR = 0.6


class Hit(NamedTuple):
    """A term where it stands: its one display form, its place in the text, its grade.

    `grade` is 2 for a named tool, method or certificate, 1 for a field of knowledge, 0 for a soft skill, -1 for an
    everyday word that is one here. `score` is the log-odds over the bar, 1 for names that always count.
    """

    term: str
    start: int
    end: int
    grade: int = lexicon.HARD
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A term of a posting: how much it matters and the place that asks for it most clearly."""

    term: str
    grade: int
    weight: float
    hit: Hit


def find(text: str) -> list[Hit]:
    """The skills named in `text`, in order, none overlapping; of two that overlap the longer one."""
    return find_in(scan.read(text), lexicon.shipped())


def find_in(page: Page, book: Lexicon) -> list[Hit]:
    """`find` with another lexicon, for learning and for trying one."""
    around: list[float] = []  # of a text with nothing but names it is of no use
    hits, past = [], 0
    for found in scan.spellings(page, book):
        if found.first < past:
            continue
        past = found.past
        if found.entry.score is not None and not around:
            around = scan.outlook(page, book)
        if (score := scan.score(page, found, around, book)) > 0:
            start, end = page.said.starts[found.first], page.said.ends[found.past - 1]
            hits.append(Hit(found.entry.shown, start, end, found.entry.grade, score))
    return hits


@functools.lru_cache(maxsize=64)
def ask(text: str) -> tuple[Asked, ...]:
    """The terms of a posting, most important first.

    A mention weighs by its section and sentence (`emphasis.weigh`), a term by its mentions, each further one half
    as much as the last, and by its grade. Places the posting only advertises itself in hardly count.
    """
    weights = emphasis.weigh(text)
    mentions: dict[str, list[tuple[float, Hit]]] = {}
    for hit in find(text):
        mentions.setdefault(hit.term, []).append((emphasis.at(weights, hit.start), hit))
    asked = []
    for term, seen in mentions.items():
        seen.sort(key=lambda one: (-one[0], one[1].start))
        total = sum(weight / 2**number for number, (weight, _) in enumerate(seen))
        grade = max(
            lexicon.EVERYDAY if hit.grade == lexicon.TOPIC and hit.score < _CLEAR else hit.grade for _, hit in seen
        )
        asked.append(Asked(term, grade, total * _GRADE_WEIGHT[grade], seen[0][1]))
    return tuple(sorted(asked, key=lambda one: (-one.weight, one.hit.start)))


def terms(text: str) -> tuple[str, ...]:
    """The different terms of `text`, most important first."""
    return tuple(asked.term for asked in ask(text))


def mentions(text: str, term: str) -> bool:
    """Whether `text` names `term` as a whole term, in any of its spellings."""
    return stands_on(scan.read(text), term)


def stands_on(page: Page, term: str) -> bool:
    """`mentions`, of a text that was read already."""
    return next(scan.spellings(page, _one(term)), None) is not None


def mentioned(text: str, wanted: Iterable[str]) -> list[str]:
    """Those of the terms that `text` names, in their order."""
    page = scan.read(text)
    words = {*page.said.words, *page.said.last}
    possible = [(term, book) for term in wanted if not words.isdisjoint((book := _one(term)).longest)]
    return [term for term, _ in possible if stands_on(page, term)]


def only(wanted: Sequence[str]) -> Lexicon:
    """A lexicon of nothing but these terms, in all their spellings; one that is unknown has its own."""
    book = lexicon.shipped()
    entries: dict[str, Entry] = {}
    for term in wanted:
        name = key(term)
        shown = book.entries[name].shown if name in book.entries else term
        for spelling in book.spellings.get(shown, ()):
            entries[spelling] = book.entries[spelling]._replace(shown=term)
        if name and name not in entries:
            entries[name] = Entry(term, lexicon.HARD, None, lexicon.PLAIN, frozenset())
    return replace(lexicon.build(entries, {}), tools=book.tools, written=book.written)


@functools.lru_cache(maxsize=1_024)
def _one(term: str) -> Lexicon:
    return only((term,))
