"""The front door: Streamlit's pages and the HTTP API in one process. Start it with `make run`."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st

from core import api, portal, serving, traces, wiring
from core.api import connections
from core.settings import read
from pages.widgets import broken


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Build the workbench on the server's loop; at the end stop and record every run before the streams close."""
    connections.check(st.get_option("server.address") or "0.0.0.0")
    wiring.install(workbench := wiring.build(read(os.environ)))
    with traces.discreet():
        async with portal.opened() as bridge, serving.stopping_first(workbench), serving.tidied():
            await workbench.open(bridge)
            serving.settle()
            yield
            await workbench.close()


app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    lifespan=lifespan,
    middleware=api.middleware(Path(st.__file__).parent / "static" / "index.html"),
    on_script_error=broken.show,
)

if __name__ == "__main__":
    with serving.told():
        serving.check(settings := read(os.environ), os.environ)
        connections.guard()
        app.run(config={"server.address": settings.host, "server.port": settings.port})
