"""Context tools: each reads one thing a model may be told, checks whose it is and says where it came from.

One tool, one chip. `gather` runs them in one read of the database.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, select

from core.drive.markdown import to_markdown
from core.errors import NotFound
from core.schema import AiRequest, Details
from core.store import Document, DocumentRevision, Job, ResumeVersion, Store, User, owned
from core.tools import memory as notes
from core.tools import scoring, tokens
from core.tools.material import JobFacts, Material, Piece, Resume

USER: Table = User.__table__  # type: ignore[assignment]
JOB: Table = Job.__table__  # type: ignore[assignment]
RESUME: Table = ResumeVersion.__table__  # type: ignore[assignment]
DOCUMENT: Table = Document.__table__  # type: ignore[assignment]
REVISION: Table = DocumentRevision.__table__  # type: ignore[assignment]

CONTACT = ("email", "phone", "url", "profiles", "image")


def gather(store: Store, request: AiRequest, *, today: date, default_resume: bool = True) -> Material:
    """All the context a request names, whole, in one read.

    A chip in `switched_off` is left out, and so is its fact. Without a `resume_version_id` the candidate's newest
    version is used when `default_resume` says so. Errors: `NotFound` for an id that is unknown or somebody else's.
    """
    off = request.switched_off
    with store.read() as connection:
        person = candidate(connection, request.user_id)
        posting = job(connection, request.user_id, request.job_id)
        version = resume(connection, request.user_id, request.resume_version_id, newest=default_resume)
        papers = documents(connection, request.user_id, request.document_ids)
        remembered = memory(connection, request.user_id, request.job_id) if request.memory else None
    material = Material(instructions=request.instructions, inputs=request.inputs)
    if "profile" not in off:
        material = replace(material, profile=person, pieces=(profile_piece(person),))
    if posting and "job" not in off:
        material = replace(material, job=posting, pieces=(*material.pieces, job_piece(posting)))
    if version and "resume" not in off:
        material = replace(material, resume=version[1], pieces=(*material.pieces, version[0]))
    if "keywords" not in off and (found := keywords(material, today)):
        material = replace(material, keywords=found[1], pieces=(*material.pieces, found[0]))
    papers = [paper for paper in papers if paper.chip not in off]
    material = replace(material, documents=tuple((p.label, p.text) for p in papers), pieces=(*material.pieces, *papers))
    if remembered and "memory" not in off:
        material = replace(material, memory=tuple(remembered.text.splitlines()), pieces=(*material.pieces, remembered))
    return material


def candidate(connection: Connection, user_id: int) -> dict[str, Any]:
    """The candidate's profile with `name` and `plan`. Errors: `NotFound`."""
    row = connection.execute(select(USER).where(USER.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no candidate {user_id}. Pick one from the list, or load the demo data.")
    return {**row.profile, "name": row.name, "plan": row.plan}


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
    for row in owned(connection, JOB, [job_id], user_id):
        return JobFacts(row.id, row.title, row.company, row.description)
    raise NotFound(f"This candidate has no job {job_id}. Pick one of theirs, or import the posting.")


def job_piece(posting: JobFacts) -> Piece:
    at = f" at {posting.company}" if posting.company else ""
    text = f"{posting.title}{at}\n\n{posting.description}"
    return _piece("job", f"Job: {posting.title}", text, kind="job", id=posting.id)


def resume(
    connection: Connection, user_id: int, version_id: int | None, *, newest: bool
) -> tuple[Piece, Resume] | None:
    if version_id is None:
        if not newest:
            return None
        of_user = select(func.max(RESUME.c.id)).where(RESUME.c.user_id == user_id)
        if (version_id := connection.execute(of_user).scalar_one()) is None:
            return None
    for row in owned(connection, RESUME, [version_id], user_id):
        text = to_markdown(_without_contact(row.content), ids=True)
        return _piece(
            "resume", f"Resume v{row.number} · {row.label}", text, kind="resume_version", id=row.id
        ), row.content
    raise NotFound(f"This candidate has no resume version {version_id}. Pick one of theirs, or import one.")


def documents(connection: Connection, user_id: int, ids: Sequence[int]) -> list[Piece]:
    """The newest revision of each document, in the order asked for; a document in the bin is not found."""
    rows = {row.id: row for row in owned(connection, DOCUMENT, ids, user_id) if row.deleted_at is None}
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
    if material.job is None or material.resume is None:
        return None
    details = scoring.score(material, today)
    said = [_score(details)]
    said += [f"- {part.name}: {part.points:g} of {part.out_of:g}. {part.why}" for part in details.parts]
    said.append("In the resume: " + (", ".join(found.term for found in details.matched) or "none of the job's terms"))
    said.append("Not in the resume: " + (", ".join(found.term for found in details.missing) or "none"))
    return _piece("keywords", "Keywords", "\n".join(said), kind="keywords"), details


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
