"""The record of corrections of past costs: what each changed, how far it came, and that no two are half done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, select, text, update

from core.errors import Conflict, NotFound
from core.store import Repricing, Store

REPRICING: Table = Repricing.__table__  # type: ignore[assignment]

# Beside the filter are kept: what was posted to budgets; while it is being written, the last run that was (None before the
# first); while it is being undone, the last attempt that has its cost back.
BUDGETS, REACHED, UNDOING = "budgets", "reached", "undoing"

_NAMES = (
    "id",
    "at",
    "who",
    "reason",
    "filter",
    "attempts",
    "before_nanousd",
    "after_nanousd",
    "undone_at",
    "undone_by",
)


@dataclass(frozen=True, slots=True)
class Applied:
    """A correction that was made. `lines` is how many attempts it changed, so far where it is not finished."""

    id: int
    at: datetime
    who: str
    reason: str
    filter: dict[str, Any]
    lines: int
    before_nanousd: int
    after_nanousd: int
    undone_at: datetime | None
    undone_by: str | None

    @property
    def unfinished(self) -> bool:
        """Whether a part of it is not written yet: it is being written, or was stopped."""
        return self.undone_at is None and REACHED in self.filter and not self.undoing

    @property
    def undoing(self) -> bool:
        """Whether a part of it is undone: it is being undone, or that was stopped."""
        return self.undone_at is None and UNDOING in self.filter


def listed(store: Store, limit: int | None = 50) -> Sequence[Applied]:
    """The corrections that were made, the newest first."""
    with store.read() as connection:
        return _listed(connection, limit)


def found(connection: Connection, id: int) -> Applied:
    """One of them. Errors: `NotFound`."""
    row = connection.execute(_wanted().where(REPRICING.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no correction {id}. The page What if lists those there are, under Re-pricing.")
    return Applied(*row)


def change(connection: Connection, id: int, **values: Any) -> None:
    """Write down what became of it."""
    connection.execute(update(REPRICING).where(REPRICING.c.id == id).values(**values))


def alone(connection: Connection, beside: int | None = None) -> None:
    """Whoever begins waits for others who begin. Errors: `Conflict` while another correction is half done."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(text("LOCK TABLE repricing IN SHARE ROW EXCLUSIVE MODE"))
    for one in _listed(connection, None):
        if one.id != beside and (one.unfinished or one.undoing):
            doing = "undone" if one.undoing else "written"
            raise Conflict(
                f"Correction {one.id} is still being {doing}, or was stopped in the middle. Wait for it; if it was "
                "stopped, go on with it or undo it first."
            )


def held(connection: Connection, id: int) -> Applied:
    """One of them, nobody else's until the end of the transaction. Errors: `NotFound`."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(REPRICING.c.id).where(REPRICING.c.id == id).with_for_update())
    return found(connection, id)


def _listed(connection: Connection, limit: int | None) -> list[Applied]:
    return [Applied(*row) for row in connection.execute(_wanted().order_by(REPRICING.c.id.desc()).limit(limit))]


def _wanted() -> Select[Any]:
    return select(*(REPRICING.c[name] for name in _NAMES))
