"""What goes wrong is a problem with a stable code, and says nothing that is nobody's business."""

import asyncio

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from core.api.addresses import at
from core.api.problems import last, problem
from core.errors import Misconfigured, ProviderBusy, StorageDown, WorkbenchError
from core.store import Store
from tests.benches import letter
from tests.fakes.door import door

CANARY = "zq7canary"
RUN = "/runs/019b0f6e-9d0a-7c31-8f55-3c9d6f0a2b41"


def test_a_wrong_method_is_told_the_right_ones(sqlite_store: Store) -> None:
    table = {
        "/run": "OPTIONS, POST",
        "/stream": "OPTIONS, POST",
        "/features": "GET, HEAD, OPTIONS",
        RUN: "GET, HEAD, OPTIONS",
        f"{RUN}/events": "GET, HEAD, OPTIONS",
        f"{RUN}/cancel": "OPTIONS, POST",
    }
    with door(sqlite_store, letter()) as one:
        for path, allowed in table.items():
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "OPTIONS"):
                answer = one.ask(method, path)
                if method == "OPTIONS":
                    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")
                elif method not in allowed:
                    assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.json()["code"] == "method_not_allowed"


def test_head_is_get_without_a_body(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        run_id = one.run().json()["run_id"]
        for path in ("/features", f"/runs/{run_id}", f"/runs/{run_id}/events"):
            answer = one.ask("HEAD", path)
            assert (answer.status_code, answer.content) == (200, b""), path
        assert one.ask("HEAD", RUN).status_code == 404


ELSEWHERE = [
    *("/api", "/api/", "/api?x=/", "/api/v1", "/api/v1/ai/runs", "/api/v1/ai/run/", "/api/%00", "/api/v1/AI/run"),
    *("/API/v1/ai/run", "/Api", "//api/v1/ai/run", "/./api/v1", "/%61pi/v2", "/api%2Fv2", "/api/../x", "/x/../api/v1"),
    *("/x/%2e%2e/API", "/api/v1/../../../x"),
]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_every_other_address_is_not_found(sqlite_store: Store, path: str) -> None:
    with door(sqlite_store, letter()) as one:
        for method in ("GET", "POST", "TRACE"):
            answer = asyncio.run(raw(one.url, f"{method} {path} HTTP/1.1\r\nAuthorization: Bearer {one.token}"))
            assert answer.startswith(b"HTTP/1.1 404") and b"application/problem+json" in answer
            assert b'"code":"not_found"' in answer


@pytest.mark.parametrize("path", ["/", "/apis", "/x/api", "/api.html", "/static/api/v1", "/../x"])
def test_what_does_not_mean_the_api_is_left_to_the_pages(path: str) -> None:
    assert last.matches({"type": "http", "path": path})[0] == Match.NONE
    assert last.matches({"type": "websocket", "path": "/api"})[0] == Match.NONE


async def raw(url: str, head: str) -> bytes:
    """All that is answered to a request as it is written here: clients tidy addresses up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(f"{head}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return answer


BROKEN: dict[str, tuple[Exception, int, str]] = {
    "our sentence": (Misconfigured("Unset it."), 500, "misconfigured"),
    "the database": (StorageDown("Try again."), 503, "storage_down"),
    "a mistake of ours": (ZeroDivisionError(CANARY), 500, "internal"),
    "one that holds much": (ValueError({"token": CANARY, "body": CANARY}), 500, "internal"),
    "many at once": (ExceptionGroup(CANARY, [ValueError(CANARY)]), 500, "internal"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_failure_of_ours_is_a_problem_too(sqlite_store: Store, what: str, caplog: pytest.LogCaptureFixture) -> None:
    broken, status, code = BROKEN[what]

    async def break_down(_request: Request) -> Response:
        raise broken

    with door(sqlite_store, letter(), more=[at("/api/v1/broken", GET=break_down)]) as one:
        answer = httpx2.get(f"{one.url}/api/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text and CANARY not in caplog.text
    if not isinstance(broken, WorkbenchError):
        assert answer.json()["reference"] in caplog.text and "break_down" not in answer.text
    if status == 503:
        assert int(answer.headers["retry-after"]) >= 1


def test_an_upstream_wait_is_passed_on_in_whole_seconds() -> None:

    class Limited(ProviderBusy):
        status = 429

    assert problem(Limited("Later.", retry_after_s=11.6)).headers["retry-after"] == "12"
