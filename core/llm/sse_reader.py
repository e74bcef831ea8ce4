"""Server-sent events: bytes as the network cuts them in, the data of whole events out."""

from collections.abc import Iterable, Iterator

from core.errors import ProviderGarbled

LONGEST_EVENT = 1_000_000  # bytes; a run's own limit is 1 MB, so one event of that size is no answer
BOM = b"\xef\xbb\xbf"


class SseReader:
    """Splits one stream into events. Feed it every chunk in order; it keeps what is not whole yet.

    Lines end in LF, CR or CRLF; several `data` lines of one event are joined by LF; comments,
    other fields and events without data are passed over. `found` tells whether there was any event.
    """

    def __init__(self) -> None:
        self.found = False
        self._line = bytearray()  # the unfinished line
        self._data: list[bytes] = []  # the data lines of the unfinished event
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterable[bytes]:
        """The data of every event that `chunk` completes, one by one.

        Lazy where there may be a mistake: what stands before it is handed on before it is raised.
        Errors: `ProviderGarbled` for an event over 1 MB.
        """
        events = None if self._line or self._data or self._after_cr else _plain(chunk)
        if events is None:
            return self._events(chunk)
        self.found, self._at_start, self._size = True, False, 0
        return events

    def _events(self, chunk: bytes) -> Iterator[bytes]:
        for line in self._lines(chunk):
            if line:
                self._take(line)
            elif self._data:
                yield self._event()

    def rest(self) -> bytes | None:
        """The data of an event whose closing blank line never came: some servers leave it out at the end."""
        if self._line:
            self._take(bytes(self._line))
            self._line.clear()
        return self._event() if self._data else None

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        ends_in_cr = chunk.endswith(b"\r") or (not chunk and self._after_cr)
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")  # the second half of a CRLF that the network cut
        self._after_cr = ends_in_cr
        for piece in chunk.splitlines(keepends=True):
            self._grow(len(piece))
            whole = piece.rstrip(b"\r\n")
            if len(whole) == len(piece):
                self._line += piece
                continue
            line = bytes(self._line) + whole
            self._line.clear()
            yield self._without_bom(line)

    def _without_bom(self, line: bytes) -> bytes:
        at_start, self._at_start = self._at_start, False
        return line.removeprefix(BOM) if at_start else line

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
        elif not self._data:
            self._size = 0  # a comment or another field: nothing of it is kept

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LONGEST_EVENT:
            raise ProviderGarbled(
                "The model's server sent one event of more than 1 MB. Try again or choose another model."
            )

    def _event(self) -> bytes:
        data = b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        self.found = True
        return data


def _plain(chunk: bytes) -> list[bytes] | None:
    """The data of a chunk that is whole events of one line each, as nearly all are; None for any other."""
    if not (chunk.startswith(b"data: ") and chunk.endswith(b"\n\n")) or b"\r" in chunk or len(chunk) > LONGEST_EVENT:
        return None
    events = chunk[6:-2].split(b"\n\ndata: ")
    return events if chunk.count(b"\n") == 2 * len(events) else None
