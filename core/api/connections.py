"""Connections to the server: how much and how slowly a client may send or read, and what becomes of one that does not.

The server itself has no limit for what comes before a request's body, and waits without end.
"""

import asyncio
import os
from http import HTTPStatus
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.config import HTTP_PROTOCOLS, WS_PROTOCOLS
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from core.api.problems import problem
from core.errors import TooLarge, TooSlow, WorkbenchError

MOST_ADDRESS = 8_192  # bytes of the address that is asked for
MOST_HEAD = 32_768  # bytes before the body, and of each part between two pieces of the body
MOST_FIELDS = 100
MOST_WAITING = 16  # requests that one client sends before the first of them is answered
MOST_FILES = os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4_096


class Full(WorkbenchError):
    """As many clients are connected as there is room for."""

    code = "full"
    status = 503


class Garbled(WorkbenchError):
    """What was sent is not HTTP."""

    code = "malformed"
    status = 400


class AddressTooLong(TooLarge):
    """The address that is asked for."""

    status = 414


class HeadTooLarge(TooLarge):
    """The lines before the body, or their number."""

    status = 431


def guard() -> None:
    """Have the server of this process make its connections here."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{Connection.__name__}"
    WS_PROTOCOLS["websockets-sansio"] = f"{__name__}:{Socket.__name__}"


class Connection(HttpToolsProtocol):
    """One connection, of `most` at a time.

    Seconds: `head_s` from its start, or the first byte of a further request, to the end of the request's head;
    `unread_s` without the client reading anything; `ending_s` from its end to its being cut.
    """

    most = MOST_FILES * 3 // 4  # the others are for the database, the models and what is being refused
    head_s = 10.0
    unread_s = 30.0
    ending_s = 2.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._begun = self._head_over = self._moved = self._refused = self._handed_over = False
        self._size = self._fields = self._held = 0
        self._why: WorkbenchError | None = None
        self._answering: Any = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # -- the transport's calls -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._refused = True
            full = Full("Too many clients are connected to the workbench. Try again in a moment.")
            transport.write(_answer(full, self.server_state.default_headers))
            transport.close()
        else:
            self._in("head", self.head_s, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers.values():
            timer.cancel()
        if self._answers():  # perhaps not the last that was asked, which is the one that the server tells
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._moved = False
        self._parse(data)
        self._held = 0 if self._moved else self._held + len(data)
        self._weigh()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._in("unread", self.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._not("unread")

    # -- the parser's calls ----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._begun, self._head_over = True, False
        self._size = self._fields = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MOST_ADDRESS:
            raise self._wrong(
                AddressTooLong(f"The address is longer than {MOST_ADDRESS:,} bytes. Ask for less at once.")
            )

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        self._fields += 1
        if self._size > MOST_HEAD or self._fields > MOST_FIELDS:
            raise self._wrong(_head_too_large())
        if not self._head_over:  # what follows a body may not change what stood before it
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._begun, self._head_over, self._moved = False, True, True
        self._not("head")
        if len(self.pipeline) >= MOST_WAITING:
            raise self._wrong(Garbled("Too many requests were sent at once on one connection. Wait for the answers."))
        if not self.parser.should_upgrade():
            super().on_headers_complete()
        else:  # what else there is to be known when it is handed over
            self.scope["method"] = self.parser.get_method().decode("ascii")

    def on_body(self, body: bytes) -> None:
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._moved = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if not self._should_upgrade():
                self._stay(data[upgrade.args[0] :])
            elif self._answers():
                self._refuse(Garbled("A socket cannot be opened before the last answer has ended. Wait for it."))
            else:
                self.handle_websocket_upgrade()
        except HttpParserError:
            self._refuse(self._why or Garbled("This is not HTTP/1.1. Send the request again, whole and as one."))

    def _stay(self, rest: bytes) -> None:
        """Read a request that asks for another protocol, such as HTTP/2, as if it did not: it may have a body."""
        if self.scope["method"] == "CONNECT":
            self._refuse(Garbled("The workbench is no proxy. Ask it for an address of its own."))
            return
        lines = [b"%b %b HTTP/1.1" % (self.scope["method"].encode(), self.url)]
        lines += [b"%b: %b" % field for field in self.headers if field[0] not in (b"upgrade", b"connection")]
        self.parser = HttpRequestParser(self)
        self._parse(b"\r\n".join((*lines, b"", rest)))

    # -- the server's own steps ------------------------------------------------------------------------

    def handle_websocket_upgrade(self) -> None:
        self._handed_over = True
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._in("end", self.unread_s, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._in("end", self.unread_s, self.transport.abort)

    def shutdown(self) -> None:
        super().shutdown()
        self._in("end", self.ending_s, self.transport.abort)

    # -- how it ends -----------------------------------------------------------------------------------

    def _answers(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _wrong(self, why: WorkbenchError) -> WorkbenchError:
        self._why = why
        return why

    def _weigh(self) -> None:
        if self._refused or self._handed_over:
            return
        if self._held > MOST_HEAD:
            self._refuse(_head_too_large())
        elif "head" not in self._timers and not self._answers():  # a head without an end, or a body after its answer
            self._in("head", self.head_s, self._late)

    def _late(self) -> None:
        self._timers.pop("head")
        if self._begun:
            self._refuse(TooSlow("The request came too slowly and was not waited for. Send it again, at once."))
        else:  # a client that asked for nothing expects no answer
            self.transport.close()
            self._in("end", self.ending_s, self.transport.abort)

    def _refuse(self, why: WorkbenchError) -> None:
        """Say why, where an answer has its place, and end. What was asked before is answered first."""
        self._refused = True
        self._not("head")
        if self._answers() and not self.cycle.more_body:  # so it was a further request that went wrong
            self.cycle.keep_alive = False
            return
        if self._answers() and (self._answering is not self.cycle or self.cycle.response_started):
            self.transport.close()  # an answer in the middle of another would be read as part of that
        else:
            self._tell(why)
        self._in("end", self.ending_s, self.transport.abort)

    def _tell(self, why: WorkbenchError) -> None:
        """Answer in the place of whoever would have; what else comes is let pass, else the client could not read it."""
        if self._answers():
            self._answering.disconnected = True
            self._answering.message_event.set()
        self.transport.write(_answer(why, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _in(self, name: str, seconds: float, act: Any) -> None:
        if name not in self._timers or self.loop.time() + seconds < self._timers[name].when():
            self._not(name)
            self._timers[name] = self.loop.call_later(seconds, act)

    def _not(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class Socket(WebSocketsSansIOProtocol):
    """A page's socket. One whose page does not read is cut where the server would wait for it to."""

    ending_s = 2.0

    def shutdown(self) -> None:
        super().shutdown()
        self._cut_soon()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._cut_soon()

    def _cut_soon(self) -> None:
        self.loop.call_later(self.ending_s, self.transport.abort)


def _head_too_large() -> HeadTooLarge:
    most = f"{MOST_HEAD // 1024} KB or {MOST_FIELDS} headers"
    return HeadTooLarge(f"The request has more than {most} before its body. Send fewer, or shorter ones.")


def _answer(why: WorkbenchError, headers: list[tuple[bytes, bytes]]) -> bytes:
    told = problem(why, {"Connection": "close", "X-Content-Type-Options": "nosniff"})
    lines = [b"HTTP/1.1 %d %b" % (why.status, HTTPStatus(why.status).phrase.encode())]
    lines += [b"%b: %b" % field for field in (*headers, *told.raw_headers)]
    return b"\r\n".join((*lines, b"", bytes(told.body)))
