"""What it cost: prices, the columns of the dashboard, corrections, alerts, and who changed what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
Time = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    _prices()
    _columns()
    _corrections()
    for table in ("document_revision", "resume_version"):
        op.add_column(table, sa.Column("kept_permille", sa.Integer(), nullable=True))
    with op.batch_alter_table("ai_attempt") as attempt:
        attempt.alter_column("price", type_=sa.String(200), existing_type=sa.String(64), existing_nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("ai_attempt") as attempt:
        attempt.alter_column("price", type_=sa.String(64), existing_type=sa.String(200), existing_nullable=True)
    for table in ("document_revision", "resume_version"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("kept_permille")
    tables = ("alert", "repricing_line", "repricing", "audit_event", "usage_pending", "usage_day", "usage_key", "price")
    for table in tables:
        op.drop_table(table)


def _prices() -> None:
    op.create_table(
        "price",
        sa.Column("id", Number, nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.String(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rates", Json, nullable=False),
        sa.Column("valid_from", Time, nullable=False),
        sa.Column("valid_to", Time, nullable=True),
        sa.Column("known_since", Time, nullable=False),
        sa.Column("retired_at", Time, nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    op.create_index(op.f("ix_price_provider_model"), "price", ["provider", "model"])


def _columns() -> None:
    op.create_table(
        "usage_key",
        sa.Column("id", Number, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("dimensions", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_usage_key_sha256")),
    )
    op.create_table(
        "usage_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.Column("runs", Number, nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("margins", "cells", "users", "legs")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_usage_day")),
    )
    op.create_table(
        "usage_pending",
        sa.Column("id", Number, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("held", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_pending")),
    )
    op.create_index(op.f("ix_usage_pending_run_id"), "usage_pending", ["run_id"])


def _corrections() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", Number, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("after", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_subject_id"), "audit_event", ["subject", "id"])
    op.create_table(
        "repricing",
        sa.Column("id", Number, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("filter", Json, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("before_nanousd", Number, nullable=False),
        sa.Column("after_nanousd", Number, nullable=False),
        sa.Column("undone_at", Time, nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repricing")),
    )
    op.create_table(
        "repricing_line",
        sa.Column("repricing_id", Number, nullable=False),
        sa.Column("attempt_id", Number, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.PrimaryKeyConstraint("repricing_id", "attempt_id", name=op.f("pk_repricing_line")),
    )
    op.create_table(
        "alert",
        sa.Column("id", Number, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("sent_at", Time, nullable=True),
        sa.Column("dismissed_at", Time, nullable=True),
        sa.Column("dismissed_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_key")),
    )
