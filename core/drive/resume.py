"""A resume as words: its lines with their ids, a Markdown page, plain text, a headline."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.drive.dates import years
from core.drive.markdown import to_markdown
from core.drive.shape import digest, normalise, sections
from core.drive.wording import contact, heading, other_texts, place, section_title
from core.tools.material import Line

__all__ = ["digest", "headline", "lines", "normalise", "plain_text", "to_markdown", "years"]


def lines(resume: Mapping[str, Any]) -> tuple[Line, ...]:
    """Every text of a normalised resume, in reading order; each path occurs once.

    An entry's heading, summary and other texts carry the entry's id, a bullet its own, the texts of
    `basics` the id `basics`.
    """
    return tuple(line for line in _every_line(resume) if line.text)


def headline(resume: Mapping[str, Any]) -> str:
    """One line that says who this is: the label, else the latest job; empty when the resume has neither."""
    label = str(resume.get("basics", {}).get("label") or "")
    work = resume.get("work") or [{}]
    return label or ", ".join(str(work[0][key]) for key in ("position", "name") if work[0].get(key))


def plain_text(resume: Mapping[str, Any]) -> str:
    """The resume's texts and nothing else, one a line, for searching and counting."""
    return "\n".join(line.text for line in lines(resume))


def _every_line(resume: Mapping[str, Any]) -> Iterator[Line]:
    basics = resume.get("basics", {})
    for key in ("name", "label"):
        yield Line("basics", f"basics/{key}", "Profile", str(basics.get(key) or ""))
    yield from (Line("basics", f"basics/{key}", "Contact", text) for key, text in contact(basics))
    yield Line("basics", "basics/summary", "Summary", str(basics.get("summary") or ""))
    yield from (
        Line("basics", f"basics/{key}", "Profile", f"{label}: {text}") for key, label, text in other_texts(basics)
    )
    listed = set()
    for section, entries in sections(resume):
        listed.add(section)
        for entry in entries:
            yield from _entry_lines(section, entry)
    rest = {key: value for key, value in resume.items() if key not in {*listed, "basics", "meta"} and key[:1] != "$"}
    yield from (Line(key, key, section_title(key, resume), text) for key, _, text in other_texts(rest))


def _entry_lines(section: str, entry: Mapping[str, Any]) -> Iterator[Line]:
    own, where, path = str(entry.get("id", "")), place(section, entry), f"{section}/{entry.get('id', '')}"
    yield Line(own, path, section_title(section, {}), heading(section, entry, whole=True))
    for key in ("description", "summary", "reference"):
        yield Line(own, f"{path}/{key}", where, str(entry.get(key) or ""))
    ids, texts = entry.get("highlight_ids", ()), entry.get("highlights", ())
    for one, text in zip(ids, texts, strict=True):
        yield Line(one, f"{path}/highlights/{one}", where, text)
    for key in ("keywords", "courses", "roles"):
        yield Line(own, f"{path}/{key}", where, ", ".join(entry.get(key, ())))
    yield from (Line(own, f"{path}/{key}", where, f"{label}: {text}") for key, label, text in other_texts(entry))
