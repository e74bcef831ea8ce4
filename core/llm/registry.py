"""The runs under way in this process: started once, followed by many, finished whoever leaves."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import uuid_utils
from anyio import CapacityLimiter, to_thread

from core.errors import NotFound, StorageDown
from core.llm import prepare, repeats, runs
from core.llm.live import LiveRun
from core.llm.prepare import Desk, Prepared
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
        self._opening: set[asyncio.Task[str]] = set()
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

    async def start(
        self, request: AiRequest, caller: Caller, *, key: str | None = None, unwatched_s: float | None = None
    ) -> str:
        """Check, record and start a run; returns its id at once.

        With a `key` that already made a run, returns that run's id, whatever became of what it was made from.
        With `unwatched_s` the run is stopped once nobody has watched it for so long. Errors: what refuses a request.
        """
        prepare.check_scopes(request, caller)
        if key and (made := await self._thread(lambda: repeats.made_by(self.runner.store, caller, key, request))):
            return made
        prepared = await self._thread(lambda: self.desk.prepare(request, caller))
        if self._closing:
            raise StorageDown("The workbench is shutting down. Try again in a moment.")
        live = LiveRun(runs.new_id(), request.user_id, caller.name, unwatched_s=unwatched_s)
        opening = asyncio.get_running_loop().create_task(self._open(prepared, live, key))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)
        return await asyncio.shield(opening)  # who leaves meanwhile leaves no row behind that nobody runs

    @property
    def closing(self) -> bool:
        """Whether the process is about to end."""
        return self._closing

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
        self._stop_all()
        if self._opening:
            await asyncio.wait(self._opening)
            self._stop_all()
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        if self._keeper and self._keeping:
            self._keeping.cancel()
            await self._keeper
        await self._thread(self.runner.record_again)

    def _stop_all(self) -> None:
        for live in self._live.values():
            live.scope.cancel()

    async def _open(self, prepared: Prepared, live: LiveRun, key: str | None) -> str:
        """Record the run and make its task. It can be found from before the row is there, so that a key finds it."""
        opening = prepare.opening(prepared, live.id, key)
        self._live[live.id] = live
        run_id = None
        try:
            run_id = await self._thread(lambda: runs.open_run(self.runner.store, opening, owner=self.owner))
        finally:
            if run_id != live.id:
                del self._live[live.id]
        if run_id == live.id:
            task = asyncio.get_running_loop().create_task(self.runner.run(prepared, opening, live))
            self._tasks[run_id] = task
            task.add_done_callback(lambda _: self._ended(run_id))
            live.mind()
        return run_id

    def _ended(self, run_id: str) -> None:
        task = self._tasks.pop(run_id)
        if not task.cancelled() and (broken := task.exception()):
            log.error("run %s ended without its record: %s", run_id, type(broken).__name__)
        asyncio.get_running_loop().call_later(KEPT_S, self._live.pop, run_id, None)

    async def _keep_leases(self, keeping: anyio.CancelScope) -> None:
        with keeping:
            while True:
                try:
                    if held := [*self._tasks, *self.runner.unrecorded]:
                        await self._thread(partial(runs.renew, self.runner.store, self.owner, held))
                        await self._thread(self.runner.record_again)
                    await self._thread(lambda: runs.close_expired(self.runner.store))
                except StorageDown as down:
                    log.warning("leases were not renewed: %s", down.message)
                await anyio.sleep(RENEW_S)

    async def _thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self.threads)
