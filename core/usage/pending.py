"""Notes of runs that are not added up yet, made in the transaction that changes them, so that no total misses one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

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


def leaving(connection: Connection, user_id: int, *, most: int | None = None) -> Sequence[str]:
    """Keep what the oldest `most` runs of a candidate used, or all, nobody's from now on; returns their ids.

    Call it before they are erased. A run that is under way counts as abandoned until `ended_late` knows better.
    """
    oldest = select(RUN.c.id).where(RUN.c.user_id == user_id).order_by(RUN.c.created_at).limit(most)
    ids = connection.execute(oldest).scalars().all()
    changing(connection, ids)
    for begin in range(0, len(ids), CHUNK):
        _keep(connection, RUN.c.id.in_(ids[begin : begin + CHUNK]))
    return ids


def _keep(connection: Connection, these: ColumnElement[bool]) -> None:
    kept = []
    for run_id, run in records.read_named(connection, these):
        nobodys = records.anonymous(run)
        day = run.at.date().isoformat()
        kept.append({"run_id": run_id, "day": day, "figures": records.to_json(nobodys)})
        if run.dimensions[records.STATUS] == "running":
            note(connection, [run_id])
    if kept:
        connection.execute(insert(ERASED), kept)


def ended_late(connection: Connection, run_id: str, run: Mapping[str, Any], legs: Sequence[Mapping[str, Any]]) -> bool:
    """What a run used that ended after its candidate was erased: it is added to nobody's, and to no record.

    `run` and `legs` name what their rows would have. False where it was not under way when it was erased.
    """
    kept = connection.execute(select(ERASED.c.figures).where(ERASED.c.run_id == run_id).with_for_update()).scalar()
    held = records.from_json(kept) if kept else None
    if held is None or held.dimensions[records.STATUS] != "abandoned":
        return False
    connection.execute(insert(PENDING), {"run_id": run_id, "held": kept})
    figures = records.to_json(records.ended(held, run, legs))
    connection.execute(update(ERASED).where(ERASED.c.run_id == run_id).values(figures=figures))
    return True


def _lock(connection: Connection, run_ids: Sequence[str]) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(select(RUN.c.id).where(RUN.c.id.in_(run_ids)).order_by(RUN.c.id).with_for_update())
