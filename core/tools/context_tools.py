"""Context tools: each reads one thing a model may be told, checks whose it is and says where it came from.

One tool, one chip. `gather` runs them in one read of the database.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, Text, bindparam, cast, func, select

from core.drive.markdown import to_markdown
from core.errors import NotFound
from core.schema import AiRequest, Details
from core.store import Document, DocumentRevision, Job, ResumeVersion, Store, User, owned
from core.store.db import newest_own, own
from core.store.statement import Statement
from core.tools import memory as notes
from core.tools import scoring, tokens
from core.tools.material import JobFacts, Material, Matter, Piece, Resume, StoredResume, matter

USER: Table = User.__table__  # type: ignore[assignment]
JOB: Table = Job.__table__  # type: ignore[assignment]
RESUME: Table = ResumeVersion.__table__  # type: ignore[assignment]
DOCUMENT: Table = Document.__table__  # type: ignore[assignment]
REVISION: Table = DocumentRevision.__table__  # type: ignore[assignment]

_PERSON = Statement(select(USER.c.name, USER.c.plan, USER.c.profile).where(USER.c.id == bindparam("id")))
_POSTING = own(JOB, JOB.c.id, JOB.c.title, JOB.c.company, JOB.c.description)
_OF_VERSION = (RESUME.c.id, RESUME.c.number, RESUME.c.label, cast(RESUME.c.content, Text))
_VERSION, _NEWEST_VERSION = own(RESUME, *_OF_VERSION), newest_own(RESUME, *_OF_VERSION)

KNOWN_CHARS = 32_000  # a text up to here is read once, as long as it is not crowded out
CONTACT = ("email", "phone", "url", "profiles", "image")


@dataclass(frozen=True, slots=True)
class Found:
    """What the database has of all that a request names."""

    person: dict[str, Any]
    posting: JobFacts | None
    version: tuple[Piece, Resume] | None
    papers: list[Piece]
    remembered: Piece | None


def gather(store: Store, request: AiRequest, *, today: date, default_resume: bool = True) -> Material:
    """All the context a request names, whole, in one read.

    A chip in `switched_off` is left out, and so is its fact. Without a `resume_version_id` the candidate's newest
    version is used when `default_resume` says so. Errors: `NotFound` for an id that is unknown or somebody else's.
    """
    with store.read() as connection:
        found = find(connection, request, default_resume=default_resume)
    return put_together(found, request, today)


def find(connection: Connection, request: AiRequest, *, default_resume: bool) -> Found:
    """The first half of `gather`, in a read of the caller's. Errors: `NotFound`."""
    return Found(
        candidate(connection, request.user_id),
        job(connection, request.user_id, request.job_id),
        resume(connection, request.user_id, request.resume_version_id, newest=default_resume),
        documents(connection, request.user_id, request.document_ids),
        memory(connection, request.user_id, request.job_id) if request.memory else None,
    )


def put_together(found: Found, request: AiRequest, today: date) -> Material:
    """The second half: the pieces in their order, without what is switched off."""
    off = request.switched_off
    posting = None if "job" in off else found.posting
    version = None if "resume" in off else found.version
    papers = [paper for paper in found.papers if paper.chip not in off]
    remembered = None if "memory" in off else found.remembered
    material = Material(
        profile={} if "profile" in off else found.person,
        resume=version[1] if version else None,
        job=posting,
        documents=tuple((paper.label, paper.text) for paper in papers),
        memory=tuple(remembered.text.splitlines()) if remembered else (),
        instructions=request.instructions,
        inputs=request.inputs,
    )
    matched = None if "keywords" in off else keywords(material, today)
    pieces = (
        None if "profile" in off else profile_piece(found.person),
        job_piece(posting) if posting else None,
        version[0] if version else None,
        matched[0] if matched else None,
        *papers,
        remembered,
    )
    return replace(material, pieces=tuple(piece for piece in pieces if piece), keywords=matched[1] if matched else None)


def candidate(connection: Connection, user_id: int) -> dict[str, Any]:
    """The candidate's profile with `name` and `plan`. Errors: `NotFound`."""
    row = _PERSON.row(connection, {"id": user_id})
    if row is None:
        raise NotFound(f"There is no candidate {user_id}. Pick one from the list, or load the demo data.")
    name, plan, profile = row
    return {**profile, "name": name, "plan": plan}


def profile_piece(person: dict[str, Any]) -> Piece:
    """Who the candidate is and what they want. The plan and contact data are no business of a model's."""
    shown = {
        "Name": person["name"],
        "Headline": person.get("headline"),
        "Location": person.get("location"),
        "Years of experience": person.get("years_experience"),
        "Goals": person.get("goals"),
    }
    text = "\n".join(f"{name}: {value}" for name, value in shown.items() if value)
    return _piece("profile", "Profile", text, kind="user")


def job(connection: Connection, user_id: int, job_id: int | None) -> JobFacts | None:
    if job_id is None:
        return None
    if row := _POSTING.row(connection, {"id": job_id, "user_id": user_id}):
        return JobFacts(*row)
    raise NotFound(f"This candidate has no job {job_id}. Pick one of theirs, or import the posting.")


def job_piece(posting: JobFacts) -> Piece:
    at = f" at {posting.company}" if posting.company else ""
    text = f"{posting.title}{at}\n\n{posting.description}"
    return _piece("job", f"Job: {posting.title}", text, kind="job", id=posting.id)


def resume(
    connection: Connection, user_id: int, version_id: int | None, *, newest: bool
) -> tuple[Piece, Resume] | None:
    if version_id is not None:
        row = _VERSION.row(connection, {"id": version_id, "user_id": user_id})
    elif not newest or not (row := _NEWEST_VERSION.row(connection, {"user_id": user_id})):
        return None
    if row:
        id, number, label, content = row
        stored, text = _stored(content)
        return _piece("resume", f"Resume v{number} · {label}", text, kind="resume_version", id=id), stored
    raise NotFound(f"This candidate has no resume version {version_id}. Pick one of theirs, or import one.")


def documents(connection: Connection, user_id: int, ids: Sequence[int]) -> list[Piece]:
    """The newest revision of each document, in the order asked for; a document in the bin is not found."""
    rows = {row.id: row for row in owned(connection, DOCUMENT, ids, user_id)}
    if missing := [str(id) for id in ids if id not in rows]:
        raise NotFound(f"This candidate has no document {', '.join(missing)}. Pick from their Drive.")
    if not rows:
        return []
    newest = (
        select(REVISION.c.document_id, func.max(REVISION.c.number).label("number"))
        .where(REVISION.c.document_id.in_(rows), REVISION.c.user_id == user_id)
        .group_by(REVISION.c.document_id)
        .subquery()
    )
    joined = select(REVISION).join(
        newest, (REVISION.c.document_id == newest.c.document_id) & (REVISION.c.number == newest.c.number)
    )
    texts = {row.document_id: row for row in connection.execute(joined)}
    return [
        _piece(f"document:{id}", rows[id].title, texts[id].body, kind="document", id=id, revision=texts[id].number)
        for id in dict.fromkeys(ids)
    ]


def memory(connection: Connection, user_id: int, job_id: int | None) -> Piece | None:
    """At most five notes and 400 tokens, newest first."""
    kept = notes.recall(connection, user_id, job_id)
    while kept and tokens.count(notes.as_text(kept)) > notes.MOST_TOKENS:
        kept.pop()
    if not kept:
        return None
    return _piece("memory", f"Memory ({len(kept)})", notes.as_text(kept), kind="memory", ids=[note.id for note in kept])


def keywords(material: Material, today: date) -> tuple[Piece, Details] | None:
    """The job's terms, matched and missing, and the score with its parts; None without a job or a resume."""
    if of := matter(material, today):
        details = scoring.assess_matter(of).details
        return _piece("keywords", "Keywords", _keywords(of), kind="keywords"), details
    return None


@lru_cache(maxsize=128)
def _keywords(of: Matter) -> str:
    details = scoring.assess_matter(of).details
    said = [_score(details)]
    said += [f"- {part.name}: {part.points:g} of {part.out_of:g}. {part.why}" for part in details.parts]
    said.append("In the resume: " + (", ".join(found.term for found in details.matched) or "none of the job's terms"))
    said.append("Not in the resume: " + (", ".join(found.term for found in details.missing) or "none"))
    return "\n".join(said)


def _stored(content: str) -> tuple[StoredResume, str]:
    """A resume from its stored text, and what a model is told of it; read once, as long as it is not crowded out."""
    return (_known if len(content) <= KNOWN_CHARS else _read)(content)


def _read(content: str) -> tuple[StoredResume, str]:
    sha256 = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
    stored = StoredResume(json.loads(content), sha256)
    return stored, to_markdown(_without_contact(stored), ids=True)


_known = lru_cache(maxsize=64)(_read)  # each takes up to 200 kB


def _without_contact(content: Resume) -> Resume:
    """No model needs a candidate's address to judge or write; code puts it into the document."""
    basics = {name: value for name, value in content.get("basics", {}).items() if name not in CONTACT}
    return {**content, "basics": basics}


def _score(details: Details) -> str:
    if details.score is None:
        return "No score: the posting asks for nothing that can be measured."
    return f"Score {details.score} of 100" + (" (low confidence: few terms)." if details.low_confidence else ".")


def _piece(chip: str, label: str, text: str, **source: Any) -> Piece:
    source["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return Piece(chip, label, text, tokens.count(text), source)
