"""Tables of what it cost: prices, what the dashboard reads, and who changed what."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer

from core.store.columns import Base, Json, Number, UtcTime, now


class Price(Base):
    """One dated price row of the project's own; it overrides the catalogue from `valid_from` to before `valid_to`.

    `rates` are decimal strings of dollars per million tokens under input, cached, written and output, and under `above`
    what they are above so many input tokens. A row is never changed: it is retired and another takes its place.
    """

    __tablename__ = "price"
    __table_args__ = (Index(None, "provider", "model"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    tier: Mapped[str | None] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    rates: Mapped[dict[str, Any]] = mapped_column(Json)
    valid_from: Mapped[datetime] = mapped_column(UtcTime)
    valid_to: Mapped[datetime | None] = mapped_column(UtcTime)
    known_since: Mapped[datetime] = mapped_column(UtcTime, default=now)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)
    source: Mapped[str] = mapped_column(String(400))
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(120))


class DatedBudget(Base):
    """One change of a budget: it comes before the policy file's from `valid_from` to before `valid_to`, the newest first.

    `subject` is `project`, `plan:NAME`, `feature:NAME` or `caller:NAME`. A row is never changed: it is retired, or another
    comes after it.
    """

    __tablename__ = "dated_budget"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    subject: Mapped[str] = mapped_column(String(120))
    nanousd: Mapped[int] = mapped_column(Number)
    at_limit: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[datetime] = mapped_column(UtcTime, default=now)
    valid_to: Mapped[datetime | None] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))


class UsageKey(Base):
    """One combination of dimensions that runs or legs had; the columns of a day name it by its id.

    `kind` is run or leg; `dimensions` are its values in the order of `core.usage.filters`.
    """

    __tablename__ = "usage_key"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    dimensions: Mapped[list[str | None]] = mapped_column(Json)


class UsageDay(Base):
    """The runs that began on one UTC day as columns of numbers: what its runs and legs used, and their sums by hour.

    `version` counts its changes.
    """

    __tablename__ = "usage_day"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    version: Mapped[int] = mapped_column(Number)
    runs: Mapped[int] = mapped_column(Number)
    margins: Mapped[bytes] = mapped_column(LargeBinary)
    run_columns: Mapped[bytes] = mapped_column(LargeBinary)
    leg_columns: Mapped[bytes] = mapped_column(LargeBinary)


class UsageState(Base):
    """One row, number 1: how often days have changed. Who changes days holds it until the end of the transaction."""

    __tablename__ = "usage_state"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    version: Mapped[int] = mapped_column(Number)


class UsagePending(Base):
    """A run that changed and is not added up yet. `held` is what the days hold of it, NULL where they hold nothing;
    of several notes of one run the first says so."""

    __tablename__ = "usage_pending"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    run_id: Mapped[str] = mapped_column(String(36), index=True)
    held: Mapped[list[Any] | None] = mapped_column(Json)


class UsageErased(Base):
    """What a run used whose candidate was erased: numbers and dimensions, nothing of the person."""

    __tablename__ = "usage_erased"
    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), index=True)
    figures: Mapped[list[Any]] = mapped_column(Json)


class AuditEvent(Base):
    """Who changed what about money, when and why; what it was before and after."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "subject", "id"),)
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    who: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Repricing(Base):
    """One correction of past costs, applied and perhaps undone. `filter` says which attempts it looked at."""

    __tablename__ = "repricing"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    who: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    filter: Mapped[dict[str, Any]] = mapped_column(Json)
    attempts: Mapped[int] = mapped_column(Integer)
    before_nanousd: Mapped[int] = mapped_column(Number)
    after_nanousd: Mapped[int] = mapped_column(Number)
    undone_at: Mapped[datetime | None] = mapped_column(UtcTime)
    undone_by: Mapped[str | None] = mapped_column(String(120))


class RepricingLine(Base):
    """One attempt's cost before and after a correction, so that it can be undone."""

    __tablename__ = "repricing_line"
    repricing_id: Mapped[int] = mapped_column(Number, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(Number, primary_key=True)
    run_id: Mapped[str] = mapped_column(String(36))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)


class Alert(Base):
    """Something about money that a person should know, once: `key` is what it is about and when."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(Number, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    message: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    dismissed_by: Mapped[str | None] = mapped_column(String(120))
