"""Jobs and resume versions can be put in the bin, as documents can."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Time = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")
TABLES = ("job", "resume_version")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("deleted_at", Time, nullable=True))


def downgrade() -> None:
    for table in TABLES:  # not by making the table anew: what hangs on its rows would go with them
        op.drop_column(table, "deleted_at")
