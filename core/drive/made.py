"""What was made for a job and kept: its documents and resume versions, with the run each came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from core.store import AiRun, Document, DocumentRevision, ResumeVersion, Store

TAILORED = "tailor_resume"  # the kind a resume version counts as, beside a document of that kind


@dataclass(frozen=True, slots=True)
class Made:
    """One paper of a job. `run_id` and what follows it are of the newest text that a run wrote; None where none did."""

    kind: str
    label: str
    at: datetime
    document_id: int | None = None
    resume_version_id: int | None = None
    run_id: str | None = None
    provider: str | None = None
    model: str | None = None
    cost_nanousd: int | None = None
    cost_status: str = "unknown"


class _Run(NamedTuple):
    id: str
    provider: str | None
    model: str | None
    cost_nanousd: int | None
    cost_status: str


_RUNS = select(*(getattr(AiRun, name) for name in _Run._fields))


def for_job(store: Store, user_id: int, job_id: int) -> tuple[list[Made], list[Made]]:
    """The newest paper of each kind, last changed first, and all the earlier ones; what lies in the bin is neither."""
    with store.reading(user_id) as session:
        documents = session.scalars(
            select(Document).where(Document.job_id == job_id, Document.deleted_at.is_(None))
        ).all()
        written = (
            select(DocumentRevision.document_id, func.max(DocumentRevision.id).label("id"))
            .where(DocumentRevision.document_id.in_([one.id for one in documents]))
            .where(DocumentRevision.source_run_id.is_not(None))
            .group_by(DocumentRevision.document_id)
            .subquery()
        )
        texts = session.execute(
            select(DocumentRevision.document_id, DocumentRevision.source_run_id).join(
                written, written.c.id == DocumentRevision.id
            )
        )
        sources = {document_id: run_id for document_id, run_id in texts if run_id}
        versions = session.scalars(
            select(ResumeVersion).where(ResumeVersion.job_id == job_id, ResumeVersion.deleted_at.is_(None))
        ).all()
        wanted = {*sources.values(), *(one.source_run_id for one in versions if one.source_run_id)}
        runs = {run.id: run for run in map(_Run._make, session.execute(_RUNS.where(AiRun.id.in_(wanted))))}
    kept = [
        *(_of_run(_document(one), runs.get(sources.get(one.id, ""))) for one in documents),
        *(_of_run(_version(one), runs.get(one.source_run_id or "")) for one in versions),
    ]
    return _newest_first(kept)


def _document(document: Document) -> Made:
    return Made(document.kind, document.title, document.updated_at, document_id=document.id)


def _version(version: ResumeVersion) -> Made:
    label = f"v{version.number} · {version.label}"
    return Made(TAILORED, label, version.created_at, resume_version_id=version.id)


def _of_run(made: Made, run: _Run | None) -> Made:
    if run is None:
        return made
    return replace(
        made,
        run_id=run.id,
        provider=run.provider,
        model=run.model,
        cost_nanousd=run.cost_nanousd,
        cost_status=run.cost_status,
    )


def _newest_first(papers: Sequence[Made]) -> tuple[list[Made], list[Made]]:
    newest: dict[str, Made] = {}
    earlier: list[Made] = []
    for one in sorted(papers, key=lambda made: made.at, reverse=True):
        if one.kind in newest:
            earlier.append(one)
        else:
            newest[one.kind] = one
    return list(newest.values()), earlier
