"""What a run works from: the pieces a model is told, and the same facts as data for the rules.

A stored resume is JSON Resume v1 with stable ids added: every entry of a list section (`work`,
`education`, `projects`, `skills`, …) has an `id` (`w1`, `e2`, `p1`, `s3`), and an entry with
`highlights` (plain strings, as the standard has them) has `highlight_ids` beside it, of the same
length and order (`w1h1`, `w1h2`). Paths name a text by these ids: `basics/summary`,
`work/w1/summary`, `work/w1/highlights/w1h2`; a list: `skills`, `work/w1/highlights`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.schema import Details

Resume = Mapping[str, Any]


class StoredResume(dict[str, Any]):
    """A resume as it is stored, never changed; `sha256` is the hash of its stored text, by which it is known again."""

    __slots__ = ("sha256",)

    def __init__(self, content: Mapping[str, Any], sha256: bytes) -> None:
        super().__init__(content)
        self.sha256 = sha256


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a resume: its id, its path, where it stands in words, the text itself."""

    id: str
    path: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One chip's worth of context.

    `chip` is `profile`, `job`, `resume`, `keywords`, `memory` or `document:ID`; `tokens` counts
    `text` in o200k_base; `source` holds ids and hashes, never content; `trimmed_from` is the
    token count before trimming, None when whole.
    """

    chip: str
    label: str
    text: str
    tokens: int
    source: Mapping[str, Any] = field(default_factory=dict)
    trimmed_from: int | None = None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The posting as given. `description` is plain text or Markdown."""

    id: int
    title: str
    company: str
    description: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything one run may use. A chip that is switched off is absent here too.

    `profile` has at least `name` and `plan`, and may have `headline`, `location`, `email`,
    `years_experience`, `goals`. `keywords` holds matched and missing terms of the job with evidence in
    the resume, when there are both. `documents` are (title, text) pairs.
    """

    pieces: tuple[Piece, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    resume: Resume | None = None
    job: JobFacts | None = None
    documents: tuple[tuple[str, str], ...] = ()
    keywords: Details | None = None
    memory: tuple[str, ...] = ()
    instructions: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matter:
    """All that a score depends on. The resume is known by its hash, and `held` is what was read of it already."""

    job: JobFacts
    resume: Resume = field(compare=False)
    sha256: bytes
    years_told: str
    today: date
    held: Any = field(default=None, compare=False)


def matter(material: Material, today: date) -> Matter | None:
    """What the score of this material depends on; None without a job or a resume."""
    job, resume = material.job, material.resume
    if job is None or resume is None:
        return None
    return Matter(job, resume, _hash(resume), str(material.profile.get("years_experience")), today)


@dataclass(frozen=True, slots=True)
class Told:
    """A material by what it says: two that say the same are one."""

    said: tuple[object, ...]
    material: Material = field(compare=False)


def told(material: Material) -> Told:
    """The material with all that it says, by which what was worked out of it is found again.

    Long texts stand there as they are, because comparing them costs less than a hash that would tell them apart.
    """
    matched = material.keywords and tuple(found.term for found in material.keywords.matched)
    resume = None if material.resume is None else _hash(material.resume)
    short = repr((material.profile, material.inputs))
    said = (material.job, resume, short, material.documents, matched, material.memory, material.instructions)
    return Told(said, material)


def _hash(resume: Resume) -> bytes:
    if isinstance(resume, StoredResume):
        return resume.sha256
    return hashlib.sha256(repr(resume).encode("utf-8", "replace")).digest()
