"""The table of corrections of past costs: what each changed, how far it came, and that only one at a time is unfinished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, select, text, update

from core.errors import Conflict, NotFound
from core.store import Repricing, Store

REPRICING: Table = Repricing.__table__  # type: ignore[assignment]

# Keys kept beside the filter: what was posted to the budgets; while it is being written, the last run that is written (None
# before the first); while it is being undone, the last attempt that has its old cost again.
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


def get(connection: Connection, id: int) -> Applied:
    """One correction. Errors: `NotFound`."""
    row = connection.execute(_wanted().where(REPRICING.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no correction {id}. The page What if lists those there are, under Re-pricing.")
    return Applied(*row)


def change(connection: Connection, id: int, **values: Any) -> None:
    """Update a correction's row."""
    connection.execute(update(REPRICING).where(REPRICING.c.id == id).values(**values))


def check_no_other_is_unfinished(connection: Connection, beside: int | None = None) -> None:
    """Errors: `Conflict` while another correction than `beside` is half written or half undone.

    Until the end of the transaction nobody else can begin one.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(text("LOCK TABLE repricing IN SHARE ROW EXCLUSIVE MODE"))
    for one in _listed(connection, None):
        if one.id != beside and (one.unfinished or one.undoing):
            doing = "undone" if one.undoing else "written"
            raise Conflict(
                f"Correction {one.id} is still being {doing}, or was stopped in the middle. Wait for it; if it was "
                "stopped, go on with it or undo it first."
            )


def lock(connection: Connection, id: int) -> Applied:
    """One correction, locked until the end of the transaction. Errors: `NotFound`."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(REPRICING.c.id).where(REPRICING.c.id == id).with_for_update())
    return get(connection, id)


def _listed(connection: Connection, limit: int | None) -> list[Applied]:
    return [Applied(*row) for row in connection.execute(_wanted().order_by(REPRICING.c.id.desc()).limit(limit))]


def _wanted() -> Select[Any]:
    return select(*(REPRICING.c[name] for name in _NAMES))
