"""The WebSockets of pages: one whose page does not read is cut where uvicorn would wait for it."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Socket(WebSocketsSansIOProtocol):
    """A page's WebSocket, cut `ending_s` seconds after its end began."""

    ending_s = 2.0

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_soon()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(self.ending_s, self.transport.abort)
