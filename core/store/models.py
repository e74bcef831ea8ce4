"""All tables. Ids of people and papers are integers, run ids are time-ordered strings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, TextClause, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer

from core.store.columns import Base, Json, Number, Owned, UtcTime, now


class User(Base):
    """The candidate. `profile` holds headline, location, email, years_experience, goals."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    plan: Mapped[str] = mapped_column(String(16))
    profile: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class Member(Base):
    """Staff. `role` is support, engineer, analyst or admin."""

    __tablename__ = "member"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class ApiToken(Base):
    """A key to the HTTP door; only the hash of its secret is kept. `user_id` limits it to one candidate.

    Among tokens that are not revoked a name is unique: runs are recorded under `token:NAME`, and a successor of
    the same name goes on with them.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        Index(
            "uq_api_token_live_name",
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Job(Owned, Base):
    """A posting a candidate is interested in; `description` is Markdown or plain text. In the bin once `deleted_at` is set."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "user_id", "id"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    company: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ResumeVersion(Owned, Base):
    """One immutable version of a resume; `kind` is base, tailored or manual, `content` JSON Resume with ids.

    `deleted_at` set means it is in the bin; what was made from it keeps it as its parent.
    """

    __tablename__ = "resume_version"
    __table_args__ = (UniqueConstraint("user_id", "number"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("resume_version.id", ondelete="SET NULL"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    sha256: Mapped[str] = mapped_column(String(64))
    source_run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    kept_permille: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Document(Owned, Base):
    """A paper in Drive; its text is in its revisions. `deleted_at` set means it is in the bin."""

    __tablename__ = "document"
    __table_args__ = (Index(None, "user_id", "updated_at"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DocumentRevision(Owned, Base):
    """One immutable text of a document, Markdown, with the run it came from and how much of its text was kept."""

    __tablename__ = "document_revision"
    __table_args__ = (UniqueConstraint("document_id", "number"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    source_run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    kept_permille: Mapped[int | None] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


LISTED = (
    *("user_id", "job_id", "status", "feature", "plan", "provider", "model", "prompt", "caller", "error_code"),
    *("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
    *("cost_nanousd", "cost_status", "latency_ms", "ttft_ms"),
)
# What the list is sorted by beside time, and from which value on a run is in the order's index: it holds the upper end,
# which is what people look at, so that most runs cost no more to write.
ORDERS = {
    "cost": ("cost_nanousd", 1),
    "latency": ("latency_ms", 20_000),
    "tokens": ("(input_tokens + output_tokens)", 10_000),
}


def _where(*columns: str | TextClause, name: str | None = None) -> Index:
    """An index of the rows that the last of these, a condition, holds for."""
    *keys, condition = columns
    holds = text(str(condition))
    return Index(name, *keys, sqlite_where=holds, postgresql_where=holds)


class AiRun(Owned, Base):
    """One AI call. Tokens and cost are sums over its attempts; `cost_nanousd` is NULL when unknown.

    `request` is the whole AiRequest, so that a run can be opened again; `context` lists the pieces
    with ids, hashes and token counts, never their text. A `running` row carries the process that
    owns it and until when its lease holds.
    """

    __tablename__ = "ai_run"
    __table_args__ = (
        UniqueConstraint("caller", "idempotency_key"),
        _where("lease_until", "lease_until IS NOT NULL"),
        # The list of runs. One index holds all it shows, so that any filter and order is read from it alone; the others
        # find what is rare in it. They are partial where they can be: a run that ends well is in few of them.
        Index("ix_ai_run_list", "created_at", "id", *LISTED),
        *(
            _where(
                key if key.isidentifier() else text(key),
                "created_at",
                f"{key} >= {least}",
                name=f"ix_ai_run_by_{order}",
            )
            for order, (key, least) in ORDERS.items()
        ),
        Index(None, "user_id", "created_at"),
        Index(None, "prompt", "created_at"),
        Index(None, "caller", "created_at"),
        _where("job_id", "created_at", "job_id IS NOT NULL"),
        _where("provider", "model", "created_at", "provider IS NOT NULL"),
        _where("status", "created_at", "status <> 'ok'"),
        _where("error_code", "created_at", "error_code IS NOT NULL"),
        _where("cost_status", "created_at", "cost_status <> 'exact' AND status <> 'running'"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    caller: Mapped[str] = mapped_column(String(120))
    feature: Mapped[str] = mapped_column(String(32))
    prompt: Mapped[str] = mapped_column(String(160))
    prompt_text: Mapped[str | None] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str | None] = mapped_column(String(32))
    route: Mapped[str] = mapped_column(Text, default="")
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    context: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    status: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    input_tokens: Mapped[int] = mapped_column(Number, default=0)
    cached_tokens: Mapped[int] = mapped_column(Number, default=0)
    output_tokens: Mapped[int] = mapped_column(Number, default=0)
    reasoning_tokens: Mapped[int] = mapped_column(Number, default=0)
    cost_nanousd: Mapped[int | None] = mapped_column(Number)
    cost_status: Mapped[str] = mapped_column(String(16), default="unknown")
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    ttft_ms: Mapped[int | None] = mapped_column(Integer)
    error_code: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    request_sha256: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AiAttempt(Owned, Base):
    """One leg of a run: the messages as sent, the raw text that came, what it used and cost."""

    __tablename__ = "ai_attempt"
    __table_args__ = (UniqueConstraint("run_id", "number"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("ai_run.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(200))
    answered_by: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    finish_reason: Mapped[str | None] = mapped_column(String(32))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    parts: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    text: Mapped[str] = mapped_column(Text, default="")
    input_tokens: Mapped[int] = mapped_column(Number, default=0)
    cached_tokens: Mapped[int] = mapped_column(Number, default=0)
    output_tokens: Mapped[int] = mapped_column(Number, default=0)
    reasoning_tokens: Mapped[int] = mapped_column(Number, default=0)
    usage: Mapped[dict[str, Any] | None] = mapped_column(Json)
    service_tier: Mapped[str | None] = mapped_column(String(32))
    price: Mapped[str | None] = mapped_column(String(200))
    cost_nanousd: Mapped[int | None] = mapped_column(Number)
    cost_status: Mapped[str] = mapped_column(String(16), default="unknown")
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    ttft_ms: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UtcTime)


class AiMemory(Owned, Base):
    """What was asked and chosen for a user and job, recalled by the next run until it expires."""

    __tablename__ = "ai_memory"
    __table_args__ = (Index(None, "user_id", "job_id", "created_at"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    source_run_id: Mapped[str | None] = mapped_column(String(36), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class Ledger(Base):
    """What one subject used and holds of one limit in one period.

    `subject` is `user:7`, `plan:free`, `feature:match`, `caller:token:backend` or `project`, `measure` is runs, tokens or
    nanousd, `period` a UTC day, a UTC month or, for runs, `minute`: one row that begins anew, from `started_at` on, with
    the first run after its 60 s.
    """

    __tablename__ = "ledger"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - as SQLAlchemy reads it
    subject: Mapped[str] = mapped_column(String(160), primary_key=True)
    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    period: Mapped[str] = mapped_column(String(16), primary_key=True)
    used: Mapped[int] = mapped_column(Number, default=0)
    reserved: Mapped[int] = mapped_column(Number, default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Reservation(Base):
    """What a running run holds in the ledger until it is settled; it outlives run and user, so that this is given back.

    `subject` is the candidate; `also` a JSON list of the other subjects whose dollars it holds beside the project's.
    """

    __tablename__ = "reservation"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - as SQLAlchemy reads it
    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32))
    tokens: Mapped[int] = mapped_column(Number)
    nanousd: Mapped[int] = mapped_column(Number)
    day: Mapped[str] = mapped_column(String(10))
    month: Mapped[str] = mapped_column(String(7))
    also: Mapped[str | None] = mapped_column(Text)
