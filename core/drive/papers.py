"""Drive: documents with their revisions, and resume versions. Nothing saved is ever overwritten."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.drive import kept, tailoring
from core.drive.shape import clean, digest, normalise
from core.errors import Invalid, NotFound
from core.schema import Change
from core.store import EVERYONE, AiRun, Document, DocumentRevision, Job, ResumeVersion, Store, User
from core.store.columns import now
from core.tools import memory

LONGEST = 200_000  # characters of one revision


@dataclass(frozen=True, slots=True)
class DriveDocument:
    """A document with the text of its newest revision."""

    id: int
    title: str
    kind: str
    job_id: int | None
    revision: int
    body: str
    source_run_id: str | None
    created_by: str
    updated_at: datetime


def documents(store: Store, user_id: int, *, binned: bool = False) -> list[DriveDocument]:
    """A candidate's documents, last changed first; `binned` lists those in the bin instead."""
    newest = (
        select(DocumentRevision.document_id, func.max(DocumentRevision.number).label("number"))
        .where(DocumentRevision.user_id == user_id)
        .group_by(DocumentRevision.document_id)
        .subquery()
    )
    wanted = (
        select(Document, DocumentRevision)
        .join(newest, newest.c.document_id == Document.id)
        .join(
            DocumentRevision,
            (DocumentRevision.document_id == Document.id) & (DocumentRevision.number == newest.c.number),
        )
        .where(Document.deleted_at.is_not(None) if binned else Document.deleted_at.is_(None))
        .order_by(Document.updated_at.desc(), Document.id.desc())
    )
    with store.reading(user_id) as session:
        return [_paper(document, revision) for document, revision in session.execute(wanted)]


def revisions(store: Store, user_id: int, document_id: int) -> Sequence[DocumentRevision]:
    """All texts a document has had, newest first. Errors: `NotFound`."""
    with store.reading(user_id) as session:
        _document(session, document_id, lock=False)
        wanted = select(DocumentRevision).where(DocumentRevision.document_id == document_id)
        return session.scalars(wanted.order_by(DocumentRevision.number.desc())).all()


def owner(store: Store, *, document_id: int | None = None, resume_version_id: int | None = None) -> int | None:
    """The candidate whose document or resume version this is, for a link that names only the paper."""
    wanted = (
        select(Document.user_id).where(Document.id == document_id)
        if document_id is not None
        else select(ResumeVersion.user_id).where(ResumeVersion.id == resume_version_id)
    )
    with store.reading(EVERYONE) as session:
        return session.scalar(wanted)


def save_document(
    store: Store,
    user_id: int,
    *,
    title: str,
    body: str,
    kind: str,
    by: str,
    job_id: int | None = None,
    run_id: str | None = None,
) -> DriveDocument:
    """A new document with its first revision. Errors: `Invalid` for an empty title or text, `NotFound` for the job."""
    title, body = clean(title), clean(body)
    _check(title, body)
    with store.writing(user_id) as session:
        _check_job(session, job_id)
        document = Document(user_id=user_id, job_id=job_id, title=title[:300], kind=kind)
        session.add(document)
        session.flush()
        revision = _revise(session, document, body, by, run_id)
        _remember(session, document, run_id, f"Kept: {document.title} (revision {revision.number}).")
        return _paper(document, revision)


def save_revision(
    store: Store, user_id: int, document_id: int, *, body: str, by: str, run_id: str | None = None
) -> DriveDocument:
    """The next revision of a document. The same text again changes nothing. Errors: `Invalid`, `NotFound`."""
    body = clean(body)
    with store.writing(user_id) as session:
        document = _document(session, document_id)
        _check(document.title, body)
        latest = _latest(session, document_id)
        if latest and latest.sha256 == hashlib.sha256(body.encode()).hexdigest():
            return _paper(document, latest)
        revision = _revise(session, document, body, by, run_id)
        _remember(session, document, run_id, f"Kept: {document.title} (revision {revision.number}).")
        return _paper(document, revision)


def rename(store: Store, user_id: int, document_id: int, title: str) -> None:
    """Give a document another title. Errors: `Invalid` for an empty one, `NotFound`."""
    title = clean(title)
    _check(title, "text")
    with store.writing(user_id) as session:
        _document(session, document_id).title = title[:300]


def resume_versions(store: Store, user_id: int, *, binned: bool = False) -> Sequence[ResumeVersion]:
    """A candidate's resume versions, newest first; `binned` lists those in the bin instead."""
    there = ResumeVersion.deleted_at.is_not(None) if binned else ResumeVersion.deleted_at.is_(None)
    with store.reading(user_id) as session:
        return session.scalars(select(ResumeVersion).where(there).order_by(ResumeVersion.number.desc())).all()


def resume_version(store: Store, user_id: int, id: int | None) -> ResumeVersion | None:
    """One of a candidate's resume versions, in the bin or not, for what was made from it; None where there is none."""
    with store.reading(user_id) as session:
        return session.get(ResumeVersion, id) if id is not None else None


def add_resume(store: Store, user_id: int, content: dict[str, Any], *, label: str, kind: str = "base") -> ResumeVersion:
    """A resume as the candidate gave it. Errors: `Invalid` for a wrong shape or empty label, `NotFound` for the user."""
    return _add_version(store, user_id, normalise(content), label=label, kind=kind)


def save_tailored(
    store: Store,
    user_id: int,
    source_id: int,
    changes: Sequence[Change],
    *,
    confirmed: Collection[str] = (),
    label: str,
    job_id: int | None,
    run_id: str | None,
) -> ResumeVersion:
    """A new version: its source plus the given changes, applied by code.

    `confirmed` are the paths of blocked changes that a person vouches for. Errors: `Invalid` when a change is refused,
    is blocked without that, or none is left, `NotFound` for the source.
    """
    with store.reading(user_id) as session:
        source = session.get(ResumeVersion, source_id)
    if source is None:
        raise NotFound("This candidate has no such resume version. Pick one of theirs.")
    tailored = tailoring.allowed(source.content, changes, confirmed)
    return _add_version(
        store,
        user_id,
        dict(tailored.resume),
        label=label,
        kind="tailored",
        parent_id=source_id,
        job_id=job_id,
        run_id=run_id,
        accepted=tailored.accepted,
    )


def _add_version(
    store: Store,
    user_id: int,
    content: dict[str, Any],
    *,
    label: str,
    kind: str,
    parent_id: int | None = None,
    job_id: int | None = None,
    run_id: str | None = None,
    accepted: Sequence[Change] = (),
) -> ResumeVersion:
    label = clean(label)
    if not label:
        raise Invalid("The resume version needs a label, so that people can tell it from the others.")
    with store.writing(user_id) as session:
        if session.get(User, user_id, with_for_update=True) is None:  # one number at a time
            raise NotFound(f"There is no candidate {user_id}. Pick another one, or add this one first.")
        _check_job(session, job_id)
        last = session.scalar(select(func.max(ResumeVersion.number)))
        version = ResumeVersion(
            user_id=user_id,
            number=(last or 0) + 1,
            label=label[:200],
            kind=kind,
            parent_id=parent_id,
            job_id=job_id,
            content=content,
            sha256=digest(content),
            source_run_id=run_id,
            kept_permille=kept.of_proposed(_source(session, run_id), accepted),
        )
        session.add(version)
        session.flush()
        _remember(session, version, run_id, f"Resume version {version.number}, {version.label}, was kept.")
    return version


def _document(session: Session, document_id: int, *, lock: bool = True) -> Document:
    """The document; locked where it is written, so that one revision number is given at a time."""
    found = session.get(Document, document_id, with_for_update=lock)
    if found is None or found.deleted_at is not None:
        raise NotFound("This document is not in the candidate's Drive any more. Look in the bin, or reload the page.")
    return found


def _check_job(session: Session, job_id: int | None) -> None:
    """Refuse a job that is not of the candidate whose session this is."""
    if job_id is not None and session.get(Job, job_id) is None:
        raise NotFound("This candidate has no such job. Pick one of theirs.")


def _latest(session: Session, document_id: int) -> DocumentRevision | None:
    wanted = select(DocumentRevision).where(DocumentRevision.document_id == document_id)
    return session.scalars(wanted.order_by(DocumentRevision.number.desc()).limit(1)).one_or_none()


def _revise(session: Session, document: Document, body: str, by: str, run_id: str | None) -> DocumentRevision:
    latest = _latest(session, document.id)
    revision = DocumentRevision(
        user_id=document.user_id,
        document_id=document.id,
        number=latest.number + 1 if latest else 1,
        body=body,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
        source_run_id=run_id,
        kept_permille=kept.of_answer(_source(session, run_id), body),
        created_by=by,
    )
    session.add(revision)
    document.updated_at = now()
    session.flush()
    return revision


def _source(session: Session, run_id: str | None) -> AiRun | None:
    return session.get(AiRun, run_id) if run_id else None


def _remember(session: Session, saved: ResumeVersion | Document, run_id: str | None, said: str) -> None:
    """A person keeping what a run made is what the next run should know was chosen."""
    if run_id:
        connection, text = session.connection(), memory.chosen(said, now())
        memory.keep(connection, user_id=saved.user_id, job_id=saved.job_id, text=text, run_id=run_id)


def _check(title: str, body: str) -> None:
    if not title.strip():
        raise Invalid("The document needs a title, so that people can find it.")
    if not body.strip():
        raise Invalid("There is no text to save. Generate or write some first.")
    if len(body) > LONGEST:
        raise Invalid(f"The text is longer than {LONGEST:,} characters. Split it into two documents.")


def _paper(document: Document, revision: DocumentRevision) -> DriveDocument:
    return DriveDocument(
        id=document.id,
        title=document.title,
        kind=document.kind,
        job_id=document.job_id,
        revision=revision.number,
        body=revision.body,
        source_run_id=revision.source_run_id,
        created_by=revision.created_by,
        updated_at=document.updated_at,
    )
