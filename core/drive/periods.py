"""Dates as people write them, `March 2021 – present`, `09/2019-now`, `2008  2022`, read as JSON Resume dates."""

import re
from dataclasses import dataclass

_MONTHS = {
    name: at
    for at, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
            "sep sept september", "oct october", "nov november", "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_SEASON = r"(?:spring|summer|fall|autumn|winter)"
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{MONTH}\s*,?\s*(?:\d{{1,2}},\s*)?(?:{_YEAR}|['’]\d\d)"
    rf"|{_SEASON}\s+{_YEAR}|\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}|\d{{1,2}}\s?[./]\s?{_YEAR}"
    rf"|{_YEAR}[-./]\d{{1,2}}(?!\d)(?:[-./]\d{{1,2}}(?!\d))?"
    rf"|{_YEAR})"
)
_NOW = (
    r"(?:up\s+to\s+now|till\s+now|until\s+now|present(?:\s+(?:day|time))?|now|today"
    r"|current(?:ly)?(?:\s+(?:time|working))?|ongoing|to\s+date)"
)
_DASH = r"(?:\s*(?:[-–—\u2012−~]|->|→|\bto\b|\btill\b|\buntil\b|\bthrough\b)+\s*)"
_RANGE = re.compile(
    rf"(?<![\w$€£.])(?:from\s+|since\s+)?(?P<start>{_DATE})"
    rf"(?:(?:{_DASH}|\s{{1,3}}|(?<=\d{{4}})(?={_DATE}))(?P<end>{_DATE}|{_NOW})\b)(?!\s*%)",
    re.I,
)
_HALF = re.compile(rf"(?<![\w$€£.])(?P<start>{MONTH}\s+{_YEAR})\s*[-–—](?=\s|$)", re.I)
_SINGLE = re.compile(rf"(?<![\w$€£.-])(?P<start>{_DATE})(?!(?-i:[a-z])|[\d%+_-])", re.I)


@dataclass(frozen=True, slots=True)
class Period:
    """When something was: ISO dates as exact as they were written, `end` empty for "until now".

    `before` and `after` are what else the line says; `one` is true for a single date,
    `bracketed` where round brackets hold just the dates.
    """

    start: str
    end: str
    before: str
    after: str
    one: bool = False
    bracketed: bool = False


def find_period(text: str) -> Period | None:
    """The first range of dates in a line."""
    if found := _RANGE.search(text):
        start, end = _iso(found["start"]), found["end"]
        until = "" if re.fullmatch(_NOW, end, re.I) else _iso(end)
        if start and (not until or until[:4] >= start[:4]):
            return _period(text, found, start, until)
    if found := _HALF.search(text):
        return _period(text, found, _iso(found["start"]), "", one=True)
    return None


def find_date(text: str) -> Period | None:
    """The last single date in a line, or a range."""
    if ranged := find_period(text):
        return ranged
    singles = [found for found in _SINGLE.finditer(text) if _iso(found["start"])]
    if not singles:
        return None
    found = singles[-1]
    day = _iso(found["start"])
    return _period(text, found, day, day, one=True)


def _period(text: str, found: re.Match[str], start: str, end: str, *, one: bool = False) -> Period:
    before, after = text[: found.start()], text[found.end() :]
    bracketed = before.rstrip().endswith("(") and after.lstrip().startswith(")")
    if bracketed:
        before, after = before.rstrip()[:-1], after.lstrip()[1:]
    return Period(start, end, before, after, one, bracketed)


def has_years(text: str) -> bool:
    """Whether a line holds a year or a range of dates."""
    return re.search(rf"(?<!\d){_YEAR}(?!\d)", text) is not None or _RANGE.search(text) is not None


def _iso(written: str) -> str:
    low = written.lower()
    year = re.search(_YEAR, low)
    if short := re.search(r"['’](\d\d)\b", low):
        full = str(int(short[1]) + (2000 if int(short[1]) < 60 else 1900))
    elif year:
        full = year[0]
    else:
        return ""
    if named := re.search(r"[a-z]{3,}", low):
        month = _MONTHS.get(named[0], 0)
        return f"{full}-{month:02d}" if month else full
    numbers = [int(number) for number in re.findall(r"\d+", re.sub(_YEAR, " ", low, count=1))]
    if not numbers:
        return full
    month = (
        numbers[0] if low.startswith(full) or len(numbers) == 1 else numbers[1]
    )  # day before month, as in 03.09.2021
    return f"{full}-{month:02d}" if 1 <= month <= 12 else full
