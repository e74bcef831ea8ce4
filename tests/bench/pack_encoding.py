"""Pack OpenAI's list of tokens for `core.tools.encoding`: `python -m tests.bench.pack_encoding o200k_base.tiktoken`.

The list has a line for each token: its bytes in base 64, a space, its rank. OpenAI's tiktoken names its address and
its SHA-256 (`tiktoken_ext/openai_public.py`).
"""

import base64
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from core.tools.encoding.ranks import FILE, SLOTS


def main(path: str) -> None:
    """Write `core/tools/encoding/o200k_base.bin`."""
    FILE.write_bytes(packed(read(Path(path).read_bytes())))


def read(listed: bytes) -> list[bytes]:
    """The tokens in the order of their ranks. Errors: `ValueError` where a rank is missing."""
    tokens = []
    for rank, line in enumerate(listed.splitlines()):
        token, said = line.split()
        if int(said) != rank:
            raise ValueError(f"rank {rank} is missing")
        tokens.append(base64.b64decode(token))
    return tokens


def packed(tokens: Sequence[bytes]) -> bytes:
    """The file's bytes, as `core.tools.encoding.ranks` describes them."""
    slots, starts = array("I", bytes(4 * SLOTS)), array("I", [0])
    for rank, token in enumerate(tokens):
        slot = crc32(token) % SLOTS
        while slots[slot]:
            slot = (slot + 1) % SLOTS
        slots[slot] = rank + 1
        starts.append(starts[-1] + len(token))
    if sys.byteorder == "big":
        slots.byteswap()
        starts.byteswap()
    return slots.tobytes() + starts.tobytes() + b"".join(tokens)


if __name__ == "__main__":
    main(sys.argv[1])
