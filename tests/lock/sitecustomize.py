"""The network lock: while it is on, a Python process reaches its own machine and nothing else.

`tests/conftest.py` turns it on for the tests. This file's name makes Python do the same at the start
of every child process, which finds this folder on PYTHONPATH. Not held: C libraries with sockets of their
own, which are libpq and, in child processes only, uvloop's `create_connection`.
"""

import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any

SWITCH = "NETWORK_LOCK"

# Where each call says whom it talks to: the position of an (host, port) address or of a host.
SOCKET_CALLS = {"connect": 1, "connect_ex": 1, "sendto": -1, "sendmsg": 4}
LOOKUPS = {"getaddrinfo": 0, "gethostbyname": 0, "gethostbyname_ex": 0, "gethostbyaddr": 0}
LOOP_CALLS = {"create_connection": 2, "getaddrinfo": 1}


class ReachedOut(BaseException):
    """A test tried to leave the machine. No `except Exception` swallows this."""


def lock(loop: type | None = None) -> Callable[[], None]:
    """Lock this process, and an event loop that has sockets of its own; returns what unlocks it."""
    kept: list[tuple[Any, str, Any]] = []
    for owner, calls in ((socket.socket, SOCKET_CALLS), (socket, LOOKUPS), (loop, LOOP_CALLS)):
        for name, place in calls.items() if owner else ():
            original = getattr(owner, name)
            kept.append((owner, name, original))
            setattr(owner, name, _guarded(original, place))

    def unlock() -> None:
        for owner, name, original in kept:
            setattr(owner, name, original)

    return unlock


def check(host: object) -> None:
    """Raise `ReachedOut` unless `host` is this machine, or no host at all."""
    name = host.decode(errors="replace") if isinstance(host, bytes | bytearray) else host
    if not isinstance(name, str) or name in ("", "localhost", socket.gethostname()):
        return
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        raise ReachedOut(f"a test looked up {name!r}, which is not this machine") from None
    if not (address.is_loopback or address.is_unspecified):
        raise ReachedOut(f"a test reached out to {name}, which is not this machine")


def _guarded(original: Callable[..., Any], place: int) -> Callable[..., Any]:
    def guarded(*given: Any, **named: Any) -> Any:
        found = given[place] if -len(given) <= place < len(given) else named.get("host")
        if isinstance(found, tuple):
            check(found[0])
        elif not (given and isinstance(given[0], socket.socket)):  # a socket's address that is no pair is a file
            check(found)
        return original(*given, **named)

    return guarded


if os.environ.get(SWITCH):
    lock()
