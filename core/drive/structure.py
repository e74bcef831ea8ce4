"""Blocks of a file as a JSON Resume: sections by their headings, then each section by its own kind."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.drive.blocks import Block
from core.drive.contacts import read_top
from core.drive.entries import read_jobs, texts
from core.drive.headings import Heading, read_heading
from core.drive.lists import read_certificates, read_languages, read_named, read_projects, read_skills
from core.drive.studies import read_studies
from core.drive.unpacking import unpacked

_INSIDE_JOBS = re.compile(
    r"(?:technologies|tools|(?:key )?achievements|accomplishments|projects|details|other|research|teaching|training"
    r"|skills|summary|about|profile|experience|courses|work|activities)\s*:?",
    re.I,
)


@dataclass(slots=True)
class Part:
    """A section of the file: what it is, the words of its heading, its lines."""

    section: str
    words: str = ""
    blocks: list[Block] = field(default_factory=list)


def structure(blocks: Sequence[Block]) -> dict[str, Any]:
    """A raw JSON Resume that holds every line: what cannot be placed goes to the summary or to `x_other`."""
    parts = _parts(unpacked(blocks))
    if not any(part.section == "work" for part in parts):
        _find_work(parts)
    top = read_top(_of(parts, "header"), _of(parts, "contact"))
    resume: dict[str, Any] = {"basics": top.basics}
    headings: dict[str, str] = {}
    other: list[dict[str, Any]] = []
    summary = list(top.rest)
    for part in parts:
        if part.section == "summary":
            summary += [" ".join(block.text.split()) for block in part.blocks]
        elif part.section not in ("header", "contact"):
            _section(resume, other, part)
        if part.words and part.section not in ("header", "contact", "other"):
            headings.setdefault("basics/summary" if part.section == "summary" else part.section, _titled(part.words))
    if summary:
        resume["basics"]["summary"] = "\n".join(summary)
    if other:
        resume["x_other"] = other
    kept = {key: words for key, words in headings.items() if key in resume or (key == "basics/summary" and summary)}
    return resume | ({"meta": {"x_headings": kept}} if kept else {})


def _find_work(parts: list[Part]) -> None:
    """Jobs of a file without a heading for them: where at least two lines have a title and dates."""
    for part in parts:
        if part.section in ("other", "summary", "header", "education"):
            jobs, before = read_jobs(part.blocks)
            if sum("position" in job and "startDate" in job for job in jobs) >= 2:
                parts.append(Part("work", "", part.blocks[len(before) :]))
                part.blocks = before
                return


def _section(resume: dict[str, Any], other: list[dict[str, Any]], part: Part) -> None:
    before: list[Block] = []
    if part.section in ("work", "volunteer"):
        found, before = read_jobs(part.blocks, employer="name" if part.section == "work" else "organization")
        resume.setdefault(part.section, []).extend(found)
    elif part.section in _READERS:
        section, found = _READERS[part.section](part)
        resume.setdefault(section, []).extend(found)
    else:
        before = part.blocks
    if not resume.get(part.section, True):
        del resume[part.section]
    if before:
        named = part.words if not resume.get(part.section) or part.section == "other" else ""
        other.append({"name": _titled(named or part.words or "More"), **texts(before)})


def _languages(part: Part) -> tuple[str, list[dict[str, Any]]]:
    spoken = read_languages(part.blocks)
    return ("languages", spoken) if spoken is not None else ("skills", read_skills(part.blocks))


_READERS: dict[str, Callable[[Part], tuple[str, list[dict[str, Any]]]]] = {
    "education": lambda part: ("education", read_studies(part.blocks)),
    "skills": lambda part: ("skills", read_skills(part.blocks)),
    "languages": _languages,
    "projects": lambda part: ("projects", read_projects(part.blocks)),
    "certificates": lambda part: ("certificates", read_certificates(part.blocks)),
    "awards": lambda part: ("awards", read_named(part.blocks, "title")),
    "publications": lambda part: ("publications", read_named(part.blocks, "name", papers=True)),
    "interests": lambda part: ("interests", read_named(part.blocks, "name", dated=False)),
    "references": lambda part: ("references", read_named(part.blocks, "reference", dated=False)),
}


# -- the file's sections --------------------------------------------------------------------------------------


def _parts(blocks: Sequence[Block]) -> list[Part]:
    levels = {block.level for block in blocks if block.level and read_heading(block.text)}
    parts = [Part("header")]
    for block in blocks:
        heading = _heading(block, parts[-1], levels)
        if heading is None:
            parts[-1].blocks.append(block)
        elif heading.section == "languages" and heading.rest:
            spoken, _, rest = heading.rest.partition("\t")
            parts.insert(-1, Part("languages", heading.words, [replace(block, text=spoken)]))
            parts[-1].blocks += [replace(block, text=rest)] if rest.strip() else []
        else:
            first = [replace(block, text=heading.rest, look="text", level=0)] if heading.rest else []
            parts.append(Part(heading.section, heading.words, first))
    return parts


def _heading(block: Block, part: Part, levels: set[int]) -> Heading | None:
    found = read_heading(block.text)
    outside = block.look in ("heading", "title")
    if found is None:
        unknown = block.look == "heading" and block.level in levels and part.section != "header"
        early = block.look == "heading" and block.level in levels and part.blocks
        return Heading("other", block.text) if unknown or early else None
    if outside:
        return found
    if block.look == "bullet" and (found.rest or part.section != "header"):
        return found if found.section == "languages" and found.rest else None
    if part.section in ("work", "projects", "volunteer", "education"):
        shouted = found.words.isupper() and len(found.words) > 3
        if found.rest and not shouted and found.section not in ("education", "languages", "interests"):
            return None
        if _INSIDE_JOBS.fullmatch(block.text.strip()) and block.text.strip().endswith(":"):
            return None
    return found


def _of(parts: Sequence[Part], section: str) -> list[Block]:
    return [block for part in parts if part.section == section for block in part.blocks]


def _titled(words: str) -> str:
    words = " ".join(words.split())
    return words.capitalize() if words.isupper() else words[:1].upper() + words[1:]
