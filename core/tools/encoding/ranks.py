"""The tokens of o200k_base by their bytes, read where they lie in the file: nothing is loaded, pages are shared.

The file, written by `python -m tests.bench.pack_encoding`, holds three parts without gaps, numbers in four bytes, the
lowest first: a hash table of `SLOTS` numbers, each one more than a token's rank or 0 for an empty slot; for each token,
in the order of their ranks, where it begins in the third part, and the end of the last; all tokens' bytes.
A token's slot is its CRC-32 modulo `SLOTS`, or the next that is free.
"""

import functools
import mmap
from pathlib import Path
from zlib import crc32

FILE = Path(__file__).resolve().parent / "o200k_base.bin"
SLOTS = 1 << 19
TOKENS = 199_998
LONGEST = 128  # bytes of a token
NO_TOKEN = 1 << 30  # comes after every rank

_MASK = SLOTS - 1
_FIRST = 4 * (SLOTS + TOKENS + 1)  # where the tokens' bytes begin
with FILE.open("rb") as _open:
    _file = mmap.mmap(_open.fileno(), 0, access=mmap.ACCESS_READ)
_slots = memoryview(_file)[: 4 * SLOTS].cast("I")
_starts = memoryview(_file)[4 * SLOTS : _FIRST].cast("I")


def token(rank: int) -> bytes:
    """The bytes of the token with this rank, from 0 up to, not including, `TOKENS`."""
    return _file[_FIRST + _starts[rank] : _FIRST + _starts[rank + 1]]


def find(given: bytes) -> int:
    """The rank of the token with these bytes, `NO_TOKEN` where there is none."""
    slot = crc32(given) & _MASK
    while above := _slots[slot]:
        if token(above - 1) == given:
            return above - 1
        slot = (slot + 1) & _MASK
    return NO_TOKEN


known = functools.lru_cache(maxsize=1 << 14)(find)  # few pairs make up most of what is merged
