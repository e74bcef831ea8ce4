"""What the benchmark says of a stream is what came of it."""

import asyncio

import aiohttp
import pytest

from tests.bench import asking, served
from tests.bench.asking import Streamed, at_share
from tests.bench.gateway import in_time
from tests.bench.table import Target


def test_tokens_after_the_offered_time_do_not_count() -> None:
    direct = Streamed(0.0, [0.02 * number for number in range(100)])
    late = Streamed(5.0, [5.5 + 0.02 * number for number in range(100)])
    assert in_time([direct], [direct]) == 100
    assert in_time([late], [direct]) == 75
    assert in_time([late, direct], [direct]) == 87.5
    assert (late.first_s, round(late.whole_s, 2), round(at_share(late.gaps_s), 3)) == (0.5, 2.48, 0.02)


def test_a_stream_that_brought_nothing_counts_as_nothing() -> None:
    whole = Streamed(0.0, [0.01 * number for number in range(100)])
    assert in_time([Streamed(0.0, [])], [whole]) == 0


@pytest.mark.parametrize(
    ("value", "more", "holds", "aims"),
    [(4, False, True, False), (2, False, True, True), (6, False, False, False), (5, True, True, True)],
)
def test_a_bound_itself_holds(value: float, more: bool, holds: bool, aims: bool) -> None:
    target = Target("x", value, "ms", 5, 2, more=more)
    assert (target.holds(5), target.holds(2)) == (holds, aims)


def test_the_fake_upstream_offers_every_token() -> None:
    async def stream() -> Streamed:
        with served.upstream() as base_url:
            async with aiohttp.ClientSession() as session:
                return await asking.received(asking.direct(session, base_url, "t20-r100"))

    streamed = asyncio.run(stream())
    assert len(streamed.moments) == 20
    assert streamed.whole_s >= 0.17
