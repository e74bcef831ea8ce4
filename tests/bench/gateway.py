"""What the workbench adds to a call, beside the same calls made directly: `make bench`.

Three processes: this client, the workbench on a scratch SQLite file (whole path: context of about 2,000 tokens, gating,
durable record), and a fake upstream. Figures of one run on one machine; read the ratios.
"""

import tempfile
import time
from functools import partial
from pathlib import Path

import aiohttp
import uvloop

from tests.bench import asking, served, tab, table
from tests.bench.asking import Streamed, at_share
from tests.bench.served import Door
from tests.bench.table import Target

TOKENS, RATE = 100, 50  # of each stream, and how many a second
MODEL = f"t{TOKENS}-r{RATE}"
RUNS = {1: 200, 16: 800, 32: 800, 128: 1_280}
STREAMS = (1, 16, 32, 64, 128)


async def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        served.upstream() as base_url,
        served.workbench(Path(folder), base_url) as door,
    ):
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)  # the server lets go of idle ones after 5
        patience = aiohttp.ClientTimeout(120)
        async with aiohttp.ClientSession(connector=connector, timeout=patience) as session:
            await served.ready(session, door)
            await asking.calls(partial(asking.run, session, door), count=40, at_once=4)
            held = [
                *await measure_runs(session, base_url, door),
                *await measure_streams(session, base_url, door),
                await measure_beside_pages(session, base_url, door),
            ]
    table.targets(held)


async def measure_runs(session: aiohttp.ClientSession, base_url: str, door: Door) -> list[Target]:
    table.head("/run, match", "direct p50/p99", "added p50/p99", "calls/s", "CPU a call")
    added, cpu, per_s = {}, {}, {}
    for at_once, count in RUNS.items():
        bare, _ = await asking.calls(partial(asking.plain, session, base_url), count=count, at_once=at_once)
        before = door.cpu_s()
        full, wall = await asking.calls(partial(asking.run, session, door), count=count, at_once=at_once)
        added[at_once] = at_share(full) - at_share(bare)
        cpu[at_once], per_s[at_once] = (door.cpu_s() - before) / len(full), len(full) / wall
        table.row(
            f"{at_once} at once",
            table.ms(at_share(bare), at_share(bare, 0.99)),
            table.ms(added[at_once], at_share(full, 0.99) - at_share(bare, 0.99)),
            f"{per_s[at_once]:,.0f}",
            table.ms(cpu[at_once]),
        )
    return [
        Target("/run, added p50, 1 at once", 1e3 * added[1], "ms", 5, 2),
        Target("/run, CPU a call", 1e3 * cpu[16], "ms", 3, 1),
        Target("/run, calls a second, 16 at once", per_s[16], "/s", 400, 1_000, more=True),
    ]


async def measure_streams(session: aiohttp.ClientSession, base_url: str, door: Door) -> list[Target]:
    columns = ("direct first", "added p50/p99", "calls/s", "in time", "direct gap p99", "gap p99", "x direct")
    table.head(f"/stream, letter, {RATE} tok/s", *columns, "CPU a token")
    added, share, gap, cpu = {}, {}, {}, {}
    for at_once in STREAMS:
        bare = await asking.streams(partial(asking.direct, session, base_url, MODEL), at_once=at_once)
        before, start = door.cpu_s(), time.perf_counter()
        full = await asking.streams(partial(asking.through, session, door, MODEL), at_once=at_once)
        wall = time.perf_counter() - start
        cpu[at_once] = (door.cpu_s() - before) / (at_once * TOKENS)
        first, direct_first = firsts(full), firsts(bare)
        added[at_once] = at_share(first) - at_share(direct_first)
        share[at_once], gap[at_once] = in_time(full, bare), gap_s(full) / gap_s(bare)
        table.row(
            f"{at_once} at once",
            table.ms(at_share(direct_first)),
            table.ms(added[at_once], at_share(first, 0.99) - at_share(direct_first, 0.99)),
            f"{at_once / wall:.1f}",
            f"{share[at_once]:.1f} %",
            table.ms(gap_s(bare)),
            table.ms(gap_s(full)),
            f"{gap[at_once]:.2f}",
            f"{1e6 * cpu[at_once]:.0f} us",
        )
    return [
        Target("/stream, first token added p50, 32 at once", 1e3 * added[32], "ms", 8, 3),
        Target("128 streams, tokens in the offered time", share[128], "%", 93, 98, more=True),
        Target("128 streams, gap p99", gap[128], "x direct", 4, 1.5),
        Target("CPU a streamed token, 128 at once", 1e6 * cpu[128], "us", 120, 60),
    ]


async def measure_beside_pages(session: aiohttp.ClientSession, base_url: str, door: Door) -> Target:
    """64 streams while a tab of the same process runs page after page."""
    bare = await asking.streams(partial(asking.direct, session, base_url, MODEL), at_once=64)
    async with tab.browsing(door) as one:
        before = one.runs
        full = await asking.streams(partial(asking.through, session, door, MODEL), at_once=64)
        runs = one.runs - before
    share = in_time(full, bare)
    table.head("/stream beside pages", "in time", "gap p99", "x direct", "pages run")
    table.row("64 at once", f"{share:.1f} %", table.ms(gap_s(full)), f"{gap_s(full) / gap_s(bare):.2f}", str(runs))
    return Target("64 streams beside pages, tokens in time", share, "%", 90, 97, more=True)


def firsts(streams: list[Streamed]) -> list[float]:
    return [one.first_s for one in streams]


def gap_s(streams: list[Streamed]) -> float:
    """The p99 of the pauses between two tokens."""
    return at_share([gap for one in streams for gap in one.gaps_s], 0.99)


def in_time(full: list[Streamed], bare: list[Streamed]) -> float:
    """Per cent of the offered tokens that came within the time the upstream took to offer them."""
    offered_s = at_share([one.whole_s for one in bare], 0.99)
    return 100 * sum(one.within(offered_s) for one in full) / (len(full) * TOKENS)


if __name__ == "__main__":
    uvloop.run(main())
