"""What a body may be. What it may not be is said with its place, and never repeated back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.api import bodies
from core.api.bodies import Malformed
from core.schema import AiRequest
from core.store import Store
from tests.benches import letter
from tests.fakes.door import AI, QUICK, Door, door

SECRET = "zq7secret"
LEAST = {"feature": "match", "user_id": 1}


def body(**more: object) -> bytes:
    return json.dumps(LEAST | more).encode()


# The bytes, where the mistake is, and a word of the sentence.
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "", "empty"),
    "blanks": (b" \n", "", "empty"),
    "not JSON": (f"feature={SECRET}".encode(), "", "not JSON"),
    "cut off": (b'{"feature":"match"', "", "not JSON"),
    "two values": (b'{"feature":"match","user_id":1}{}', "", "not JSON"),
    "a list": (f'["{SECRET}"]'.encode(), "", "object"),
    "a text": (f'"{SECRET}"'.encode(), "", "object"),
    "null": (b"null", "", "object"),
    "NaN": (b'{"feature":"match","user_id":NaN}', "", "NaN"),
    "Infinity": (b'{"feature":"match","user_id":-Infinity}', "", "NaN"),
    "a comment": (b'{"feature":"match", /* hm */ "user_id":1}', "", "not JSON"),
    "a byte order mark": (b"\xef\xbb\xbf" + body(), "", "byte order mark"),
    "invalid UTF-8": (b'{"feature":"match","user_id":1,"instructions":"\xff\xfe"}', "", "UTF-8"),
    "a surrogate in UTF-8": (b'{"feature":"match","user_id":1,"instructions":"\xed\xa0\x80"}', "", "UTF-8"),
    "UTF-16": (json.dumps(LEAST).encode("utf-16"), "", "as UTF-8"),
    "a lone high surrogate": (b'{"feature":"match","user_id":1,"instructions":"\\ud800"}', "", "surrogate"),
    "a lone low surrogate": (b'{"feature":"match","user_id":1,"instructions":"\\udc00x"}', "", "surrogate"),
    "the same key twice": (f'{{"feature":"match","user_id":1,"user_id":2,"{SECRET}":1}}'.encode(), "", "twice"),
    "the same input twice": (b'{"feature":"match","user_id":1,"inputs":{"a":"1","a":"2"}}', "", "twice"),
    "deep lists": (
        b'{"feature":"match","user_id":1,"inputs":{"a":' + b"[" * 33 + b"]" * 33 + b"}}",
        "inputs.a",
        "text",
    ),
    "very deep lists": (b"[" * 5_000 + b"]" * 5_000, "", "deep"),
    "deep objects": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "", "deep"),
    "an endless number": (b'{"feature":"match","user_id":' + b"9" * 500_000 + b"}", "", "too large"),
    "no feature": (b'{"user_id":1}', "feature", "missing"),
    "no candidate": (b'{"feature":"match"}', "user_id", "missing"),
    "an unknown feature": (body(feature=SECRET), "feature", "cover_letter"),
    "a feature that is a number": (body(feature=3), "feature", "match"),
    "an unknown key": (body(colour=SECRET), "colour", "unknown"),
    "a key that is no name": (body(**{f"{SECRET} <b>": 1}), "…", "unknown"),
    "a draft": (body(draft=SECRET), "draft", "unknown"),
    "parameters": (body(parameters={"temperature": 1}), "parameters", "unknown"),
    "chips switched off": (body(switched_off=["job"]), "switched_off", "unknown"),
    "a candidate in quotes": (body(user_id="1"), "user_id", "whole number"),
    "a candidate that is true": (body(user_id=True), "user_id", "whole number"),
    "half a candidate": (body(user_id=1.5), "user_id", "whole number"),
    "candidate nought": (body(user_id=0), "user_id", "greater than or equal to 1"),
    "a negative job": (body(job_id=-1), "job_id", "greater than or equal to 1"),
    "a huge job": (body(job_id=2**63), "job_id", "less than or equal"),
    "memory in a word": (body(memory="yes"), "memory", "true or false"),
    "memory as a number": (body(memory=1), "memory", "true or false"),
    "a document in quotes": (body(document_ids=[1, SECRET]), "document_ids.1", "whole number"),
    "documents as a number": (body(document_ids=7), "document_ids", "list"),
    "too many documents": (body(document_ids=list(range(1, 22))), "document_ids", "at most 20 items."),
    "instructions as a list": (body(instructions=[SECRET]), "instructions", "text"),
    "long instructions": (body(instructions=SECRET * 600), "instructions", "at most 4000 characters."),
    "NUL": (body(instructions=f"{SECRET}\x00"), "instructions", "NUL"),
    "inputs as a list": (body(inputs=[SECRET]), "inputs", "object"),
    "an input that is a number": (body(inputs={"stage": 3}), "inputs.stage", "text"),
    "an input with a wild name": (body(inputs={f"<{SECRET}>": 3}), "inputs.…", "text"),
    "too many inputs": (body(inputs={f"a{n}": "x" for n in range(17)}), "inputs", "at most 16 items."),
    "an input's name with NUL": (body(inputs={"a\x00": "x"}), "inputs.…", "NUL"),
    "a model as an object": (body(model={"name": SECRET}), "model", "text"),
    "a long prompt's name": (body(prompt=SECRET * 20), "prompt", "at most 128 characters."),
    "a long model's name": (body(model=SECRET * 30), "model", "at most 200 characters."),
    "a long input": (body(inputs={"stage": SECRET * 5_000}), "inputs.stage", "at most 40000 characters."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_malformed_body_is_refused_with_its_place(what: str) -> None:
    given, at, word = REFUSED[what]
    with pytest.raises(Malformed) as refused:
        bodies.parse(given)
    assert (refused.value.at, refused.value.status) == (at, 422)
    assert word in refused.value.message
    assert SECRET not in refused.value.message and SECRET not in refused.value.at


def test_a_full_body_is_the_request_it_says() -> None:
    given = {
        "feature": "cover_letter",
        "user_id": 2**53,
        "job_id": None,
        "resume_version_id": 3,
        "document_ids": [4, 5],
        "memory": False,
        "instructions": "Kürzer 🙂\n",
        "inputs": {"contact": "Ms Okafor"},
        "prompt": "cover_letter@1",
        "model": "openai/whatever/it is",
    }
    assert bodies.parse(json.dumps(given).encode()) == AiRequest.model_validate(given)
    assert bodies.parse(b'{"feature":"match","user_id":1,"instructions":"\\ud83d\\ude42"}').instructions == "🙂"


@pytest.mark.parametrize("number", ["7.0", "7e0", "0.7E1"])
def test_a_whole_number_may_be_written_as_json_allows(number: str) -> None:
    read = bodies.parse(f'{{"feature":"match","user_id":{number},"document_ids":[1,{number}]}}'.encode())
    assert (read.user_id, read.document_ids) == (7, (1, 7)) and type(read.user_id) is int


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from([*bodies.KNOWN, *bodies.FOR_PAGES, "x"]), JSON_VALUES)


@given(st.binary() | JSON_VALUES.map(json.dumps).map(str.encode) | BODIES.map(json.dumps).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_whatever_is_sent_is_read_or_refused(sent: bytes) -> None:
    try:
        assert isinstance(bodies.parse(sent), AiRequest)
    except Malformed as refused:
        assert refused.message.endswith(".")


# -- on the wire -----------------------------------------------------------------------------------------


def test_the_sentence_and_the_place_arrive_as_a_problem(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        refused = one.ask("POST", "/run", json=one.body(instructions=[SECRET]))
        assert refused.status_code == 422 and refused.headers["content-type"] == "application/problem+json"
        assert refused.json() | {"detail": ""} == {
            "type": "about:blank",
            "title": "invalid",
            "status": 422,
            "code": "invalid",
            "detail": "",
            "at": "instructions",
        }
        assert SECRET not in refused.text and one.provider.calls == []


@pytest.mark.parametrize("path", ["/run", "/stream"])
@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"}],
    ids=["another kind", "no kind", "compressed"],
)
def test_a_body_of_another_kind_is_refused(sqlite_store: Store, path: str, headers: dict[str, str]) -> None:
    with door(sqlite_store, letter()) as one:
        sent = {"Content-Type": "application/json"} | headers
        assert one.ask("POST", path, content=json.dumps(one.body()), headers=sent).status_code == 422


def test_a_body_of_just_under_a_megabyte_is_read(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        padded = json.dumps(one.body()).encode().ljust(1_000_000)
        assert one.ask("POST", "/run", content=padded, headers=JSON).status_code == 200
        refused = one.ask("POST", "/run", content=padded + b" ", headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_a_body_is_counted_as_it_comes_whatever_its_headers_say(sqlite_store: Store) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 50_000

    with door(sqlite_store, letter()) as one:
        refused = one.ask("POST", "/run", content=endless(), headers=JSON)  # chunked
        assert refused.status_code == 413
        assert one.provider.calls == []


LENGTHS = {
    "too long to send": ("2000000", b"{}", 413),
    "a lie": ("9" * 18, b"{}", 413),
    "no number": ("abc", b"{}", 400),
}


@pytest.mark.parametrize("what", LENGTHS)
def test_a_content_length_is_believed_only_to_refuse(sqlite_store: Store, what: str) -> None:
    length, sent, status = LENGTHS[what]
    with door(sqlite_store, letter()) as one:
        assert asyncio.run(_raw(one, length, sent)) == status


def test_a_caller_who_leaves_in_the_middle_of_a_body_leaves_nothing(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        assert asyncio.run(_raw(one, "500", b'{"feature":', leave=True)) is None
        assert one.run().status_code == 200
        assert len(one.provider.calls) == 1


HASTY = replace(QUICK, upload=bodies.Upload(whole_s=0.6, idle_s=0.2))
SLOW: dict[str, tuple[list[bytes], float]] = {
    "nothing comes": ([], 0),
    "the end does not come": ([b"{", b'"feature"'], 0.05),
    "it comes drop by drop": ([b" "] * 600, 0.05),  # more than its length: read to its end, it would be no JSON
}


@pytest.mark.parametrize("what", SLOW)
def test_a_body_that_comes_too_slowly_is_not_waited_for(sqlite_store: Store, what: str) -> None:
    drops, pause_s = SLOW[what]
    with door(sqlite_store, letter(), pace=HASTY) as one:
        answer = asyncio.run(_drops(one, drops, pause_s))
        assert answer.startswith(b"HTTP/1.1 408") and b"application/problem+json" in answer
        assert b'"code":"too_slow"' in answer and b"connection: close" in answer.lower()
        assert one.provider.calls == [] and one.run().status_code == 200


async def _drops(one: Door, drops: list[bytes], pause_s: float) -> bytes:
    """All that is answered, to the end of the connection, to a body that comes drop by drop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(one.url.rpartition(":")[2]))
    head = f"POST {AI}/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {one.token}\r\nContent-Type: application/json"
    writer.write(f"{head}\r\nContent-Length: 500\r\n\r\n".encode())
    reading = asyncio.ensure_future(reader.read())
    with suppress(ConnectionError):
        for drop in drops:
            await asyncio.sleep(pause_s)
            if reading.done():
                break
            writer.write(drop)
            await writer.drain()
    answer = await asyncio.wait_for(reading, 30)
    writer.close()
    return answer


JSON = {"Content-Type": "application/json"}


async def _raw(one: Door, length: str, sent: bytes, *, leave: bool = False) -> int | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(one.url.rpartition(":")[2]))
    head = (
        f"POST {AI}/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {one.token}\r\nContent-Type: application/json\r\n"
    )
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + sent)
    await writer.drain()
    status = None if leave else int((await asyncio.wait_for(reader.readline(), 30)).split()[1])
    writer.close()
    return status
