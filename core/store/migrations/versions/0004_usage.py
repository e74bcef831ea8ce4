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
    _run_indexes()
    _budgets()
    for table in ("document_revision", "resume_version"):
        op.add_column(table, sa.Column("kept_permille", sa.Integer(), nullable=True))
    with op.batch_alter_table("ai_attempt") as attempt:
        attempt.alter_column("price", type_=sa.String(200), existing_type=sa.String(64), existing_nullable=True)


def downgrade() -> None:
    _former_run_indexes()
    _former_budgets()
    with op.batch_alter_table("ai_attempt") as attempt:
        attempt.alter_column("price", type_=sa.String(64), existing_type=sa.String(200), existing_nullable=True)
    for table in ("document_revision", "resume_version"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("kept_permille")
    usage = ("usage_erased", "usage_pending", "usage_state", "usage_day", "usage_key")
    for table in ("alert", "repricing_line", "repricing", "audit_event", *usage, "price"):
        op.drop_table(table)


LISTED = (
    *("created_at", "id", "user_id", "job_id", "status", "feature", "plan", "provider", "model", "prompt", "caller"),
    *("error_code", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
    *("cost_nanousd", "cost_status", "latency_ms", "ttft_ms"),
)
FORMER = (("created_at", "id"), ("status", "lease_until"))
WHOLE = (("prompt", "created_at"), ("caller", "created_at"))
PARTIAL: tuple[tuple[tuple[str, ...], str], ...] = (
    (("lease_until",), "lease_until IS NOT NULL"),
    (("job_id", "created_at"), "job_id IS NOT NULL"),
    (("provider", "model", "created_at"), "provider IS NOT NULL"),
    (("status", "created_at"), "status <> 'ok'"),
    (("error_code", "created_at"), "error_code IS NOT NULL"),
    (("cost_status", "created_at"), "cost_status <> 'exact' AND status <> 'running'"),
)


def _run_indexes() -> None:
    """What the list of runs is read from: one index of all it shows, and one for each filter that may be rare."""
    for former in FORMER:
        op.drop_index(_name(former), "ai_run")
    op.create_index("ix_ai_run_list", "ai_run", LISTED)
    for whole in WHOLE:
        op.create_index(_name(whole), "ai_run", whole)
    for columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(_name(columns), "ai_run", columns, sqlite_where=where, postgresql_where=where)


def _former_run_indexes() -> None:
    for name in ("ix_ai_run_list", *(_name(columns) for columns in (*WHOLE, *(columns for columns, _ in PARTIAL)))):
        op.drop_index(name, "ai_run")
    for former in FORMER:
        op.create_index(_name(former), "ai_run", former)


def _name(columns: tuple[str, ...]) -> str:
    return str(op.f("_".join(("ix_ai_run", *columns))))


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
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("dimensions", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_usage_key_sha256")),
    )
    op.create_table(
        "usage_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.Column("runs", Number, nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("margins", "run_columns", "leg_columns")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_usage_day")),
    )
    op.create_table(
        "usage_state",
        sa.Column("id", Number, nullable=False),
        sa.Column("version", Number, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_state")),
    )
    op.create_table(
        "usage_pending",
        sa.Column("id", Number, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("held", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_pending")),
    )
    op.create_index(op.f("ix_usage_pending_run_id"), "usage_pending", ["run_id"])
    op.create_table(
        "usage_erased",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_usage_erased")),
    )
    op.create_index(op.f("ix_usage_erased_day"), "usage_erased", ["day"])


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


def _budgets() -> None:
    """Callers, features and plans have lines too, and a reservation knows which it holds."""
    _subjects(sa.String(32), sa.String(160))
    op.add_column("reservation", sa.Column("also", sa.Text(), nullable=True))


def _former_budgets() -> None:
    op.execute("DELETE FROM ledger WHERE length(subject) > 32")
    _subjects(sa.String(160), sa.String(32))
    with op.batch_alter_table("reservation", table_kwargs=WITHOUT_ROWID) as reservation:
        reservation.drop_column("also")


WITHOUT_ROWID = {"sqlite_with_rowid": False}


def _subjects(before: sa.String, after: sa.String) -> None:
    with op.batch_alter_table("ledger", table_kwargs=WITHOUT_ROWID) as ledger:
        ledger.alter_column("subject", type_=after, existing_type=before, existing_nullable=False)
