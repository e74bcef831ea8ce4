"""No token, no key and no word of a model's server is ever seen: in a log, an answer, a record or an event."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from core.access import tokens
from core.llm import openai_provider
from core.llm.openai_provider import OpenAIProvider
from core.llm.provider import Deadlines
from core.store import Base, Store
from tests import benches
from tests.databases import person, posting, version
from tests.fakes.door import AI, QUICK, bearer, serving
from tests.fakes.upstream import Answering, Upstream, error
from tests.llm.test_openai_failure import BAD, CANARY

KEY = f"sk-proj-{CANARY}"
SHORT = Deadlines(first_token=2, idle=2, leg=2)
ECHO = error(401, message=f"Incorrect API key provided: {KEY}. {CANARY}", headers={"X-Request-Id": CANARY})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_provider, "FIRST_WAIT_S", 0.01)


@contextmanager
def leaking(store: Store, answers: dict[str, Answering]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The API before a server that gives each model such an answer; yields its address, a token and a body."""
    with Upstream(ECHO) as upstream:
        upstream.models.update(answers)
        provider = OpenAIProvider(api_key=KEY, base_url=upstream.url, deadlines=SHORT)
        workbench, _ = benches.build(store.url.render_as_string(hide_password=False), (), openai=provider)
        user = person(store, plan="premium")
        job, resume = posting(store, user), version(store, user, benches.RESUME)
        body = {"feature": "cover_letter", "user_id": user, "job_id": job, "resume_version_id": resume}
        token = tokens.create(store, "backend", ["run", "read-runs", "choose-model"])
        with serving(workbench, QUICK) as url:
            yield url, token, body


def everything(store: Store) -> str:
    """All rows of all tables, as text."""
    with store.read() as connection:
        return repr([connection.execute(table.select()).all() for table in Base.metadata.sorted_tables])


def misplaced(token: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Requests that carry a secret where none belongs."""
    wild = bearer(f"wb_{CANARY:x<43}")
    return [
        *({"headers": headers, "json": body} for headers in (bearer(token), bearer(token + "x"), wild)),
        *({"headers": wild | {name: token}, "json": body} for name in ("Cookie", "Idempotency-Key", "Last-Event-ID")),
        {"headers": bearer(token), "json": body | {"job_id": 99}},
        {"headers": bearer(token), "json": body | {f"{CANARY} {token}": 1}},
        {"headers": bearer(token), "json": body | {"instructions": [CANARY, token]}},
        {"headers": bearer(token), "json": body | {"user_id": token}},
        {"headers": bearer(token), "content": f"{{{token} {CANARY}"},
        {"headers": bearer(token) | {"Content-Type": token}, "content": "{}"},
        {"headers": bearer(token), "json": body, "params": {"user_id": CANARY}},
    ]


def test_no_secret_of_a_caller_is_ever_seen(
    store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, "core")
    with leaking(store, {}) as (url, token, body):
        seen = ""
        for path in ("/run", "/stream"):
            for sent in misplaced(token, body):
                answer = httpx2.post(url + AI + path, timeout=10, **sent)
                seen += repr(answer.headers) + answer.text
    seen += caplog.text + "".join(capfd.readouterr()) + everything(store)
    assert '"status":"fallback"' in seen  # the leg failed, and that is told
    for secret in (CANARY, token, token.removeprefix("wb_")):
        assert secret not in seen


def test_no_word_of_a_models_server_is_ever_seen(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    models = {f"m{number}": reply for number, (reply, _, _) in enumerate(BAD.values())}
    with (
        leaking(sqlite_store, models) as (url, token, body),
        httpx2.Client(timeout=10, headers=bearer(token)) as client,
    ):
        for name in models:
            asked = body | {"model": f"openai/{name}"}
            answer = client.post(f"{url}{AI}/run", json=asked)
            where = f"{url}{AI}/runs/{answer.json()['run_id']}"
            record, events = client.get(where), client.get(f"{where}/events")
            assert answer.json()["status"] == "fallback" and "event: notice" in events.text, name
            for seen in (answer, record, events):
                assert CANARY not in seen.text + repr(seen.headers), name
    assert CANARY not in everything(sqlite_store)
    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx2", "httpcore"))
    ]  # the test's client
    assert CANARY not in "".join(capfd.readouterr()) + "".join(map(logging.Formatter().format, ours))
