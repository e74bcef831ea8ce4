"""o200k_base, the encoding of OpenAI's models since GPT-4o, exactly and offline.

In the memory of the server it takes what is read of a file of 4 MB and a few caches; nothing has to be loaded first.
Where its tokens come from: NOTICE.
"""

import functools

from core.tools.encoding.merging import split
from core.tools.encoding.pieces import chunks, pieces

KEPT = 1 << 14  # different words, with what clings to them, whose count is kept


def count(text: str) -> int:
    """Tokens of `text`, which holds no lone surrogates; what looks like a special token is plain text."""
    return sum(sum(map(_counts.__getitem__, block)) for block in chunks(text))


def reach(text: str, limit: int) -> int:
    """How many characters the first `limit` tokens of `text` are; a character that is cut apart is left out."""
    at, left = 0, limit
    for block in chunks(text):
        for chunk in block:
            if (tokens := _counts[chunk]) > left:
                return at + _reach_into(chunk, left)
            at, left = at + len(chunk), left - tokens
    return at


def _reach_into(chunk: str, limit: int) -> int:
    tokens = [token for piece in pieces(chunk) for token in split(piece.encode())]
    return len(b"".join(tokens[:limit]).decode("utf-8", "ignore"))


@functools.lru_cache(maxsize=KEPT // 2)
def _count_piece(piece: str) -> int:
    return len(split(piece.encode()))


class _Counts(dict[str, int]):
    """The tokens of each chunk; from any thread. Full, it begins anew, which costs less than to know the oldest."""

    def __missing__(self, chunk: str) -> int:
        tokens = sum(map(_count_piece, pieces(chunk)))
        if len(chunk) <= 64:
            if len(self) >= KEPT:
                self.clear()
            self[chunk] = tokens
        return tokens


_counts = _Counts()
