"""Repairs of layout before a resume is read: a page that lost its line breaks, a post whose dates stand on two lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.drive.blocks import Block
from core.drive.periods import Period, find_date, find_period
from core.drive.wordlists import TITLE

LEAST_PAGE = 1_200  # characters of a paragraph that holds more than one section
LONGEST_TITLE = 8  # words
_SECTIONS = (
    r"(?:Professional |Work |Working )?Experience|Summary|Education|(?:Technical |Key |Core )?Skills|Languages|Personal qualities"
    r"|Certificat(?:es|ions)|Projects|Employment(?: History)?"
)
_SECTION = re.compile(rf"(?:(?<=[.!?»)]\s)|(?<=[a-z\d]\s)|^)({_SECTIONS})\s(?=[A-Z«\d])")
_RANGE = re.compile(r"\b(?:19|20)\d\d\s*[–—-]\s*(?:(?:19|20)\d\d|[Pp]resent|[Nn]ow|[Tt]oday)\b")
_LABEL = re.compile(
    r"(?<=[.;!?»])\s+(?=(?:Responsibilities|Key achievements|Achievements|Stack|Technologies|Main projects)\s*:)"
)
_SENTENCE = re.compile(r"(?:.*[.!?;»:]\s+)?(.*)$", re.DOTALL)
_NAME = re.compile(r"\s*((?:(?!\w+(?:ed|ing)\b|Part-time|Full-time)[A-Z][\w.&'’-]*(?:\s(?:of|and|&|the))?\s?){1,5})")
_ONGOING = re.compile(r"[\s,(–—-]+(?:currently(?: working)?|present|until now)\)?\s*$", re.IGNORECASE)


def unpacked(blocks: Iterable[Block]) -> list[Block]:
    """The blocks, each that holds a whole page cut at its headings and posts."""
    return [part for block in blocks for part in (_page(block) if _is_page(block) else [block])]


def stacked(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, the two dates of a post that stand one below the other joined to a range: `2012 Analyst`, `2017`."""
    joined: list[Block] = []
    is_taken = False  # this line was the end of the post before it
    for at, block in enumerate(blocks):
        if is_taken:
            is_taken = False
            continue
        first = _starts(block)
        if first is None:
            joined.append(block)
        elif until := _ONGOING.search(first.after):
            joined.append(replace(block, text=f"{first.start} – present {first.after[: until.start()].strip()}"))
        elif end := _end_below(first, blocks[at + 1 : at + 2]):
            joined.append(replace(block, text=f"{first.start} – {end} {first.after.strip()}"))
            is_taken = True
        else:
            joined.append(block)
    return joined


def _starts(block: Block) -> Period | None:
    """The date of a line that consists of one date and a title after it."""
    found = find_date(block.text)
    if found is None or not found.one or found.start != found.end or found.before.strip():
        return None
    return found if TITLE.search(found.after) and len(found.after.split()) <= LONGEST_TITLE else None


def _end_below(first: Period, following: Sequence[Block]) -> str:
    """The next line, if it is nothing but a later date; else an empty string."""
    found = find_date(following[0].text) if following else None
    alone = found and found.one and not found.before.strip() and not found.after.strip()
    return found.end if found and alone and found.end > first.start else ""


# -- a page in one paragraph -----------------------------------------------------------------------------


def _is_page(block: Block) -> bool:
    return len(block.text) >= LEAST_PAGE and (
        len(_RANGE.findall(block.text)) > 1 or len(_SECTION.findall(block.text)) > 1
    )


def _page(block: Block) -> Iterator[Block]:
    at = 0
    for found in _SECTION.finditer(block.text):
        yield from _posts(block.text[at : found.start()])
        yield Block(found[1].strip(), "heading", 2, gap=True)
        at = found.end()
    yield from _posts(block.text[at:])


def _posts(text: str) -> Iterator[Block]:
    """A section's text, the heading of each post, such as `Developer 2014 – 2020 Acme`, as a block of its own."""
    at = 0
    for found in _RANGE.finditer(text):
        before = _SENTENCE.match(text[at : found.start()])
        title = before[1].strip() if before else ""
        if not title or not TITLE.search(title) or len(title.split()) > LONGEST_TITLE or find_period(title):
            continue
        yield from _prose(text[at : found.start()].rstrip().removesuffix(title))
        name = _NAME.match(text[found.end() :])
        employer = name[1].strip() if name else ""
        yield Block(f"{title}\t{employer}\t{found[0]}", gap=True)
        at = found.end() + (name.end() if name else 0)
    yield from _prose(text[at:])


def _prose(text: str) -> Iterator[Block]:
    return (Block(part.strip()) for part in _LABEL.split(text) if part.strip())
