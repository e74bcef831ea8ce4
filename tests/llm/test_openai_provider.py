"""A good answer, however oddly a server sends it, and letting go of one."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.errors import ProviderCut
from core.llm import accounts
from core.llm.openai_answer import AnswerReader
from core.llm.openai_provider import OpenAIProvider
from core.llm.provider import Finished, Prose, Spent
from core.llm.rows import Attempt
from core.schema import Usage
from tests.fakes.asking import TEXT, Outcome, ask, follow, reaching
from tests.fakes.upstream import HANG, JSON, Reply, Upstream, delta, event, stream, tokens


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def test_prose_comes_one_by_one_then_the_finish_reason_then_the_usage(upstream: Upstream) -> None:
    upstream.play(tokens("Hel", "lo", " you", tier="flex"))
    [outcome] = ask(upstream.url)
    *prose, finished, spent = outcome.chunks
    assert prose == [Prose("Hel"), Prose("lo"), Prose(" you")]
    assert finished == Finished("stop")
    assert isinstance(spent, Spent)
    assert spent.usage == Usage(input_tokens=11, cached_tokens=4, output_tokens=3, reasoning_tokens=1)
    assert (spent.model, spent.tier, spent.raw["total_tokens"]) == ("fake-1", "flex", 14)


@pytest.mark.parametrize(
    ("tier", "price"), [("flex", " flex"), ("priority", " priority"), ("default", "luna"), (None, "luna")]
)
def test_an_answer_that_is_cut_is_priced_in_the_service_tier_it_came_in(
    upstream: Upstream, tier: str | None, price: str
) -> None:
    said = [event({**delta(text), "model": "gpt-6-luna", "service_tier": tier}) for text in ("Hel", "lo")]
    upstream.play(stream(*said, end="cut"))
    [outcome] = ask(upstream.url)
    assert isinstance(outcome.error, ProviderCut) and outcome.prose == ["Hel", "lo"]
    attempt = Attempt(1, "openai", "gpt-6-luna", datetime.now(UTC), text=outcome.prose, messages=TEXT.messages)
    if outcome.spent:
        accounts.note(attempt, outcome.spent)
    accounts.close(attempt)
    assert attempt.cost.status == "estimated" and attempt.raw_usage is None and attempt.usage.output_tokens > 0
    assert attempt.cost.price is not None and attempt.cost.price.endswith(price)


def test_the_package_is_loaded_only_where_there_is_a_server_to_ask() -> None:
    """It takes 0.3 s and 18 MB."""
    asked = """if True:
        import sys
        from core import wiring
        from core.settings import read

        for given in ({}, {"OPENAI_API_KEY": "k"}):
            wiring.real_providers(read(given))
            print("openai" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


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


def test_an_address_may_bring_its_own_sign_in(upstream: Upstream) -> None:
    [outcome] = ask(upstream.url.replace("//", "//ada:secret@"))
    assert outcome.error is None
    assert upstream.seen[0].headers["authorization"] == "Basic YWRhOnNlY3JldA=="


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


STOP = event(delta(finish="stop"))
ERROR_EVENT = event({"error": {"message": "overloaded"}})
WHOLE = {
    "model": "fake-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
}
UMLAUT = b"".join([b'data: {"choices":[{"delta":{"content":"', "Zoë €".encode(), b'"}}]}\n\n'])
LINES = b'data: {"choices":\ndata: [{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
RUNNING = [event({**delta("ab"[i]), "usage": {"prompt_tokens": 5, "completion_tokens": i}}) for i in range(2)]

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
    "many events in one write": (
        stream(b"".join(b for b in tokens("a", "b", "c").body if isinstance(b, bytes))),
        ["a", "b", "c"],
    ),
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


def test_reasoning_counted_beside_the_output_is_counted_in() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "total_tokens": 20,
        "completion_tokens_details": {"reasoning_tokens": 7},
    }
    reader = AnswerReader()
    list(reader.read(json.dumps({"choices": [], "usage": usage}).encode()))
    spent = reader.spent()
    assert spent is not None
    assert spent.usage == Usage(input_tokens=10, output_tokens=10, reasoning_tokens=7)


# -- letting go ----------------------------------------------------------------------------------------

AT_ONCE_S = 10  # a few milliseconds, but the machine may stand still; a provider that let it be would wait for 20 s
SILENCE = {
    "before the headers": HANG,
    "after the headers": stream(end="hang"),
    "in the middle": tokens("Hi", finish=None, usage=None, done=False, end="hang"),
}


@pytest.mark.parametrize("name", SILENCE)
def test_cancelling_hangs_up_at_once(name: str, upstream: Upstream) -> None:
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
            assert await asyncio.to_thread(upstream.seen[0].left.wait, 15)
            return cancelled_at

    cancelled_at = asyncio.run(run())
    left_at = upstream.seen[0].left_at
    assert left_at is not None
    assert 0 <= left_at - cancelled_at < AT_ONCE_S


def test_closing_the_generator_hangs_up_at_once(upstream: Upstream) -> None:
    upstream.play(tokens("Hi", finish=None, usage=None, done=False, end="hang"))

    async def run() -> float:
        async with reaching(upstream.url) as provider:
            chunks = provider.stream(TEXT)
            assert await anext(chunks) == Prose("Hi")
            closed_at = time.monotonic()
            await chunks.aclose()
            assert await asyncio.to_thread(upstream.seen[0].left.wait, 15)
            return closed_at

    closed_at = asyncio.run(run())
    left_at = upstream.seen[0].left_at
    assert left_at is not None
    assert 0 <= left_at - closed_at < AT_ONCE_S


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
