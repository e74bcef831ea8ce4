"""The HTTP door."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from core.api import exports, health, problems
from core.api.addresses import at
from core.api.calls import Calls, Pace
from core.api.entry import Entry
from core.api.security import SecurityHeaders

AI = "/api/v1/ai"


def routes(pace: Pace = Pace()) -> list[BaseRoute]:  # noqa: B008 - frozen
    """All routes beside the pages; the last one answers what no other takes."""
    calls = Calls(pace)
    return [
        *health.routes(),
        at(f"{AI}/run", POST=calls.run),
        at(f"{AI}/stream", POST=calls.stream),
        at(f"{AI}/features", GET=calls.features),
        at(f"{AI}/runs/{{run_id}}", GET=calls.read),
        at(f"{AI}/runs/{{run_id}}/events", GET=calls.events),
        at(f"{AI}/runs/{{run_id}}/cancel", POST=calls.cancel),
        at("/api/v1/openapi.json", GET=calls.openapi),
        at("/exports/{secret}", GET=exports.read),
        problems.last,
    ]


def middleware(index: Path) -> list[Middleware]:
    """What stands before every page, the API among it; `index` is the pages' HTML shell."""
    return [Middleware(SecurityHeaders, index=index), Middleware(Entry, routes=routes())]
