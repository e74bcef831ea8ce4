"""A server that repeats our key: it reaches no answer, no record, no event and no log."""

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.llm.openai_answer import AnswerReader
from core.llm.openai_provider import OpenAIProvider
from core.llm.openai_redaction import REMOVED, TOLD_AT_MOST, Redaction
from core.llm.provider import Chunk, Prose, Spent
from core.store import Store
from tests.benches import bench
from tests.fakes.upstream import Upstream, delta, event, stream

KEY = "sk-canary-7f3a"


def redacted(pieces: Sequence[str], secret: str = KEY) -> list[str]:
    redaction = Redaction(secret)
    return [*(redaction.feed(piece) for piece in pieces), redaction.end()]


TEXTS = {
    "the key alone": (KEY, REMOVED),
    "the key in a sentence": (f"Use {KEY}, as ever.", f"Use {REMOVED}, as ever."),
    "the key twice": (f"{KEY}{KEY} {KEY}", f"{REMOVED}{REMOVED} {REMOVED}"),
    "its beginning before it": (f"sk-canary-{KEY}", f"sk-canary-{REMOVED}"),
    "its beginning alone": ("sk-canary-7f3", "sk-canary-7f3"),
    "its first letters everywhere": ("skis sk sk- s", "skis sk sk- s"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("size", range(1, 20))
def test_the_key_is_removed_wherever_the_pieces_are_cut(name: str, size: int) -> None:
    text, clean = TEXTS[name]
    came = "".join(redacted([text[at : at + size] for at in range(0, len(text), size)]))
    assert KEY[TOLD_AT_MOST + 1 :] not in came
    if size >= len(text):
        assert came == clean
    if KEY not in text:
        assert came == text


def test_what_cannot_be_the_key_waits_for_nothing() -> None:
    assert redacted(["It is", " his", " desk", " s", "ki"]) == ["It is", " his", " desk", " s", "ki", ""]


@pytest.mark.parametrize("placeholder", ["", "none", "EMPTY", "unused"])
def test_a_placeholder_is_no_secret(placeholder: str) -> None:
    assert "".join(redacted(["none is EMPTY", " and unused"], placeholder)) == "none is EMPTY and unused"


def spoken(payloads: Sequence[object]) -> tuple[str, Spent | None]:
    """The prose and the count of an answer of these payloads."""
    reader = AnswerReader(secret=KEY)
    chunks: list[Chunk] = []
    for payload in payloads:
        chunks += reader.read(json.dumps(payload).encode())
    chunks += reader.rest()
    spent = [chunk for chunk in chunks if isinstance(chunk, Spent)]
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Prose)), spent[0] if spent else None


def test_the_end_of_a_text_is_not_kept_back() -> None:
    assert spoken([delta("This is sk-ca"), delta(finish="stop")])[0] == "This is sk-ca"
    assert spoken([delta("This is sk-ca")])[0] == "This is sk-ca"  # cut before its finish reason


def test_names_and_counts_bring_no_key_along() -> None:
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 2,
        "total_tokens": 7,
        KEY: 1,
        "note": KEY,
        "cost": KEY,
        "prompt_tokens_details": {"cached_tokens": 1, KEY: 4, "who": {KEY: [KEY]}},
    }
    last = {"model": f"m-{KEY}", "service_tier": KEY, "choices": [], "usage": usage}
    _, spent = spoken([delta("Hi"), delta(finish="stop"), last])
    assert spent is not None
    assert KEY not in repr(spent)
    assert spent.raw == {
        "prompt_tokens": 5,
        "completion_tokens": 2,
        "total_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 1},
    }


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def test_a_whole_run_leaves_no_trace_of_the_key(
    sqlite_store: Store, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    letters = [event(delta(letter)) for letter in f"A letter\nWith {KEY}.\n\nDear {KEY[:9]}"]
    end = {"model": KEY, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 9, KEY: 3}}
    upstream.play(stream(*letters, event(delta(KEY[9:])), event(delta(finish="stop")), event(end)))
    provider = OpenAIProvider(api_key=KEY, base_url=upstream.url)
    with caplog.at_level(logging.DEBUG), bench(sqlite_store, openai=provider) as one:
        live = one.start()
        while not live.done:
            live.after(len(live.events), wait_s=0.05)
        events = repr([(each.kind, each.data) for each in live.events])
    assert upstream.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert live.result is not None and live.result.status == "ok"
    assert REMOVED in live.result.answer.content and REMOVED in live.result.answer.summary
    assert sqlite_store.url.database
    files = Path(sqlite_store.url.database).parent.glob(f"{Path(sqlite_store.url.database).name}*")
    assert not any(KEY.encode() in file.read_bytes() for file in files)
    assert KEY not in events and KEY not in live.result.model_dump_json() and KEY not in caplog.text
