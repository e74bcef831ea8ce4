"""How long somebody has worked, and at what, as the dates of a resume add up to it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from core.drive.agreement import Standing
from core.drive.amounts import Amount
from core.drive.dates import years
from core.drive.evidence import Evidence
from core.drive.vocabulary import is_plain, stem, words

MONTHS = 12
ROUNDING = 0.25  # of a year: 7.8 are eight, 7.7 are not
_SPENT = re.compile(
    r"(?:\b(?:for|spent|past|last|bring|brings|bringing|with|my|has|have)(?: (?:the|my|over|more|than|about|around|nearly|almost"
    r"|past|last|some|roughly))*)$",
    re.IGNORECASE,
)
_RECENT = re.compile(r"\b(?:in|over|during|within) (?:the|my) (?:past|last)$", re.IGNORECASE)
_OF_WORK = re.compile(
    r"\s?-?\s?(?:years?|decades?)['’]?(?: of| in| as| with| at| on|\s\w+ing\b|(?: [\w/+#.-]+){0,3} experience\b)",
    re.IGNORECASE,
)
_REST = re.compile(r"\s?-?\s?(?:years?|decades?)?['’]?([^;:()!?]*)")
_ENDS = re.compile(
    r"\.(?=\s|$)|\b(?:who|that|which|where|including|currently|now|I|have|has|is|are"
    r"|(?:answer|cover|count|fit|make|match|meet|prove|show|speak|stand|satisf)(?:e?s|y)?)\b"
)
_PARTED = re.compile(r",|/|&|\b(?:and|or)\b")
_AGAIN = re.compile(r"\s?(?:of (?:them|those|these|which)\b|in\b|as\b|at\b|leading\b)")
_YEARS = re.compile(r"\b(?:years?|months?)\b", re.IGNORECASE)
_GENERIC = frozenset(
    map(stem, ("professional", "career", "industry", "total", "progressive", "relevant", "strong", "proven"))
)


@dataclass(frozen=True, slots=True)
class _Post:
    entry: Mapping[str, Any]
    said: Evidence


class Tenure:
    """The posts of a resume with their time; posts at the same time count once."""

    def __init__(self, work: Sequence[Mapping[str, Any]], today: date) -> None:
        self._today = today
        self._posts = [_Post(entry, Evidence(_text(entry))) for entry in work]

    def total(self) -> float | None:
        """Years of work; None where no date can be read."""
        return self._sum(self._posts)

    def standing(self, claim: Amount, entries: Collection[str] = ()) -> Standing | None:
        """Whether the dates hold what is said of years at work, in some entries (by id or employer) or in all.

        None where it says no such thing.

        `other` is a time that the dates hold, but not of what it is said of.
        """
        said = _years_of(claim)
        posts = [
            post for post in self._posts if not entries or any(post.entry.get(key) in entries for key in ("id", "name"))
        ]
        total = self._sum(posts)
        if said is None or total is None:
            return None
        if not _holds(said, claim.bound, total):
            return "absent"
        subjects = list(_subjects(claim.after))
        about = [[post for post in posts if _tells(post.said, subject)] for subject in subjects]
        if not all(about):
            return "other"
        wanted = [post for post in posts if not about or any(post in one for one in about)]
        return "held" if _holds(said, claim.bound, self._sum(wanted) or 0) else "other"

    def lasted(self, months: int) -> bool:
        """Whether one of the posts lasted so many months, or whole years, however its first and last month are counted."""
        had = [12 * (self._sum([post]) or 0) for post in self._posts]
        return any(abs(one - months) <= 1 or (months % 12 == 0 and 0 <= one - months < 12) for one in had)

    def _sum(self, posts: Sequence[_Post]) -> float | None:
        return years({"work": [post.entry for post in posts]}, self._today)


def _years_of(claim: Amount) -> float | None:
    """The years at work that an amount tells of; None where it tells of something else."""
    if claim.kind or claim.is_year:
        return None
    if claim.unit and claim.unit[0] == "months" and claim.unit[1] >= MONTHS:
        at_work = _OF_WORK.match(claim.after) or (_SPENT.search(claim.before) and not _RECENT.search(claim.before))
        return float(claim.value * claim.unit[1]) / MONTHS if at_work else None
    again = _AGAIN.match(claim.after) and _YEARS.search(claim.before)  # `nine years in software, the last four in …`
    return float(claim.value) if again and claim.value < 60 else None


def _holds(said: float, bound: str, had: float) -> bool:
    if bound == "over":
        return said < had
    if bound in ("nearly", "under"):
        return said - 1 <= had + ROUNDING
    return said <= had + (1 if bound == "about" else ROUNDING)


def _subjects(after: str) -> Iterator[tuple[str, ...]]:
    """What the years were spent on, part by part, in words: none for `years of professional experience`."""
    found = _REST.match(after)
    clause = _ENDS.split(found[1])[0] if found else ""
    for part in _PARTED.split(clause):
        said = tuple(word[0] for word in words(part))
        if any(map(_says_something, said)):
            yield said


def _says_something(word: str) -> bool:
    return not is_plain(low := stem(word)) and low not in _GENERIC


def _tells(held: Evidence, subject: Sequence[str]) -> bool:
    """Whether a post tells of most of it, `full-stack` also as `fullstack`."""
    joined = {word for pair in pairwise(subject) if stem("".join(pair)) in held.stems for word in pair}
    wanted = [word for word in subject if _says_something(word)]
    return 2 * sum(word in joined or stem(word) in held.stems for word in wanted) > len(wanted)


def _text(entry: Mapping[str, Any]) -> str:
    values = [entry.get(key) for key in ("position", "name", "description", "summary")]
    return "\n".join([str(value) for value in values if value] + [str(line) for line in entry.get("highlights", ())])
