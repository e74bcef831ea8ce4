"""What the workbench adds to a call, side by side with the same calls made directly: `python -m tests.bench.gateway`.

Three processes: this client, the workbench on a scratch SQLite file (whole path: context of about 2,000 tokens, gating, durable
record), and a fake upstream. Figures of one run on one machine; read the ratios.
"""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import uvloop

HOUSE = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Door:
    """Where calls go: the upstream itself, or the workbench before it."""

    url: str
    token: str
    job_id: int

    def body(self, model: str, feature: str) -> dict[str, object]:
        return {"feature": feature, "user_id": 1, "job_id": self.job_id, "memory": False, "model": f"openai/{model}"}


@dataclass(frozen=True, slots=True)
class Streamed:
    """One stream as it was received: seconds to its first token, between tokens, and how many came."""

    first_s: float
    gaps_s: list[float]
    tokens: int


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.upstream"],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin and child.stdout
    yield child.stdout.readline().strip()
    child.stdin.close()
    child.wait(10)


@contextlib.contextmanager
def workbench(folder: Path, base_url: str) -> Iterator[tuple[int, Door]]:
    """The server with one token and no limits in the way; yields its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    policy = (HOUSE / "core/policy.toml").read_text()
    for name in ("runs_per_minute", "tokens_per_day"):
        policy = "\n".join(f"{name} = 1_000_000_000" if line.startswith(name) else line for line in policy.splitlines())
    policy = "\n".join(
        "usd_per_month = 900_000" if line.startswith("usd_per") else line for line in policy.splitlines()
    )
    (folder / "policy.toml").write_text(policy)
    settings = {
        **os.environ,
        "WORKBENCH_DATA_DIR": str(folder),
        "WORKBENCH_POLICY_FILE": str(folder / "policy.toml"),
        "WORKBENCH_PORT": str(port),
        "WORKBENCH_EMBEDDED_MODEL": "off",
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "bench",
    }
    python = [sys.executable, "-m", "core"]
    subprocess.run([*python, "demo", "load"], cwd=HOUSE, env=settings, check=True, capture_output=True)
    made = subprocess.run(
        [*python, "token", "create", "bench", "--scopes", "run,read-runs,choose-model"],
        cwd=HOUSE, env=settings, check=True, capture_output=True, text=True,
    )  # fmt: skip
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen([sys.executable, "workbench.py"], cwd=HOUSE, env=settings, stdout=log, stderr=log)
    try:
        yield server.pid, Door(f"http://127.0.0.1:{port}", made.stdout.split()[-1], 1)
    finally:
        server.terminate()
        server.wait(20)


async def ready(session: aiohttp.ClientSession, url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{url}/health/ready") as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)
    raise SystemExit("the workbench did not become ready")


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


# -- one call ------------------------------------------------------------------------------------------


async def direct(session: aiohttp.ClientSession, base_url: str, model: str) -> AsyncIterator[float]:
    """The moment each token of a direct call arrived."""
    messages = [{"role": "user", "content": "word " * 2_000}]
    async with session.post(f"{base_url}/chat/completions", json={"model": model, "messages": messages}) as answer:
        async for line in answer.content:
            if line.startswith(b'data: {"model"') and b'"content"' in line:
                yield time.perf_counter()


async def through(session: aiohttp.ClientSession, door: Door, model: str) -> AsyncIterator[float]:
    """The same through /stream."""
    async with session.post(
        f"{door.url}/api/v1/ai/stream", json=door.body(model, "cover_letter"), headers=bearer(door)
    ) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            if line.startswith(b"event: delta"):
                yield time.perf_counter()


async def run(session: aiohttp.ClientSession, door: Door) -> None:
    """One /run of a match report, checked."""
    async with session.post(
        f"{door.url}/api/v1/ai/run", json=door.body("json", "match"), headers=bearer(door)
    ) as answer:
        result = await answer.json()
        assert result["status"] == "ok", result


async def plain(session: aiohttp.ClientSession, base_url: str) -> None:
    """The same answer without the workbench."""
    async for _ in direct(session, base_url, "json"):
        pass


def bearer(door: Door) -> dict[str, str]:
    return {"Authorization": f"Bearer {door.token}"}


async def received(tokens: AsyncIterator[float]) -> Streamed:
    start, moments = time.perf_counter(), []
    async for moment in tokens:
        moments.append(moment)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return Streamed(moments[0] - start if moments else float("nan"), gaps, len(moments))


# -- many ----------------------------------------------------------------------------------------------


async def calls(one: Callable[[], Awaitable[None]], *, count: int, at_once: int) -> tuple[list[float], float]:
    """Seconds of each of `count` calls, `at_once` together, and of all of them."""
    took: list[float] = []

    async def worker(mine: int) -> None:
        for _ in range(mine):
            start = time.perf_counter()
            await one()
            took.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(worker(count // at_once) for _ in range(at_once)))
    return took, time.perf_counter() - start


async def streams(one: Callable[[], AsyncIterator[float]], *, at_once: int, spread_s: float = 0.0) -> list[Streamed]:
    async def later(number: int) -> Streamed:
        await asyncio.sleep(spread_s * number / at_once)
        return await received(one())

    return await asyncio.gather(*(later(number) for number in range(at_once)))


def ms(seconds: list[float], share: float = 0.5) -> float:
    ranked = sorted(seconds)
    return 1_000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def row(what: str, **figures: object) -> None:
    print(f"{what:<34}" + "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items()), flush=True)


async def measure_runs(session: aiohttp.ClientSession, base_url: str, pid: int, door: Door) -> None:
    for at_once, count in ((1, 200), (16, 800), (32, 800)):
        bare, _ = await calls(lambda: plain(session, base_url), count=count, at_once=at_once)
        before = cpu_s(pid)
        full, wall = await calls(lambda: run(session, door), count=count, at_once=at_once)
        used = (cpu_s(pid) - before) / count
        added = f"{ms(full) - ms(bare):.2f}/{ms(full, 0.99) - ms(bare, 0.99):.2f} ms"
        row(f"/run, {at_once} at once", added_p50_p99=added, per_s=f"{count / wall:.0f}", cpu=f"{used * 1_000:.2f} ms")


async def measure_streams(session: aiohttp.ClientSession, base_url: str, pid: int, door: Door) -> None:
    for at_once, rate in ((1, 0), (32, 50), (128, 50)):
        model = f"t100-r{rate}"
        bare = await streams(partial(direct, session, base_url, model), at_once=at_once, spread_s=1.0)
        before, start = cpu_s(pid), time.perf_counter()
        full = await streams(partial(through, session, door, model), at_once=at_once, spread_s=1.0)
        wall, used = time.perf_counter() - start, cpu_s(pid) - before
        added = ms([one.first_s for one in full]) - ms([one.first_s for one in bare])
        gap, least = (ms([gap for one in kind for gap in one.gaps_s], 0.99) for kind in (full, bare))
        offered = 100 / rate if rate else 0
        share = f"{100 * sum(one.tokens for one in full) / sum(one.tokens for one in bare):.1f} %"
        row(
            f"/stream, {at_once} at once, {rate or 'max'} tok/s",
            first_token_added_p50=f"{added:.2f} ms",
            delivered=share,
            gap_p99=f"{gap:.1f} ms ({gap / least:.2f} x direct)",
            cpu_per_token=f"{1e6 * used / (at_once * 100):.0f} us",
            wall=f"{wall:.1f} s (offered in {offered + 1:.1f})",
        )


async def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        upstream() as base_url,
        workbench(Path(folder), base_url) as (pid, door),
    ):
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(120)) as session:
            await ready(session, door.url)
            await calls(lambda: run(session, door), count=20, at_once=4)
            await measure_runs(session, base_url, pid, door)
            await measure_streams(session, base_url, pid, door)


if __name__ == "__main__":
    uvloop.run(main())
