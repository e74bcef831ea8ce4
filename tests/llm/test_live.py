"""Following a run: nobody misses an event, and several of one moment are told at once."""

import asyncio
import time

from core.llm.live import MOST_AT_ONCE, LiveRun
from core.schema import Event

EVENTS = 300


def live_run() -> LiveRun:
    return LiveRun("r", 1, "cli")


def said(events: list[Event]) -> list[str]:
    return [event.data["text"] for event in events]


def say(live: LiveRun, number: int) -> None:
    live.emit("delta", {"field": "content", "text": str(number)})


def test_threads_that_wait_hear_of_every_event_at_once() -> None:
    async def run() -> tuple[list[list[str]], float]:
        live = live_run()
        readers = [asyncio.create_task(asyncio.to_thread(_read, live)) for _ in range(4)]
        start = time.monotonic()
        for number in range(EVENTS):
            say(live, number)
            await asyncio.sleep(0.0005 * (number % 3))
        return await asyncio.gather(*readers), time.monotonic() - start

    heard, took = asyncio.run(run())
    assert heard == [[str(number) for number in range(EVENTS)]] * 4
    assert took < 30  # one call that was not told of an event waits a minute


def _read(live: LiveRun) -> list[str]:
    seen: list[Event] = []
    while len(seen) < EVENTS:
        seen += live.after(len(seen), wait_s=60)
    return said(seen)


def test_what_comes_in_one_moment_is_one_batch() -> None:
    async def run() -> list[list[str]]:
        live, batches = live_run(), []

        async def follow() -> None:
            async for batch in live.batches():
                batches.append(said(batch))
                if "4" in batches[-1]:
                    return

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        for moment in ((0, 1, 2), (3, 4)):
            for number in moment:
                say(live, number)
            await asyncio.sleep(0.01)
        await following
        return batches

    assert asyncio.run(run()) == [["0", "1", "2"], ["3", "4"]]


def test_a_follower_that_comes_late_is_told_in_parts() -> None:
    """What it holds at once is small, however long the run and however slowly it reads."""

    async def run() -> list[list[str]]:
        live = live_run()
        for number in range(EVENTS):
            say(live, number)
        batches = []
        async for batch in live.batches():
            batches.append(said(batch))
            if len(batches[-1]) < MOST_AT_ONCE:
                return batches
        return batches

    batches = asyncio.run(run())
    assert [number for batch in batches for number in batch] == [str(number) for number in range(EVENTS)]
    assert {len(batch) for batch in batches[:-1]} == {MOST_AT_ONCE}
