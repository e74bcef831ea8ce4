"""The house: candidates, staff, jobs, resumes, Drive, runs and memory."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
Time = sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("id", Number, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )
    op.create_table(
        "user",
        sa.Column("id", Number, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("plan", sa.String(length=16), nullable=False),
        sa.Column("profile", Json, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
    )
    op.create_table(
        "job",
        sa.Column("id", Number, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_job_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_user_id_id"), ["user_id", "id"], unique=False)

    op.create_table(
        "ai_memory",
        sa.Column("id", Number, nullable=False),
        sa.Column("job_id", Number, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source_run_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("expires_at", Time, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_ai_memory_job_id_job"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ai_memory_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_memory")),
    )
    with op.batch_alter_table("ai_memory", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ai_memory_source_run_id"), ["source_run_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ai_memory_user_id_job_id_created_at"), ["user_id", "job_id", "created_at"], unique=False
        )

    op.create_table(
        "ai_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("caller", sa.String(length=120), nullable=False),
        sa.Column("feature", sa.String(length=32), nullable=False),
        sa.Column("prompt", sa.String(length=160), nullable=False),
        sa.Column("prompt_text", sa.Text(), nullable=True),
        sa.Column("plan", sa.String(length=16), nullable=False),
        sa.Column("tier", sa.String(length=32), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("job_id", Number, nullable=True),
        sa.Column("request", Json, nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("answer", Json, nullable=True),
        sa.Column("changes", Json, nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("input_tokens", Number, nullable=False),
        sa.Column("cached_tokens", Number, nullable=False),
        sa.Column("output_tokens", Number, nullable=False),
        sa.Column("reasoning_tokens", Number, nullable=False),
        sa.Column("cost_nanousd", Number, nullable=True),
        sa.Column("cost_status", sa.String(length=16), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("ttft_ms", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Time, nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("finished_at", Time, nullable=True),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_ai_run_job_id_job"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ai_run_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_run")),
        sa.UniqueConstraint("caller", "idempotency_key", name=op.f("uq_ai_run_caller_idempotency_key")),
    )
    with op.batch_alter_table("ai_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ai_run_created_at_id"), ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_run_status_lease_until"), ["status", "lease_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_ai_run_user_id_created_at"), ["user_id", "created_at"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", Number, nullable=False),
        sa.Column("job_id", Number, nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("updated_at", Time, nullable=False),
        sa.Column("deleted_at", Time, nullable=True),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_document_job_id_job"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_document_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_user_id_updated_at"), ["user_id", "updated_at"], unique=False)

    op.create_table(
        "resume_version",
        sa.Column("id", Number, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", Number, nullable=True),
        sa.Column("job_id", Number, nullable=True),
        sa.Column("content", Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source_run_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_resume_version_job_id_job"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["resume_version.id"],
            name=op.f("fk_resume_version_parent_id_resume_version"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_resume_version_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resume_version")),
        sa.UniqueConstraint("user_id", "number", name=op.f("uq_resume_version_user_id_number")),
    )
    with op.batch_alter_table("resume_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resume_version_source_run_id"), ["source_run_id"], unique=False)

    op.create_table(
        "ai_attempt",
        sa.Column("id", Number, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("finish_reason", sa.String(length=32), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("messages", Json, nullable=False),
        sa.Column("parts", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("input_tokens", Number, nullable=False),
        sa.Column("cached_tokens", Number, nullable=False),
        sa.Column("output_tokens", Number, nullable=False),
        sa.Column("reasoning_tokens", Number, nullable=False),
        sa.Column("usage", Json, nullable=True),
        sa.Column("service_tier", sa.String(length=32), nullable=True),
        sa.Column("price", sa.String(length=64), nullable=True),
        sa.Column("cost_nanousd", Number, nullable=True),
        sa.Column("cost_status", sa.String(length=16), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("ttft_ms", sa.Integer(), nullable=True),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ai_run.id"], name=op.f("fk_ai_attempt_run_id_ai_run"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ai_attempt_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_attempt")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_ai_attempt_run_id_number")),
    )
    op.create_table(
        "document_revision",
        sa.Column("id", Number, nullable=False),
        sa.Column("document_id", Number, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source_run_id", sa.String(length=36), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("user_id", Number, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_revision_document_id_document"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_document_revision_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_revision")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_document_revision_document_id_number")),
    )
    with op.batch_alter_table("document_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_revision_source_run_id"), ["source_run_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("document_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_revision_source_run_id"))

    op.drop_table("document_revision")
    op.drop_table("ai_attempt")
    with op.batch_alter_table("resume_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resume_version_source_run_id"))

    op.drop_table("resume_version")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_user_id_updated_at"))

    op.drop_table("document")
    with op.batch_alter_table("ai_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ai_run_user_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_ai_run_status_lease_until"))
        batch_op.drop_index(batch_op.f("ix_ai_run_created_at_id"))

    op.drop_table("ai_run")
    with op.batch_alter_table("ai_memory", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ai_memory_user_id_job_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_ai_memory_source_run_id"))

    op.drop_table("ai_memory")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_user_id_id"))

    op.drop_table("job")
    op.drop_table("user")
    op.drop_table("member")
