import pytest

from core.errors import ProviderGarbled
from core.llm.sse_reader import LONGEST_EVENT, SseReader


def read(*chunks: bytes) -> list[bytes]:
    reader = SseReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


STREAMS = {
    "line feeds": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "carriage returns and line feeds": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "carriage returns alone": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "comments": (b": ping\n\n:\ndata: a\n: more\n\n", [b"a"]),
    "several data lines": (b"data: {\ndata:  1}\n\n", [b"{\n 1}"]),
    "no space after the colon": (b"data:a\n\n", [b"a"]),
    "only one space is dropped": (b"data:  a\n\n", [b" a"]),
    "other fields": (b"event: x\nid: 7\nretry: 3\ndata: a\n\n", [b"a"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
    "blank lines and empty events": (b"\n\n\nevent: x\n\ndata: a\n\n\n", [b"a"]),
    "colons, NEL and form feeds inside data": (b"data: a:b\xc2\x85\x0c\x0bc\n\n", [b"a:b\xc2\x85\x0c\x0bc"]),
    "mixed line ends": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\n", [b"a", b"b", b"c"]),
    "no bytes": (b"", []),
    "an unfinished event": (b"data: a\n\ndata: b\n", [b"a"]),
}


@pytest.mark.parametrize("name", STREAMS)
def test_events_are_the_same_however_the_network_cuts_them(name: str) -> None:
    stream, events = STREAMS[name]
    assert read(stream) == events
    for size in (1, 2, 3, 7):
        assert read(*(stream[at : at + size] for at in range(0, len(stream), size))) == events


def test_an_event_is_handed_on_as_soon_as_its_blank_line_begins() -> None:
    reader = SseReader()
    assert list(reader.feed(b"data: a\r\n\r")) == [b"a"]
    assert list(reader.feed(b"\ndata: b\r\n\r\n")) == [b"b"]


def test_a_last_event_without_its_blank_line_is_the_rest() -> None:
    reader = SseReader()
    assert list(reader.feed(b"data: a\n\ndata: [DO")) == [b"a"]
    assert list(reader.feed(b"NE]")) == []
    assert reader.rest() == b"[DONE]"
    assert reader.rest() is None


def test_events_before_a_huge_one_are_handed_on_first() -> None:
    events = []
    with pytest.raises(ProviderGarbled):
        for event in SseReader().feed(b"data: a\n\ndata: " + b"x" * LONGEST_EVENT + b"\n\n"):
            events.append(event)
    assert events == [b"a"]


def test_a_line_that_never_ends_is_given_up() -> None:
    reader = SseReader()
    with pytest.raises(ProviderGarbled):
        for _ in range(40):
            list(reader.feed(b"x" * 50_000))


def test_a_long_stream_of_comments_is_not_one_event() -> None:
    reader = SseReader()
    assert [event for _ in range(60) for event in reader.feed(b": " + b"x" * 50_000 + b"\n")] == []
