"""A server that misbehaves in every way we know: our own errors, and nothing of its text."""

import json
import logging
import socket
import traceback
from collections.abc import Iterator

import pytest

from core.errors import (
    ProviderBusy,
    ProviderCut,
    ProviderDown,
    ProviderError,
    ProviderGarbled,
    ProviderRefused,
    ProviderSlow,
)
from core.llm import openai_provider
from core.llm.provider import Deadlines
from tests.fakes.asking import ask
from tests.fakes.upstream import JSON, RESET, SSE, Answering, Reply, Upstream, delta, error, event, stream, tokens

CANARY = "sk-canary-7f3a"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_provider, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


STOP = event(delta(finish="stop"))
ERROR_EVENT = event({"error": {"message": CANARY, "code": CANARY, "type": CANARY}})
PAGE = f"<!doctype html><p>{CANARY}"

BAD: dict[str, tuple[Answering, type[ProviderError], list[str]]] = {
    "429": (error(429, message=CANARY), ProviderBusy, []),
    "429, account empty": (error(429, message=CANARY, code="insufficient_quota"), ProviderBusy, []),
    "500": (error(500, message=CANARY), ProviderDown, []),
    "503 with a page": (Reply(503, {"Content-Type": "text/html"}, (PAGE.encode(),)), ProviderDown, []),
    "400": (error(400, message=CANARY, code=CANARY), ProviderRefused, []),
    "401": (error(401, message=f"Incorrect API key: {CANARY}"), ProviderRefused, []),
    "404": (error(404, message=CANARY), ProviderRefused, []),
    "400, too long": (error(400, message=CANARY, code="context_length_exceeded"), ProviderRefused, []),
    "a redirect": (Reply(302, {"Location": f"http://127.0.0.1:1/{CANARY}"}), ProviderRefused, []),
    "an error status whose body breaks off": (
        Reply(400, JSON, (CANARY.encode(),), end="reset"),
        ProviderDown,
        [],
    ),
    "reset before the headers": (RESET, ProviderDown, []),
    "closed before the headers": (Reply(bare=True, end="cut"), ProviderDown, []),
    "garbage instead of HTTP": (Reply(bare=True, body=(f"{CANARY}\r\n\r\n".encode(),), end="cut"), ProviderGarbled, []),
    "reset after the headers": (stream(end="reset"), ProviderCut, []),
    "reset in the middle": (tokens("Hi", finish=None, usage=None, done=False, end="reset"), ProviderCut, ["Hi"]),
    "closed in the middle": (tokens("Hi", finish=None, usage=None, done=False, end="cut"), ProviderCut, ["Hi"]),
    "closed inside an event": (stream(event(delta("Hi")), f'data: {{"x":"{CANARY}'.encode()), ProviderCut, ["Hi"]),
    "an empty stream": (stream(), ProviderCut, []),
    "nothing but comments": (stream(b": ping\n\n"), ProviderCut, []),
    "[DONE] without a finish reason": (tokens("Hi", finish=None), ProviderCut, ["Hi"]),
    "[DONE] alone": (stream(event("[DONE]")), ProviderCut, []),
    "a web page": (Reply(headers={"Content-Type": "text/html"}, body=(PAGE.encode(),)), ProviderGarbled, []),
    "a web page called a stream": (stream(PAGE.encode()), ProviderGarbled, []),
    "bytes of no kind": (stream(b"\x00\xff\xfe" * 400), ProviderGarbled, []),
    "events that are not JSON": (stream(event(delta("Hi")), event(CANARY)), ProviderGarbled, ["Hi"]),
    "events that are no objects": (stream(event('["x"]')), ProviderGarbled, []),
    "choices of another shape": (stream(event({"choices": [CANARY]})), ProviderGarbled, []),
    "JSON too deep": (stream(event("[" * 5000)), ProviderGarbled, []),
    "broken UTF-8": (stream(b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'), ProviderGarbled, []),
    "half a surrogate pair": (stream(b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n'), ProviderGarbled, []),
    "a good event and a broken one in one write": (stream(event(delta("Hi")) + event(CANARY)), ProviderGarbled, ["Hi"]),
    "a line of over 1 MB": (stream(event(delta("Hi")), b"data: " + b"x" * 1_100_000), ProviderGarbled, ["Hi"]),
    "a JSON body of over 1 MB": (stream(b'{"x":"' + b"x" * 1_100_000), ProviderGarbled, []),
    "half a JSON body": (Reply(headers=JSON, body=(b'{"choices":',)), ProviderGarbled, []),
    "JSON of another kind": (Reply(headers=JSON, body=(b'{"ok":true}',)), ProviderCut, []),
    "a compressed body": (Reply(headers={**SSE, "Content-Encoding": "gzip"}, body=(b"\x1f\x8b",)), ProviderGarbled, []),
    "an error event at first": (stream(ERROR_EVENT), ProviderDown, []),
    "an error event in the middle": (stream(event(delta("Hi")), ERROR_EVENT), ProviderCut, ["Hi"]),
    "an error object with 200": (
        Reply(headers=JSON, body=(json.dumps({"error": {"message": CANARY}}).encode(),)),
        ProviderDown,
        [],
    ),
    "a refusal": (stream(event(delta(refusal=CANARY)), STOP, event("[DONE]")), ProviderRefused, []),
    "the content filter": (tokens("Hi", finish="content_filter"), ProviderRefused, ["Hi"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_failure_is_named_for_what_happened(name: str, upstream: Upstream) -> None:
    reply, kind, prose = BAD[name]
    upstream.play(reply)
    [outcome] = ask(upstream.url)
    assert type(outcome.error) is kind
    assert outcome.prose == prose
    assert outcome.seconds < 1


@pytest.mark.parametrize("name", BAD)
def test_nothing_the_server_wrote_is_repeated(
    name: str, upstream: Upstream, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    reply, _, _ = BAD[name]
    upstream.play(reply)
    with caplog.at_level(logging.INFO):
        [outcome] = ask(upstream.url)
    failure = outcome.error
    assert failure is not None
    assert failure.__cause__ is None
    assert failure.__context__ is None
    written = [str(failure), repr(failure), *traceback.format_exception(failure), caplog.text, *capfd.readouterr()]
    assert CANARY not in "".join(written)


def test_the_usage_of_a_declined_answer_is_kept(upstream: Upstream) -> None:
    upstream.play(tokens("Hi", finish="content_filter"))
    [outcome] = ask(upstream.url)
    assert isinstance(outcome.error, ProviderRefused)
    assert outcome.spent is not None
    assert outcome.spent.usage.input_tokens == 11


# -- addresses and connections -----------------------------------------------------------------------


def test_a_closed_port_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    [outcome] = ask(f"http://127.0.0.1:{port}/v1")
    assert type(outcome.error) is ProviderDown


def test_a_server_that_does_not_take_the_connection_is_slow() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(2)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        [outcome] = ask(f"http://127.0.0.1:{full.getsockname()[1]}/v1", deadlines=Deadlines(connect=0.2))
        for client in waiting:
            client.close()
    assert type(outcome.error) is ProviderSlow
    assert outcome.seconds < 1


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1/v1", "http://", "http://[::1", "http://127.0.0.1:99999/v1"]
)
def test_an_address_that_is_none_says_which_setting_to_correct(url: str) -> None:
    [outcome] = ask(url)
    assert isinstance(outcome.error, ProviderError)
    assert "OPENAI_BASE_URL" in outcome.error.message


# -- trying again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [error(429), error(500), error(503, headers={"Retry-After": "0"}), RESET])
def test_a_failure_before_the_first_byte_is_tried_again(first: Reply, upstream: Upstream) -> None:
    upstream.play(first, first, tokens("Hi"))
    [outcome] = ask(upstream.url)
    assert (outcome.error, outcome.prose, len(upstream.seen)) == (None, ["Hi"], 3)


TRIES = [
    (error(429), 3),
    (error(500), 3),
    (RESET, 3),
    (error(400), 2),
    (error(401), 1),
    (error(429, code="insufficient_quota"), 1),
    (error(429, headers={"Retry-After": "40"}), 1),
    (error(429, headers={"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}), 1),
    (tokens("Hi", finish=None, end="reset"), 1),
    (stream(end="cut"), 1),
]


@pytest.mark.parametrize(("reply", "tries"), TRIES)
def test_only_what_waiting_can_cure_is_tried_again_and_twice_at_most(
    reply: Reply, tries: int, upstream: Upstream
) -> None:
    upstream.play(reply)
    [outcome] = ask(upstream.url)
    assert outcome.error is not None
    assert len(upstream.seen) == tries


@pytest.mark.parametrize(("name", "value", "asked_s"), [("Retry-After", "40", 40.0), ("retry-after-ms", "31500", 31.5)])
def test_a_wait_too_long_is_passed_on_at_once(name: str, value: str, asked_s: float, upstream: Upstream) -> None:
    upstream.play(error(429, headers={name: value}))
    [outcome] = ask(upstream.url)
    assert isinstance(outcome.error, ProviderBusy)
    assert outcome.error.retry_after_s == asked_s
    assert outcome.seconds < 1


def test_the_wait_the_server_asks_for_is_kept(upstream: Upstream) -> None:
    upstream.play(error(429, headers={"retry-after-ms": "300"}), tokens("Hi"))
    [outcome] = ask(upstream.url)
    assert outcome.error is None
    assert upstream.seen[1].at - upstream.seen[0].at >= 0.3


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "9" * 400, ""])
def test_a_wait_that_is_no_time_is_ignored(value: str, upstream: Upstream) -> None:
    upstream.play(error(429, headers={"Retry-After": value}), tokens("Hi"))
    [outcome] = ask(upstream.url)
    assert outcome.error is None
