"""Starting and stopping a server well: what is wrong is said before it starts, and runs end before their streams."""

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from types import FrameType

from core import cores, wiring
from core.access.plans import load_policy
from core.errors import Misconfigured, WorkbenchError
from core.llm.prompts import Prompts
from core.settings import HOUSE, Settings, unknown
from core.store import Store, init_db
from core.store.migrate import announce, is_current
from core.wiring import Workbench

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ARENA_MAX, MMAP_THRESHOLD = -8, -3  # glibc's names: how many heaps its threads share, what lies outside of them
LARGE = 1 << 18  # bytes
TIDY_S = 5


def settle() -> None:
    """Make a process that has started ready for pages and streams side by side."""
    _take_turns()
    cores.stay()
    _settle_memory()


def _take_turns() -> None:
    """Let a thread that computes, such as a page's, pass the interpreter on ten times as often as it would.

    The loop asks for its turn at every token of every stream.
    """
    sys.setswitchinterval(0.0005)


def _settle_memory() -> None:
    """What was loaded by now stays: the garbage collector need not walk through it again, which takes up to 200 ms.

    What only loading needed goes back to the system, where the C library knows how (glibc).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 5)  # often enough for charts, which hold themselves: 20 MB of them waited
    with contextlib.suppress(OSError, TypeError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(ARENA_MAX, 2)  # else up to eight a core, each of which keeps what a busy moment took
        library.mallopt(MMAP_THRESHOLD, LARGE)  # else it grows with what was freed, and large tables leave holes
    _give_back()
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # its own takes 4 MB more for tables as small as ours


def _give_back() -> None:
    with contextlib.suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.asynccontextmanager
async def tidied() -> AsyncIterator[None]:
    """While this holds, what a busy moment left free goes back to the system: 10 to 20 MB, in a few milliseconds."""

    async def tidy() -> None:
        while True:
            await asyncio.sleep(TIDY_S)
            await asyncio.to_thread(_give_back)

    tidying = asyncio.get_running_loop().create_task(tidy())
    try:
        yield
    finally:
        tidying.cancel()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """End the process without a traceback: with one sentence when a person can mend it, in silence on Ctrl+C."""
    try:
        yield
    except WorkbenchError as wrong:
        print(f"The workbench did not start. {wrong.message}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # Ctrl+C is how one ends it
        raise SystemExit(0) from None


def check(settings: Settings, environment: Mapping[str, str]) -> None:
    """Everything that can be wrong before the first request. Errors: `Misconfigured`, `StorageDown`."""
    for name in unknown(environment):
        print(
            f"{name} is no setting of the workbench and is not used. The README lists those there are.", file=sys.stderr
        )
    wiring.check_host(settings.host)
    load_policy(settings.policy_file)
    Prompts(settings.prompts_dir)
    _check_port(settings.host, settings.port)
    store = Store(settings.database)
    if not is_current(store):
        announce(store)
        _migrate_elsewhere(settings)
        init_db(store)  # nothing is left to do, or it says what is in the way
    store.close()


@contextlib.asynccontextmanager
async def stopping_first(workbench: Workbench) -> AsyncIterator[None]:
    """On a signal to end, stop and record the runs first; then let the server close what streams are left."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ending: list[asyncio.Task[None]] = []

    async def end(number: int, frame: FrameType | None) -> None:
        try:
            await workbench.registry.close()
        finally:  # whatever kept a run from ending well, the server ends
            if callable(old := before[signal.Signals(number)]):
                old(number, frame)

    def caught(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(lambda: ending.append(loop.create_task(end(number, frame))))

    try:
        for number in SIGNALS:
            signal.signal(number, caught)
    except ValueError:  # not the main thread: whoever runs the server there handles signals
        before.clear()
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _migrate_elsewhere(settings: Settings) -> None:
    """Migrate in a process of its own: what it takes to do so once would weigh 10 MB in the server for good."""
    subprocess.run(
        [sys.executable, "-c", "import sys; from core.store import Store, init_db; init_db(Store(sys.stdin.read()))"],
        cwd=HOUSE,
        input=settings.database.encode(),  # not an argument: it may hold a password
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Misconfigured(
                f"Port {port} is taken, perhaps by a workbench that already runs at http://{host}:{port}. "
                "Use that one, stop it, or set WORKBENCH_PORT to another port."
            ) from None
