"""Calls of a benchmark, made directly and through the workbench, one and many together."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp

from tests.bench.served import Door

Stream = Callable[[], AsyncIterator[float]]


@dataclass(frozen=True, slots=True)
class Streamed:
    """One stream as it was received: when it was asked for, and the moment of each of its tokens, in seconds."""

    asked: float
    moments: Sequence[float]

    @property
    def first_s(self) -> float:
        return self.moments[0] - self.asked

    @property
    def whole_s(self) -> float:
        return self.moments[-1] - self.asked

    @property
    def gaps_s(self) -> list[float]:
        return [later - earlier for earlier, later in itertools.pairwise(self.moments)]

    def within(self, seconds: float) -> int:
        """How many tokens had come by then."""
        return sum(moment <= self.asked + seconds for moment in self.moments)


async def direct(session: aiohttp.ClientSession, base_url: str, model: str) -> AsyncIterator[float]:
    """The moment each token of a call to the upstream arrived."""
    messages = [{"role": "user", "content": "word " * 2_000}]
    async with session.post(f"{base_url}/chat/completions", json={"model": model, "messages": messages}) as answer:
        async for line in answer.content:
            if line.startswith(b'data: {"model"') and b'"content"' in line:
                yield time.perf_counter()


async def through(session: aiohttp.ClientSession, door: Door, model: str) -> AsyncIterator[float]:
    """The same through /stream: a cover letter."""
    url, body = f"{door.url}/api/v1/ai/stream", asked("cover_letter", model)
    async with session.post(url, json=body, headers=door.bearer) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            if line.startswith(b"event: delta"):
                yield time.perf_counter()


async def plain(session: aiohttp.ClientSession, base_url: str) -> None:
    """A match report's JSON without the workbench."""
    async for _ in direct(session, base_url, "json"):
        pass


async def run(session: aiohttp.ClientSession, door: Door) -> None:
    """The same through /run."""
    url, body = f"{door.url}/api/v1/ai/run", asked("match", "json")
    async with session.post(url, json=body, headers=door.bearer) as answer:
        result = await answer.json()
        if result.get("status") != "ok":
            raise SystemExit(f"a run did not end well: {result}")


def asked(feature: str, model: str) -> dict[str, object]:
    return {"feature": feature, "user_id": 1, "job_id": 1, "memory": False, "model": f"openai/{model}"}


async def received(tokens: AsyncIterator[float]) -> Streamed:
    """Follow one stream to its end. Errors: `SystemExit` for one that brought nothing."""
    start = time.perf_counter()
    moments = [moment async for moment in tokens]
    if not moments:
        raise SystemExit("a stream brought no token")
    return Streamed(start, moments)


async def calls(one: Callable[[], Awaitable[None]], *, count: int, at_once: int) -> tuple[list[float], float]:
    """Seconds of each of `count` calls, `at_once` together, and of all of them."""
    took: list[float] = []

    async def worker() -> None:
        for _ in range(count // at_once):
            start = time.perf_counter()
            await one()
            took.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return took, time.perf_counter() - start


async def streams(one: Stream, *, at_once: int, spread_s: float = 1.0) -> list[Streamed]:
    """So many streams, begun one after the other within `spread_s`."""

    async def later(number: int) -> Streamed:
        await asyncio.sleep(spread_s * number / at_once)
        return await received(one())

    return await asyncio.gather(*(later(number) for number in range(at_once)))


def at_share(seconds: Sequence[float], share: float = 0.5) -> float:
    """The p50, or another share of them."""
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
