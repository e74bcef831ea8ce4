"""A resume laid out for a Word file: headings, lines and bullets in the forms that people and software expect."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.drive.dates import period
from core.drive.richtext import Part, Span
from core.drive.shape import sections
from core.drive.wording import contact, degree, heading, location, other_texts, section_title

_LISTED = ("skills", "languages", "interests")
_NAMED = ("certificates", "awards", "publications", "references")


def parts(resume: Mapping[str, Any]) -> list[Part]:
    """The whole of a normalised resume: name, what the person is, contacts, summary, then each section.

    A tab parts an entry from its dates, which stand at the right edge.
    """
    return [part for part in _every(resume) if part.spans and part.spans[0].text]


def _every(resume: Mapping[str, Any]) -> Iterator[Part]:
    basics = resume.get("basics", {})
    yield Part("heading", (Span(_line(basics.get("name") or basics.get("label") or "Resume")),), 1)
    if basics.get("name"):
        yield _text(basics.get("label"), bold=True)
    yield _text(" · ".join(_line(text) for _, text in contact(basics)))
    yield from (_text(f"{label}: {text}") for _, label, text in other_texts(basics))
    if basics.get("summary"):
        yield Part("heading", (Span(section_title("basics/summary", resume)),), 2)
        yield _text(basics["summary"])
    named = dict(sections(resume))
    for section, entries in named.items():
        yield Part("heading", (Span(_line(section_title(section, resume))),), 2)
        for entry in entries:
            yield from _entry(section, entry)
    for key, label, text in other_texts(resume):
        if key not in named and key not in ("basics", "meta") and key[:1] != "$":
            yield Part("heading", (Span(label),), 2)
            yield _text(text)


def _entry(section: str, entry: Mapping[str, Any]) -> Iterator[Part]:
    if section in _LISTED:
        yield _bullet(_inline(section, entry))
        return
    if section in _NAMED:
        yield _bullet(_dated(heading(section, entry), entry))
        yield _text(_facts(location(entry), entry.get("url")))
    else:
        yield Part("heading", (Span(_dated(_title(section, entry), entry)),), 3)
        yield _text(_facts(entry.get("url"), entry.get("score") and f"Grade: {entry['score']}"))
    for key in ("description", "summary", "reference"):
        yield _text(entry.get(key))
    for key in ("keywords", "courses", "roles"):
        if entry.get(key):
            yield _text(f"{key.capitalize()}: {', '.join(entry[key])}")
    yield from (_text(f"{label}: {text}") for _, label, text in other_texts(entry))
    yield from (_bullet(text) for text in entry.get("highlights", ()))


def _title(section: str, entry: Mapping[str, Any]) -> str:
    """What, where and in which place: `Nurse Lead — Riverside Clinic · Minneapolis, Minnesota`; of a study the school first."""
    named = {
        "work": (entry.get("position"), entry.get("name")),
        "volunteer": (entry.get("position"), entry.get("organization")),
        "education": (entry.get("institution"), degree(entry)),
    }.get(section, (heading(section, entry),))
    return _facts(" — ".join(_line(part) for part in named if part), location(entry))


def _dated(title: str, entry: Mapping[str, Any]) -> str:
    return "\t".join(part for part in (_line(title), period(entry)) if part)


def _facts(*facts: Any) -> str:
    return " · ".join(_line(fact) for fact in facts if fact)


def _inline(section: str, entry: Mapping[str, Any]) -> str:
    """A skill group, a language or an interest in one line: `Databases (advanced): MySQL, MongoDB`."""
    name = entry.get("name") or entry.get("language") or ""
    level = entry.get("level") or entry.get("fluency")
    start = f"{name} ({level})" if level else name
    told = [", ".join(entry.get("keywords", ())), entry.get("summary"), entry.get("description")]
    told += [*entry.get("highlights", ()), *(f"{label}: {text}" for _, label, text in other_texts(entry))]
    if section == "languages" and level and not any(told):
        return _line(f"{name}: {level}")
    return ": ".join(filter(None, (_line(start), "; ".join(_line(text) for text in told if text))))


def _line(text: Any) -> str:
    return " ".join(str(text).split())


def _text(text: Any, *, bold: bool = False) -> Part:
    return Part("paragraph", (Span(str(text or "").strip(), bold=bold),))


def _bullet(text: str) -> Part:
    return Part("bullet", (Span(text.strip()),))
