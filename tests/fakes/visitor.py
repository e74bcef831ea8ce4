"""A browser's part of the talk with the pages, without the browser: one session over its websocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 60


class Visitor:
    """One open tab. `pages` are the addresses its navigation offers, once a page was drawn."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.pages: tuple[str, ...] = ()

    def visit(self, page: str = "", query: str = "") -> list[Any]:
        """Open a page as a click on the navigation does; returns the elements drawn, in order, when it is done."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        asked.rerun_script.context_info.timezone = "Europe/Madrid"
        self._socket.send(asked.SerializeToString())
        drawn = []
        while True:
            told = ForwardMsg()
            told.ParseFromString(self._socket.recv(timeout=PATIENCE_S))
            match told.WhichOneof("type"):
                case "navigation":
                    self.pages = tuple(one.url_pathname for one in told.navigation.app_pages)
                case "delta" if told.delta.HasField("new_element"):
                    drawn.append(told.delta.new_element)
                case "page_not_found":
                    raise AssertionError(f"there is no page {page!r}")
                case "script_finished" if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return drawn


@contextmanager
def visiting(url: str) -> Iterator[Visitor]:
    """A tab at this address, closed at the end."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(address, origin=url, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[arg-type, list-item]
        yield Visitor(socket)


def kinds(drawn: list[Any]) -> list[str]:
    """What kind each element is: `markdown`, `dataframe`, `plotly_chart`, `exception` …"""
    return [element.WhichOneof("type") for element in drawn]
