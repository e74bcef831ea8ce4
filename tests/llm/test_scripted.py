import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import pytest

from core.errors import ProviderBusy
from core.llm.provider import Chunk, Finished, Message, ModelCall, Prose, Provider, Spent
from core.llm.scripted import Play, Scripted
from core.schema import Usage

CALL = ModelCall("m", (Message("user", "Hello?"),))
USAGE = Usage(input_tokens=9, output_tokens=2)
T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


async def follow(provider: Provider) -> tuple[list[Chunk], Exception | None]:
    chunks: list[Chunk] = []
    try:
        async with aclosing(provider.stream(CALL)) as stream:
            async for chunk in stream:
                chunks.append(chunk)
    except (ProviderBusy, ValueError) as error:
        return chunks, error
    return chunks, None


BUSY = ProviderBusy("Busy.", retry_after_s=3)
PLAYS = {
    "a whole answer": (
        Play("a", "b", usage=USAGE, model="m-1", tier="flex"),
        [Prose("a"), Prose("b"), Finished("stop"), Spent(USAGE, USAGE.model_dump(), "m-1", "flex")],
        None,
        "whole",
    ),
    "an answer cut by its length": (Play("a", finish="length"), [Prose("a"), Finished("length")], None, "whole"),
    "a stream without an end": (Play("a", finish=None), [Prose("a")], None, "whole"),
    "a failure": (Play(error=BUSY), [], BUSY, "failed"),
    "a failure in the middle that cost something": (
        Play("a", usage=USAGE, error=BUSY),
        [Prose("a"), Spent(USAGE, USAGE.model_dump())],
        BUSY,
        "failed",
    ),
    "a fault of ours": (Play(error=ValueError("x")), [], ValueError("x"), "failed"),
}


@pytest.mark.parametrize("name", PLAYS)
def test_a_play_is_played_as_written(name: str) -> None:
    play, chunks, error, ended = PLAYS[name]
    provider = Scripted([play])
    heard, raised = run(follow(provider))
    assert heard == chunks
    assert (type(raised), str(raised)) == (type(error), str(error))
    assert getattr(raised, "retry_after_s", None) == getattr(error, "retry_after_s", None)
    assert [heard.ended for heard in provider.heard] == [ended]
    assert provider.calls == [CALL]


def test_plays_follow_each_other_and_the_last_repeats() -> None:
    provider = Scripted([Play(error=BUSY), Play("a"), lambda call: Play(call.model)])
    texts = [[chunk.text for chunk in run(follow(provider))[0] if isinstance(chunk, Prose)] for _ in range(4)]
    assert texts == [[], ["a"], ["m"], ["m"]]


def test_a_hanging_play_ends_with_the_task_that_waits_for_it() -> None:
    provider = Scripted([Play("par", hang=True)])

    async def wait() -> None:
        task = asyncio.create_task(follow(provider))
        await asyncio.sleep(0.05)
        assert provider.heard[0].ended == "open"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(wait())
    assert provider.heard[0].ended == "cancelled"
    assert provider.heard[0].ended_at is not None


def test_a_closed_generator_is_told_from_a_cancelled_one() -> None:
    provider = Scripted([Play("a", "b")])

    async def close() -> None:
        stream = provider.stream(CALL)
        assert await anext(stream) == Prose("a")
        await stream.aclose()

    run(close())
    assert provider.heard[0].ended == "closed"


def test_it_stands_in_for_any_provider() -> None:
    provider: Provider = Scripted(name="openai", writes="opening", context_tokens=900, configured=False)
    assert (provider.name, provider.writes, provider.context_tokens) == ("openai", "opening", 900)
    assert not provider.configured
