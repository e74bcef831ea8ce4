"""A resume as a Markdown page: one to read, or, with ids, one a model can point into."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.drive.dates import period
from core.drive.shape import sections
from core.drive.wording import contact, heading, location, other_texts, section_title

_INLINE = {"skills", "languages", "interests"}
_ONE_LINERS = {"certificates", "awards", "publications"}
_AT_LINE_START = re.compile(r"^(\s*)(>|[#+*_=~`-]{1,6}(?=\s|$)|\d+[.)](?=\s))", re.M)


def to_markdown(resume: Mapping[str, Any], *, ids: bool = False) -> str:
    """The whole of a normalised resume: name, contact line, summary, then each section that has something to say.

    With `ids`, entries start with `[w1]`, their texts with `[w1/summary]`, bullets with `[w1h2]`, and nothing is
    escaped. Without, text that Markdown or HTML would take for markup is escaped.
    """
    page = _Page(ids)
    basics = resume.get("basics", {})
    page.add("# " + page.text(basics.get("name") or basics.get("label") or "Resume"))
    if basics.get("name") and basics.get("label"):
        page.add(page.text(basics["label"]) if ids else f"**{page.text(basics['label'])}**")
    page.add(" · ".join(page.text(text) for _, text in contact(basics)))
    page.add(*(f"{label}: {page.text(text)}" for _, label, text in other_texts(basics)))
    if basics.get("summary"):
        page.add(
            f"## {page.text(section_title('basics/summary', resume))}", page.tagged("basics/summary", basics["summary"])
        )
    named = dict(sections(resume))
    for section, entries in named.items():
        page.add(f"## {page.text(section_title(section, resume))}")
        page.add(*_section(page, section, entries))
    rest = {key: value for key, value in resume.items() if key not in {*named, "basics", "meta"} and key[:1] != "$"}
    page.add(*(f"## {label}\n\n{page.text(text)}" for _, label, text in other_texts(rest)))
    return "\n\n".join(page.parts) + "\n"


class _Page:
    def __init__(self, ids: bool) -> None:
        self.ids = ids
        self.parts: list[str] = []

    def add(self, *parts: str) -> None:
        self.parts += [part for part in parts if part]

    def text(self, text: Any) -> str:
        one_line = " ".join(str(text).split())
        return one_line if self.ids else _escaped(one_line)

    def tagged(self, tag: str, text: Any) -> str:
        """A paragraph or heading text, its line breaks kept, behind its id where ids are shown."""
        if self.ids:
            return f"[{tag}] {text}"
        return "  \n".join(_escaped(line) if line else "" for line in str(text).split("\n")).replace("\n  \n", "\n\n")


def _section(page: _Page, section: str, entries: list[dict[str, Any]]) -> Iterator[str]:
    if section in _INLINE:
        yield "\n".join(f"- {_inline(page, section, entry)}" for entry in entries)
    elif section in _ONE_LINERS and not any(entry.get("summary") or entry.get("highlights") for entry in entries):
        yield "\n".join(
            f"- {page.tagged(entry['id'], '') if page.ids else ''}{_one_line(page, section, entry)}"
            for entry in entries
        )
    else:
        for entry in entries:
            yield from _entry(page, section, entry)


def _one_line(page: _Page, section: str, entry: Mapping[str, Any]) -> str:
    rest = [location(entry), entry.get("url"), period(entry)]
    rest += [f"{label}: {text}" for _, label, text in other_texts(entry)]
    return " · ".join(page.text(part) for part in (heading(section, entry), *rest) if part)


def _inline(page: _Page, section: str, entry: Mapping[str, Any]) -> str:
    """A skill group, language or interest in one line: `**Web** (advanced): HTML, CSS`."""
    name, level = entry.get("name") or entry.get("language"), entry.get("level") or entry.get("fluency")
    named = page.text(name) if name else ""
    start = named if page.ids or not named or section == "languages" else f"**{named}**"
    start += f" ({page.text(level)})" if level else ""
    texts = [", ".join(entry.get("keywords", ()))]
    texts += [entry.get("summary") or "", entry.get("description") or "", *entry.get("highlights", ())]
    texts += [f"{label}: {text}" for _, label, text in other_texts(entry)]
    told = "; ".join(page.text(text) for text in texts if text)
    return (f"[{entry['id']}] " if page.ids else "") + ": ".join(part for part in (start, told) if part)


def _entry(page: _Page, section: str, entry: Mapping[str, Any]) -> Iterator[str]:
    own = entry["id"]
    named = [entry.get("position"), entry.get("name") or entry.get("organization")]
    if section not in ("work", "volunteer"):
        named = [heading(section, entry)]
    title = " — ".join(page.text(part) for part in named if part)
    if title or page.ids:
        yield "### " + (f"[{own}] " if page.ids else "") + title
    facts = [period(entry), location(entry), entry.get("url"), entry.get("score")]
    yield " · ".join(page.text(fact) for fact in facts if fact)
    for key in ("description", "summary", "reference"):
        if entry.get(key):
            yield page.tagged(f"{own}/{key}", entry[key])
    bullets = zip(entry.get("highlight_ids", ()), entry.get("highlights", ()), strict=True)
    yield "\n".join(f"- [{one}] {page.text(text)}" if page.ids else f"- {page.text(text)}" for one, text in bullets)
    for key in ("keywords", "courses", "roles"):
        if entry.get(key):
            yield f"{key.capitalize()}: {page.text(', '.join(entry[key]))}"
    yield from (f"{label}: {page.text(text)}" for _, label, text in other_texts(entry))


def _escaped(text: str) -> str:
    """Text that shows as it is: no HTML, no image, no list or heading that was not meant."""
    text = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", text).replace("![", "!\\[")
    return _AT_LINE_START.sub(lambda found: _backslashed(found[1], found[2]), text)


def _backslashed(indent: str, mark: str) -> str:
    return f"{indent}{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"{indent}\\{mark}"
