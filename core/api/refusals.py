"""What a connection is told when its request is refused before any route has seen it."""

from http import HTTPStatus

from core.api.problems import problem
from core.errors import TooLarge, WorkbenchError

MOST_ADDRESS = 8_192  # bytes of the address that is asked for
MOST_HEAD = 32_768  # bytes before the body, and of each part between two chunks of the body
MOST_FIELDS = 100  # headers, trailers included


class Full(WorkbenchError):
    """As many clients are connected as there is room for."""

    code = "full"
    status = 503


class Malformed(WorkbenchError):
    """What was sent is not HTTP/1.1."""

    code = "malformed"
    status = 400


class AddressTooLong(TooLarge):
    """The address is longer than `MOST_ADDRESS`."""

    status = 414

    def __init__(self) -> None:
        super().__init__(f"The address is longer than {MOST_ADDRESS:,} bytes. Ask for less at once.")


class HeadTooLarge(TooLarge):
    """The lines before the body are longer than `MOST_HEAD`, or more than `MOST_FIELDS`."""

    status = 431

    def __init__(self) -> None:
        most = f"{MOST_HEAD // 1024} KB or {MOST_FIELDS} headers"
        super().__init__(f"The request has more than {most} before its body. Send fewer, or shorter ones.")


def response(why: WorkbenchError, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The whole HTTP response, problem details as its body; `headers` are those that the server adds to every response."""
    told = problem(why, {"Connection": "close", "X-Content-Type-Options": "nosniff"})
    lines = [b"HTTP/1.1 %d %b" % (why.status, HTTPStatus(why.status).phrase.encode())]
    lines += [b"%b: %b" % field for field in (*headers, *told.raw_headers)]
    return b"\r\n".join((*lines, b"", bytes(told.body)))
