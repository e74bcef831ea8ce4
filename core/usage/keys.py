"""Combinations of dimensions by number: in the database for ever, in memory as codes that sums go by."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from threading import Lock

import numpy as np
from sqlalchemy import Connection, Insert, Table, select
from sqlalchemy.dialects.postgresql import insert as on_postgresql
from sqlalchemy.dialects.sqlite import insert as on_sqlite

from core.store import Store, UsageKey
from core.usage.columns import Array, Ints
from core.usage.filters import LEG_DIMENSIONS, RUN_DIMENSIONS, Value

KEY: Table = UsageKey.__table__  # type: ignore[assignment]
KINDS = {"run": RUN_DIMENSIONS, "leg": (*RUN_DIMENSIONS, *LEG_DIMENSIONS)}
CHUNK, MASKS = 500, 32

Dimensions = tuple[str | None, ...]


class Known:
    """Keys of one database that were met before, so that they are not asked for again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ids: dict[str, dict[Dimensions, int]] = {kind: {} for kind in KINDS}
        self._dimensions: dict[int, Dimensions] = {}

    def ids(self, connection: Connection, kind: str, wanted: Collection[Dimensions]) -> Mapping[Dimensions, int]:
        """The ids of these combinations. New ones are committed at once: a combination without runs harms nobody."""
        known = self._ids[kind]
        named = {_sha256(kind, dimensions): dimensions for dimensions in wanted if dimensions not in known}
        found = _find(connection, list(named))
        if missing := [sha for sha in named if sha not in found]:
            rows = [{"sha256": sha, "kind": kind, "dimensions": list(named[sha])} for sha in missing]
            with self.store.write() as writing:
                writing.execute(unless_there(writing, KEY, "sha256"), rows)
                found |= _find(writing, missing)
        known.update({named[sha]: key_id for sha, key_id in found.items()})
        self._dimensions.update({key_id: named[sha] for sha, key_id in found.items()})
        return known

    def meaning(self, connection: Connection, ids: Collection[int]) -> Mapping[int, Dimensions]:
        """What these ids stand for."""
        missing = [key_id for key_id in ids if key_id not in self._dimensions]
        for begin in range(0, len(missing), CHUNK):
            asked = select(KEY.c.id, KEY.c.dimensions).where(KEY.c.id.in_(missing[begin : begin + CHUNK]))
            self._dimensions.update({row.id: tuple(row.dimensions) for row in connection.execute(asked)})
        return self._dimensions


def unless_there(connection: Connection, table: Table, column: str) -> Insert:
    """An INSERT that leaves out rows whose value in this column is there already."""
    make = on_postgresql if connection.dialect.name == "postgresql" else on_sqlite
    return make(table).on_conflict_do_nothing(index_elements=[column])


def _find(connection: Connection, shas: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for begin in range(0, len(shas), CHUNK):
        asked = select(KEY.c.sha256, KEY.c.id).where(KEY.c.sha256.in_(shas[begin : begin + CHUNK]))
        found |= {row.sha256: row.id for row in connection.execute(asked)}
    return found


def _sha256(kind: str, dimensions: Dimensions) -> str:
    return hashlib.sha256(json.dumps([kind, *dimensions]).encode()).hexdigest()


def _numbering() -> dict[Dimensions, int]:
    """Gives what it is asked for the first time the next number."""
    numbers: defaultdict[Dimensions, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    return numbers


class Keyring:
    """The combinations of one kind in this process: each has a number from 0.

    Asked for some of the dimensions, it gives their values a code each, from 0 too. It only grows, so that arrays of
    numbers and codes made earlier stay right.
    """

    def __init__(self, dimensions: Sequence[str]) -> None:
        self.dimensions = tuple(dimensions)
        self._numbers: dict[Dimensions, int] = {}
        self._seen: list[Dimensions] = []
        self._coded: dict[tuple[str, ...], tuple[dict[Dimensions, int], Ints]] = {}
        self._by_id = np.zeros(0, np.int64)
        self._masks: dict[Hashable, Array] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def number(self, dimensions: Dimensions) -> int:
        """The number of this combination, a new one if it was never seen."""
        known = self._numbers.get(dimensions)
        if known is not None:
            return known
        with self._lock:
            if dimensions not in self._numbers:
                self._seen.append(dimensions)
                self._numbers[dimensions] = len(self._seen) - 1
            return self._numbers[dimensions]

    def learn(self, key_id: int, dimensions: Dimensions) -> None:
        """Which combination the database knows by this id."""
        self.learn_all([key_id], [dimensions])

    def learn_all(self, ids: Sequence[int], combinations: Sequence[Dimensions]) -> None:
        """Which combinations the database knows by these ids."""
        if not ids:
            return
        numbers = [self.number(dimensions) for dimensions in combinations]
        with self._lock:
            self._room(max(ids))
            self._by_id[ids] = numbers

    def unknown(self, ids: Array) -> list[int]:
        """Those of these ids of which nobody said yet what they are."""
        with self._lock:
            self._room(int(ids.max()) if len(ids) else 0)
        missing = np.zeros(len(self._by_id), bool)
        missing[ids[self._by_id[ids] < 0]] = True  # sorting them would take ten times as long
        return list(np.flatnonzero(missing).tolist())

    def numbers(self, ids: Array) -> Ints:
        """The numbers of the combinations that the database knows by these ids."""
        return self._by_id[ids]

    def _room(self, key_id: int) -> None:
        if key_id >= len(self._by_id):
            self._by_id = np.concatenate([self._by_id, np.full(key_id + 1024, -1)])

    def codes(self, *dimensions: str) -> Ints:
        """The code of what a combination has on these dimensions, by its number."""
        places = [self.dimensions.index(dimension) for dimension in dimensions]
        with self._lock:
            codes, column = self._coded.get(dimensions) or (_numbering(), np.zeros(0, np.int64))
            if new := self._seen[len(column) :]:
                parts = [map(itemgetter(place), new) for place in places]
                given = zip(*parts, strict=True) if parts else repeat((), len(new))
                more = np.fromiter(map(codes.__getitem__, given), np.int64, len(new))
                column = np.concatenate([column, more])
            self._coded[dimensions] = codes, column
            return column

    def values(self, *dimensions: str) -> list[Dimensions]:
        """What combinations have on these dimensions, by code."""
        self.codes(*dimensions)
        return list(self._coded[dimensions][0])

    def mask(self, where: Mapping[str, Collection[Value]]) -> Array:
        """Whether a combination satisfies all conditions, by its number."""
        many = len(self)
        asked = (many, *sorted((dimension, frozenset(values)) for dimension, values in where.items()))
        if (known := self._masks.get(asked)) is not None:
            return known
        held = np.ones(many, bool)
        for dimension, wanted in where.items():
            codes = self.codes(dimension)[:many]
            held &= np.array([value in wanted for (value,) in self.values(dimension)], bool)[codes]
        if len(self._masks) >= MASKS:
            self._masks = {}
        self._masks[asked] = held
        return held
