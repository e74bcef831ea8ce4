"""Months of runs and legs as columns in memory, read when they are needed and let go when they are too many."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Table, bindparam, select

from core.store import Store, UsageDay, UsageKey
from core.usage import zones
from core.usage.columns import Columns, Ints, Kept, begins, concat, unpack
from core.usage.keys import CHUNK, KINDS, Keyring
from core.usage.margins import unpack_kind

DAY: Table = UsageDay.__table__  # type: ignore[assignment]
KEY: Table = UsageKey.__table__  # type: ignore[assignment]
HELD_BYTES = 64_000_000

_MEANING = select(KEY.c.id, KEY.c.dimensions).where(KEY.c.id.in_(bindparam("ids", expanding=True)))

Days = Mapping[int, int]  # the version of each UTC day that has runs, by its number


class Moved(Exception):
    """A day has changed since it was last looked at: look again."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some days of one kind: `columns` as laid out, each key a number of the ring.

    `begins` are the places where rows of another key begin: few where rows are in the order of their keys.
    """

    first: int
    last: int
    columns: Columns
    begins: Ints

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes + self.begins.nbytes


class Blocks:
    """The days of one database, by month of UTC and kind (`run`, `leg`), within a number of bytes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rings = {kind: Keyring(dimensions) for kind, dimensions in KINDS.items()}
        self._held: Kept[Block] = Kept(HELD_BYTES)
        self._newest = dict.fromkeys(KINDS, 0)

    def month(self, kind: str, of: int, days: Days, sign: int) -> Block:
        """The days of a month that have runs, as they stood at these versions. Errors: `Moved`."""
        if held := self._held.get((kind, of), sign):
            return held
        with self.store.read() as connection:
            found = stored(connection, f"{kind}_columns", _of_month(days, of))
            tables = [_by_quarter(unpack(packed), number) for number, packed in found]
            whole = concat(tables)
            self._learn(connection, kind, whole["key"])
        columns = whole.also(key=self.rings[kind].numbers(whole["key"])).narrowed()
        columns = columns.take(np.argsort(columns["key"], kind="stable"))
        block = Block(found[0][0], found[-1][0], columns, begins(columns["key"]))
        return self._held.put((kind, of), sign, block)

    def margins(self, kind: str, of: int, days: Days) -> list[tuple[int, tuple[Columns, ...]]]:
        """The margins of a month's days, as they stood at these versions. Errors: `Moved`."""
        with self.store.read() as connection:
            found = [
                (number, unpack_kind(packed, kind))
                for number, packed in stored(connection, "margins", _of_month(days, of))
            ]
            self._learn(connection, kind, np.concatenate([table["key"] for _, tables in found for table in tables]))
        numbers = self.rings[kind].numbers
        return [(number, tuple(table.also(key=numbers(table["key"])) for table in tables)) for number, tables in found]

    def learn_all(self, kind: str) -> None:
        """All combinations there are."""
        with self.store.read() as connection:
            self._learn_all(connection, kind)

    def _learn_all(self, connection: Connection, kind: str) -> None:
        asked = select(KEY.c.id, KEY.c.dimensions).where(KEY.c.kind == kind, KEY.c.id > self._newest[kind])
        for key_id, dimensions in connection.execute(asked.order_by(KEY.c.id)):
            self.rings[kind].learn(key_id, tuple(dimensions))
            self._newest[kind] = key_id

    def _learn(self, connection: Connection, kind: str, ids: Ints) -> None:
        missing = self.rings[kind].unknown(ids)
        if len(missing) > CHUNK // 4:
            self._learn_all(connection, kind)
        elif missing:
            for key_id, dimensions in connection.execute(_MEANING, {"ids": missing}):
                self.rings[kind].learn(key_id, tuple(dimensions))


def stored(connection: Connection, column: str, days: Days) -> list[tuple[int, bytes]]:
    """One column of bytes of these days, oldest first. Errors: `Moved` when a day is of another version by now."""
    names = {zones.day(number).isoformat(): number for number in days}
    asked = select(DAY.c.day, DAY.c.version, DAY.c[column]).where(DAY.c.day.in_(names)).order_by(DAY.c.day)
    found = []
    for day, version, packed in connection.execute(asked):
        if days[names[day]] != version:
            raise Moved
        found.append((names[day], packed))
    if len(found) != len(days):
        raise Moved
    return found


def _by_quarter(table: Columns, number: int) -> Columns:
    """The columns of a day with quarter hours since 1970 in place of its slots."""
    arrays = dict(table.arrays)
    quarter = arrays.pop("slot").astype(np.int32) + number * zones.A_DAY
    return Columns({**arrays, "quarter": quarter})


def _of_month(days: Days, of: int) -> Days:
    return {number: version for number, version in days.items() if zones.month(number) == of}
