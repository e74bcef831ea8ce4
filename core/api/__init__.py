"""The HTTP door."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from core.api import health, problems
from core.api.security import SecurityHeaders


def routes() -> list[BaseRoute]:
    """All routes beside the pages; the last one answers what no other takes."""
    return [*health.routes, problems.last]


def middleware(index: Path) -> list[Middleware]:
    """What stands before every route and page; `index` is the pages' HTML shell."""
    return [Middleware(SecurityHeaders, index=index)]
