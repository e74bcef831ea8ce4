"""Limits: what was used of each, and what running runs hold."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("used", Number, nullable=False),
        sa.Column("reserved", Number, nullable=False),
        sa.Column("started_at", Time, nullable=True),
        sa.PrimaryKeyConstraint("subject", "measure", "period", name=op.f("pk_ledger")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservation",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("tokens", Number, nullable=False),
        sa.Column("nanousd", Number, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reservation")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("reservation")
    op.drop_table("ledger")
