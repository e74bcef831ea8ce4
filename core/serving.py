"""Starting and stopping a server well: what is wrong is said before it starts, and runs end before their streams."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from types import FrameType

from core import wiring
from core.access.plans import load_policy
from core.errors import Misconfigured, WorkbenchError
from core.llm.prompts import Prompts
from core.settings import Settings, unknown
from core.store import Store, init_db
from core.wiring import Workbench

SIGNALS = (signal.SIGTERM, signal.SIGINT)


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
    init_db(store)
    store.close()


@contextlib.asynccontextmanager
async def stopping_first(workbench: Workbench) -> AsyncIterator[None]:
    """On a signal to end, stop and record the runs first; then let the server close what streams are left."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ending: list[asyncio.Task[None]] = []

    async def end(number: int, frame: FrameType | None) -> None:
        await workbench.registry.close()
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
