"""Posting to the one address alerts go to: never to a host or an address that was not allowed, never elsewhere from there."""

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.settings import THIS_MACHINE

DEADLINE_S = 5.0  # for all of it, however slowly an answer comes
UNICAST = ipaddress.IPv6Network("2000::/3")  # what of IPv6 is public; the rest of it is not, nor are these:
NOT_PUBLIC = tuple(
    ipaddress.ip_network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "192.88.99.0/24")
)

Resolve = Callable[[str, int], Collection[str]]


def addresses(host: str, port: int) -> Collection[str]:
    """The addresses of a host. Errors: `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))


def post(
    url: str, body: Mapping[str, Any], *, key: str, hosts: Collection[str], resolve: Resolve = addresses
) -> str | None:
    """Post this JSON once; None when it arrived (2xx), else why not, in a sentence without the URL's path.

    `key` is the `Idempotency-Key` by which a receiver knows what it had before. `hosts` are the names it may go to and
    the private addresses; an address is looked up once and connected to, so that it cannot change in between.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host not in hosts or (parts.scheme != "https" and host not in THIS_MACHINE):
        return f"The host {host or 'that is missing'} is not allowed."
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = _allowed(host, resolve(host, port), hosts)
        if address is None:
            return f"The host {host} leads to a private address, which is not among WORKBENCH_WEBHOOK_HOSTS."
        status = _posted(parts, host, port, address, body, key)
    except (OSError, http.client.HTTPException) as failed:
        return f"The host {host} did not take it ({type(failed).__name__})."
    return None if 200 <= status < 300 else f"The host {host} answered {status}."


def _allowed(host: str, found: Collection[str], hosts: Collection[str]) -> str | None:
    """The first address that may be connected to: a public one, or one that is named."""
    if host in THIS_MACHINE:
        return next((one for one in found if ipaddress.ip_address(one).is_loopback), None)
    named = {name.strip("[]") for name in hosts}
    return next((one for one in found if one in named or _is_public(one)), None)


def _is_public(address: str) -> bool:
    """Whether this is a host of the internet; an address that hides one of IPv4 (NAT64, 6to4, Teredo) is not."""
    given = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(given, "ipv4_mapped", None) or given
    if any(inner in net for net in NOT_PUBLIC) or (inner.version == 6 and inner not in UNICAST):
        return False
    return bool(inner.is_global and not inner.is_multicast)


def _posted(parts: SplitResult, host: str, port: int, address: str, body: Mapping[str, Any], key: str) -> int:
    """The status of the answer; its body is not read. A redirect is an answer like any other."""
    began, connection = time.monotonic(), http.client.HTTPConnection(host, port)
    connection.sock = socket.create_connection((address, port), timeout=DEADLINE_S)
    cut = threading.Timer(DEADLINE_S, _cut, (connection,))
    cut.daemon = True
    cut.start()
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            secure = context.wrap_socket(connection.sock, server_hostname=host, do_handshake_on_connect=False)
            connection.sock = secure
            secure.do_handshake()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "workbench"}
        connection.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)
        status = connection.getresponse().status
        if time.monotonic() - began >= DEADLINE_S:
            raise TimeoutError  # the line was cut in the middle of an answer
        return status
    finally:
        cut.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        if line := connection.sock:
            line.shutdown(socket.SHUT_RDWR)
