"""A browser tab without a browser: it speaks the pages' own protocol and runs one page after the other, without pause."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.bench.served import Door

PAGES = ("", "playground", "drive", "runs", "usage")


class Tab:
    """One open tab. `runs` counts the pages that ran to their end."""

    def __init__(self) -> None:
        self.runs = 0

    async def browse(self, session: aiohttp.ClientSession, door: Door) -> None:
        """Run page after page until cancelled. Errors: `RuntimeError` for a page that fails."""
        origin = {"Origin": door.url}
        async with session.ws_connect(
            f"{door.url}/_stcore/stream", protocols=("streamlit",), headers=origin, max_msg_size=0
        ) as socket:
            for page in itertools.cycle(PAGES):
                message = BackMsg()
                message.rerun_script.page_name = page
                await socket.send_bytes(message.SerializeToString())
                await _ended(socket)
                self.runs += 1


async def _ended(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Returns when the page has run."""
    async for received in socket:
        if received.type is aiohttp.WSMsgType.BINARY:
            message = ForwardMsg.FromString(received.data)
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError("a page did not run to its end")
                return
    raise RuntimeError("the tab was closed by the server")


@contextlib.asynccontextmanager
async def browsing(session: aiohttp.ClientSession, door: Door) -> AsyncIterator[Tab]:
    """A tab that is busy for as long as this holds; every page has run twice before."""
    tab = Tab()
    busy = asyncio.create_task(tab.browse(session, door))
    while tab.runs < 2 * len(PAGES) and not busy.done():
        await asyncio.sleep(0.05)
    try:
        yield tab
    finally:
        busy.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await busy
