"""Alembic's entry: it migrates the connection it is handed, in that connection's transaction."""

from alembic import context

from core.store.columns import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
)
context.run_migrations()
