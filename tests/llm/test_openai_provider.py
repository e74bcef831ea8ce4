"""The provider against a server that misbehaves in every way we know: real sockets, our own errors."""

import asyncio
import json
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

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
from core.llm.openai_provider import OpenAIProvider
from core.llm.provider import Chunk, Deadlines, Finished, Message, ModelCall, Prose, Spent
from core.schema import Usage
from tests.fakes.upstream import (
    HANG,
    JSON,
    RESET,
    SSE,
    Answering,
    Reply,
    Seen,
    Upstream,
    delta,
    error,
    event,
    stream,
    tokens,
)

CANARY = "sk-canary-7f3a"
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
TEXT = ModelCall("m", (Message("system", "Be brief."), Message("user", "Hello?")))
ANSWER = ModelCall("m", TEXT.messages, output="json", schema=SCHEMA)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_provider, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@dataclass
class Outcome:
    chunks: list[Chunk] = field(default_factory=list)
    error: ProviderError | None = None
    seconds: float = 0.0

    @property
    def prose(self) -> list[str]:
        return [chunk.text for chunk in self.chunks if isinstance(chunk, Prose)]

    @property
    def spent(self) -> Spent | None:
        return next((chunk for chunk in self.chunks if isinstance(chunk, Spent)), None)


@asynccontextmanager
async def reaching(url: str, deadlines: Deadlines | None = None) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(base_url=url, deadlines=deadlines or Deadlines())
    yield provider
    await provider.aclose()


async def follow(provider: OpenAIProvider, call: ModelCall) -> Outcome:
    outcome, started = Outcome(), time.monotonic()
    try:
        async with aclosing(provider.stream(call)) as chunks:
            async for chunk in chunks:
                outcome.chunks.append(chunk)
    except ProviderError as failure:
        outcome.error = failure
    outcome.seconds = time.monotonic() - started
    return outcome


def ask(url: str, *calls: ModelCall, deadlines: Deadlines | None = None) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with reaching(url, deadlines) as provider:
            return [await follow(provider, call) for call in calls or (TEXT,)]

    return asyncio.run(run())


# -- a good answer ---------------------------------------------------------------------------------


def test_prose_comes_one_by_one_then_the_finish_reason_then_the_usage(upstream: Upstream) -> None:
    upstream.play(tokens("Hel", "lo", " you", tier="flex"))
    [outcome] = ask(upstream.url)
    *prose, finished, spent = outcome.chunks
    assert prose == [Prose("Hel"), Prose("lo"), Prose(" you")]
    assert finished == Finished("stop")
    assert isinstance(spent, Spent)
    assert spent.usage == Usage(input_tokens=11, cached_tokens=4, output_tokens=3, reasoning_tokens=1)
    assert (spent.model, spent.tier, spent.raw["total_tokens"]) == ("fake-1", "flex", 14)


def test_the_request_is_the_protocol(upstream: Upstream) -> None:
    ask(upstream.url, TEXT)
    [seen] = upstream.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == "Bearer unused"
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "max_tokens": 1000,
    }


def test_one_connection_serves_one_call_after_the_other(upstream: Upstream) -> None:
    ask(upstream.url, TEXT, TEXT, TEXT)
    assert [seen.connection for seen in upstream.seen] == [1, 1, 1]


def test_a_closed_provider_can_be_used_again_on_another_loop(upstream: Upstream) -> None:
    provider = OpenAIProvider(base_url=upstream.url)

    async def run() -> Outcome:
        outcome = await follow(provider, TEXT)
        await provider.aclose()
        return outcome

    assert [asyncio.run(run()).prose for _ in range(2)] == [["Hello", " world"]] * 2


def test_calls_at_the_same_time_share_one_client(upstream: Upstream) -> None:
    async def run() -> list[Outcome]:
        async with reaching(upstream.url) as provider:
            return await asyncio.gather(*(follow(provider, TEXT) for _ in range(8)))

    assert [outcome.prose for outcome in asyncio.run(run())] == [["Hello", " world"]] * 8


CONFIGURED = [(None, None, False), ("sk-x", None, True), (None, "http://127.0.0.1:1/v1", True), ("", "", False)]


@pytest.mark.parametrize(("api_key", "base_url", "configured"), CONFIGURED)
def test_a_key_or_an_address_is_enough(api_key: str | None, base_url: str | None, configured: bool) -> None:
    assert OpenAIProvider(api_key=api_key, base_url=base_url).configured is configured


# -- what servers do -------------------------------------------------------------------------------

STOP = event(delta(finish="stop"))
ERROR_EVENT = event({"error": {"message": CANARY, "code": CANARY, "type": CANARY}})
WHOLE = {
    "model": "fake-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
}
UMLAUT = b"".join([b'data: {"choices":[{"delta":{"content":"', "Zoë €".encode(), b'"}}]}\n\n'])
LINES = b'data: {"choices":\ndata: [{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
RUNNING = [event({**delta("ab"[i]), "usage": {"prompt_tokens": 5, "completion_tokens": i}}) for i in range(2)]
PAGE = f"<!doctype html><p>{CANARY}"

GOOD: dict[str, tuple[Reply, list[str]]] = {
    "usage with the last choice": (stream(event(delta("Hi")), event({**delta(finish="stop"), "usage": {}})), ["Hi"]),
    "a running usage with every chunk": (stream(*RUNNING, STOP), ["a", "b"]),
    "no [DONE]": (tokens("Hi", done=False), ["Hi"]),
    "a reset after the finish reason": (tokens("Hi", usage=None, done=False, end="reset"), ["Hi"]),
    "a connection kept open after [DONE]": (tokens("Hi", end="hang"), ["Hi"]),
    "an error event after the finish reason": (stream(event(delta("Hi")), STOP, ERROR_EVENT), ["Hi"]),
    "a JSON body": (Reply(headers=JSON, body=(json.dumps(WHOLE).encode(),)), ["Hello"]),
    "a JSON body called a stream": (stream(b"\n " + json.dumps(WHOLE).encode()), ["Hello"]),
    "a stream called plain text": (Reply(headers={"Content-Type": "text/plain"}, body=tokens("Hi").body), ["Hi"]),
    "a stream called nothing": (Reply(body=tokens("Hi").body), ["Hi"]),
    "UTF-8 cut between two chunks": (stream(*(UMLAUT[i : i + 1] for i in range(len(UMLAUT))), STOP), ["Zoë €"]),
    "CRLF line ends": (stream(*(b.replace(b"\n", b"\r\n") for b in (event(delta("Hi")), STOP))), ["Hi"]),
    "comments": (stream(b": waiting\n\n", event(delta("Hi")), b":\n", STOP), ["Hi"]),
    "data on several lines": (stream(LINES), ["Hi"]),
    "no blank line at the end": (stream(event(delta("Hi")), STOP.rstrip()), ["Hi"]),
    "no choices at first": (stream(event({"choices": [], "prompt_filter_results": []}), *tokens("Hi").body), ["Hi"]),
    "a role and null content": (stream(event(delta(content=None)), event(delta("Hi")), STOP), ["Hi"]),
    "content in typed parts": (stream(event(delta(content=[{"type": "text", "text": "Hi"}])), STOP), ["Hi"]),
    "many events in one write": (stream(b"".join(b for b in tokens("a", "b", "c").body if b)), ["a", "b", "c"]),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_answer_with_a_finish_reason_is_whole(name: str, upstream: Upstream) -> None:
    reply, prose = GOOD[name]
    upstream.play(reply)
    [outcome] = ask(upstream.url)
    assert (outcome.error, outcome.prose) == (None, prose)
    assert [chunk for chunk in outcome.chunks if isinstance(chunk, Finished)] == [Finished("stop")]
    assert len([chunk for chunk in outcome.chunks if isinstance(chunk, Spent)]) <= 1
    assert outcome.seconds < 1


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


def test_reasoning_counted_beside_the_output_is_counted_in() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "total_tokens": 20,
        "completion_tokens_details": {"reasoning_tokens": 7},
    }
    assert openai_provider.AnswerReader().spent() is None
    reader = openai_provider.AnswerReader()
    list(reader.read(json.dumps({"choices": [], "usage": usage}).encode()))
    spent = reader.spent()
    assert spent is not None
    assert spent.usage == Usage(input_tokens=10, output_tokens=10, reasoning_tokens=7)


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


# -- what servers do not understand -------------------------------------------------------------------


def refuse(*fields: str, status: int = 400, named: bool = True) -> Answering:
    """A server that refuses these fields of a request, `response_format` by its type."""

    def answer(seen: Seen) -> Reply:
        kind = (seen.body.get("response_format") or {}).get("type")
        for name in fields:
            if name in seen.body or name == kind:
                param = None if not named else "response_format" if name == kind else name
                return error(status, message=CANARY, code="unsupported_parameter", param=param)
        return tokens("Hi")

    return answer


REFUSED = {
    "a schema": (refuse("json_schema"), ["json_schema", "json_object"]),
    "a schema, unnamed": (refuse("json_schema", named=False), ["json_schema", "json_object"]),
    "a schema, with 422": (refuse("json_schema", status=422, named=False), ["json_schema", "json_object"]),
    "a schema, with 404": (refuse("json_schema", status=404), ["json_schema", "json_object"]),
    "every format": (refuse("response_format"), ["json_schema", "json_object", None]),
    "every format, unnamed": (refuse("response_format", named=False), ["json_schema", "json_object", None]),
}


def formats(upstream: Upstream) -> list[str | None]:
    return [(seen.body.get("response_format") or {}).get("type") for seen in upstream.seen]


@pytest.mark.parametrize("name", REFUSED)
def test_the_format_steps_down_and_the_step_is_remembered(name: str, upstream: Upstream) -> None:
    server, steps = REFUSED[name]
    upstream.play(server)
    first, second = ask(upstream.url, ANSWER, ANSWER)
    assert (first.error, second.error) == (None, None)
    assert formats(upstream) == [*steps, steps[-1]]


def test_a_schema_the_server_does_not_know_is_told_to_the_model(upstream: Upstream) -> None:
    upstream.play(refuse("json_schema"))
    ask(upstream.url, ANSWER)
    strict, told = upstream.seen
    schema = {"name": "answer", "strict": True, "schema": SCHEMA}
    assert strict.body["response_format"] == {"type": "json_schema", "json_schema": schema}
    assert strict.body["messages"][0]["content"] == "Be brief."
    assert json.dumps(SCHEMA, separators=(",", ":")) in told.body["messages"][0]["content"]


def test_each_model_has_its_own_step(upstream: Upstream) -> None:
    upstream.models["old"] = refuse("json_schema")
    ask(upstream.url, ModelCall("old", ANSWER.messages, "json", SCHEMA), ANSWER)
    assert formats(upstream) == ["json_schema", "json_object", "json_schema"]


@pytest.mark.parametrize("field_name", ["max_tokens", "temperature", "stream_options"])
def test_a_field_the_server_refuses_is_given_up_and_that_is_remembered(field_name: str, upstream: Upstream) -> None:
    upstream.play(refuse(field_name))
    first, second = ask(upstream.url, TEXT, TEXT)
    assert (first.error, second.error) == (None, None)
    assert [field_name in seen.body for seen in upstream.seen] == [True, False, False]
    limits = [seen.body.get("max_tokens") or seen.body.get("max_completion_tokens") for seen in upstream.seen]
    assert limits == [1000, 1000, 1000]


def test_several_refusals_are_worked_off_one_by_one(upstream: Upstream) -> None:
    upstream.play(refuse("temperature", "max_tokens", "stream_options", "json_schema"))
    [outcome] = ask(upstream.url, ANSWER)
    assert (outcome.error, outcome.prose) == (None, ["Hi"])


def test_a_refusal_in_the_words_of_fastapi_is_understood(upstream: Upstream) -> None:
    detail = {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": CANARY}]}
    upstream.play(Reply(422, JSON, (json.dumps(detail).encode(),)), tokens("Hi"))
    [outcome] = ask(upstream.url)
    assert outcome.error is None
    assert "stream_options" not in upstream.seen[1].body


def test_a_refusal_of_something_else_is_not_argued_with(upstream: Upstream) -> None:
    upstream.play(error(400, param="messages"))
    [outcome] = ask(upstream.url, ANSWER)
    assert isinstance(outcome.error, ProviderRefused)
    assert len(upstream.seen) == 1


def test_openai_itself_is_asked_with_the_new_name_of_the_limit() -> None:
    assert openai_provider.first_dialect(None).length == "max_completion_tokens"
    assert openai_provider.first_dialect("https://eu.api.openai.com/v1").length == "max_completion_tokens"
    assert openai_provider.first_dialect("http://127.0.0.1:8000/v1").length == "max_tokens"


# -- letting go ----------------------------------------------------------------------------------------

SILENCE = {
    "before the headers": HANG,
    "after the headers": stream(end="hang"),
    "in the middle": tokens("Hi", finish=None, usage=None, done=False, end="hang"),
}


@pytest.mark.parametrize("name", SILENCE)
def test_cancelling_hangs_up_within_a_tenth_of_a_second(name: str, upstream: Upstream) -> None:
    upstream.play(SILENCE[name])

    async def run() -> float:
        async with reaching(upstream.url) as provider:
            task = asyncio.create_task(follow(provider, TEXT))
            while not upstream.seen:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            cancelled_at = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(upstream.seen[0].left.wait, 2)
            return cancelled_at

    cancelled_at = asyncio.run(run())
    left_at = upstream.seen[0].left_at
    assert left_at is not None
    assert 0 <= left_at - cancelled_at < 0.1


def test_closing_the_generator_hangs_up_within_a_tenth_of_a_second(upstream: Upstream) -> None:
    upstream.play(tokens("Hi", finish=None, usage=None, done=False, end="hang"))

    async def run() -> float:
        async with reaching(upstream.url) as provider:
            chunks = provider.stream(TEXT)
            assert await anext(chunks) == Prose("Hi")
            closed_at = time.monotonic()
            await chunks.aclose()
            assert await asyncio.to_thread(upstream.seen[0].left.wait, 2)
            return closed_at

    closed_at = asyncio.run(run())
    left_at = upstream.seen[0].left_at
    assert left_at is not None
    assert 0 <= left_at - closed_at < 0.1


def test_a_token_is_handed_on_while_the_server_is_still_silent(upstream: Upstream) -> None:
    upstream.play(tokens("a", "b", pause=0.2))

    async def run() -> list[float]:
        arrived = []
        async with reaching(upstream.url) as provider:
            async for chunk in provider.stream(TEXT):
                if isinstance(chunk, Prose):
                    arrived.append(time.monotonic())
        return arrived

    first, second = asyncio.run(run())
    assert second - first > 0.1
