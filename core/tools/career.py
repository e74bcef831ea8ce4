"""A resume read as a career: posts with dates, degrees, certificates and skills, whatever shape it is in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from core.drive.resume import normalise
from core.drive.shape import PREFIXES
from core.errors import WorkbenchError
from core.tools.material import Resume, StoredResume

_MOST_ENTRIES = 60
_MOST_CHARS = 2_000
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_LEVELS: tuple[tuple[int, str], ...] = (
    (4, r"ph\.?\s?d\b|doctor(?:ate|al)?\b|d\.?phil\b"),
    (
        3,
        r"master(?:['’]?s)?\b|\bm\.?\s?sc\b|\bm\.?s\.?(?=\s|$|,)|\bm\.?a\.?(?=\s|$|,)|\bmba\b|\bm\.?eng\b|\bmph\b|\bmsn\b",
    ),
    (
        2,
        (
            r"bachelor(?:['’]?s)?\b|\bb\.?\s?sc\b|\bb\.?s\.?(?=\s|$|,|/)|\bb\.?a\.?(?=\s|$|,|/)|\bb\.?eng\b|\bbba\b|\bbsn\b"
            r"|undergraduate degree|(?:university|college|four[- ]year|4[- ]year) degree|\bdiplom\b"
        ),
    ),
    (1, r"associate(?:['’]?s)?(?: degree| of)|\ba\.?a\.?s\b|foundation degree|two[- ]year degree"),
)
_NUMERAL = re.compile(r"I{2,3}|IV|VI{0,3}|MD|PHD|MBA|RN|JD")  # what follows a name in capitals
_STATED = re.compile(
    r"(?<![\d.,$€£-])(\d{1,2})\s?\+?\s?(?:years?|yrs?)['’]?(?: of)?(?: [a-z-]+){0,3} experience\b"
    r"(?! (?:with|using|in|of) (?:[A-Z]|the |a ))"
)
LEVEL_NAMES = {1: "an associate degree", 2: "a bachelor's degree", 3: "a master's degree", 4: "a doctorate"}


@dataclass(frozen=True, slots=True)
class Bullet:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Post:
    """One job held. `end` is None while it lasts or when nothing is said; `current` tells which."""

    id: str
    title: str
    employer: str
    start: date | None
    end: date | None
    current: bool
    summary: str
    bullets: tuple[Bullet, ...]

    @property
    def place(self) -> str:
        """The post in words, e.g. `Data Analyst, Acme`."""
        return ", ".join(part for part in (self.title, self.employer) if part) or "an unnamed post"


@dataclass(frozen=True)
class Career:
    """A resume as the rules read it.

    `posts` stand newest first, `resume` is the tidy copy they were read from, `studies` are the spans
    of education, volunteering and projects, which explain a gap between posts.
    """

    resume: Resume
    name: str
    label: str
    summary: str
    posts: tuple[Post, ...]
    degrees: tuple[str, ...]
    certificates: tuple[str, ...]
    studies: tuple[tuple[date, date | None], ...] = ()

    @cached_property
    def degree_level(self) -> int:
        return max((degree_level(each) or 0 for each in self.degrees), default=0)

    @property
    def is_empty(self) -> bool:
        return not (self.label or self.summary or self.posts or self.degrees or self.resume.get("skills"))


def read(resume: object) -> Career:
    """The career in `resume`, which may lack anything or hold the wrong types. One that is stored is read once."""
    return _known(_Stored(resume.sha256, resume)) if isinstance(resume, StoredResume) else _read(resume)


@dataclass(frozen=True, slots=True)
class _Stored:
    sha256: bytes
    resume: StoredResume = field(compare=False)


@lru_cache(maxsize=128)
def _known(stored: _Stored) -> Career:
    return _read(stored.resume)


def _read(resume: object) -> Career:
    clean = tidy(resume)
    basics = clean["basics"]
    return Career(
        resume=clean,
        name=_spoken(text(basics.get("name"))),
        label=text(basics.get("label")),
        summary=text(basics.get("summary")),
        posts=tuple(sorted((_post(entry) for entry in clean.get("work", ())), key=_newest, reverse=True)),
        degrees=tuple(_degree(entry) for entry in clean.get("education", ())),
        certificates=tuple(filter(None, (text(entry.get("name")) for entry in clean.get("certificates", ())))),
        studies=tuple(_spans(clean)),
    )


def _spoken(name: str) -> str:
    """A name as one writes it: `John Doe` where the resume has `JOHN DOE`."""
    if not name.isupper() or len(name) < 5:
        return name
    return re.sub(r"[^\W\d_]+", lambda part: part[0] if _NUMERAL.fullmatch(part[0]) else part[0].capitalize(), name)


def tidy(resume: object) -> dict[str, Any]:
    """The resume in its stored form; of one that has no such form, whatever can be read."""
    given = resume if isinstance(resume, Mapping) else {}
    try:
        return normalise(given)
    except WorkbenchError:
        pass
    try:
        return normalise(_forced(given))
    except WorkbenchError:
        return {"basics": {}}


def text(value: object) -> str:
    """A value as one line of text; what is no text or number is empty."""
    if isinstance(value, str):
        return " ".join(value.split())
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def text_lines(value: object) -> list[str]:
    """A text's lines, each as one line of text, without the empty ones."""
    return [line for each in value.splitlines() if (line := text(each))] if isinstance(value, str) else []


def day(value: object, *, last: bool = False) -> date | None:
    """A JSON Resume date (`2020`, `2020-03`, `2020-03-15`) as the first day it may mean, or the last month."""
    found = _DATE.search(text(value))
    if not found:
        return None
    unsaid = 12 if last else 1
    try:
        return date(int(found[1]), int(found[2]) if found[2] else unsaid, int(found[3]) if found[3] else 1)
    except ValueError:
        return None


def stated_years(held: Career) -> int | None:
    """The most years of experience that label or summary state, as `4 years' experience`; those with one tool aside."""
    said = f"{held.label}. {held.summary[:_MOST_CHARS]}"
    return max((int(found[1]) for found in _STATED.finditer(said) if 0 < int(found[1]) <= 50), default=None)


def months(start: date, end: date) -> int:
    """Whole calendar months from `start` to `end`; negative when they overlap."""
    return (end.year - start.year) * 12 + end.month - start.month


def degree_level(words: str) -> int | None:
    """1 associate, 2 bachelor, 3 master, 4 doctorate; the lowest that is named, None when none is."""
    return min((level for level, pattern in _LEVELS if re.search(pattern, words, re.IGNORECASE)), default=None)


def _forced(given: Mapping[str, Any]) -> dict[str, Any]:
    basics = given.get("basics")
    kept: dict[str, Any] = {"basics": _fields(basics) if isinstance(basics, Mapping) else {}}
    for section in PREFIXES:
        entries = given.get(section)
        if isinstance(entries, list | tuple):
            kept[section] = [_fields(entry) for entry in entries[:_MOST_ENTRIES] if isinstance(entry, Mapping)]
    return kept


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in entry.items():
        if key in ("id", "highlight_ids", "profiles", "location"):
            continue
        if isinstance(value, list | tuple):
            kept[key] = [short for each in value[:_MOST_ENTRIES] if (short := text(each)[:_MOST_CHARS])]
        else:
            kept[key] = text(value)[:_MOST_CHARS]
    return kept


def _post(entry: Mapping[str, Any]) -> Post:
    ended = text(entry.get("endDate"))
    end = day(ended, last=True)
    start = day(entry.get("startDate"))
    bullets = zip(entry.get("highlight_ids", ()), entry.get("highlights", ()), strict=False)
    return Post(
        id=entry["id"],
        title=text(entry.get("position")),
        employer=text(entry.get("name")) or text(entry.get("company")),
        start=start,
        end=end,
        current=end is None and start is not None,
        summary=text(entry.get("summary")),
        bullets=tuple(Bullet(each, text(line)) for each, line in bullets if text(line)),
    )


def _newest(post: Post) -> tuple[date, date]:
    return (date.max if post.current else post.end or date.min, post.start or date.min)


def _degree(entry: Mapping[str, Any]) -> str:
    kind, area = text(entry.get("studyType")), text(entry.get("area"))
    if area and area.lower() in kind.lower():
        area = ""
    what = (", " if " in " in kind else " in ").join(filter(None, (kind, area)))
    return ", ".join(filter(None, (what, text(entry.get("institution")))))


def _spans(clean: Resume) -> Iterator[tuple[date, date | None]]:
    for section in ("education", "volunteer", "projects"):
        for entry in clean.get(section, ()):
            if start := day(entry.get("startDate")):
                yield start, day(entry.get("endDate"), last=True)
