"""Results of PostgreSQL in binary form instead of text: columns of bytes are read in half the time."""

from typing import Any

from psycopg.pq import Format
from sqlalchemy import Connection, Engine, event


def enable(engine: Engine) -> Engine:
    """Give an engine the execution option `binary`. SQLAlchemy's inspection of tables does not work with it."""

    @event.listens_for(engine, "before_cursor_execute")
    def _ask(_connection: Connection, cursor: Any, _sql: str, _given: Any, context: Any, _many: bool) -> None:
        if context.execution_options.get("binary"):
            cursor.format = Format.BINARY

    return engine
