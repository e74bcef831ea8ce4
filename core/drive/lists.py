"""The sections that are lists: skills, languages, projects, certificates and other named things."""

import re
from collections.abc import Sequence
from typing import Any

from core.drive.blocks import Block
from core.drive.entries import texts
from core.drive.headings import is_spoken
from core.drive.periods import Period, find_date

_BETWEEN = re.compile(r"\s*(?:[,;|•·\t](?![^()\[\]]*[)\]]))\s*")
_LABELLED = re.compile(r"^\s*([^:]{2,60}?)\s*:\s*(.*)$", re.S)


def read_skills(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Groups such as `Databases: MySQL, MongoDB`; lines without a label join the group above or one of their own."""
    groups: list[dict[str, Any]] = []
    for block in blocks:
        text = " ".join(block.text.replace("\t", " \t ").split(" ")).strip()
        labelled = _LABELLED.match(text)
        if labelled and not re.search(r"https?$", labelled[1]):
            groups.append({"name": labelled[1].strip("–—- \t"), "keywords": _keywords(labelled[2])})
        elif groups and not block.gap and _goes_on(groups[-1], block):
            groups[-1].setdefault("keywords", []).extend(_keywords(text))
        else:
            groups.append({"name": "", "keywords": _keywords(text), "x": True})
    merged: list[dict[str, Any]] = []
    for group in groups:
        if group.pop("x", False) and merged and merged[-1]["name"] == "":
            merged[-1]["keywords"] += group["keywords"]
        else:
            merged.append(group)
    return [{key: value for key, value in group.items() if value} for group in merged]


def _goes_on(group: dict[str, Any], block: Block) -> bool:
    """A line without a label continues the group above when that one was a wrapped line or had no items yet."""
    return block.look != "bullet" and bool(group["name"]) and (block.loose or not group.get("keywords"))


def _keywords(text: str) -> list[str]:
    return [word for piece in _BETWEEN.split(text) if re.search(r"\w", word := " ".join(piece.split()).strip(" ;"))]


def read_languages(blocks: Sequence[Block]) -> list[dict[str, Any]] | None:
    """Spoken languages with their levels; None when the lines name none (programming languages, then)."""
    if blocks and not any(is_spoken(block.text) for block in blocks):
        return None
    found: list[dict[str, Any]] = []
    for piece in (piece for block in blocks for piece in _BETWEEN.split(block.text)):
        words = " ".join(piece.split()).strip(" .–—-")
        if not words:
            continue
        named = re.match(r"([^\W\d_]+(?: [^\W\d_]+)?)\s*(?:[-–—:(]|\s)\s*(.+?)\)?$", words)
        if named and is_spoken(named[1].split()[0]):
            language, *more = named[1].split()
            found.append({"language": language, "fluency": " ".join([*more, named[2]])})
        elif found and not is_spoken(words.split()[0]) and not found[-1].get("fluency"):
            found[-1]["fluency"] = words
        else:
            found.append({"language": words})
    return found


def read_projects(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Projects: a short line with what stands under it, or one bullet each where there are only bullets."""
    drafts: list[tuple[str, list[Block]]] = []
    if all(block.look == "bullet" for block in blocks) or not any(block.look == "bullet" for block in blocks):
        drafts = [_cut(block) for block in blocks]
    else:
        for at, block in enumerate(blocks):
            under = bool(drafts) and not block.gap and not (at and blocks[at - 1].look == "bullet")
            if (block.look == "bullet" and drafts) or (block.look != "heading" and under):
                drafts[-1][1].append(block)
            else:
                drafts.append((block.text, []) if len(block.text) <= 90 else ("", [block]))
    return [_project(name, body) for name, body in drafts]


def _cut(block: Block) -> tuple[str, list[Block]]:
    """A project told in one line: its name up to the first dash, colon or bracket."""
    cut = re.match(r"(.{3,60}?)(?:\s[–—-]\s|:\s)(.+)", block.text, re.S)
    if cut:
        return cut[1], [Block(cut[2])]
    return (block.text, []) if len(block.text) <= 120 else ("", [Block(block.text)])


def _project(name: str, body: list[Block]) -> dict[str, Any]:
    period = find_date(name)
    entry: dict[str, Any] = {"name": _without(name, period), **_when(period)}
    told = texts(body)
    entry |= {"description": told.get("summary"), "highlights": told.get("highlights")}
    return {key: value for key, value in entry.items() if value}


def read_certificates(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Certificates, one a line, with the date it bears."""
    return read_named(blocks, "name")


def read_named(blocks: Sequence[Block], key: str, *, dated: bool = True, papers: bool = False) -> list[dict[str, Any]]:
    """Entries of one line each under `key`; lines without a bullet go on with the entry above until a gap."""
    entries: list[dict[str, Any]] = []
    for block in blocks:
        text = " ".join(block.text.split())
        period = find_date(block.text) if dated else None
        plain = block.look == "text" and entries and not block.gap
        if plain and not (period and _set_apart(period)):
            previous = entries[-1]
            previous["summary"] = "\n".join(part for part in (previous.get("summary"), text) if part)
        elif period and period.one and _set_apart(period):
            entries.append({key: _without(text, period), "releaseDate" if papers else "date": period.start})
        else:
            entries.append({key: text})
    return entries


def _set_apart(period: Period) -> bool:
    """Whether a line ends with a date of its own: behind a tab, a comma, a dash or alone in brackets."""
    return not re.search(r"\w", period.after) and (
        period.bracketed or bool(re.search(r"(?:^|[\t,|·–—-]\s*)$", period.before))
    )


def _without(text: str, period: Period | None) -> str:
    if period is None:
        return " ".join(text.split())
    return " ".join(f"{period.before} {period.after}".split()).strip(" ,|–—-(")


def _when(period: Period | None) -> dict[str, str]:
    return {"startDate": period.start, "endDate": period.end} if period else {}
