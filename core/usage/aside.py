"""Columns kept beside memory: in a file without a name, of which only what is asked for comes into memory."""

import mmap
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from core.usage.columns import Array, Columns

SMALL = 256_000  # bytes that may as well stay in memory
ALIGNED = 8


class Aside:
    """Columns that do not change. In `folder`, or where temporary files go; without room there they stay in memory.

    The file is gone when nobody holds this any more, and with the process.
    """

    def __init__(self, columns: Columns, folder: Path | None = None) -> None:
        self.nbytes = columns.nbytes
        self._file: mmap.mmap | None = None
        self._columns = columns
        if self.nbytes > SMALL:
            try:
                self._put(columns, folder)
            except OSError:
                self._file, self._columns = None, columns

    def __len__(self) -> int:
        return len(self._columns)

    def names(self) -> Collection[str]:
        """Which columns there are."""
        return self._columns.arrays.keys()

    def take(self, names: Collection[str], rows: Array | None = None) -> Columns:
        """Some of the columns, whole or at these numbers of rows, in memory."""
        if rows is not None:
            found = {name: self._columns[name].take(rows) for name in names}
        elif self._file:
            found = {name: self._columns[name].copy() for name in names}
        else:
            found = {name: self._columns[name] for name in names}
        if self._file:
            self._file.madvise(mmap.MADV_DONTNEED)  # or what was read would count as ours
        return Columns(found)

    def _put(self, columns: Columns, folder: Path | None) -> None:
        places = {}
        with TemporaryFile(dir=folder) as file:
            for name, array in columns.arrays.items():
                file.write(bytes(-file.tell() % ALIGNED))
                places[name] = file.tell()
                file.write(np.ascontiguousarray(array).data)
            file.flush()
            self._file = held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        many = len(columns)
        arrays = {name: np.frombuffer(held, columns[name].dtype, many, at) for name, at in places.items()}
        self._columns = Columns(arrays)
