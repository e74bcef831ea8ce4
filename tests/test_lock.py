"""The network lock bites: nothing in the suite can reach another machine or find a key."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import uvloop

from tests.lock.sitecustomize import ReachedOut, check

AWAY = "192.0.2.1"  # an address reserved for documentation: nobody's machine
AWAY_6 = "2001:db8::1"
NAME = "api.openai.com"


def with_socket(call: Callable[[socket.socket], object], family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM):
    def reach() -> None:
        with socket.socket(family, kind) as plug:
            plug.settimeout(0.2)
            call(plug)

    return reach


async def openai_call() -> None:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async with AsyncOpenAI(api_key="none", http_client=DefaultAioHttpClient(), max_retries=0, timeout=1) as client:
        await client.models.list()


WAYS_OUT: dict[str, Callable[[], object]] = {
    "connect": with_socket(lambda plug: plug.connect((AWAY, 443))),
    "connect by name": with_socket(lambda plug: plug.connect((NAME, 443))),
    "connect over IPv6": with_socket(lambda plug: plug.connect((AWAY_6, 443, 0, 0)), socket.AF_INET6),
    "connect_ex": with_socket(lambda plug: plug.connect_ex((AWAY, 443))),
    "a datagram": with_socket(lambda plug: plug.sendto(b"x", (AWAY, 53)), kind=socket.SOCK_DGRAM),
    "a message": with_socket(lambda plug: plug.sendmsg([b"x"], [], 0, (AWAY, 53)), kind=socket.SOCK_DGRAM),
    "create_connection": lambda: socket.create_connection((AWAY, 443), 0.2),
    "a look-up": lambda: socket.getaddrinfo(NAME, 443),
    "a look-up by keyword": lambda: socket.getaddrinfo(host=NAME, port=443),
    "an old look-up": lambda: socket.gethostbyname(NAME),
    "asyncio": lambda: asyncio.run(asyncio.open_connection(AWAY, 443)),
    "asyncio by name": lambda: asyncio.run(asyncio.open_connection(NAME, 443)),
    "uvloop": lambda: uvloop.run(asyncio.open_connection(AWAY, 443)),
    "uvloop by name": lambda: uvloop.run(asyncio.open_connection(NAME, 443)),
    "httpx2": lambda: httpx2.get(f"http://{AWAY}/", timeout=0.2),
    "openai": lambda: asyncio.run(openai_call()),
}


@pytest.mark.parametrize("reach", WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_no_way_leads_out(reach: Callable[[], object]) -> None:
    with pytest.raises(ReachedOut, match="not this machine"):
        reach()


def test_child_processes_are_locked_too() -> None:
    code = f"import socket; socket.create_connection(('{AWAY}', 443), 0.2)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert child.returncode == 1
    assert "ReachedOut: a test reached out to 192.0.2.1" in child.stderr


@pytest.mark.parametrize(
    "host", [None, "", "localhost", "127.0.0.1", "127.8.8.8", b"127.0.0.1", "::1", "0.0.0.0", "::"], ids=repr
)
def test_this_machine_is_not_out(host: str | bytes | None) -> None:
    check(host)


def test_loopback_and_unix_sockets_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 1).close()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(str(Path(folder) / "s"))
        server.listen()
        with socket.socket(socket.AF_UNIX) as plug:
            plug.connect(server.getsockname())


def test_no_key_and_no_setting_of_the_person_is_seen() -> None:
    assert not [name for name in os.environ if name.startswith(("OPENAI_", "WORKBENCH_"))]
