"""A tab that is busy beside what a benchmark measures: it runs one page after the other, without pause."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

from tests.bench.served import Door
from tests.fakes.visitor import kinds, visiting

PAGES = ("", "playground", "drive", "runs", "usage")


class Tab:
    """One open tab. `runs` counts the pages that ran to their end."""

    def __init__(self) -> None:
        self.runs = 0
        self.closing = False

    def browse(self, door: Door) -> None:
        """Run page after page until it is to close. Errors: `RuntimeError` for a page that fails."""
        with visiting(door.url) as visitor:
            for page in itertools.cycle(PAGES):
                if self.closing:
                    return
                if "exception" in kinds(visitor.visit(page)):
                    raise RuntimeError(f"the page {page!r} is broken")
                self.runs += 1


@contextlib.asynccontextmanager
async def browsing(door: Door) -> AsyncIterator[Tab]:
    """A tab that is busy for as long as this holds; every page has run twice before."""
    tab = Tab()
    busy = asyncio.create_task(asyncio.to_thread(tab.browse, door))
    while tab.runs < 2 * len(PAGES) and not busy.done():
        await asyncio.sleep(0.05)
    try:
        yield tab
    finally:
        tab.closing = True
        await busy
