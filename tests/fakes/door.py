"""The HTTP door on a real server in a thread, with a scripted model behind it and a client before it."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
import uvicorn
from pydantic_core import from_json
from starlette.applications import Starlette

from core import api, wiring
from core.access import tokens
from core.api.calls import Pace
from core.api.connections import Connection
from core.api.sockets import Socket
from core.llm.provider import Deadlines, ModelCall
from core.llm.scripted import Play, Scripted
from core.store import Store
from core.wiring import Workbench
from tests import benches
from tests.databases import person, posting, version

QUICK = Pace(heartbeat_s=10, unwatched_s=30, poll_s=0.02, token_kept_s=0.1)
PATIENT = Deadlines(first_token=60, idle=60, leg=60)
AI = "/api/v1/ai"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, but a client would load certificates for it


@dataclass
class Door:
    """A served workbench with one candidate on plan pro, one job, one resume, and a token for most things."""

    url: str
    workbench: Workbench
    store: Store
    provider: Scripted
    token: str
    user_id: int
    job_id: int
    resume_id: int
    clients: dict[str, httpx2.Client] = field(default_factory=dict)

    def body(self, feature: str = "cover_letter", **more: object) -> dict[str, object]:
        given = {"user_id": self.user_id, "job_id": self.job_id, "resume_version_id": self.resume_id}
        return {"feature": feature, **given, **more}

    def client(self, token: str | None = None) -> httpx2.Client:
        """The client that sends this token, or the test's own."""
        token = token or self.token
        if token not in self.clients:
            self.clients[token] = httpx2.Client(
                base_url=self.url, headers=bearer(token), timeout=60, trust_env=False, verify=PLAIN
            )
        return self.clients[token]

    def ask(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx2.Response:
        return self.client(token).request(method, AI + path, **more)

    def run(self, *, token: str | None = None, key: str | None = None, **more: object) -> httpx2.Response:
        return self.ask("POST", "/run", token=token, json=self.body(**more), headers=keyed(key))

    @contextmanager
    def stream(self, path: str = "/stream", *, key: str | None = None, **more: Any) -> Iterator["Events"]:
        """Watch a new run, or with GET in `method` one that is there."""
        headers = keyed(key) | more.pop("headers", {})
        method = more.pop("method", "POST")
        sent = {"json": self.body(**more)} if method == "POST" else {}
        with self.client().stream(method, AI + path, headers=headers, **sent) as response:
            yield Events(response)

    def again(self, run_id: str, last_id: int | None = None) -> list[tuple[int, str, Any]]:
        """Every event of a run from after `last_id`."""
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        with self.stream(f"/runs/{run_id}/events", method="GET", headers=headers) as events:
            return list(events)

    def key(self, name: str, *scopes: str, user_id: int | None = None) -> str:
        return tokens.create(self.store, name, scopes or ("run", "read-runs"), user_id=user_id)


class Events:
    """Server-sent events as (id, kind, data); `comments` counts the heartbeats."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.run_id = response.headers.get("x-run-id", "")
        self.comments = 0
        self._lines = response.iter_lines()

    def __iter__(self) -> Iterator[tuple[int, str, Any]]:
        event: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                assert name not in event, line
                event[name] = value
            elif event:
                yield int(event["id"]), event["event"], from_json(event["data"])
                event = {}

    def beats(self, count: int) -> None:
        """Returns after so many heartbeats in a row."""
        for _, line in zip(range(2 * count), self._lines, strict=False):  # each is a line and an empty one
            assert line in (": waiting", ""), line
        self.comments += count

    def rest(self) -> Iterator[str]:
        """The lines that are left, as they stand on the wire."""
        return self._lines

    def some(self, count: int) -> list[tuple[int, str, Any]]:
        """The next few."""
        return [event for _, event in zip(range(count), self, strict=False)]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def keyed(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Idempotency-Key": key}


@contextmanager
def door(
    store: Store,
    *script: Play | Callable[[ModelCall], Play],
    pace: Pace = QUICK,
    deadlines: Deadlines = PATIENT,
    more: Sequence[Any] = (),
    connection: type[Connection] = Connection,
) -> Iterator[Door]:
    """A server on this database. `more` are routes of the test's own, before the API's."""
    workbench, provider = benches.build(store.url.render_as_string(hide_password=False), script, deadlines=deadlines)
    user = person(store)
    job = posting(store, user, description=benches.POSTING)
    resume = version(store, user, benches.RESUME)
    token = tokens.create(store, "tests", tokens.SCOPES[:-1])
    with serving(workbench, pace, more, connection) as url:
        served = Door(url, workbench, store, provider, token, user, job, resume)
        served.client()  # before threads ask for it at once
        try:
            yield served
        finally:
            for client in served.clients.values():
                client.close()


@contextmanager
def serving(
    workbench: Workbench, pace: Pace, more: Sequence[Any] = (), connection: type[Connection] = Connection
) -> Iterator[str]:
    """The workbench's API on a port of its own, on a loop in a thread; yields its URL."""
    app = Starlette(routes=[*more, *api.routes(pace)])
    config = uvicorn.Config(
        app, http=connection, ws=Socket, log_config=None, timeout_graceful_shutdown=5, lifespan="off"
    )
    server = uvicorn.Server(config)

    async def begin() -> None:
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])

    async def end() -> None:  # uvicorn's own takes a tenth of a second
        for listener in server.servers:
            listener.close()
        told: set[object] = set()
        with anyio.fail_after(5):
            while connections := set(server.server_state.connections):
                for connection in connections - told:
                    connection.shutdown()
                told |= connections
                await asyncio.sleep(0.005)

    wiring.install(workbench)
    with socket.create_server(("127.0.0.1", 0)) as listening, wiring.opened(workbench):
        assert workbench.portal is not None
        workbench.portal.call(begin)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            wiring.install(None)
            try:
                workbench.portal.call(workbench.registry.close)
            finally:  # a loop whose listener is open never closes
                workbench.portal.call(end)
