"""The HTTP door."""

from starlette.routing import BaseRoute

from core.api import health, problems


def routes() -> list[BaseRoute]:
    """All routes beside the pages; the last one answers what no other takes."""
    return [*health.routes, problems.last]
