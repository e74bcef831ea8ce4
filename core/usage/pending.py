"""Notes of runs that are not added up yet, made in the transaction that changes them, so that no total misses one."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert, select

from core.store.statement import Statement
from core.usage import records
from core.usage.records import ERASED, PENDING, RUN

CHUNK = 500

_NOTE = Statement(insert(PENDING).inline(), "run_id")


def note(connection: Connection, run_ids: Iterable[str]) -> None:
    """Runs that now have ended, and of which the days hold nothing."""
    _NOTE.run_all(connection, [{"run_id": run_id} for run_id in run_ids])


def changing(connection: Connection, run_ids: Sequence[str]) -> None:
    """Runs that have ended and are about to change: what the days hold of them. Call it before the change.

    They stay locked until the end of the transaction, so that notes of one run are made one after the other.
    """
    for begin in range(0, len(run_ids), CHUNK):
        some = run_ids[begin : begin + CHUNK]
        _lock(connection, some)
        ended = RUN.c.id.in_(some) & (RUN.c.status != "running")
        rows = [
            {"run_id": run_id, "held": records.to_json(run)} for run_id, run in records.read_named(connection, ended)
        ]
        if rows:
            connection.execute(insert(PENDING), rows)


def leaving(connection: Connection, user_id: int) -> None:
    """Keep what the runs of a candidate used, nobody's from now on. Call it before the candidate is erased.

    A run that is under way counts as abandoned: what it cost will not be known.
    """
    ids = connection.execute(select(RUN.c.id).where(RUN.c.user_id == user_id)).scalars().all()
    changing(connection, ids)
    kept = []
    for run_id, run in records.read_named(connection, RUN.c.user_id == user_id):
        nobodys = records.anonymous(run)
        day = run.at.date().isoformat()
        kept.append({"run_id": run_id, "day": day, "figures": records.to_json(nobodys)})
        if run.dimensions[records.STATUS] == "running":
            note(connection, [run_id])
    if kept:
        connection.execute(insert(ERASED), kept)


def _lock(connection: Connection, run_ids: Sequence[str]) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(select(RUN.c.id).where(RUN.c.id.in_(run_ids)).order_by(RUN.c.id).with_for_update())
