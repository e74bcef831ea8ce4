"""SQLite told which index to use, by `select(...).with_hint(table, "INDEXED BY name", "sqlite")`."""

from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


class HintedCompiler(SQLiteCompiler):
    """Writes hints behind the names of tables, which SQLAlchemy does for other databases alone."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text
