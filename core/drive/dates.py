"""Dates as a resume has them: `2020`, `2020-02` or `2020-02-11`, a missing end meaning "until now"."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOW = re.compile(
    r"(?:up )?(?:to |till |until )?(?:present(?: day)?|now|today|current(?:ly)?(?: time)?|ongoing|date)", re.I
)
_PARTS = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T.*)?)?)?")


def in_words(written: str) -> str:
    """`2020-02-11` as `Feb 2020`; any other text as it is."""
    found = _PARTS.fullmatch(written)
    if not found or not found[2] or not 1 <= int(found[2]) <= 12:
        return written
    return f"{MONTHS[int(found[2]) - 1]} {found[1]}"


def period(entry: Mapping[str, Any], *, short: bool = False) -> str:
    """When an entry was: `Feb 2020 – now`, or `2020–now` when short; empty without dates."""
    one = str(entry.get("date") or entry.get("releaseDate") or "")
    start, end = str(entry.get("startDate") or ""), str(entry.get("endDate") or "")
    show = _year if short else in_words
    if not start:
        return show(end or one)
    until = "now" if not end or NOW.fullmatch(end) else show(end)
    return show(start) if show(start) == until else (f"{show(start)}–{until}" if short else f"{show(start)} – {until}")


def years(resume: Mapping[str, Any], today: date) -> float | None:
    """Years of work, overlapping jobs counted once; None when no job has a start that can be read.

    An estimate: a month counts whole, a year without a month counts from its middle.
    """
    spans = sorted(span for entry in resume.get("work", ()) if (span := _span(entry, today)))
    if not spans:
        return None
    days, (start, end) = 0, spans[0]
    for begins, ends in spans[1:]:
        if begins > end:
            days += (end - start).days
            start = begins
        end = max(end, ends)
    return round((days + (end - start).days) / 365.25, 1)


def _span(entry: Mapping[str, Any], today: date) -> tuple[date, date] | None:
    written = str(entry.get("endDate") or "")
    start = _day(str(entry.get("startDate") or ""), end=False)
    end = today if not written or NOW.fullmatch(written) else _day(written, end=True)
    if start is None or end is None or start > today or end < start:
        return None
    if start == end and len(written) == 4:  # one year and nothing else: about half of it
        start, end = start - timedelta(days=91), end + timedelta(days=92)
    return start, min(end, today)


def _day(written: str, *, end: bool) -> date | None:
    if not (found := _PARTS.fullmatch(written)):
        return None
    year, month, day = int(found[1]), int(found[2] or 7), int(found[3] or 1)
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    if not end or not found[2] or found[3]:
        return first
    return date(year + month // 12, month % 12 + 1, 1)  # the end of a month is the first of the next


def _year(written: str) -> str:
    return written[:4] if _PARTS.fullmatch(written) else written
