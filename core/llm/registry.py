"""The runs under way in this process: started once, followed by many, finished whoever leaves."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from typing import TypeVar

import anyio
import uuid_utils
from anyio import CapacityLimiter, to_thread

from core.errors import NotFound, StorageDown, tried
from core.llm import prepare, runs
from core.llm.intake import Asked, Begun, Intake
from core.llm.live import LiveRun
from core.llm.prepare import Desk
from core.llm.runner import Runner
from core.llm.trips import Trips
from core.schema import AiRequest, Caller
from core.traces import brief
from core.usage import fold, prices
from core.usage.keys import Known

log = logging.getLogger(__name__)
T = TypeVar("T")

KEPT_S = 300  # how long a finished run's events stay
MOST_FOLLOWED, MOST_UNSEEN = 1_000, 200  # finished runs that are kept at most: those whose events somebody read, others
MOST_KEPT = 4_000_000  # characters of all their answers together, each of which takes about 4 bytes
RENEW_S = 10


class Registry:
    """Owns one task per run. Everything but `find` is called on the event loop."""

    def __init__(self, desk: Desk, runner: Runner) -> None:
        self.desk = desk
        self.runner = runner
        self.owner = str(uuid_utils.uuid4())
        self._known = Known(runner.store)
        self.threads = CapacityLimiter(2)
        together = desk.store.together
        self._intake: Trips[Asked, Begun] = Trips(
            Intake(desk, self.owner).begin,
            threads=2 if together > 1 else 8,
            most=together,
            patience_s=0.02 if together > 1 else 0,
            apart_s=partial(runner.apart_s, most_s=0.01),  # a first token waits for it
        )
        self._opening: set[asyncio.Task[str]] = set()
        self._live: dict[str, LiveRun] = {}
        self._followed: deque[tuple[float, str]] = deque()  # finished runs, oldest first
        self._unseen: deque[tuple[float, str]] = deque()
        self._kept = 0  # characters of their answers
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._keeping: anyio.CancelScope | None = None
        self._closing = False
        self.watch: Callable[[], None] | None = None  # may wait for others, so nothing waits for it
        self._watching: asyncio.Task[None] | None = None
        self._failing: dict[str, str] = {}  # errands, and why they failed the last time

    def open(self) -> None:
        """Begin to renew this process's leases, to close those of processes that died, to follow prices and to add up."""
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
        if self._closing:
            raise StorageDown("The workbench is shutting down. Try again in a moment.")
        live = LiveRun(runs.new_id(), request.user_id, caller.name, unwatched_s=unwatched_s)
        opening = asyncio.get_running_loop().create_task(self._open(Asked(request, caller, key, live.id), live))
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
        if self._watching:
            await self._watching
        await self._thread(self.runner.record_again)
        self._intake.close()
        self.runner.close()

    def _stop_all(self) -> None:
        for live in self._live.values():
            live.scope.cancel()

    async def _open(self, asked: Asked, live: LiveRun) -> str:
        """Have the run recorded and make its task. It can be found before its row is there, so that a key finds it."""
        self._live[live.id] = live
        begun = None
        try:
            begun = await self._intake.take(asked)
        finally:
            if begun is None or begun.run_id != live.id:
                del self._live[live.id]
        if begun.prepared and begun.opening:
            task = asyncio.get_running_loop().create_task(self.runner.run(begun.prepared, begun.opening, live))
            self._tasks[live.id] = task
            task.add_done_callback(lambda _: self._ended(live.id))
            live.mind()
        return begun.run_id

    def _ended(self, run_id: str) -> None:
        task = self._tasks.pop(run_id)
        if not task.cancelled() and (broken := task.exception()):
            log.error("run %s ended without its record: %s", run_id, type(broken).__name__)
        live = self._live[run_id]
        ended = self._followed if live.followed else self._unseen
        ended.append((time.monotonic(), run_id))
        self._kept += live.size
        self._let_go()

    def _let_go(self) -> None:
        """Forget finished runs after their time, and the oldest where there are many: their record is there for good."""
        past = time.monotonic() - KEPT_S
        for ended, most in ((self._followed, MOST_FOLLOWED), (self._unseen, MOST_UNSEEN)):
            while ended and (len(ended) > most or ended[0][0] < past):
                self._forget(ended)
        while self._kept > MOST_KEPT:
            self._forget(min(filter(None, (self._followed, self._unseen)), key=lambda ended: ended[0]))

    def _forget(self, ended: deque[tuple[float, str]]) -> None:
        self._kept -= self._live.pop(ended.popleft()[1]).size

    async def _keep_leases(self, keeping: anyio.CancelScope) -> None:
        with keeping:
            while True:
                for name, errand in self._errands():
                    # one that fails keeps neither the others nor the next round from coming
                    self._tell(name, await self._thread(partial(tried, errand)))
                self._let_go()
                if self.watch and (self._watching is None or self._watching.done()):
                    self._watching = asyncio.get_running_loop().create_task(self._watch(self.watch))
                await anyio.sleep(RENEW_S)

    def _errands(self) -> list[tuple[str, Callable[[], object]]]:
        store = self.runner.store
        held = [*self._tasks, *self.runner.unrecorded]
        for_held: list[tuple[str, Callable[[], object]]] = [
            ("renewing leases", partial(self._renew, asyncio.get_running_loop(), held)),
            ("recording again", self.runner.record_again),
        ]
        return [
            *(for_held if held else ()),
            ("closing runs of processes that died", partial(runs.close_expired, store)),
            ("following prices", partial(prices.refresh, store)),
            ("adding up", partial(fold.fold_all, store, known=self._known)),
        ]

    def _renew(self, loop: asyncio.AbstractEventLoop, held: Collection[str]) -> None:
        """From a worker thread: prolong leases, and stop the runs that were erased with their candidate."""
        for run_id in runs.renew(self.runner.store, self.owner, held):
            if live := self._live.get(run_id):
                loop.call_soon_threadsafe(live.scope.cancel)

    async def _watch(self, look: Callable[[], None]) -> None:
        self._tell("looking for alerts", await to_thread.run_sync(partial(tried, look), limiter=CapacityLimiter(1)))

    def _tell(self, name: str, came: object) -> None:
        """One line where an errand failed, and none again as long as it fails by the same cause."""
        why = brief(came) if isinstance(came, Exception) else ""
        if why and why != self._failing.get(name):
            log.warning("%s failed: %s", name, why)
        self._failing[name] = why

    async def _thread(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self.threads)
