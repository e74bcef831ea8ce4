"""Notes of runs that are not added up yet, made in the transaction that changes them, so that no total misses one."""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, insert

from core.store import UsagePending

PENDING: Table = UsagePending.__table__  # type: ignore[assignment]


def note(connection: Connection, run_ids: Iterable[str]) -> None:
    """Runs that now have ended, and of which the days hold nothing."""
    if rows := [{"run_id": run_id} for run_id in run_ids]:
        connection.execute(insert(PENDING), rows)
