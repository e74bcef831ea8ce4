"""What goes wrong is a problem with a stable code, and says nothing that is nobody's business."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from core.access import tokens
from core.api.addresses import at
from core.api.problems import problem
from core.errors import Misconfigured, ProviderBusy, StorageDown, WorkbenchError
from core.llm.openai_provider import OpenAIProvider
from core.store import Base, Store
from tests import benches
from tests.benches import letter
from tests.databases import person, posting, version
from tests.fakes.door import AI, QUICK, bearer, door, serving
from tests.fakes.upstream import Upstream, error

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


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/ai/runs", "/api/v1/ai/run/", "/api/%00", "/api/v1/AI/run"]
)
def test_every_other_address_is_not_found(sqlite_store: Store, path: str) -> None:
    with door(sqlite_store, letter()) as one:
        for method in ("GET", "POST", "TRACE"):
            answer = httpx2.request(method, one.url + path, headers=bearer(one.token))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


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


# -- what must never be seen -----------------------------------------------------------------------------


def test_no_secret_and_no_word_of_the_upstream_is_ever_seen(
    store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with _leaking(store) as (url, token, body):
        seen = ""
        for path in ("/run", "/stream"):
            for headers in (bearer(token), bearer(token + "x"), bearer(f"wb_{CANARY:x<43}")):
                for sent in (
                    body,
                    body | {"job_id": 99},
                    body | {f"{CANARY} {token}": 1},
                    body | {"instructions": [CANARY]},
                ):
                    answer = httpx2.post(url + AI + path, headers=headers, json=sent, timeout=10)
                    seen += repr(answer.headers) + answer.text
    seen += caplog.text + "".join(capfd.readouterr()) + _everything(store)
    assert '"status":"fallback"' in seen  # the leg failed, and that is told
    for secret in (CANARY, token, token.removeprefix("wb_")):
        assert secret not in seen


@contextmanager
def _leaking(store: Store) -> Iterator[tuple[str, str, dict[str, object]]]:
    """A workbench with a key, before an upstream that refuses and repeats the key and a canary."""

    text = f"{{'error': 'Incorrect API key provided: sk-{CANARY}. {CANARY}'}}"
    with Upstream() as upstream:
        upstream.play(*(error(status, message=text) for status in (401, 500, 429, 400)))
        provider = OpenAIProvider(api_key=f"sk-{CANARY}", base_url=upstream.url)
        workbench, _ = benches.build(store.url.render_as_string(hide_password=False), (), openai=provider)
        user = person(store)
        body: dict[str, object] = {
            "feature": "cover_letter",
            "user_id": user,
            "job_id": posting(store, user),
            "resume_version_id": version(store, user, benches.RESUME),
        }
        token = tokens.create(store, "backend", ["run", "read-runs"])
        with serving(workbench, QUICK) as url:
            yield url, token, body


def _everything(store: Store) -> str:
    """All rows of all tables, as text."""
    with store.read() as connection:
        return repr([connection.execute(table.select()).all() for table in Base.metadata.sorted_tables])
