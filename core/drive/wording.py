"""How the parts of a resume are called and put together in words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.drive.dates import period

TITLES = {
    "work": "Experience",
    "volunteer": "Volunteering",
    "projects": "Projects",
    "education": "Education",
    "skills": "Skills",
    "certificates": "Certificates",
    "awards": "Awards",
    "publications": "Publications",
    "languages": "Languages",
    "interests": "Interests",
    "references": "References",
    "x_other": "More",
    "basics/summary": "Summary",
}
_HEADING = {
    "work": ("position", "name"),
    "volunteer": ("position", "organization"),
    "projects": ("name", "entity"),
    "education": ("institution",),
    "skills": ("name",),
    "certificates": ("name", "issuer"),
    "awards": ("title", "awarder"),
    "publications": ("name", "publisher"),
    "languages": ("language", "fluency"),
    "interests": ("name",),
    "references": ("name",),
}
_SHOWN = {
    "id", "name", "position", "organization", "entity", "institution", "studyType", "area", "level", "issuer", "title",
    "awarder", "publisher", "language", "fluency", "startDate", "endDate", "date", "releaseDate", "location", "url",
    "summary", "description", "reference", "highlights", "highlight_ids", "keywords", "courses", "roles", "score",
    "label", "email", "phone", "profiles", "image",
}  # fmt: skip


def section_title(section: str, resume: Mapping[str, Any]) -> str:
    """The section's heading: as the candidate's own file called it when that is known."""
    meta = resume.get("meta")
    own = meta.get("x_headings") if isinstance(meta, dict) else None
    given = own.get(section) if isinstance(own, dict) else None
    return given if isinstance(given, str) and given else TITLES.get(section) or _spoken(section)


def heading(section: str, entry: Mapping[str, Any], *, whole: bool = False) -> str:
    """An entry's heading, e.g. `Staff Engineer, Acme`; when whole, with its dates, place, address and score."""
    parts = [str(entry[key]) for key in _HEADING.get(section, ("name", "title")) if entry.get(key)]
    if section == "education" and (studied := degree(entry)):
        parts.insert(0, studied)
    if whole:
        facts = (entry.get("level"), location(entry), entry.get("url"), entry.get("score"), period(entry))
        parts += [str(fact) for fact in facts if fact]
    return ", ".join(parts)


def place(section: str, entry: Mapping[str, Any]) -> str:
    """Where an entry's texts stand, e.g. `Staff Engineer, Acme (2021–now)` or `Skills: Web`."""
    named, when = heading(section, entry), period(entry, short=True)
    if section not in ("work", "volunteer", "education"):
        named = f"{section_title(section, {})}: {named}" if named else section_title(section, {})
    return f"{named or section_title(section, {})} ({when})" if when else named or section_title(section, {})


def degree(entry: Mapping[str, Any]) -> str:
    return ", ".join(str(entry[key]) for key in ("studyType", "area") if entry.get(key))


def location(holder: Mapping[str, Any]) -> str:
    """A place in one line, from a text or from JSON Resume's object."""
    given = holder.get("location")
    if isinstance(given, str):
        return given
    if not isinstance(given, dict):
        return ""
    keys = ("address", "postalCode", "city", "region", "countryCode")
    return ", ".join(" ".join(str(given[key]).split()) for key in keys if given.get(key))


def contact(basics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, text) of each way to reach a person, in the order a resume shows them."""
    for key, text in (("email", basics.get("email")), ("phone", basics.get("phone")), ("location", location(basics))):
        if text:
            yield key, str(text)
    if basics.get("url"):
        yield "url", str(basics["url"])
    profiles = [one for one in basics.get("profiles", ()) if isinstance(one, dict)]
    shown = [
        " ".join([*_unsaid(one, "network"), *_unsaid(one, "username"), str(one.get("url") or "")]).strip()
        for one in profiles
    ]
    if any(shown):
        yield "profiles", " · ".join(one for one in shown if one)


def _unsaid(profile: Mapping[str, Any], key: str) -> list[str]:
    said = str(profile.get(key) or "")
    return [said] if said and said.lower() not in str(profile.get("url") or "").lower() else []


def other_texts(holder: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(key, key in words, text) of what the standard does not know, so that nothing a person wrote goes unseen."""
    for key, value in holder.items():
        if key not in _SHOWN and (text := _flat(value)):
            yield key, _spoken(key), text


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(text for one in value if (text := _flat(one)))
    if isinstance(value, dict):
        return ", ".join(text for key, one in value.items() if key != "id" and (text := _flat(one)))
    return "" if value is None or isinstance(value, bool) else str(value)


def _spoken(key: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", key.removeprefix("x_")).strip()
    return words[:1].upper() + words[1:].lower() if words else key
