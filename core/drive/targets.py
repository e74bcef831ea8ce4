"""Where a change may land: the few places of a resume that may be rewritten, and why the others may not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.drive.resume import lines
from core.drive.shape import sections
from core.drive.wording import heading, other_texts
from core.schema import Change
from core.tools.material import Line

_WITH_BULLETS = ("work", "projects", "volunteer")
_PROSE = {"work": ("summary",), "volunteer": ("summary",), "projects": ("summary", "description")}
_ORDERED_SECTIONS = ("skills", "projects")
_PROTECTED = {
    "name": "Names and employers are never changed.",
    "position": "Job titles are never changed.",
    "label": "Job titles are never changed.",
    "organization": "Names and employers are never changed.",
    "entity": "Names and employers are never changed.",
    "startDate": "Dates are never changed.",
    "endDate": "Dates are never changed.",
    "date": "Dates are never changed.",
    "releaseDate": "Dates are never changed.",
    "institution": "Schools and degrees are never changed.",
    "studyType": "Schools and degrees are never changed.",
    "area": "Schools and degrees are never changed.",
    "score": "Schools and degrees are never changed.",
    "courses": "Schools and degrees are never changed.",
}
_PROTECTED_SECTIONS = {
    "basics": "Contact data and titles are never changed; of the profile only the summary is.",
    "education": "Schools and degrees are never changed.",
    "certificates": "Certificates are never changed.",
    "work": "Facts of a job are never changed; only its summary and bullets are, and jobs keep their order.",
}


class Refusal(Exception):
    """Why one change is not made; its text is the sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """One writable place. `text` is what stands there, `support` what a new text may rest on, `items` what may move."""

    path: str
    text: str = ""
    support: str = ""
    items: tuple[str, ...] = ()
    one_line: bool = False

    @property
    def entry(self) -> str:
        """The id of the entry it belongs to; empty for the summary on top."""
        return self.path.split("/")[1] if self.path.count("/") > 1 else ""

    def write(self, resume: dict[str, Any], value: str | None) -> None:
        """Put `value` there in place; None takes the bullet out."""
        section, own, *rest = self.path.split("/")
        if section == "basics":
            resume["basics"]["summary"] = value
            return
        entry = _entry(resume, section, own)
        if rest[0] != "highlights":
            entry[rest[0]] = value
            return
        at = entry["highlight_ids"].index(rest[1])
        if value is None:
            del entry["highlights"][at], entry["highlight_ids"][at]
        else:
            entry["highlights"][at] = value

    def order(self, resume: dict[str, Any], wanted: Sequence[str]) -> None:
        """Put the items in the wanted order in place; those removed meanwhile are passed over."""
        section, *rest = self.path.split("/")
        if not rest:
            resume[section].sort(key=lambda entry: wanted.index(entry["id"]))
            return
        entry = _entry(resume, section, rest[0])
        if rest[1] == "highlights":
            texts = dict(zip(entry["highlight_ids"], entry["highlights"], strict=True))
            entry["highlight_ids"] = [one for one in wanted if one in texts]
            entry["highlights"] = [texts[one] for one in entry["highlight_ids"]]
        else:
            entry["keywords"] = sorted(entry["keywords"], key=lambda word: wanted.index(" ".join(word.split())))


def find_target(resume: Mapping[str, Any], change: Change) -> Target:
    """The place a change names. A bare bullet id or `w1/summary` is understood too. Errors: `Refusal`."""
    parts = _spelled_out(resume, change.path.strip().strip("/").split("/"))
    section, rest = parts[0], parts[1:]
    if parts == ["basics", "summary"] and change.op == "replace":
        text = str(resume["basics"].get("summary") or "")
        return Target("basics/summary", text, evidence_text(lines(resume)))
    if change.op == "reorder" and not rest and section in _ORDERED_SECTIONS:
        return Target(section, items=tuple(entry["id"] for entry in resume.get(section, ())))
    _refuse_protected(section, rest)
    entry = _known_entry(resume, section, rest)
    target = _in_entry(change, section, entry, rest[1:])
    if target is None:
        raise Refusal(_no_such_edit(change, section))
    return target


def evidence_text(said: Iterable[Line]) -> str:
    """All that a resume's lines say of the candidate's work: a phone number is no evidence of a figure."""
    return "\n".join(line.text for line in said if line.place != "Contact")


def _in_entry(change: Change, section: str, entry: Mapping[str, Any], rest: Sequence[str]) -> Target | None:
    path = f"{section}/{entry['id']}/" + "/".join(rest)
    ids, texts = entry.get("highlight_ids", []), entry.get("highlights", [])
    match (change.op, *rest):
        case ("replace", key) if key in _PROSE.get(section, ()):
            return Target(path, str(entry.get(key) or ""), _whole(section, entry))
        case ("replace" | "remove", "highlights", one) if section in _WITH_BULLETS:
            if one not in ids:
                raise Refusal("The path names a bullet that this resume does not have.")
            return Target(path, texts[ids.index(one)], _whole(section, entry), one_line=True)
        case ("reorder", "highlights") if section in _WITH_BULLETS:
            return Target(path, items=tuple(ids))
        case ("reorder", "keywords") if section == "skills":
            return Target(path, items=tuple(" ".join(word.split()) for word in entry.get("keywords", ())))
    return None


def _spelled_out(resume: Mapping[str, Any], parts: list[str]) -> list[str]:
    if parts[0] in resume:
        return parts
    for section, entries in sections(resume):
        for entry in entries:
            if parts[0] == entry["id"]:
                return [section, *parts]
            if len(parts) == 1 and parts[0] in entry.get("highlight_ids", ()):
                return [section, entry["id"], "highlights", parts[0]]
    return parts


def _refuse_protected(section: str, rest: Sequence[str]) -> None:
    if section in ("basics", "education", "certificates"):
        raise Refusal(_PROTECTED.get(rest[-1] if rest else "", _PROTECTED_SECTIONS[section]))
    if len(rest) == 2 and rest[1] in _PROTECTED:
        raise Refusal(_PROTECTED[rest[1]])
    if not rest and section in _PROTECTED_SECTIONS:
        raise Refusal(_PROTECTED_SECTIONS[section])


def _known_entry(resume: Mapping[str, Any], section: str, rest: Sequence[str]) -> Mapping[str, Any]:
    if not rest or not isinstance(resume.get(section), list):
        raise Refusal("The path names no text of this resume.")
    try:
        return _entry(resume, section, rest[0])
    except StopIteration:
        raise Refusal("The path names an entry that this resume does not have.") from None


def _entry(resume: Mapping[str, Any], section: str, own: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in resume[section] if isinstance(entry, dict) and entry["id"] == own)
    return found


def _no_such_edit(change: Change, section: str) -> str:
    if change.op == "remove":
        return "Only bullets can be removed."
    if change.op == "reorder":
        return "Only bullets, skills, keywords and projects can be put in another order."
    return _PROTECTED_SECTIONS.get(section, "Only summaries, project descriptions and bullets can be rewritten.")


def _whole(section: str, entry: Mapping[str, Any]) -> str:
    """Everything an entry says."""
    texts = [heading(section, entry, whole=True), *(str(entry.get(key) or "") for key in ("description", "summary"))]
    texts += [str(entry.get(key) or "") for key in ("startDate", "endDate")]
    for key in ("highlights", "keywords", "roles"):
        texts += entry.get(key, ())
    return "\n".join([*texts, *(text for _, _, text in other_texts(entry))])
