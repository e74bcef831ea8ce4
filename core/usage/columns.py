"""Tables as columns of whole numbers: how they are stored, and how they are added up."""

import json
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

SMALL, SPARSE = 50_000, 8  # possible groups, and times the rows, up to which one sum for each is faster than sorting
NARROW, MOST = (np.uint8, np.uint16, np.uint32, np.int64), (2**8 - 1, 2**16 - 1, 2**32 - 1)
MEASURED = 8  # how many are put in before all are measured again


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal length by name."""

    arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values())

    def take(self, rows: Array | slice) -> "Columns":
        """Some of the rows: numbers of rows, a mask or a slice."""
        return Columns({name: array[rows] for name, array in self.arrays.items()})

    def also(self, **more: Array) -> "Columns":
        """The same with other or further columns."""
        return Columns({**self.arrays, **more})

    def narrowed(self) -> "Columns":
        """The same, each column in the narrowest type that holds it."""
        return Columns({name: narrow(array) for name, array in self.arrays.items()})

    def pack(self) -> bytes:
        """As bytes, each column in the narrowest type that holds it."""
        arrays = self.narrowed().arrays
        head = json.dumps([len(self), [[name, array.dtype.str] for name, array in arrays.items()]]).encode()
        body = [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
        return b"".join([len(head).to_bytes(4, "little"), head, *body])


def unpack(packed: bytes) -> Columns:
    """What `pack` made; the columns are views of its bytes."""
    begin = 4 + int.from_bytes(packed[:4], "little")
    rows, described = json.loads(packed[4:begin])
    arrays: dict[str, Array] = {}
    for name, kind in described:
        arrays[name] = np.frombuffer(packed, np.dtype(kind), rows, begin)
        begin += arrays[name].nbytes
    return Columns(arrays)


def concat(tables: Sequence[Columns]) -> Columns:
    """One below the other; all have the columns of the first."""
    return Columns({name: np.concatenate([table[name] for table in tables]) for name in tables[0].arrays})


def narrow(array: Array) -> Array:
    """The same numbers in the narrowest type that holds them all."""
    if not len(array):
        return array.astype(np.uint8)
    signed = array.dtype.kind == "i"
    high = int(
        np.maximum.reduce(array.astype(np.int64, copy=False).view(np.uint64) if signed else array)
    )  # -1 is beyond
    return array.astype(NARROW[bisect_left(MOST, high)], copy=False)


def begins(*columns: Array) -> Ints:
    """The places where rows begin that differ in one of these columns from the row before."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new)


def add_up(index: Ints, columns: Mapping[str, Array]) -> tuple[Ints, dict[str, Ints]]:
    """The distinct numbers in `index`, ascending, and each column's sum by them, exact to the last unit."""
    if not len(index):
        return index, {name: np.zeros(0, np.int64) for name in columns}
    low = int(index.min())
    span = int(index.max()) - low + 1
    if span <= SMALL + SPARSE * len(index):
        place = index - low
        touched = np.zeros(span, bool)
        touched[place] = True
        found = np.flatnonzero(touched)
        return found + low, {name: dense_sum(place, column, span)[found] for name, column in columns.items()}
    found, place = np.unique(index, return_inverse=True)
    return found, {name: dense_sum(place, column, len(found)) for name, column in columns.items()}


def occurrences(index: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers in `index`, from 0 on and ascending, and how often each occurs."""
    if not len(index):
        return index, index
    if int(index.max()) < SMALL + SPARSE * len(index):
        counts = np.bincount(index)
        found = np.flatnonzero(counts > 0)  # of truths it is found in half the time
        return found, counts[found]
    return np.unique(index, return_counts=True)


def dense_sum(place: Ints, column: Array, size: int) -> Ints:
    """Sums of a column by place 0 … size - 1."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, column.astype(np.int64, copy=False))  # not bincount: its sums are floats
    return sums


class Sized(Protocol):
    """Something that takes room."""

    @property
    def nbytes(self) -> int: ...


S = TypeVar("S", bound=Sized)


class Cache(Generic[S]):
    """Things by key, the ones that were not asked for longest let go when all together are larger than `most` bytes.

    Each is kept with a sign, and is asked for with the sign that it should have by now. It may grow: now and then all
    are measured again.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._held: OrderedDict[Hashable, tuple[Hashable, S]] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._puts = 0

    def get(self, key: Hashable, sign: Hashable) -> S | None:
        """What is kept under this key, if it still has this sign."""
        with self._lock:
            held = self._held.get(key)
            if held is None or held[0] != sign:
                return None
            self._held.move_to_end(key)
            return held[1]

    def put(self, key: Hashable, sign: Hashable, thing: S) -> S:
        """Keep it in place of what was there."""
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = sign, thing
            self._sizes[key] = thing.nbytes
            self._puts += 1
            if not self._puts % MEASURED:
                self._sizes = {name: one.nbytes for name, (_, one) in self._held.items()}
            while sum(self._sizes.values()) > self._most and len(self._held) > 1:
                del self._sizes[self._held.popitem(last=False)[0]]
        return thing
