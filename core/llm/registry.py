"""The runs under way in this process: started once, followed by many, finished whoever leaves."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

import anyio
import uuid_utils
from anyio import CapacityLimiter, to_thread

from core.errors import NotFound, StorageDown
from core.llm import prepare, runs
from core.llm.live import LiveRun
from core.llm.prepare import Desk
from core.llm.runner import Runner
from core.schema import AiRequest, Caller

log = logging.getLogger(__name__)
T = TypeVar("T")

KEPT_S = 300  # how long a finished run's events stay
RENEW_S = 10


class Registry:
    """Owns one task per run. Everything but `find` is called on the event loop."""

    def __init__(self, desk: Desk, runner: Runner) -> None:
        self.desk = desk
        self.runner = runner
        self.owner = str(uuid_utils.uuid4())
        self.threads = CapacityLimiter(8)
        self._live: dict[str, LiveRun] = {}
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._keeping: anyio.CancelScope | None = None
        self._closing = False

    def open(self) -> None:
        """Begin to renew this process's leases and to close those of processes that died."""
        self._keeping = (
            anyio.CancelScope()
        )  # here, because a scope belongs to a loop and a workbench is built without one
        self._keeper = asyncio.get_running_loop().create_task(self._keep_leases(self._keeping))

    async def start(self, request: AiRequest, caller: Caller, *, key: str | None = None) -> str:
        """Check, record and start a run; returns its id at once.

        With a `key` that already made a run, returns that run's id. Errors: what refuses a request.
        """
        if self._closing:
            raise StorageDown("The workbench is shutting down. Try again in a moment.")
        prepared = await self._thread(lambda: self.desk.prepare(request, caller))
        opening = prepare.opening(prepared, runs.new_id(), key)
        run_id = await self._thread(lambda: runs.open_run(self.runner.store, opening, owner=self.owner))
        if run_id == opening.id:
            live = self._live[run_id] = LiveRun(run_id, request.user_id, caller.name)
            task = asyncio.get_running_loop().create_task(self.runner.run(prepared, opening, live))
            self._tasks[run_id] = task
            task.add_done_callback(lambda _: self._ended(run_id))
        return run_id

    def find(self, run_id: str) -> LiveRun | None:
        """The run, if it is this process's and its events are still kept. From any thread."""
        return self._live.get(run_id)

    async def cancel(self, run_id: str) -> None:
        """Stop a run now; it still ends with `done` and its record. A finished one is left as it is."""
        live = self._live.get(run_id)
        if live is None:
            raise NotFound("This run is not under way here any more.")
        live.scope.cancel()

    async def close(self) -> None:
        """Stop every run, wait until each is recorded, and let go of the leases."""
        self._closing = True
        for live in self._live.values():
            live.scope.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        if self._keeper and self._keeping:
            self._keeping.cancel()
            await self._keeper

    def _ended(self, run_id: str) -> None:
        task = self._tasks.pop(run_id)
        if not task.cancelled() and (broken := task.exception()):
            log.error("run %s ended without its record: %s", run_id, type(broken).__name__)
        asyncio.get_running_loop().call_later(KEPT_S, self._live.pop, run_id, None)

    async def _keep_leases(self, keeping: anyio.CancelScope) -> None:
        with keeping:
            while True:
                try:
                    if self._tasks:
                        await self._thread(lambda: runs.renew(self.runner.store, self.owner))
                    await self._thread(lambda: runs.close_expired(self.runner.store))
                except StorageDown as down:
                    log.warning("leases were not renewed: %s", down.message)
                await anyio.sleep(RENEW_S)

    async def _thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self.threads)
