"""The list of runs by cost, duration and tokens: an index of the upper end of each of these orders."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ORDERS = {
    "ix_ai_run_by_cost": ("cost_nanousd", 1),
    "ix_ai_run_by_latency": ("latency_ms", 20_000),
    "ix_ai_run_by_tokens": ("(input_tokens + output_tokens)", 10_000),
}


def upgrade() -> None:
    for name, (key, least) in ORDERS.items():
        where = sa.text(f"{key} >= {least}")
        op.create_index(name, "ai_run", [sa.text(key), "created_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(name, "ai_run")
