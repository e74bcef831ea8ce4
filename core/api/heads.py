"""What a request's head says about itself, before any route has seen it: its lines, as bytes."""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

Fields = Iterable[tuple[bytes, bytes]]  # names in lower case


def path(address: bytes) -> str:
    """The path of the address that is asked for."""
    return unquote(address.partition(b"?")[0].decode("latin-1"))


def named_host(address: bytes) -> bytes | None:
    """The host, if the address names one, as in `GET http://host/path`."""
    scheme, names_one, rest = address.partition(b"://")
    return rest.partition(b"/")[0].partition(b"?")[0] if names_one and b"/" not in scheme else None


def has_body(fields: Fields) -> bool:
    """Whether a body is announced."""
    lengths = _values(fields, b"content-length")
    return any(length.strip() != b"0" for length in lengths) or any(_values(fields, b"transfer-encoding"))


def without_upgrade(method: str, address: bytes, version: str, fields: Fields) -> bytes:
    """The head again, without its offer of another protocol."""
    lines = [b"%b %b HTTP/%b" % (method.encode(), address, version.encode())]
    lines += [b"%b: %b" % field for field in fields if field[0] not in (b"upgrade", b"connection")]
    if b"close" in (item.strip().lower() for value in _values(fields, b"connection") for item in value.split(b",")):
        lines.append(b"connection: close")
    return b"\r\n".join((*lines, b"", b""))


def _values(fields: Fields, name: bytes) -> Iterator[bytes]:
    return (value for given, value in fields if given == name)
