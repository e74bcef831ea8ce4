"""Keyword matching: the skills a text names."""

from dataclasses import dataclass

from core.tools import lexicon
from core.tools.lexicon import Lexicon, scan
from core.tools.lexicon.scan import Page


@dataclass(frozen=True, slots=True)
class Hit:
    """A term where it stands: its one display form, its place in the text, its grade (`lexicon.Entry`)."""

    term: str
    start: int
    end: int
    grade: int = lexicon.HARD


def find(text: str) -> list[Hit]:
    """The skills named in `text`, in order, none overlapping; of two that overlap the longer one."""
    return find_in(scan.read(text), lexicon.shipped())


def find_in(page: Page, book: Lexicon) -> list[Hit]:
    """`find` with another lexicon, for learning and for trying one."""
    around = scan.outlook(page, book)
    hits, past, refused = [], 0, 0
    for found in scan.spellings(page, book):
        if found.first < past or found.first < refused:
            continue
        if scan.score(page, found, around, book) > 0:
            start, end = page.said.starts[found.first], page.said.ends[found.past - 1]
            hits.append(Hit(found.entry.shown, start, end, found.entry.grade))
            past = found.past
        else:
            refused = found.past
    return hits
