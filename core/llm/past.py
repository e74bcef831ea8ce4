"""The events of a run that has ended, in a tenth of the room: what one field was told stands there as one text."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, overload

from core.schema import Event


class _Stretch(NamedTuple):
    """Deltas of one field that follow each other: the first one's place, their text, and where each begins in it."""

    first: int
    field: str
    text: str
    starts: "array[int]"


class Past(Sequence[Event]):
    """Reads like the list it was made of; each event is made anew when it is asked for."""

    __slots__ = ("_count", "_others", "_stretches")

    def __init__(self, events: Sequence[Event]) -> None:
        self._count = len(events)
        self._others = {at: event for at, event in enumerate(events) if event.kind != "delta"}
        self._stretches: list[_Stretch] = []
        said: list[str] = []
        field = None
        for at, event in enumerate(events):
            here = event.data["field"] if event.kind == "delta" else None
            if here != field:
                self._keep(at, field, said)
                field, said = here, []
            if here is not None:
                said.append(event.data["text"])
        self._keep(self._count, field, said)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Event: ...

    @overload
    def __getitem__(self, at: slice) -> list[Event]: ...

    def __getitem__(self, at: int | slice) -> Event | list[Event]:
        if isinstance(at, slice):
            return [self._event(one) for one in range(*at.indices(self._count))]
        return self._event(range(self._count)[at])

    def _keep(self, past: int, field: str | None, said: Sequence[str]) -> None:
        if field is None:
            return
        starts = array("I", [0])
        for text in said:
            starts.append(starts[-1] + len(text))
        self._stretches.append(_Stretch(past - len(said), field, "".join(said), starts))

    def _event(self, at: int) -> Event:
        if other := self._others.get(at):
            return other
        found = self._stretches[bisect_right(self._stretches, at, key=lambda one: one.first) - 1]
        start, end = found.starts[at - found.first : at - found.first + 2]
        return Event(at + 1, "delta", {"field": found.field, "text": found.text[start:end]})
