"""What was kept of runs, as columns in memory: a row for each document revision and resume version that names its run.

Revisions and versions never change, so that only new ones are read, and again those whose runs may have changed: a
run's day has another version then, or the run is noted or under way. What is older than anybody asked for is not read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, func, select, union

from core.store import DocumentRevision, ResumeVersion, Store, UsageDay, UsageState
from core.usage import zones
from core.usage.columns import Array, Columns, Ints, concat
from core.usage.keys import CHUNK, Keyring
from core.usage.records import PENDING, RUN, RUNNING

DAY: Table = UsageDay.__table__  # type: ignore[assignment]
STATE: Table = UsageState.__table__  # type: ignore[assignment]
REVISION: Table = DocumentRevision.__table__  # type: ignore[assignment]
VERSION: Table = ResumeVersion.__table__  # type: ignore[assignment]

NO_RUN = 0  # the quarter hour of what names a run that is not there
NO_SHARE = 2**16 - 1  # of text of which nobody knows how much was kept
SLACK = timedelta(days=1)  # by which clocks may differ: what is kept of a run is saved after it began
MANY = 20_000  # rows of changed days from which on all are read anew

_UNSETTLED = union(select(PENDING.c.run_id), select(RUN.c.id).where(RUNNING))
_COLUMNS = ("id", "paper", "share", "quarter", "user", "key")


@dataclass(frozen=True, slots=True)
class Held:
    """One table as it stood: its rows that name a run, how many it had in all, and the id and moment of its last.

    The rows are those written from `since` on. `days` is the version of each UTC day with runs, `version` the newest.
    """

    since: datetime
    rows: Columns
    count: int
    last: tuple[Any, ...] | None
    version: int
    days: Mapping[int, int]


class Shelf:
    """One table of papers. `paper` is the column whose value a paper keeps through its revisions, `odd` 0 or 1."""

    def __init__(self, table: Table, paper: str, odd: int, ring: Keyring) -> None:
        self._table, self._odd, self._ring = table, odd, ring
        of_run = (RUN.c[name] for name in ("created_at", "user_id", *ring.dimensions))
        self._asked = select(table.c.id, table.c[paper], table.c.kept_permille, *of_run).select_from(
            table.outerjoin(RUN, RUN.c.id == table.c.source_run_id)
        )
        self._last = select(table.c.id, table.c.created_at).order_by(table.c.id.desc()).limit(1)
        self._count = select(func.count()).select_from(table)

    def look(self, connection: Connection, held: Held | None, since: datetime) -> Held:
        """How it stands now, given how it stood. `held` itself where nothing has changed and it goes back far enough."""
        since = min(since, held.since) if held else since
        version = connection.execute(select(STATE.c.version)).scalar() or 0
        count, last = connection.execute(self._count).scalar_one(), self._newest(connection)
        if held and (held.since, held.count, held.last, held.version) == (since, count, last, version):
            return held
        days = held.days if held and held.version == version else _days(connection)
        stale = None if held is None or not self._is_there(connection, held.last) else _stale(held, days)
        if held is None or stale is None or len(stale) > MANY:
            return Held(since, self._read(connection, self._written(since)), count, last, version, days)
        rows = self._grown(connection, held, count, last)
        rows = self._anew(connection, rows, rows["id"][np.isin(rows["id"], stale)])
        if since < held.since:
            rows = concat([rows, self._read(connection, self._written(since, held.since))])
        return Held(since, rows, count, last, version, days)

    def unsettled(self, connection: Connection) -> Columns:
        """What names a run that is noted or under way: such a run changes without its day."""
        return self._read(connection, self._table.c.source_run_id.in_(_UNSETTLED))

    def _written(self, since: datetime, before: datetime | None = None) -> ColumnElement[bool]:
        """What names a run and was written in this time."""
        at = self._table.c.created_at
        named = self._table.c.source_run_id.is_not(None) & (at >= since)
        return named if before is None else named & (at < before)

    def _newest(self, connection: Connection) -> tuple[Any, ...] | None:
        last = connection.execute(self._last).first()
        return None if last is None else tuple(last)

    def _is_there(self, connection: Connection, last: tuple[Any, ...] | None) -> bool:
        """Whether the row is still the last of those there were; SQLite gives the ids of erased ones again if it is not."""
        if last is None:
            return False
        then = select(self._table.c.created_at).where(self._table.c.id == last[0])
        return bool(connection.execute(then).scalar() == last[1])

    def _grown(self, connection: Connection, held: Held, count: int, last: tuple[Any, ...] | None) -> Columns:
        """The rows that are there, those of new papers included."""
        assert held.last is not None
        later = self._table.c.id > held.last[0]
        if last == held.last and count == held.count:
            return held.rows
        if held.count + connection.execute(self._count.where(later)).scalar_one() == count:
            return concat([held.rows, self._read(connection, self._written(held.since) & later)])
        # Some were erased, or came with a lower id from a transaction that was slower than another.
        asked = select(self._table.c.id).where(self._written(held.since))
        ids = np.fromiter(connection.execute(asked).scalars(), np.int64)
        there = held.rows.take(np.isin(held.rows["id"], ids))
        return self._anew(connection, there, np.setdiff1d(ids, there["id"]))

    def _anew(self, connection: Connection, rows: Columns, ids: Array) -> Columns:
        """The rows with those of these ids as they are now."""
        if not len(ids):
            return rows
        chunks = (ids[begin : begin + CHUNK].tolist() for begin in range(0, len(ids), CHUNK))
        read = [self._read(connection, self._table.c.id.in_(some)) for some in chunks]
        return concat([rows.take(~np.isin(rows["id"], ids)), *read])

    def _read(self, connection: Connection, condition: ColumnElement[bool]) -> Columns:
        return self._lay_out(connection.execute(self._asked.where(condition)))

    def _lay_out(self, rows: Iterable[Any]) -> Columns:
        number, odd, found = self._ring.number, self._odd, []
        for id, paper, share, at, user_id, *dimensions in rows:
            kept = NO_SHARE if share is None else share
            of_run = (NO_RUN, 0, 0) if at is None else (zones.quarter(at), user_id, number(tuple(dimensions)))
            found.append((id, 2 * paper + odd, kept, *of_run))
        table = np.array(found, np.int64).reshape(-1, len(_COLUMNS))
        return Columns({name: table[:, place] for place, name in enumerate(_COLUMNS)})


class KeptPapers:
    """What was kept of all runs of one database as this process knows it; from any thread."""

    def __init__(self, store: Store, ring: Keyring) -> None:
        self.ring = ring
        self._store, self._lock = store, Lock()
        self._shelves = Shelf(REVISION, "document_id", 0, ring), Shelf(VERSION, "id", 1, ring)
        self._held: tuple[Held | None, ...] = (None, None)
        self._whole: Columns | None = None

    def look(self, start: datetime) -> Columns:
        """What was kept of runs that began at `start` or later, as it stands now; other rows may be there too.

        Read from one state of the database.
        `paper` is a number that no other document or version has, and `single` says whether it is in no other row; `key`
        is the run's number in the ring, `user` its candidate, `quarter` when it began; `share` is in thousandths.
        A row may have `NO_RUN`, or `NO_SHARE`.
        """
        with self._lock, self._store.read() as connection:
            both = zip(self._shelves, self._held, strict=True)
            held = tuple(shelf.look(connection, before, start - SLACK) for shelf, before in both)
            unsettled = [shelf.unsettled(connection) for shelf in self._shelves]
            if self._whole is None or any(now is not before for now, before in zip(held, self._held, strict=True)):
                self._whole = _marked([one.rows for one in held])
                held = _views(held, self._whole)
            self._held = held
            if not any(map(len, unsettled)):
                return self._whole
        settled = [
            one.rows.take(~np.isin(one.rows["id"], these["id"])) for one, these in zip(held, unsettled, strict=True)
        ]
        return _marked([*settled, *unsettled])


def _marked(tables: Sequence[Columns]) -> Columns:
    """All below each other, with what tells whether a paper is in one row only."""
    rows = concat(tables).narrowed()
    _, place, times = np.unique(rows["paper"], return_inverse=True, return_counts=True)
    return rows.also(single=(times == 1)[place])


def _views(held: Sequence[Held], whole: Columns) -> tuple[Held, ...]:
    """The same with their rows as parts of the whole, so that they are in memory once."""
    whole = Columns({name: whole[name] for name in _COLUMNS})
    ends = np.cumsum([len(one.rows) for one in held]).tolist()
    parts = zip(held, [0, *ends], ends, strict=False)
    return tuple(replace(one, rows=whole.take(slice(begin, end))) for one, begin, end in parts)


def _days(connection: Connection) -> dict[int, int]:
    return {zones.numbered(day): version for day, version in connection.execute(select(DAY.c.day, DAY.c.version))}


def _stale(held: Held, days: Mapping[int, int]) -> Ints:
    """The ids of the rows whose runs may have changed: all of a changed day, and those whose run was not there."""
    if days is held.days:
        return np.zeros(0, np.int64)
    changed = [day for day in {*days, *held.days} if days.get(day) != held.days.get(day)]
    on = held.rows["quarter"] // zones.A_DAY
    return held.rows["id"][np.isin(on, [NO_RUN // zones.A_DAY, *changed])].astype(np.int64)
