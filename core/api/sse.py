"""Runs as server-sent events. While a run is under way the bytes of an event are made once, however many follow it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any
from weakref import WeakKeyDictionary

import anyio
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.llm.live import LiveRun
from core.schema import Event, RunResult

HEARTBEAT = b": waiting\n\n"
MOST_SENT = 65_536  # bytes at once: what is sent is held for each client until it has read it

_made: WeakKeyDictionary[LiveRun, list[bytes]] = WeakKeyDictionary()


def frame(id: int, kind: str, json: bytes) -> bytes:
    """One event on the wire; `json` is a single line, because JSON escapes what breaks lines."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (id, kind.encode(), json)


def refusal(json: bytes) -> bytes:
    """The last event of a stream whose client may no longer follow; without an id, because it is not one of the run's."""
    return b"event: refused\ndata: %b\n\n" % json


def frames(live: LiveRun, made: list[bytes], events: Sequence[Event]) -> bytes:
    """The bytes of consecutive events of a run; `made` holds those of its events so far, for all who follow it."""
    first, last = events[0].id, events[-1].id
    for one in live.events[len(made) : last]:
        made.append(frame(one.id, one.kind, to_json(one.data)))
    return made[last - 1] if first == last else b"".join(made[first - 1 : last])


async def watching(live: LiveRun, last_id: int, *, heartbeat_s: float) -> AsyncGenerator[bytes, None]:
    """The run from after `last_id` to `done`, a comment after each silence; whoever reads this watches the run.

    A client that has seen `done` gets it again, and one that names an event that never was gets them all.
    """
    if last_id > len(live.events):
        last_id = 0
    elif live.done:
        last_id = min(last_id, len(live.events) - 1)
    made = _made.setdefault(live, [])
    try:
        with live.watched():
            async with aclosing(live.batches(last_id, silence_s=heartbeat_s)) as batches:
                async for batch in batches:
                    yield frames(live, made, batch) if batch else HEARTBEAT
    finally:
        if live.done:  # who comes later is rare, and what waits for them should be small
            _made.pop(live, None)


async def recorded(results: AsyncIterator[RunResult | None], last_id: int) -> AsyncGenerator[bytes, None]:
    """`done` alone, from the record of a run whose events are not here; a comment for each None before it."""
    async for result in results:
        if result is None:
            yield HEARTBEAT
        else:
            yield frame(last_id + 1, "done", to_json(result))


class Stream(Response):
    """A response that sends what it is given as it comes, and stops at once when the client leaves.

    `dismissed` waits beside it until the client may no longer follow, and returns the event that then is the last.
    """

    media_type = "text/event-stream"

    def __init__(
        self, run_id: str, chunks: AsyncGenerator[bytes, None], dismissed: Callable[[], Coroutine[Any, Any, bytes]]
    ) -> None:
        self.chunks = chunks
        self.dismissed = dismissed
        self.status_code = 200
        self.background = None
        headers = {"X-Run-Id": run_id, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        loop = asyncio.get_running_loop()
        with anyio.CancelScope() as sending:
            listener, guard = loop.create_task(left(receive)), loop.create_task(self.dismissed())
            listener.add_done_callback(lambda _: sending.cancel())
            try:
                chunk, sent = b"", 0  # what is being sent, and how much of it has been
                with anyio.CancelScope() as allowed:
                    guard.add_done_callback(lambda _: allowed.cancel())
                    async with aclosing(self.chunks) as chunks:
                        async for chunk in chunks:
                            sent = 0
                            while sent < len(chunk):
                                piece = chunk[sent : sent + MOST_SENT]  # the whole, where it is short
                                await send({"type": "http.response.body", "body": piece, "more_body": True})
                                sent += len(piece)
                rest = chunk[sent:] if sent else b""  # an event that has begun is sent whole
                last = rest + guard.result() if allowed.cancelled_caught else b""
                await send({"type": "http.response.body", "body": last})
            finally:
                listener.cancel()
                guard.cancel()


async def left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
