"""What the addresses of the API do: each asks the core and gives its answer the shape of HTTP."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from core import wiring
from core.access import sight
from core.access.offer import offer
from core.api import bodies, openapi, sse
from core.api.auth import Doorkeeper
from core.api.problems import problem
from core.errors import Conflict, Denied, Invalid, StorageDown, Unauthenticated
from core.llm.live import LiveRun
from core.schema import Caller, RunResult
from core.wiring import Workbench

T = TypeVar("T")

RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
USER_ID = re.compile(r"[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between heartbeats, until an unwatched run is stopped, between looks at another process's run,
    how long a token is believed, and how long a body may take."""

    heartbeat_s: float = 10
    unwatched_s: float = 30
    poll_s: float = 1
    token_kept_s: float = 5
    upload: bodies.Upload = bodies.UNHURRIED


class Calls:
    """The answers of the API, on the workbench of this process."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.threads = CapacityLimiter(4)
        self._keeper: Doorkeeper | None = None

    @property
    def workbench(self) -> Workbench:
        return wiring.current()

    async def run(self, request: Request) -> Response:
        """Start a run, or find the one its key made, and answer when it has ended."""
        run_id, live = await self._start(request)
        if live is None:
            return _json(await _unless_left(request, self._ended(run_id, request)), run_id)
        with live.watched():
            await _unless_left(request, self._ending(live, request))
        return _json(live.result, run_id)

    async def stream(self, request: Request) -> Response:
        """Start a run, or find the one its key made, and follow it."""
        run_id, live = await self._start(request)
        return self._following(run_id, live, 0, partial(self._dismissed, request, "run"))

    async def read(self, request: Request) -> Response:
        """The record of a run."""
        caller = await self._caller(request, "read-runs")
        run_id, _ = await self._seen(request, caller)
        return _json(await self._thread(lambda: self.workbench.result(run_id)), run_id)

    async def events(self, request: Request) -> Response:
        """Follow a run again, from after the last event that was seen."""
        caller = await self._caller(request, "run", "read-runs")
        last_id = bodies.last_event_id(request)
        run_id, live = await self._seen(request, caller)
        return self._following(run_id, live, last_id, partial(self._dismissed, request, "run", "read-runs"))

    async def cancel(self, request: Request) -> Response:
        """Stop a run and answer how it ended; one that has ended stays as it is."""
        caller = await self._caller(request, "run")
        run_id, live = await self._seen(request, caller)
        if live is not None:
            if not live.done:
                await self.workbench.registry.cancel(run_id)
                await live.ended.wait()
            return _json(live.result, run_id)
        result = await self._thread(lambda: self.workbench.result(run_id))
        if result.status == "running":
            raise Conflict("This run is under way in another process of the workbench. Stop it where it was started.")
        return _json(result, run_id)

    async def features(self, request: Request) -> Response:
        """What the caller may run, for whom, with which limits."""
        caller = await self._caller(request)
        user_id, of = _user_id(request), self.workbench
        return _json(
            await self._thread(lambda: offer(of.store, of.policy, of.prompts, caller, user_id=user_id)),
        )

    async def openapi(self, _request: Request) -> Response:
        """The description of this API."""
        return Response(openapi.document(), media_type="application/json")

    # -- their parts -----------------------------------------------------------------------------------

    async def _caller(self, request: Request, *scopes: str) -> Caller:
        store = self.workbench.store
        if self._keeper is None or self._keeper.gate.store is not store:
            self._keeper = Doorkeeper(store, kept_s=self.pace.token_kept_s)
        return await self._keeper.caller(request, *scopes)

    async def _start(self, request: Request) -> tuple[str, LiveRun | None]:
        caller = await self._caller(request, "run")
        key = bodies.idempotency_key(request)
        body = await bodies.read(request, self.pace.upload)
        registry = self.workbench.registry
        run_id = await registry.start(body, caller, key=key, unwatched_s=self.pace.unwatched_s)
        return run_id, await self._find(run_id, caller)

    async def _seen(self, request: Request, caller: Caller) -> tuple[str, LiveRun | None]:
        run_id = request.path_params["run_id"]
        if not RUN_ID.fullmatch(run_id):
            raise sight.unseen()
        return run_id, await self._find(run_id, caller)

    async def _find(self, run_id: str, caller: Caller) -> LiveRun | None:
        """The run if it is this process's, None if only its record is left. Errors: `NotFound`."""
        workbench = self.workbench
        live = workbench.find(run_id)
        if live is None:
            await self._thread(lambda: sight.status(workbench.store, run_id, caller))
        elif not sight.may_see(caller, made_by=live.caller, user_id=live.user_id):
            raise sight.unseen()
        return live

    def _following(
        self, run_id: str, live: LiveRun | None, last_id: int, dismissed: Callable[[], Coroutine[Any, Any, bytes]]
    ) -> Response:
        if live is None:
            return sse.Stream(run_id, sse.recorded(self._awaited(run_id), last_id), dismissed)
        return sse.Stream(run_id, sse.watching(live, last_id, heartbeat_s=self.pace.heartbeat_s), dismissed)

    async def _dismissed(self, request: Request, *scopes: str) -> bytes:
        """Returns once the caller's token no longer holds, with the event that says so."""
        while True:
            await asyncio.sleep(self.pace.token_kept_s)
            try:
                await self._still(request, *scopes)
            except (Unauthenticated, Denied) as gone:
                return sse.refusal(bytes(problem(gone).body))

    async def _still(self, request: Request, *scopes: str) -> None:
        """Ask for the token of a request under way again. Errors: `Unauthenticated`, `Denied`."""
        with suppress(StorageDown):  # nobody can say; the next look may
            await self._caller(request, *scopes)

    async def _awaited(self, run_id: str) -> AsyncGenerator[RunResult | None, None]:
        """The result of a run of another process once it has ended; None for each heartbeat until then."""
        silent_s = 0.0
        while not self.workbench.registry.closing:
            try:
                result = await self._thread(lambda: self.workbench.result(run_id))
            except StorageDown:
                result = None  # the next look may do better
            if result and result.status != "running":
                yield result
                return
            await asyncio.sleep(self.pace.poll_s)
            silent_s += self.pace.poll_s
            if silent_s >= self.pace.heartbeat_s:
                silent_s = 0
                yield None

    async def _ending(self, live: LiveRun, request: Request) -> None:
        """Returns when the run has ended. Errors: `Unauthenticated`, `Denied`, once the token no longer holds."""
        while not live.done:
            try:
                async with asyncio.timeout(self.pace.token_kept_s):
                    await live.ended.wait()
            except TimeoutError:
                await self._still(request, "run")

    async def _ended(self, run_id: str, request: Request) -> RunResult:
        async for result in self._awaited(run_id):
            if result:
                return result
            await self._still(request, "run")
        raise StorageDown("The workbench is shutting down. Ask again with the same Idempotency-Key in a moment.")

    async def _thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self.threads)


async def _unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Errors: `ClientDisconnect` as soon as the caller leaves."""
    with CancelScope() as waiting:
        leaving = asyncio.get_running_loop().create_task(sse.left(request.receive))
        leaving.add_done_callback(lambda _: waiting.cancel())
        try:
            return await work
        finally:
            leaving.cancel()
    raise ClientDisconnect


def _json(value: Any, run_id: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"X-Run-Id": run_id} if run_id else {})
    return Response(to_json(value), headers=headers, media_type="application/json")


def _user_id(request: Request) -> int | None:
    """The candidate asked about."""
    given = request.query_params.get("user_id")
    if given is None:
        return None
    if not USER_ID.fullmatch(given):
        raise Invalid("user_id has to be the id of a candidate, a whole number.")
    return int(given)
