"""The bridge from a page's thread, a test or the terminal to the event loop where runs live."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

T = TypeVar("T")


class Portal:
    """Calls coroutines on the loop it was opened on, from any other thread."""

    def __init__(self, inner: BlockingPortal) -> None:
        self._inner = inner

    def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` on the loop and return what it returns, or raise what it raises."""
        return self._inner.call(work)


@asynccontextmanager
async def opened() -> AsyncIterator[Portal]:
    """A portal to the loop this runs on: the server's."""
    async with BlockingPortal() as inner:
        yield Portal(inner)
        await inner.stop()


@contextmanager
def started() -> Iterator[Portal]:
    """A portal to a loop in a thread of its own, where there is no server."""
    with start_blocking_portal("asyncio", backend_options={"use_uvloop": True}) as inner:
        yield Portal(inner)
