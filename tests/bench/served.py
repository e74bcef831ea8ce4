"""The two servers of a benchmark, each a process of its own: a fake upstream, and the workbench before it."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

HOUSE = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Door:
    """The workbench: its address, a token for it, and its process."""

    url: str
    token: str
    pid: int

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def cpu_s(self) -> float:
        """Processor seconds of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    """A fake of an OpenAI-compatible server; yields its base URL."""
    command = [sys.executable, "-m", "tests.bench.upstream"]
    with subprocess.Popen(command, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin and child.stdout
        yield child.stdout.readline().strip()
        child.stdin.close()


@contextlib.contextmanager
def workbench(folder: Path, base_url: str) -> Iterator[Door]:
    """The server on a scratch SQLite file in `folder`, with one token and no limits in the way."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        **os.environ,
        "WORKBENCH_DATA_DIR": str(folder),
        "WORKBENCH_POLICY_FILE": str(_limitless(folder)),
        "WORKBENCH_PORT": str(port),
        "WORKBENCH_EMBEDDED_MODEL": "off",
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "bench-no-secret",
    }
    _core(settings, "demo", "load")
    token = _core(settings, "token", "create", "bench", "--scopes", "run,read-runs,choose-model").split()[-1]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen([sys.executable, "workbench.py"], cwd=HOUSE, env=settings, stdout=log, stderr=log)
    try:
        yield Door(f"http://127.0.0.1:{port}", token, server.pid)
    finally:
        server.terminate()
        server.wait(20)


async def ready(session: aiohttp.ClientSession, door: Door) -> None:
    """Returns when the workbench may be sent work."""
    for _ in range(300):
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{door.url}/health/ready") as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)
    raise SystemExit("the workbench did not become ready")


def _limitless(folder: Path) -> Path:
    """The policy with limits that no benchmark reaches."""
    most = {"runs_per_minute": "1_000_000_000", "tokens_per_day": "1_000_000_000", "usd_per_month": "900_000"}
    lines = []
    for line in (HOUSE / "core/policy.toml").read_text().splitlines():
        name = line.partition(" ")[0]
        lines.append(f"{name} = {most[name]}" if name in most else line)
    policy = folder / "policy.toml"
    policy.write_text("\n".join(lines))
    return policy


def _core(settings: dict[str, str], *words: str) -> str:
    python = [sys.executable, "-m", "core", *words]
    return subprocess.run(python, cwd=HOUSE, env=settings, check=True, capture_output=True, text=True).stdout
