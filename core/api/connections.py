"""Connections to the server: limits on how much and how slowly a client sends or reads, and how one beyond them ends.

Uvicorn by itself reads what comes before a body without a limit and waits for clients without end.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.config import HTTP_PROTOCOLS, WS_PROTOCOLS
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core import wiring
from core.api import heads
from core.api.problems import means_api
from core.api.refusals import (
    MOST_ADDRESS,
    MOST_FIELDS,
    MOST_HEAD,
    AddressTooLong,
    Full,
    HeadTooLarge,
    Malformed,
    response,
)
from core.api.sockets import Socket
from core.errors import TooSlow, WorkbenchError

MOST_WAITING = 16  # pipelined requests: sent by one client before the first of them is answered
UNGUARDED = (
    "Started this way, the workbench does not limit how slowly and how much clients send before a body. "
    "Start it with `make run`."
)
MOST_FILES = os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") > 0 else 4_096


def guard() -> None:
    """Make uvicorn use the classes below for all connections of this process; call it before the server starts."""
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{Connection.__name__}"
    WS_PROTOCOLS["websockets-sansio"] = f"{Socket.__module__}:{Socket.__name__}"


def check(host: str) -> None:
    """Before it serves: `Misconfigured` where others could reach it; a warning where `guard` was not called in time."""
    wiring.check_host(host)
    if not HTTP_PROTOCOLS["auto"].startswith(__name__):
        print(UNGUARDED, file=sys.stderr)


class ResponseTransport:
    """The transport as a response is written to it; how it ends is left to the connection."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing, self.close = transport.write, transport.is_closing, close


class Connection(HttpToolsProtocol):
    """An HTTP connection; at most `most` are open at a time.

    Seconds: `head_s` from its start, or from the first byte of a further request, to the end of that request's headers;
    `unread_s` without the client reading anything; `ending_s` from the end of a connection until it is cut.
    """

    most = MOST_FILES * 3 // 4  # the other files are for the database, the models and connections being refused
    head_s = 10.0
    unread_s = 30.0
    ending_s = 2.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = False  # a request has begun, its headers have not ended
        self._after_head = False  # headers that come now are trailers
        self._progressed = False  # the parser has finished a head, a piece of a body or a message
        self._refused = self._upgraded = False
        self._head_bytes = self._head_fields = 0
        self._unfinished_bytes = 0  # received since the parser last progressed
        self._why: WorkbenchError | None = None
        self._answering: Any = None  # the cycle whose response is being sent; `cycle` is the newest request's
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # -- called by the transport -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._response_transport = ResponseTransport(transport, self._close_after_response)
        if len(self.connections) > self.most:
            full = Full("Too many clients are connected to the workbench. Try again in a moment.")
            transport.write(response(full, self.server_state.default_headers))
            self._stop_sending()
            if len(self.connections) > self.most * 9 // 8:
                transport.close()
        else:
            self._start_timer("head", self.head_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._disconnect_answering()  # the server itself tells only the newest request
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._progressed = False
        self._parse(data)
        self._unfinished_bytes = 0 if self._progressed else self._unfinished_bytes + len(data)
        self._check_progress()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_timer("unread", self.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_timer("unread")

    # -- called by the parser --------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._in_head, self._after_head = True, False
        self._head_bytes = self._head_fields = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MOST_ADDRESS:
            raise self._because(AddressTooLong())

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        self._head_fields += 1
        if self._head_bytes > MOST_HEAD or self._head_fields > MOST_FIELDS:
            raise self._because(HeadTooLarge())
        if not self._after_head:  # trailers may not change the headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._after_head, self._progressed = False, True, True
        self._stop_timer("head")
        if len(self.pipeline) >= MOST_WAITING:
            raise self._because(
                Malformed("Too many requests were sent at once on one connection. Wait for the answers.")
            )
        self._believe_address()
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.cycle.transport = cast(asyncio.Transport, self._response_transport)
        else:  # both ways to go on, `handle_websocket_upgrade` and `_parse_without_upgrade`, read it from there
            self.scope["method"] = self.parser.get_method().decode("ascii")

    def on_body(self, body: bytes) -> None:
        self._progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._progressed = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _believe_address(self) -> None:
        """The host of an address that names one counts, and not the header's."""
        if (host := heads.named_host(self.url)) is not None:
            self.headers[:] = [*(field for field in self.headers if field[0] != b"host"), (b"host", host)]

    def _should_upgrade(self) -> bool:
        """Whether a page opens its socket. The API has none, and with a body it is an ordinary request."""
        ordinary = self.scope["method"] != "GET" or heads.has_body(self.headers) or means_api(heads.path(self.url))
        return not ordinary and super()._should_upgrade()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if not self._should_upgrade():
                self._parse_without_upgrade(data[upgrade.args[0] :])
            elif self._is_answering():
                self._refuse(Malformed("A socket cannot be opened before the last answer has ended. Wait for it."))
            else:
                self.handle_websocket_upgrade()
        except HttpParserError:
            self._refuse(self._why or Malformed("This is not HTTP/1.1. Send the request again, whole and as one."))

    def _parse_without_upgrade(self, rest: bytes) -> None:
        """Read a request that offers another protocol, such as HTTP/2, as if it did not: the parser left out its body."""
        if self.scope["method"] == "CONNECT":
            self._refuse(Malformed("The workbench is no proxy. Ask it for an address of its own."))
            return
        version = self.parser.get_http_version()
        head = heads.without_upgrade(self.scope["method"], self.url, version, self.headers)
        self.parser = HttpRequestParser(self)
        self._parse(head + rest)

    # -- steps of uvicorn's that are followed ----------------------------------------------------------

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_in(self.unread_s)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_in(self.unread_s)

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_in(self.ending_s)

    # -- how a connection ends -------------------------------------------------------------------------

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _because(self, why: WorkbenchError) -> WorkbenchError:
        """Keep an error for `_parse`: the parser does not pass it on."""
        self._why = why
        return why

    def _check_progress(self) -> None:
        if self._refused or self._upgraded:
            return
        if self._unfinished_bytes > MOST_HEAD:
            self._refuse(HeadTooLarge())
        elif "head" not in self._timers and not self._is_answering():  # unfinished headers, or a body after its answer
            self._start_timer("head", self.head_s, self._head_is_late)

    def _head_is_late(self) -> None:
        self._timers.pop("head")
        if self._in_head:
            self._refuse(TooSlow("The request came too slowly and was not waited for. Send it again, at once."))
        else:  # a client that asked for nothing expects no answer
            self.transport.close()
            self._abort_in(self.ending_s)

    def _refuse(self, why: WorkbenchError) -> None:
        """End the connection, and say why where a response has its place. Requests that came whole are answered first."""
        self._refused = True
        self._stop_timer("head")
        if self._is_answering() and not self.cycle.more_body:  # so it was a further request that went wrong
            self.cycle.keep_alive = False
            return
        if self._is_answering() and (self._answering is not self.cycle or self.cycle.response_started):
            self.transport.close()  # a response in the middle of another would be read as part of that
        else:
            self._disconnect_answering()
            self.transport.write(response(why, self.server_state.default_headers))
            self._stop_sending()
        self._abort_in(self.ending_s)

    def _close_after_response(self) -> None:
        """End with a response that says so, though its client may still be sending."""
        if self._refused or self.cycle.more_body:
            self.pipeline.clear()
            self._stop_sending()
        else:
            self.transport.close()

    def _stop_sending(self) -> None:
        """Close our half. What still arrives is read and dropped: a client that is cut while it sends may lose the response."""
        self._refused = True
        self._stop_timer("head")
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self._abort_in(self.unread_s if self.transport.get_write_buffer_size() else self.ending_s)

    def _disconnect_answering(self) -> None:
        """Tell the application whose response is being sent that its client is gone."""
        if self._is_answering():
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _abort_in(self, seconds: float) -> None:
        self._start_timer("end", seconds, self.transport.abort)

    def _start_timer(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        """Start it, unless it runs already and ends sooner."""
        if name not in self._timers or self.loop.time() + seconds < self._timers[name].when():
            self._stop_timer(name)
            self._timers[name] = self.loop.call_later(seconds, act)

    def _stop_timer(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()
