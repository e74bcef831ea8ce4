"""The API parts from the pages before anything that stands before the pages."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from core import api
from core.api.entry import Entry


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """What stands in for the pages."""
    scope["seen"].append(scope["type"])


def asked(path: str, kind: str = "http", method: str = "GET") -> tuple[list[str], list[Message]]:
    """What came to the pages of a request, and what was answered at the API."""
    seen: list[str] = []
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "method": method,
        "headers": [],
        "query_string": b"",
        "seen": seen,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Entry(pages, routes=api.routes())(scope, receive, send))
    return seen, sent


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/health/live", "/api/v1/nothing", "/api"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_what_is_the_apis_never_reaches_the_pages(path: str, method: str) -> None:
    seen, sent = asked(path, method=method)
    assert seen == []
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize("path", ["/", "/usage", "/_stcore/health", "/apiary", "/static/api/x.js"])
def test_all_else_is_the_pages(path: str) -> None:
    assert asked(path) == (["http"], [])


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_sockets_and_the_lifespan_are_the_pages(kind: str) -> None:
    assert asked("/api/v1/ai/run", kind) == ([kind], [])
