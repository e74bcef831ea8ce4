"""Whether the database takes a write at this moment: only one that was committed proves it."""

from sqlalchemy import Table, delete, insert

from core.store.db import Store
from core.store.models import Ledger

LEDGER: Table = Ledger.__table__  # type: ignore[assignment]
LINE = {"subject": "health", "measure": "probe", "period": "now"}


def write(store: Store) -> None:
    """Write a line and take it away again, in one transaction that is committed. Errors: `StorageDown`."""
    with store.write() as connection:
        connection.execute(insert(LEDGER).values(**LINE, used=0, reserved=0))
        connection.execute(delete(LEDGER).where(*(LEDGER.c[name] == value for name, value in LINE.items())))
