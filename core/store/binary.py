"""PostgreSQL's results taken in its own form, not as text, where an engine says `binary`: bytes come in half the time."""

from typing import Any

from psycopg.pq import Format
from sqlalchemy import Connection, Engine, event


def offered(engine: Engine) -> Engine:
    """The engine with the option `binary`. What describes the database's own tables is not for it."""

    @event.listens_for(engine, "before_cursor_execute")
    def _ask(_connection: Connection, cursor: Any, _sql: str, _given: Any, context: Any, _many: bool) -> None:
        if context.execution_options.get("binary"):
            cursor.format = Format.BINARY

    return engine
