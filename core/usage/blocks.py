"""Runs and legs as columns, read when they are needed and kept beside memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic_core import from_json
from sqlalchemy import Connection, Select, Table, Text, cast, select

from core.store import Store, UsageDay, UsageKey
from core.usage import zones
from core.usage.aside import Aside
from core.usage.columns import Array, Cache, Columns, Ints, begins, concat, unpack
from core.usage.keys import CHUNK, KINDS, Keyring
from core.usage.margins import unpack_kind
from core.usage.spans import Span, within

DAY: Table = UsageDay.__table__  # type: ignore[assignment]
KEY: Table = UsageKey.__table__  # type: ignore[assignment]
HELD_BYTES = 2_000_000_000  # of files, not of memory

MANY_KEYS = 6_000  # of which more are missing: read all

_MEANINGS = select(KEY.c.id, cast(KEY.c.dimensions, Text))

Days = Mapping[int, int]  # the version of each UTC day that has runs, by its number


class Moved(Exception):
    """A day has changed since it was last looked at: look again."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some days of one kind: `columns` as laid out but for the key, `slot` the quarter hours since `first` began.

    Rows of one key stand together by the stretch, at best as many as a day has: `begins` is where stretches do, and
    `keys` holds their numbers of the ring.
    """

    first: int
    last: int
    columns: Aside
    begins: Array
    keys: Array

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def nbytes(self) -> int:
        return self.columns.nbytes + self.begins.nbytes + self.keys.nbytes


class Blocks:
    """The days of one database, by span and kind (`run`, `leg`)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = _folder(store)
        self.rings = {kind: Keyring(dimensions) for kind, dimensions in KINDS.items()}
        self._held: Cache[Block] = Cache(HELD_BYTES)
        self._newest = dict.fromkeys(KINDS, 0)

    def rows(self, kind: str, span: Span, days: Days) -> Block:
        """The days of a span that have runs, as they stood at these versions. Errors: `Moved`."""
        if held := self._held.get((kind, span.days), span.sign):
            return held
        with self.store.read() as connection:
            found = stored(connection, f"{kind}_columns", within(days, span))
            tables = [unpack(packed) for _, packed in found]
            ids = np.concatenate([table["key"] for table in tables])
            begin = begins(ids)
            self._learn(connection, kind, ids[begin])
        first = found[0][0]
        whole = concat([_by_slot(table, number - first) for table, (number, _) in zip(tables, found, strict=True)])
        stretches = Columns({"begins": begin, "keys": self.rings[kind].numbers(ids[begin])}).narrowed()
        columns = Aside(whole, self.folder)
        block = Block(first, found[-1][0], columns, stretches["begins"], stretches["keys"])
        return self._held.put((kind, span.days), span.sign, block)

    def margins(self, kind: str, span: Span, days: Days) -> list[tuple[int, tuple[Columns, ...]]]:
        """The margins of a span's days, as they stood at these versions. Errors: `Moved`."""
        with self.store.read() as connection:
            packed = stored(connection, "margins", within(days, span))
            found = [(number, unpack_kind(margins, kind)) for number, margins in packed]
            self._learn(connection, kind, np.concatenate([table["key"] for _, tables in found for table in tables]))
        numbers = self.rings[kind].numbers
        return [(number, tuple(table.also(key=numbers(table["key"])) for table in tables)) for number, tables in found]

    def learn_all(self, kind: str) -> None:
        """All combinations there are."""
        with self.store.read() as connection:
            self._learn_all(connection, kind)

    def _learn_all(self, connection: Connection, kind: str) -> None:
        asked = _MEANINGS.where(KEY.c.kind == kind, KEY.c.id > self._newest[kind]).order_by(KEY.c.id)
        self._newest[kind] = self._read(connection, kind, asked) or self._newest[kind]

    def _learn(self, connection: Connection, kind: str, ids: Ints) -> None:
        missing = self.rings[kind].unknown(ids)
        if len(missing) > MANY_KEYS:
            self._learn_all(connection, kind)
            return
        for begin in range(0, len(missing), CHUNK):
            self._read(connection, kind, _MEANINGS.where(KEY.c.id.in_(missing[begin : begin + CHUNK])))

    def _read(self, connection: Connection, kind: str, asked: Select[Any]) -> int | None:
        """Learn what is asked for; returns the last id. Many texts are read as one, which takes a fifth of the time."""
        last = None
        for rows in connection.execute(asked).partitions(CHUNK):
            ids = [row[0] for row in rows]
            combinations = from_json(f"[{','.join(row[1] for row in rows)}]")
            self.rings[kind].learn_all(ids, [tuple(dimensions) for dimensions in combinations])
            last = ids[-1]
        return last


def around(rows: Columns) -> Block:
    """These rows, which have a `key` and a `quarter`, as a block of the days they lie on."""
    rest = dict(rows.arrays)
    key, quarters = rest.pop("key"), rest.pop("quarter")
    first = last = 0
    if len(rows):
        first, last = int(quarters.min()) // zones.A_DAY, int(quarters.max()) // zones.A_DAY
    begin = begins(key)
    return Block(first, last, Aside(Columns({**rest, "slot": quarters - first * zones.A_DAY})), begin, key[begin])


def chosen(block: Block, held: Array | None, slots: tuple[int, int] | None, columns: Collection[str]) -> Columns:
    """These columns, and the sign where there is one, of the rows of these stretches and slots; None leaves none out.

    `quarter` is the slot counted from 1970.
    """
    wanted = [name for name in block.columns.names() if name in {"sign", *columns}]
    if slots or "quarter" in columns:
        wanted = [*dict.fromkeys((*wanted, "slot"))]
    begin, end = block.begins, np.append(block.begins[1:], np.int64(len(block)))
    keys = block.keys
    if held is not None:
        begin, end, keys = begin[held], end[held], keys[held]
    many = end - begin.astype(np.int64)
    found = dict(block.columns.take(wanted, None if held is None else _places(begin, many)).arrays)
    if "key" in columns:
        found["key"] = np.repeat(keys, many)
    if "quarter" in columns:
        found["quarter"] = found["slot"].astype(np.int64) + block.first * zones.A_DAY
    rows = Columns(found)
    if slots is None:
        return rows
    here = found["slot"]
    return rows.take((here >= slots[0]) & (here < slots[1]))


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


def _places(begin: Array, many: Ints) -> Ints:
    """The places of all rows of these stretches."""
    skipped = begin - (many.cumsum() - many)  # how many rows before these are left out
    places: Ints = np.arange(many.sum())
    places += np.repeat(skipped, many)
    return places


def _by_slot(table: Columns, after: int) -> Columns:
    """The columns of a day, so many days after the first, but for the keys."""
    arrays = dict(table.arrays)
    del arrays["key"]
    return Columns({**arrays, "slot": arrays["slot"].astype(np.uint16) + np.uint16(after * zones.A_DAY)})


def _folder(store: Store) -> Path | None:
    """Beside a database that is a file, where there is room for as much again; else where temporary files go."""
    database = store.url.database if store.url.get_backend_name() == "sqlite" else None
    return Path(database).parent if database and database != ":memory:" else None
