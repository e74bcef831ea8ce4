"""Byte pair encoding: a piece of text is taken apart into bytes, and neighbours join as their ranks say."""

import heapq

from core.tools.encoding.ranks import LONGEST, NO_TOKEN, find, known


def split(piece: bytes) -> list[bytes]:
    """The tokens of one piece (`core.tools.encoding.pieces`), in order."""
    if len(piece) > LONGEST:
        return _split_long(piece)
    return [piece] if find(piece) != NO_TOKEN else _split(piece)


def _split(piece: bytes) -> list[bytes]:
    """Of all neighbours the pair with the lowest rank joins, the leftmost of equals, as long as there is one."""
    parts = [piece[at : at + 1] for at in range(len(piece))]
    pairs = [known(piece[at : at + 2]) for at in range(len(piece) - 1)]
    while pairs and (lowest := min(pairs)) != NO_TOKEN:
        at = pairs.index(lowest)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        del pairs[at]
        if at < len(pairs):
            pairs[at] = known(parts[at] + parts[at + 1])
        if at:
            pairs[at - 1] = known(parts[at - 1] + parts[at])
    return parts


def _split_long(piece: bytes) -> list[bytes]:
    """The same in time that grows little faster than the length: all pairs wait in a heap, outdated ones too.

    A part is known by where it begins; `ends` holds its end, 0 once it was joined to the part before it.
    """
    size = len(piece)
    ends, before = list(range(1, size + 1)), list(range(-1, size))
    waiting = [(rank, at, at + 2) for at in range(size - 1) if (rank := known(piece[at : at + 2])) != NO_TOKEN]
    heapq.heapify(waiting)

    def wait(start: int, end: int) -> None:
        if end - start <= LONGEST and (rank := known(piece[start:end])) != NO_TOKEN:
            heapq.heappush(waiting, (rank, start, end))

    while waiting:
        _, start, end = heapq.heappop(waiting)
        middle = ends[start]
        if not middle or middle == size or ends[middle] != end:
            continue
        ends[start], ends[middle], before[end] = end, 0, start
        if end < size:
            wait(start, ends[end])
        if start:
            wait(before[start], end)
    return [piece[start:end] for start, end in enumerate(ends) if end]
