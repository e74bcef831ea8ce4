"""Employers in a resume: which words of a post's heading may name one, and where else it may be named."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.drive.blocks import Block
from core.drive.periods import MONTH
from core.drive.wordlists import EMPLOYER, URL
from core.tools import terms
from core.tools.lexicon import HARD

LONGEST_EMPLOYER = 7  # words
_ROLES = ("role", "position", "job title", "title")
_NAMED = re.compile(
    r"(role|position|job title|title|company|employer|organi[sz]ation)\s*:\s*(\S.{1,80}?)\.?$", re.IGNORECASE
)


def share_employers(jobs: Sequence[dict[str, Any]], employer: str) -> None:
    """Give a post without an employer that of the post above it, if its dates lie within that one's: two roles at one employer."""
    above: dict[str, Any] = {}
    for job in jobs:
        if job.get(employer):
            above = job
        elif above and job.get("position") and _within(job, above):
            job[employer] = above[employer]


def _within(job: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
    start, first = job.get("startDate", ""), above.get("startDate", "")
    end, last = job.get("endDate") or "9999", above.get("endDate") or "9999"
    return bool(start and first) and first[:4] <= start[:4] and end[:4] <= last[:4] and (first, last) != (start, end)


def may_employ(name: str) -> bool:
    """Whether a heading's words may name an employer: not a sentence of what was done."""
    said = name.split()
    if re.fullmatch(MONTH, name, re.IGNORECASE):
        return False
    if len(said) > LONGEST_EMPLOYER and not EMPLOYER.search(name):
        return False
    return len(said) < 2 or not (said[0][0].isalpha() and said[0].islower()) or URL.search(name) is not None


def is_tool(piece: str) -> bool:
    """Whether a piece of a heading is nothing but the name of a tool. One may be an employer (Oracle), two are a list."""
    return any(hit.grade == HARD and (hit.start, hit.end) == (0, len(piece)) for hit in terms.find(piece))


def labelled(title: str, name: str, body: Sequence[Block]) -> tuple[str, str, list[Block]]:
    """Title and employer, each from a line below that names it where the heading has none: `Role: Java developer`.

    The employer only where the heading has no title either; also returns the lines that are left.
    """
    rest: list[Block] = []
    untitled = not title
    for block in body:
        found = _NAMED.match(block.text)
        if found and found[1].lower() in _ROLES and not title:
            title = found[2]
        elif found and found[1].lower() not in _ROLES and not name and untitled:
            name = found[2]
        else:
            rest.append(block)
    return title, name, rest
