"""A fake OpenAI-compatible server: real sockets, real HTTP, and every way such a server can go wrong.

    with Upstream() as upstream:
        upstream.play(error(429, headers={"Retry-After": "1"}), tokens("Hel", "lo"))
        provider = OpenAIProvider(base_url=upstream.url)
        …
        assert upstream.seen[0].body["model"] == "m"

Replies are taken in order; the last one repeats. `upstream.models["name"] = reply` answers that
model whatever the order. A reply may be a function of what was `Seen`.
"""

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

USAGE: Mapping[str, Any] = {
    "prompt_tokens": 11,
    "completion_tokens": 3,
    "total_tokens": 14,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
SSE = {"Content-Type": "text/event-stream; charset=utf-8"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Seen:
    """One request as it arrived. `left` is set when the client hung up before the reply's end, at `left_at`."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float
    left: threading.Event = field(default_factory=threading.Event)
    left_at: float | None = None
    connection: int = 0


@dataclass(frozen=True)
class Reply:
    """What the server does. Bytes of `body` are one write each, numbers are pauses in seconds.

    `bare` leaves out the status line and headers. `end`: `whole` finishes properly, `cut` closes the
    connection, `reset` breaks it (RST), `hang` says nothing more until the client leaves.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: tuple[bytes | float, ...] = ()
    end: Literal["whole", "cut", "reset", "hang"] = "whole"
    bare: bool = False


Answering = Reply | Callable[[Seen], Reply]

HANG = Reply(bare=True, end="hang")
RESET = Reply(bare=True, end="reset")


def event(payload: Mapping[str, Any] | str) -> bytes:
    """One server-sent event."""
    return f"data: {payload if isinstance(payload, str) else json.dumps(payload)}\n\n".encode()


def delta(text: str | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a chat completion; `more` goes into its delta."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **more}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "fake-1", "choices": [choice]}


def tokens(
    *texts: str,
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = USAGE,
    done: bool = True,
    pause: float = 0.0,
    tier: str | None = None,
    end: Literal["whole", "cut", "reset", "hang"] = "whole",
) -> Reply:
    """A good answer, one event a text, `pause` seconds before each; leave parts out to make it bad."""
    events: list[bytes | float] = [event(delta(role="assistant"))]
    for text in texts:
        events += [pause, event(delta(text))]
    if finish:
        events.append(event(delta(finish=finish)))
    if usage is not None:
        events.append(event({"model": "fake-1", "service_tier": tier, "choices": [], "usage": dict(usage)}))
    if done:
        events.append(event("[DONE]"))
    return Reply(headers=SSE, body=tuple(events), end=end)


def stream(*parts: bytes | float, end: Literal["whole", "cut", "reset", "hang"] = "whole") -> Reply:
    """200 and an event stream of exactly these bytes and pauses."""
    return Reply(headers=SSE, body=parts, end=end)


def error(
    status: int,
    *,
    message: str = "no",
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error status with the body OpenAI gives it."""
    body = {"error": {"message": message, "type": "error", "code": code, "param": param}}
    return Reply(status, {**JSON, **(headers or {})}, (json.dumps(body).encode(),))


class Upstream:
    """The server, on a thread of its own; `url` is what a client takes as its base URL."""

    def __init__(self, *replies: Answering) -> None:
        self.seen: list[Seen] = []
        self.models: dict[str, Answering] = {}
        self._replies: list[Answering] = list(replies) or [tokens("Hello", " world")]
        self._connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def play(self, *replies: Answering) -> None:
        """These replies from now on, in this order."""
        self._replies = list(replies)

    def __enter__(self) -> Self:
        self._stop = asyncio.Event()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket)
        await self._stop.wait()
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        try:
            while seen := await _read(reader, number):
                self.seen.append(seen)
                answering = self.models.get(seen.body.get("model", "")) or self._next()
                reply = answering if isinstance(answering, Reply) else answering(seen)
                if not await _send(reply, seen, reader, writer):
                    return
        except (ConnectionError, asyncio.CancelledError):
            return  # the client is gone, or the test is over
        finally:
            writer.close()

    def _next(self) -> Answering:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


async def _read(reader: asyncio.StreamReader, connection: int) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(head[0].split(" ")[1], headers, json.loads(body or b"{}"), time.monotonic(), connection=connection)


async def _send(reply: Reply, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Play one reply; False when the connection is over."""
    watch = asyncio.create_task(_watch(seen, reader))
    play = asyncio.create_task(_play(reply, writer))
    try:
        await asyncio.wait({watch, play}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        watch.cancel()
        over = not play.done() or play.exception() is not None
        play.cancel()
    return not over and reply.end == "whole" and not reply.bare


async def _watch(seen: Seen, reader: asyncio.StreamReader) -> None:
    while not reader.at_eof() and reader.exception() is None:
        await asyncio.sleep(0.002)
    seen.left_at = time.monotonic()
    seen.left.set()


async def _play(reply: Reply, writer: asyncio.StreamWriter) -> None:
    if not reply.bare:
        head = [f"HTTP/1.1 {reply.status} Reason", "Transfer-Encoding: chunked"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode())
    for part in reply.body:
        if isinstance(part, bytes):
            writer.write(part if reply.bare else b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        elif part:
            await asyncio.sleep(part)
    if reply.end == "whole" and not reply.bare:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    if reply.end == "hang":
        await asyncio.Event().wait()
    if reply.end == "reset":
        await asyncio.sleep(0.02)  # what was written arrives before the reset throws it away
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
