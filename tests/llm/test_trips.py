"""Work for worker threads: what waits goes along together, and each hears only of its own."""

import asyncio
import os
import threading
import time
from collections.abc import Sequence

import pytest

from core.llm.trips import Trips, each


class Desk:
    """Work that takes `pause_s` a trip, doubles numbers and refuses negative ones."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.trips: list[list[int]] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        with self._lock:
            self.trips.append(list(numbers))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.pause_s)
        with self._lock:
            self.at_once -= 1
        return [ValueError(str(number)) if number < 0 else 2 * number for number in numbers]


def taken(trips: Trips[int, int], *groups: Sequence[int]) -> list[int | BaseException]:
    """Each group comes in one turn of the loop, a moment after the one before."""

    async def take() -> list[int | BaseException]:
        waiting: list[asyncio.Future[int]] = []
        try:
            for numbers in groups:
                waiting += [asyncio.ensure_future(trips.take(number)) for number in numbers]
                await asyncio.sleep(0.005)
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            trips.close()

    return asyncio.run(take())


def test_what_comes_in_one_turn_of_the_loop_leaves_together() -> None:
    desk = Desk()
    assert taken(Trips(desk, threads=1, most=10), range(6)) == [0, 2, 4, 6, 8, 10]
    assert desk.trips == [[0, 1, 2, 3, 4, 5]]


def test_what_comes_while_a_thread_is_away_goes_along_on_the_next_trip() -> None:
    desk = Desk(pause_s=0.05)
    assert taken(Trips(desk, threads=1, most=10), [0], [1, 2], [3]) == [0, 2, 4, 6]
    assert desk.trips == [[0], [1, 2, 3]]


def test_what_comes_soon_after_a_trip_waits_for_more_to_come_along() -> None:
    desk = Desk()
    taken(Trips(desk, threads=1, most=10, apart_s=lambda: 0.1), [0], [1], [2])
    assert desk.trips == [[0], [1, 2]]


def test_a_thread_that_is_back_takes_what_would_have_waited_for_another() -> None:
    desk = Desk(pause_s=0.02)
    start = time.monotonic()
    taken(Trips(desk, threads=2, most=10, patience_s=40), [0], [1])
    assert time.monotonic() - start < 20


def test_a_trip_takes_no_more_than_it_may() -> None:
    desk = Desk(pause_s=0.01)
    taken(Trips(desk, threads=1, most=2), range(5))
    assert desk.trips == [[0, 1], [2, 3], [4]]


def test_an_error_reaches_its_own_item_only() -> None:
    results = taken(Trips(Desk(), threads=1, most=10), [1, -2, 3])
    assert [type(one) for one in results] == [int, ValueError, int]


def test_work_that_breaks_as_a_whole_is_told_to_all_and_the_next_trip_goes() -> None:
    def broken(numbers: Sequence[int]) -> list[int | Exception]:
        if 1 in numbers:
            raise RuntimeError("broken")
        return list(numbers)

    results = taken(Trips(broken, threads=1, most=2), [0, 1, 2, 3, 4])
    assert [type(one) for one in results] == [RuntimeError, RuntimeError, int, int, int]


def test_who_leaves_keeps_back_nobody() -> None:
    desk = Desk(pause_s=0.02)
    trips = Trips(desk, threads=1, most=10)

    async def leave() -> int:
        leaving = asyncio.ensure_future(trips.take(1))
        await asyncio.sleep(0.005)
        staying = asyncio.ensure_future(trips.take(2))
        leaving.cancel()
        result = await staying
        trips.close()
        return result

    assert asyncio.run(leave()) == 4
    assert desk.trips == [[1], [2]]


@pytest.mark.parametrize(("patience_s", "at_once"), [(0.0, 3), (5.0, 1)])
def test_another_thread_leaves_only_when_those_before_are_long_away(patience_s: float, at_once: int) -> None:
    desk = Desk(pause_s=0.1)
    taken(Trips(desk, threads=3, most=1, patience_s=patience_s), range(3))
    assert desk.most_at_once == at_once


def test_each_tells_an_error_in_its_works_place() -> None:
    results = each([lambda: 1, lambda: 1 // 0, lambda: 3])
    assert [type(one) for one in results] == [int, ZeroDivisionError, int]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not let a thread choose its core")
def test_a_thread_stays_on_its_loops_core_and_nothing_else_does() -> None:
    before = os.sched_getaffinity(0)
    trips: Trips[int, set[int]] = Trips(lambda numbers: [os.sched_getaffinity(0) for _ in numbers], threads=1, most=1)

    async def take() -> set[int]:
        try:
            return await trips.take(1)
        finally:
            trips.close()

    cores = asyncio.run(take())
    assert len(cores) == 1
    assert cores <= before
    assert os.sched_getaffinity(0) == before
