"""A run under way: the list of its events, and how pages and clients follow it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio

from core.errors import AnswerTooLong
from core.schema import Event, EventKind, RunResult

MOST_CHARACTERS = 1_000_000


@dataclass(slots=True)
class Progress:
    """What a page shows beside a growing answer. `output` is the current leg's text so far."""

    provider: str = ""
    model: str | None = None
    input_tokens: int = 0
    output: list[str] = field(default_factory=list)
    ttft_ms: int | None = None


class LiveRun:
    """One run of this process. Written on the event loop, read from any thread.

    The list only grows, so a reader needs no lock: it takes what lies after the last id it has seen.
    """

    def __init__(self, run_id: str, user_id: int, caller: str) -> None:
        self.id = run_id
        self.user_id = user_id
        self.caller = caller
        self.events: list[Event] = []
        self.result: RunResult | None = None
        self.scope = anyio.CancelScope()
        self.progress = Progress()
        self.started = time.monotonic()
        self._size = 0
        self._grown = threading.Condition()
        self._followers: set[asyncio.Event] = set()

    @property
    def done(self) -> bool:
        return bool(self.events) and self.events[-1].kind == "done"

    def emit(self, kind: EventKind, data: dict[str, Any]) -> None:
        """Append one event and wake who waits. Errors: `AnswerTooLong`, once, where the prose passes 1 MB."""
        if kind == "delta":
            before, self._size = self._size, self._size + len(data["text"])
            if before <= MOST_CHARACTERS < self._size:
                raise AnswerTooLong("The answer passed 1 MB and was cut. Ask for less at a time.")
        self.events.append(Event(len(self.events) + 1, kind, data))
        for follower in self._followers:
            follower.set()
        with self._grown:
            self._grown.notify_all()

    def finish(self, result: RunResult) -> None:
        """The last event."""
        self.result = result
        self.emit("done", result.model_dump(mode="json"))

    def after(self, last_id: int, *, wait_s: float = 0) -> list[Event]:
        """For a page's thread: the events after `last_id`, waiting up to `wait_s` for the first of them."""
        if wait_s and len(self.events) <= last_id:
            with self._grown:
                self._grown.wait_for(lambda: len(self.events) > last_id, wait_s)
        return self.events[last_id:]

    async def follow(self, last_id: int = 0) -> AsyncIterator[Event]:
        """For the event loop: every event after `last_id`, to the last one."""
        grown = asyncio.Event()
        last_id = min(last_id, len(self.events))  # an id that is not ours yet must not wait for ever
        self._followers.add(grown)
        try:
            while True:
                grown.clear()
                for event in self.events[last_id:]:
                    yield event
                    last_id = event.id
                if last_id < len(self.events):
                    continue
                if self.done:
                    return
                await grown.wait()
        finally:
            self._followers.discard(grown)

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)
