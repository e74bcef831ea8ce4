"""Budgets that were changed by a person: dated rows that come before the policy file's."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "dated_budget",
        sa.Column("id", Number, nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("nanousd", Number, nullable=False),
        sa.Column("at_limit", sa.String(16), nullable=False),
        sa.Column("valid_from", Time, nullable=False),
        sa.Column("valid_to", Time, nullable=True),
        sa.Column("retired_at", Time, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dated_budget")),
    )


def downgrade() -> None:
    op.drop_table("dated_budget")
