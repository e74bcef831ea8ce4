"""A client that sends too much, too slowly or no HTTP, or that does not read, is told so and let go. Nobody else is."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from core.api import connections
from core.api.connections import MOST_WAITING, Connection
from core.errors import Misconfigured
from core.llm.scripted import Play
from core.store import Store
from tests.benches import LETTER, letter, waited_for
from tests.fakes.door import AI, Door, door

LIVE = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


class Hasty(Connection):
    head_s = 0.4
    unread_s = 0.4
    ending_s = 0.2


async def _echo(request: Request) -> Response:
    return Response(await request.body(), headers={"X-Seen": ",".join(request.headers)})


async def _endless(_request: Request) -> Response:
    async def pieces() -> Any:
        try:
            while True:
                yield b"x" * 65_536
                await asyncio.sleep(0)
        finally:
            _left.append("the endless answer")

    return StreamingResponse(pieces())


async def _host(request: Request) -> Response:
    return Response(",".join(request.headers.getlist("host")))


async def _talk(page: WebSocket) -> None:
    await page.accept()
    with suppress(KeyError):  # that is how it says that the page has left
        while True:
            await page.send_text(await page.receive_text())


async def _flood(page: WebSocket) -> None:
    await page.accept()
    while True:
        await page.send_bytes(b"x" * 65_536)
        await asyncio.sleep(0)


_left: list[str] = []
MORE = [
    Route("/echo", _echo, methods=["POST"]),
    Route("/endless", _endless),
    Route("/host", _host),
    WebSocketRoute("/talk", _talk),
    WebSocketRoute("/flood", _flood),
]


@contextmanager
def hasty(store: Store, *script: Play) -> Iterator[Door]:
    with door(store, *(script or (letter(),)), connection=Hasty, more=MORE) as one:
        yield one


def said(one: Door, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """All that comes back for what is sent, until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", int(one.url.rpartition(":")[2])), timeout=5) as client:
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                client.sendall(part)
                time.sleep(pause_s)
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
        return answer


def problem(answer: bytes) -> dict[str, Any]:
    """The one answer there is, as problem details, with the headers that every refusal of a connection has."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"content-type: application/problem+json" in lines and b"connection: close" in lines, head
    assert int(head.split()[1]) == json.loads(body)["status"], "and nothing came behind it"
    return dict(json.loads(body))


TOO_MUCH = {
    "a long address": (LIVE.replace(b"live", b"live?" + b"a" * 9_000) + b"\r\n", 414),
    "an address without an end": (b"GET /" + b"a" * 2_000_000, 414),
    "a long header": (LIVE + b"X: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    "a long name": (LIVE + b"a" * 40_000 + b": b\r\n\r\n", 431),
    "a header without an end": (LIVE + b"X: " + b"a" * 2_000_000, 431),
    "many headers": (LIVE + b"X: a\r\n" * 101 + b"\r\n", 431),
    "many headers that are short together": (LIVE + b"X: " + b"a" * 400 + (b"\r\nX: " + b"a" * 400) * 90, 431),
    "lines before the first": (b"\r\n" * 600_000, 431),
    "what follows the body": (CHUNKED + b"0\r\nX: " + b"a" * 2_000_000, 431),
    "many headers behind the body": (CHUNKED + b"0\r\n" + b"X: a\r\n" * 1_000, 431),
    "a remark on a piece of the body": (CHUNKED + b"1;" + b"a" * 2_000_000, 431),
    "a page's socket": (
        LIVE + b"Connection: Upgrade\r\nUpgrade: websocket\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
        431,
    ),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_stands_before_a_body_has_its_limits(sqlite_store: Store, what: str) -> None:
    sent, status = TOO_MUCH[what]
    with hasty(sqlite_store) as one:
        assert (told := problem(said(one, sent)))["status"] == status
        assert told["code"] == "too_large" and "aaa" not in told["detail"]
        assert one.run().status_code == 200


def test_up_to_its_limits_a_request_is_answered(sqlite_store: Store) -> None:
    address = LIVE.replace(b"live", b"live?" + b"a" * 8_000)
    with hasty(sqlite_store) as one:
        for sent in (address, LIVE + b"X: a\r\n" * 97, LIVE + b"X: " + b"a" * 30_000 + b"\r\n"):
            assert said(one, sent + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_in_many_small_pieces_is_read(sqlite_store: Store) -> None:
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in b"abc" * 20_000)
    with hasty(sqlite_store) as one:
        sent = CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + pieces + b"0\r\n\r\n"
        assert said(one, sent).endswith(b"abc" * 20_000)


NO_HTTP = {
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length and pieces": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "pieces that are not the last coding": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a piece without a size": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "a piece of negative size": CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
    "a piece of endless size": CHUNKED + b"f" * 17 + b"\r\n{}\r\n",
    "a piece longer than it says": CHUNKED + b"2\r\n{}{}\r\n0\r\n\r\n",
    "lines that end early": CHUNKED + b"2\n{}\n0\n\n",
    "a header on two lines": LIVE + b"X: a\r\n b\r\n\r\n",
    "a space before the colon": LIVE + b"Content-Length : 2\r\n\r\n{}",
    "half a line break": LIVE + b"X: a\rb\r\n\r\n",
    "a NUL": LIVE + b"X: a\0b\r\n\r\n",
    "a method of its own": LIVE.replace(b"GET", b"BREW") + b"\r\n",
    "another version": LIVE.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n",
    "a proxy's request": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("16030100020100"),
}


@pytest.mark.parametrize("what", NO_HTTP)
def test_what_can_be_read_in_two_ways_is_not_read(sqlite_store: Store, what: str) -> None:
    with hasty(sqlite_store) as one:
        told = problem(said(one, NO_HTTP[what]))
        assert (told["status"], told["code"]) == (400, "malformed") and told["detail"].endswith(".")


SLOW: dict[str, list[bytes]] = {
    "byte by byte": [bytes([byte]) for byte in LIVE],
    "and then nothing": [LIVE],
    "as a further request": [LIVE + b"\r\n", *[bytes([byte]) for byte in LIVE]],
}


@pytest.mark.parametrize("what", SLOW)
def test_a_request_that_comes_too_slowly_is_not_waited_for(sqlite_store: Store, what: str) -> None:
    with hasty(sqlite_store) as one:
        began = time.monotonic()
        answers = said(one, *SLOW[what], pause_s=0.03)
        assert time.monotonic() - began < 20
        before, _, refused = answers.rpartition(b"HTTP/1.1 ")
        assert problem(b"HTTP/1.1 " + refused)["code"] == "too_slow"
        assert before.count(b"HTTP/1.1 200") == (what == "as a further request")


SILENT: dict[str, list[bytes]] = {
    "nothing at all": [],
    "line breaks": [b"\r\n"] * 40,
    "a body whose answer was not waiting for it": [
        LIVE.replace(b"\r\n", b"\r\nContent-Length: 500\r\n", 1) + b"\r\n",
        *[b"x"] * 40,
    ],
}


@pytest.mark.parametrize("what", SILENT)
def test_a_connection_that_asks_for_nothing_is_ended_without_a_word(sqlite_store: Store, what: str) -> None:
    with hasty(sqlite_store) as one:
        began = time.monotonic()
        with suppress(ConnectionResetError):
            answers = said(one, *SILENT[what], pause_s=0.03)
            assert answers.count(b"HTTP/1.1") == answers.count(b"HTTP/1.1 200") <= 1
        assert time.monotonic() - began < 20


def test_a_pages_socket_stays_open_when_it_is_silent(sqlite_store: Store) -> None:
    with hasty(sqlite_store) as one, connect(f"{one.url.replace('http', 'ws')}/talk") as page:
        for word in ("one", "two", "three"):
            page.send(word)
            assert page.recv(timeout=5) == word
            time.sleep(0.5)


def test_an_answer_may_take_its_time(sqlite_store: Store) -> None:
    with hasty(sqlite_store, Play(*LETTER, pause_s=0.15)) as one:
        assert one.run().json()["status"] == "ok"


def test_requests_sent_together_are_answered_in_their_order(sqlite_store: Store) -> None:
    sent = b"".join(POST + b"Content-Length: 2\r\n\r\n%02d" % number for number in range(10))
    with hasty(sqlite_store) as one:
        answers = said(one, sent + LIVE + b"Connection: close\r\n\r\n").split(b"HTTP/1.1 200 OK")[1:]
        assert [answer[-2:] for answer in answers[:-1]] == [b"%02d" % number for number in range(10)]
        assert answers[-1].endswith(b'{"status":"live"}')


BEHIND = {
    "many more": (LIVE + b"\r\n") * 3_000,
    "no HTTP": b"NO HTTP\r\n\r\n",
    "a long header": LIVE + b"X: " + b"a" * 50_000 + b"\r\n\r\n",
    "a socket": LIVE.replace(b"/health/live", b"/talk") + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}


@pytest.mark.parametrize("behind", BEHIND)
def test_what_was_asked_before_is_answered_first(sqlite_store: Store, behind: bytes) -> None:
    with hasty(sqlite_store) as one:
        answers = said(one, LIVE + b"\r\n" + BEHIND[behind])
        assert 1 <= answers.count(b"HTTP/1.1 200") <= MOST_WAITING + 1
        assert answers.count(b"HTTP/1.1") == answers.count(b"HTTP/1.1 200")


REST = b" " * 900_000  # more than the server reads before it responds, less than the system takes from it unread


def test_a_response_in_the_middle_of_a_body_is_not_lost(sqlite_store: Store) -> None:
    lengths = b"Content-Type: application/json\r\nContent-Length: 2000000\r\n\r\n"
    with door(sqlite_store, letter(), more=MORE) as one:
        run = f"POST {AI}/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {one.token}\r\n".encode()
        assert said(one, run + lengths + REST).startswith(b"HTTP/1.1 413")
        assert said(one, LIVE + b"Connection: close\r\n" + lengths + REST).startswith(b"HTTP/1.1 200")


def test_what_stands_behind_a_body_is_not_among_the_headers(sqlite_store: Store) -> None:
    secret = b"Authorization: Bearer wb_x\r\n"
    with hasty(sqlite_store) as one:
        ask = b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        answers = said(one, CHUNKED + b"2\r\n{}\r\n0\r\n" + secret + b"\r\n" + ask)
        assert answers.count(b"HTTP/1.1 200") == 2 and b"x-seen: host" in answers
        assert b"authorization" not in answers.lower()


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_a_client_that_would_rather_speak_http2_is_answered_all_the_same(sqlite_store: Store, pause_s: float) -> None:
    """As the clients of some languages ask by default; its body comes with the request or after it."""
    with hasty(sqlite_store) as one:
        body = json.dumps(one.body()).encode()
        head = b"POST %b/run HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %b\r\n" % (
            AI.encode(),
            one.token.encode(),
        )
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body) + H2C + b"\r\n"
        parts = [head + body] if not pause_s else [head, body[:9], body[9:]]
        answer = said(one, *parts, LIVE + b"Connection: close\r\n\r\n", pause_s=pause_s)
        assert answer.startswith(b"HTTP/1.1 200") and b'"status":"ok"' in answer
        assert answer.endswith(b'{"status":"live"}')


SOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
TALK = b"GET /talk HTTP/1.1\r\nHost: 127.0.0.1\r\n" + SOCKET
NO_SOCKET = {
    "with a body": (TALK + b"Content-Length: 2\r\n\r\n{}", 404),
    "with a body in pieces": (TALK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 404),
    "by another method": (POST + SOCKET + b"Content-Length: 2\r\n\r\n{}", 200),
    "at the API": (TALK.replace(b"/talk", AI.encode() + b"/features") + b"\r\n", 401),
    "at the API, spelt otherwise": (TALK.replace(b"/talk", b"/%61pi/nothing?x=y") + b"\r\n", 404),
}


@pytest.mark.parametrize("what", NO_SOCKET)
def test_what_offers_a_socket_and_opens_none_is_answered_as_any_request(sqlite_store: Store, what: str) -> None:
    """Where nobody would complete the handshake the connection would stay open without end."""
    sent, status = NO_SOCKET[what]
    with hasty(sqlite_store) as one:
        answer = said(one, sent + LIVE + b"Connection: close\r\n\r\n")
        assert int(answer.split()[1]) == status
        assert answer.endswith(b'{"status":"live"}')
        if "API" in what:
            assert b"application/problem+json" in answer


def test_a_length_of_nothing_keeps_no_page_from_its_socket(sqlite_store: Store) -> None:
    with hasty(sqlite_store) as one:
        length = {"Content-Length": "0"}
        with connect(f"{one.url.replace('http', 'ws')}/talk", additional_headers=length) as page:
            page.send("hello")
            assert page.recv(timeout=5) == "hello"


@pytest.mark.parametrize("asked", [("Upgrade, HTTP2-Settings, Close", "1.1"), ("Upgrade, HTTP2-Settings", "1.0")])
def test_a_client_that_would_rather_speak_http2_may_leave_after_the_answer(
    sqlite_store: Store, asked: tuple[str, str]
) -> None:
    options, version = (word.encode() for word in asked)
    first = LIVE.replace(b"HTTP/1.1", b"HTTP/" + version)
    with hasty(sqlite_store) as one:
        answers = said(one, first + H2C.replace(b"Upgrade, HTTP2-Settings", options) + b"\r\n" + LIVE + b"\r\n")
        assert answers.count(b"HTTP/1.1") == answers.count(b"HTTP/1.1 200") == 1


ADDRESSES = {
    "of this machine": (b"http://127.0.0.1:8501/host", b"evil.example", b"127.0.0.1:8501"),
    "of another": (b"http://evil.example/host", b"127.0.0.1", b"evil.example"),
    "of none": (b"/host?next=http://evil.example/", b"127.0.0.1", b"127.0.0.1"),
}


@pytest.mark.parametrize("what", ADDRESSES)
def test_the_host_that_an_address_names_counts_more_than_the_header(sqlite_store: Store, what: str) -> None:
    address, header, counts = ADDRESSES[what]
    with hasty(sqlite_store) as one:
        answer = said(one, b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (address, header))
        assert answer.endswith(b"\r\n\r\n" + counts)


def test_a_server_that_is_not_guarded_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connections, "HTTP_PROTOCOLS", {"auto": "another:Protocol"})
    connections.check("127.0.0.1")
    assert "make run" in capsys.readouterr().err
    monkeypatch.setattr(connections, "WS_PROTOCOLS", {})
    connections.guard()
    connections.check("127.0.0.1")
    assert capsys.readouterr().err == ""
    with pytest.raises(Misconfigured):
        connections.check("0.0.0.0")


def test_a_client_that_does_not_read_is_let_go(sqlite_store: Store) -> None:
    _left.clear()
    with hasty(sqlite_store) as one, _unread(one, b"/endless"):
        waited_for(lambda: _left)


def test_a_client_that_reads_slowly_is_kept(sqlite_store: Store) -> None:
    _left.clear()
    with hasty(sqlite_store) as one, _unread(one, b"/endless") as client:
        for _ in range(16):  # longer than it may stand still
            for _ in range(80):
                assert client.recv(65_536)
            time.sleep(0.05)
        assert not _left


def test_a_client_that_leaves_is_missed_by_all_it_had_asked_for(sqlite_store: Store) -> None:
    """Of requests sent together the server itself tells only the last."""
    _left.clear()
    with hasty(sqlite_store) as one:
        with _unread(one, b"/endless", LIVE + b"\r\n") as client:
            assert client.recv(1_000)
        waited_for(lambda: _left, within_s=0.3)


def test_there_is_room_for_so_many_and_a_word_for_the_next(sqlite_store: Store) -> None:
    class Small(Hasty):
        most = 3

    with door(sqlite_store, letter(), connection=Small, more=MORE) as one, ExitStack() as idle:
        for _ in range(3):
            idle.enter_context(socket.create_connection(("127.0.0.1", int(one.url.rpartition(":")[2]))))
        for first in (b"", LIVE + b"\r\n"):
            answer = said(one, first)
            assert (problem(answer)["status"], problem(answer)["code"]) == (503, "full")
        assert b"retry-after: " in answer.lower()
        time.sleep(0.7)  # by now those that asked for nothing are gone
        assert one.run().status_code == 200


def test_a_server_that_stops_does_not_wait_for_a_page_that_does_not_read(sqlite_store: Store) -> None:
    """Else the door could not be shut: it gives its connections 5 s."""
    handshake = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    handshake += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with ExitStack() as clients, hasty(sqlite_store) as one:
        clients.enter_context(_unread(one, b"/flood", headers=handshake))
        time.sleep(0.3)


@pytest.mark.parametrize("asked", [b"/endless", b"/health/live"])
def test_a_server_that_stops_does_not_wait_for_a_client_that_does_not_read(sqlite_store: Store, asked: bytes) -> None:
    """Else the door could not be shut: it gives its connections 5 s."""

    class Patient(Hasty):
        unread_s = 60.0

    with ExitStack() as clients, door(sqlite_store, letter(), connection=Patient, more=MORE) as one:
        clients.enter_context(_unread(one, asked))
        time.sleep(0.3)


@contextmanager
def _unread(one: Door, path: bytes, *behind: bytes, headers: bytes = b"\r\n") -> Iterator[socket.socket]:
    """A connection that asked for something, with little room for what it is sent."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(5)
        client.connect(("127.0.0.1", int(one.url.rpartition(":")[2])))
        client.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b" % (path, headers) + b"".join(behind))
        yield client
