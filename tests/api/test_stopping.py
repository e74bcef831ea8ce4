"""A server that is told to stop: every run is recorded, every client gets its last event, and it takes seconds."""

import asyncio
import contextlib
import json
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select

from core.access import tokens
from core.store import EVERYONE, AiRun, Store
from tests.benches import waited_for
from tests.fakes import upstream as fake
from tests.test_server import Server, served

STREAMS = 20
BODY = {"feature": "cover_letter", "user_id": 1, "job_id": 1}


def test_the_api_stands_before_the_pages(tmp_path: Path) -> None:
    with served(tmp_path) as server, httpx2.Client(base_url=f"{server.url}/api/v1", trust_env=False) as client:
        wrong, nobody = client.get("/ai/run"), client.post("/ai/run", json=BODY)
        assert (wrong.status_code, wrong.headers["allow"], wrong.json()["code"]) == (
            405,
            "OPTIONS, POST",
            "method_not_allowed",
        )
        assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
        assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
        assert httpx2.post(f"{server.url}/health/live").status_code == 405
        assert "default-src 'self'" in nobody.headers["content-security-policy"]


def test_twenty_streams_end_with_their_last_event(tmp_path: Path) -> None:
    with fake.Upstream() as upstream:
        upstream.play(
            fake.tokens("Letter\n", "A summary.\n\n", "Dear team", finish=None, usage=None, done=False, end="hang")
        )
        with served(tmp_path, OPENAI_API_KEY="sk-none", OPENAI_BASE_URL=upstream.url) as server:
            store = Store(server.database)
            token = tokens.create(store, "backend", ["run"])
            ends, took = asyncio.run(_all(server, token))
            assert server.process.wait(1) is not None
        with store.reading(EVERYONE) as session:
            recorded = dict(session.execute(select(AiRun.id, AiRun.status)).all())
        store.close()
    assert took < 4
    assert [kind for kind, _ in ends] == ["done"] * STREAMS
    assert {done["run_id"]: done["status"] for _, done in ends} == recorded
    assert set(recorded.values()) == {"cancelled"} and len(recorded) == STREAMS


STANDING_STILL = {
    "connected": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "half a body": b"POST /api/v1/ai/run HTTP/1.1\r\n%bContent-Length: 500\r\n\r\n{",
    "a body that nobody waits for": b"POST /api/v1/ai/run HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n{",
    "a stream unread": b"POST /api/v1/ai/stream HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b",
    "an answer awaited": b"POST /api/v1/ai/run HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b",
    "a page's socket unread": b"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
}


def test_clients_that_stand_still_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with fake.Upstream() as upstream, contextlib.ExitStack() as clients:
        upstream.play(fake.tokens(*["\N{GRINNING FACE}" * 5_000] * 180))
        with served(tmp_path, OPENAI_API_KEY="sk-none", OPENAI_BASE_URL=upstream.url) as server:
            store = Store(server.database)
            token = tokens.create(store, "backend", ["run"])
            for sent in STANDING_STILL.values():
                for _ in range(2):
                    clients.enter_context(_standing(server, sent, token))
            waited_for(lambda: len(upstream.seen) == 4, within_s=20)
            time.sleep(1)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(20)
            took = time.monotonic() - began
        with store.reading(EVERYONE) as session:
            ended = list(session.scalars(select(AiRun.status)))
        store.close()
    assert took < 4
    assert len(ended) == 4 and "running" not in ended


def _standing(server: Server, sent: bytes, token: str) -> socket.socket:
    """A connection that sends this, with `%b`s for what every call has and for its body, and never reads."""
    body = json.dumps(BODY).encode()
    fields = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n".encode()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
    client.sendall(sent % (fields, len(body), body)[: sent.count(b"%")])
    return client


async def _all(server: Server, token: str) -> tuple[list[tuple[str, Any]], float]:
    """Open the streams, stop the server once each has begun; the last event of each, and how long the exit took."""
    begun = asyncio.Semaphore(0)
    streams = [asyncio.ensure_future(_stream(server, token, begun)) for _ in range(STREAMS)]
    for _ in streams:
        await asyncio.wait_for(begun.acquire(), 20)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    ends = await asyncio.wait_for(asyncio.gather(*streams), 10)
    while server.process.poll() is None and time.monotonic() - began < 10:
        await asyncio.sleep(0.02)
    return ends, time.monotonic() - began


async def _stream(server: Server, token: str, begun: asyncio.Semaphore) -> tuple[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    body = json.dumps(BODY)
    head = f"POST /api/v1/ai/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
    writer.write(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    kind, data = "", None
    while line := (await reader.readline()).decode():
        name, _, value = line.strip().partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            data = json.loads(value)
            if kind == "delta":
                begun.release()
    writer.close()
    return kind, data
