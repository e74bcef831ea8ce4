"""Trips to worker threads: work that comes while all are away waits, and goes along on the next trip, all of it at once."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Generic, NamedTuple, TypeVar

from core import cores
from core.errors import tried

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


class _Trip(NamedTuple, Generic[A, B]):
    """Some items on their way, and those who wait for them."""

    items: list[A]
    futures: "list[asyncio.Future[B]]"
    loop: asyncio.AbstractEventLoop
    core: int  # that the loop's thread ran on when the trip left


class Trips(Generic[A, B]):
    """One kind of work, done by `work` for up to `most` items a trip, by `threads` threads. Used on one event loop.

    `work` returns a result or an error for each item, in order. Threads of one process hinder each other, so a further
    one leaves only when those before it have been away for `patience_s`. They start when they are needed. A trip leaves
    `apart_s()` after the one before it at the earliest: where much goes on, more goes along on each. Its thread follows
    the loop to the core that it runs on.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Sequence[B | Exception]],
        *,
        threads: int,
        most: int,
        patience_s: float = 0.02,
        apart_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.work = work
        self.threads = threads
        self.most = most
        self.patience_s = patience_s
        self.apart_s = apart_s
        self._left_at = 0.0  # when the last trip began
        self._started = 0
        self._items: list[A] = []
        self._futures: list[asyncio.Future[B]] = []
        self._away: list[_Trip[A, B]] = []
        self._going: asyncio.Handle | None = None
        self._trips: SimpleQueue[_Trip[A, B] | None] = SimpleQueue()

    async def take(self, item: A) -> B:
        """What the work made of this item. Errors: the one it has for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[B] = loop.create_future()
        self._items.append(item)
        self._futures.append(future)
        self._going = self._going or loop.call_soon(self._go)  # with all that comes in the same turn of the loop
        return await future

    def close(self) -> None:
        """Let go of the threads; what is on its way still arrives."""
        while self._started:
            self._started -= 1
            self._trips.put(None)

    def _go(self) -> None:
        loop, self._going = asyncio.get_running_loop(), None
        while self._items and len(self._away) < self.threads:
            wait_s = self.patience_s if self._away else self.apart_s()
            if (rest := self._left_at + wait_s - loop.time()) > 0:
                self._going = loop.call_later(rest, self._go)
                return
            self._left_at = loop.time()
            trip = _Trip(self._items[: self.most], self._futures[: self.most], loop, cores.here())
            del self._items[: self.most], self._futures[: self.most]
            self._away.append(trip)
            if self._started < len(self._away):
                self._started += 1
                Thread(target=self._travel, daemon=True).start()
            self._trips.put(trip)

    def _travel(self) -> None:
        """A thread's life: one trip after the other, each told to the loop at its end."""
        core = cores.NOWHERE
        while trip := self._trips.get():
            if trip.core != core:
                core = trip.core
                cores.follow(core)
            results = tried(partial(self.work, trip.items))
            if isinstance(results, Exception):  # told to everyone who waits for this trip
                results = [results] * len(trip.items)
            if not trip.loop.is_closed():
                trip.loop.call_soon_threadsafe(self._back, trip, results)

    def _back(self, trip: _Trip[A, B], results: Sequence[B | Exception]) -> None:
        for future, result in zip(trip.futures, results, strict=True):
            if future.done():  # who waited for it has left
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._away = [other for other in self._away if other is not trip]
        if self._items:
            if self._going:
                self._going.cancel()
            self._go()


def each(works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """The results of several works, one after the other; an error stands in its work's place."""
    return [tried(work) for work in works]
