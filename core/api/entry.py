"""Where requests for the API part from those for the pages."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class Entry:
    """Pure ASGI middleware: the API's routes, and for all else the pages.

    What stands before the pages (sessions, compression, checks of paths) does nothing for the API, and would do it at
    every token of every stream.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self.routes if scope["type"] == "http" else ():
            match, more = route.matches(scope)
            if match is not Match.NONE:
                scope.update(more)
                await route.handle(scope, receive, send)
                return
        await self.app(scope, receive, send)
