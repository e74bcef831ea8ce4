"""A run under way: the list of its events, and how pages and clients follow it."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

from core.errors import AnswerTooLong
from core.llm.past import Past
from core.schema import Cost, Event, EventKind, RunResult, Usage

MOST_CHARACTERS = 1_000_000
MOST_AT_ONCE = 16  # events handed to a follower, who holds them until they are sent


@dataclass(slots=True)
class Progress:
    """What a page shows beside a growing answer.

    `output` is the current leg's text so far; `used` and `cost` are what the legs before it came to.
    """

    provider: str = ""
    model: str | None = None
    input_tokens: int = 0
    output: list[str] = field(default_factory=list)
    ttft_ms: int | None = None
    used: Usage = Usage()
    cost: Cost = Cost(nanousd=0, status="exact")


class LiveRun:
    """One run of this process. Written on the event loop, read from any thread.

    The list only grows, so a reader needs no lock: it takes what lies after the last id it has seen.
    With `unwatched_s` the run is stopped once nobody has watched it for so long; without, it goes on alone.
    """

    def __init__(self, run_id: str, user_id: int, caller: str, *, unwatched_s: float | None = None) -> None:
        self.id = run_id
        self.user_id = user_id
        self.caller = caller
        self._events: list[Event] = []
        self.events: list[Event] | Past = self._events
        self.result: RunResult | None = None
        self.scope = anyio.CancelScope()
        self.progress = Progress()
        self.started = time.monotonic()
        self.ended = asyncio.Event()
        self.unwatched_s = unwatched_s
        self.followed = False  # whether anyone ever looked at its events
        self._watchers = 0
        self._minder: asyncio.TimerHandle | None = None
        self._looked = self.started
        self.size = 0  # characters of prose so far
        self._limited = True
        self._grown = threading.Condition()
        self._waiting = 0  # threads that want to hear of growth; where there are none, telling them is saved
        self._followers: set[_Follower] = set()

    @property
    def done(self) -> bool:
        return bool(self.events) and self.events[-1].kind == "done"

    def emit(self, kind: EventKind, data: dict[str, Any] | RunResult) -> None:
        """Append one event and wake who waits. Errors: `AnswerTooLong` for prose past 1 MB."""
        if isinstance(data, dict) and kind == "delta":
            self.size += len(data["text"])
            if self._limited and self.size > MOST_CHARACTERS:
                raise AnswerTooLong("The answer passed 1 MB and was cut. Ask for less at a time.")
        self._events.append(Event(len(self._events) + 1, kind, data))
        for follower in self._followers:
            follower.wake()
        if self._waiting:
            with self._grown:
                self._grown.notify_all()

    def lift_limit(self) -> None:
        """What comes now is short and must not be cut: the rules' answer."""
        self._limited = False

    def finish(self, result: RunResult) -> None:
        """The last event; from now on the run is only kept, for those who come back."""
        self.result = result
        self.emit("done", result)
        self.events, self._events = Past(self._events), []
        self.progress.output = ["".join(self.progress.output)]
        if self._minder:  # which would hold on to the run
            self._minder.cancel()
            self._minder = None
        self.ended.set()

    def after(self, last_id: int, *, wait_s: float = 0) -> list[Event]:
        """For a page's thread: the events after `last_id`, waiting up to `wait_s` for the first of them."""
        self.followed = True
        self._looked = time.monotonic()
        if wait_s and len(self.events) <= last_id:
            with self._grown:
                self._waiting += 1  # before looking, so that what comes between is told
                try:
                    self._grown.wait_for(lambda: len(self.events) > last_id, wait_s)
                finally:
                    self._waiting -= 1
        return self.events[last_id:]

    async def follow(self, last_id: int = 0) -> AsyncGenerator[Event, None]:
        """For the event loop: every event after `last_id`, to the last one."""
        async with aclosing(self.batches(last_id)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event

    async def batches(self, last_id: int = 0, *, silence_s: float | None = None) -> AsyncGenerator[list[Event], None]:
        """For the event loop: the events after `last_id` as they come, to the last one.

        After each `silence_s` without an event it yields an empty list.
        """
        self.followed = True
        last_id = min(last_id, len(self.events))  # an id that is not ours yet must not wait for ever
        follower = _Follower(silence_s)
        self._followers.add(follower)
        try:
            while True:
                if batch := self.events[last_id : last_id + MOST_AT_ONCE]:
                    last_id = batch[-1].id
                    yield batch
                    follower.heard()
                elif self.done:
                    return
                elif await follower.waits() and len(self.events) == last_id:
                    yield []
                    follower.heard()
        finally:
            self._followers.discard(follower)
            follower.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """On the event loop: while this holds, somebody watches."""
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
            self.mind()

    def mind(self) -> None:
        """On the event loop: from now on stop the run where nobody watches it for too long."""
        if self.unwatched_s is None or self._watchers or self.done:
            return
        self._looked = time.monotonic()
        if self._minder is None:  # else the one that runs will see that there is time left
            self._stop_later(self.unwatched_s)

    def _stop_later(self, seconds: float) -> None:
        self._minder = asyncio.get_running_loop().call_later(seconds, self._stop_unwatched)

    def _stop_unwatched(self) -> None:
        self._minder = None
        if self._watchers or self.done or self.unwatched_s is None:
            return
        rest = self._looked + self.unwatched_s - time.monotonic()  # a page may have looked, or a watcher come and gone
        if rest > 0.001:
            self._stop_later(rest)
        else:
            self.scope.cancel()

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


class _Follower:
    """Waits on the event loop for a run to grow, or for `silence_s` without growth.

    It is woken at every token: hence a bare future, where an `asyncio.Event` would do more, and one timer for all of them.
    """

    def __init__(self, silence_s: float | None) -> None:
        self.silence_s = silence_s
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._silent = False
        self._since = self._loop.time()
        self._timer = self._loop.call_later(silence_s, self._look) if silence_s else None

    def wake(self) -> None:
        """The run has grown."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def waits(self) -> bool:
        """Returns once woken, and whether that was by silence."""
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        return self._silent

    def heard(self) -> None:
        """Silence begins anew."""
        self._since = self._loop.time()
        if self._silent and self.silence_s:
            self._silent = False
            self._timer = self._loop.call_later(self.silence_s, self._look)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _look(self) -> None:
        """Whether it has been silent for long enough by now."""
        assert self.silence_s
        rest = self._since + self.silence_s - self._loop.time()
        if rest > 0.001:
            self._timer = self._loop.call_later(rest, self._look)
        else:
            self._silent = True
            self.wake()
