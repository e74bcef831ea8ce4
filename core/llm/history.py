"""Runs as they were recorded: the newest of them, and one run's whole story."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.schema import AiAnswer, AiRequest, AttemptView, Change, Details, RunResult, Usage, usd
from core.store import EVERYONE, AiAttempt, AiRun, Document, DocumentRevision, Job, ResumeVersion, Store, User

UNANSWERED = AiAnswer(
    title="No answer", summary="", content="", warnings=("This run has no answer. If it has ended, send it again.",)
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved from a run: a revision of a document, or a resume version."""

    label: str
    document_id: int | None = None
    resume_version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything kept of one run; `kept` are the titles of what was saved from it."""

    run: AiRun
    candidate: str
    job: str | None
    attempts: Sequence[AiAttempt]
    result: RunResult
    kept: Sequence[str]


def story(store: Store, run_id: str) -> Story:
    """One run with its attempts and what became of it. Errors: `NotFound`."""
    with store.reading(EVERYONE) as session:
        run = session.get(AiRun, run_id)
        if run is None:
            raise NotFound("There is no such run. It may have been erased with its candidate.")
        attempts = session.scalars(select(AiAttempt).where(AiAttempt.run_id == run_id).order_by(AiAttempt.number)).all()
        user, job = session.get_one(User, run.user_id), session.get(Job, run.job_id) if run.job_id else None
        kept = [one.label for one in _kept(session, run_id)]
    return Story(run, user.name, job.title if job else None, attempts, _result(run, attempts), kept)


def as_asked(run: AiRun) -> AiRequest:
    """The request of a run, with the prompt's version and the resume version that were taken where it named none."""
    request = AiRequest.model_validate(run.request)
    told = next((piece["source"].get("id") for piece in run.context if piece["chip"] == "resume"), None)
    prompt = None if request.draft is not None else run.prompt
    return request.model_copy(
        update={"prompt": prompt or request.prompt, "resume_version_id": request.resume_version_id or told}
    )


def result(store: Store, run_id: str) -> RunResult:
    """The result of a run from its record, whoever ran it. Errors: `NotFound`."""
    return story(store, run_id).result


def status(store: Store, run_id: str) -> str | None:
    """How a run stands; None where there is none."""
    with store.reading(EVERYONE) as session:
        return session.scalar(select(AiRun.status).where(AiRun.id == run_id))


def kept(store: Store, run_id: str) -> list[Saved]:
    """What was saved from a run, oldest first, with the ids to open it by."""
    with store.reading(EVERYONE) as session:
        return _kept(session, run_id)


def export(story: Story) -> dict[str, Any]:
    """The whole story as JSON-ready data, for a file: the record as it stands, without what only its process needs."""
    return {
        "run": _columns(story.run, without=("owner", "lease_until", "idempotency_key")),
        "candidate": story.candidate,
        "job": story.job,
        "attempts": [_columns(attempt, without=("id", "run_id", "user_id")) for attempt in story.attempts],
        "kept": list(story.kept),
    }


def _kept(session: Session, run_id: str) -> list[Saved]:
    revisions = session.execute(
        select(Document.id, Document.title, DocumentRevision.number)
        .join(DocumentRevision, DocumentRevision.document_id == Document.id)
        .where(DocumentRevision.source_run_id == run_id)
        .order_by(DocumentRevision.id)
    )
    kept = [Saved(f"{title}, revision {number}", document_id=id) for id, title, number in revisions]
    versions = session.scalars(
        select(ResumeVersion).where(ResumeVersion.source_run_id == run_id).order_by(ResumeVersion.id)
    )
    return kept + [Saved(f"Resume v{one.number} · {one.label}", resume_version_id=one.id) for one in versions]


def _columns(row: AiRun | AiAttempt, *, without: Sequence[str]) -> dict[str, Any]:
    named = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in without}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in named.items()}


def _result(run: AiRun, attempts: Sequence[AiAttempt]) -> RunResult:
    return RunResult(
        run_id=run.id,
        status=run.status,
        answer=AiAnswer.model_validate(run.answer) if run.answer else UNANSWERED,
        changes=tuple(Change.model_validate(change) for change in run.changes),
        details=Details.model_validate(run.details),
        provider=run.provider or "",
        model=run.model,
        prompt=run.prompt,
        usage=_usage(run),
        cost_usd=usd(run.cost_nanousd),
        cost_status=run.cost_status,
        latency_ms=run.latency_ms or 0,
        ttft_ms=run.ttft_ms,
        attempts=tuple(_attempt(attempt) for attempt in attempts),
    )


def _attempt(attempt: AiAttempt) -> AttemptView:
    return AttemptView(
        **{name: getattr(attempt, name) for name in ("number", "provider", "model", "status", "finish_reason")},
        error_code=attempt.error_code,
        error=attempt.error,
        usage=_usage(attempt),
        cost_usd=usd(attempt.cost_nanousd),
        cost_status=attempt.cost_status,
        latency_ms=attempt.latency_ms,
        ttft_ms=attempt.ttft_ms,
    )


def _usage(counted: AiRun | AiAttempt) -> Usage:
    return Usage(**{name: getattr(counted, name) for name in Usage.model_fields})
