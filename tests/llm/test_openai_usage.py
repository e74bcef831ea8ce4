"""A server's count is believed as far as it can be true."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from core.llm import history
from core.llm.openai_provider import OpenAIProvider
from core.llm.openai_usage import is_possible, kept
from core.llm.provider import Message, ModelCall
from core.schema import Usage
from core.store import Store
from tests.benches import LETTER, bench
from tests.fakes.upstream import Upstream, tokens

CALL = ModelCall("m", (Message("system", "s" * 1_000), Message("user", "ü" * 500)), max_tokens=1_000)

COUNTS = [
    (Usage(input_tokens=500, output_tokens=50), 200, True),
    (Usage(input_tokens=2_000, output_tokens=50), 200, True),  # a token a byte
    (Usage(input_tokens=4_500, output_tokens=50), 200, True),  # with an order of the server's own before it
    (Usage(input_tokens=20_000, output_tokens=50), 200, False),
    (Usage(input_tokens=10**9, output_tokens=50), 200, False),
    (Usage(input_tokens=500, output_tokens=1_000, reasoning_tokens=950), 200, True),  # reasoning that is not sent
    (Usage(input_tokens=500, output_tokens=1_500), 6_000, True),  # a server that passes over the limit
    (Usage(input_tokens=500, output_tokens=4_000), 200, False),
    (Usage(input_tokens=500, output_tokens=10**9), 200, False),
    (Usage(input_tokens=500, output_tokens=10**9, reasoning_tokens=10**9), 200, False),
]


@pytest.mark.parametrize(("said", "characters", "possible"), COUNTS)
def test_a_count_beyond_what_was_sent_and_asked_for_cannot_be(said: Usage, characters: int, possible: bool) -> None:
    assert is_possible(said, CALL, characters) is possible


SEARCHED = {"cost": 0.25, "server_tool_use": {"web_search_requests": 2}}
DEEP = {"prompt_tokens_details": {"prompt_tokens_details": {"cost": 1}}}
KEPT: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [
    ({"prompt_tokens": 5, "user": "Ada", "completion_tokens": None}, {"prompt_tokens": 5}),
    ({"prompt_tokens": "5", "completion_tokens": True}, {}),
    ({"prompt_tokens_details": {"cached_tokens": 4, "x": "y"}}, {"prompt_tokens_details": {"cached_tokens": 4}}),
    ({"prompt_tokens_details": DEEP}, {"prompt_tokens_details": {"prompt_tokens_details": {}}}),
    ({"cost": float("nan"), "eval_count": 10**400}, {}),
    (SEARCHED, SEARCHED),
]


@pytest.mark.parametrize(("raw", "left"), KEPT)
def test_only_numbers_under_known_names_are_kept(raw: Mapping[str, Any], left: Mapping[str, Any]) -> None:
    assert kept(raw) == left


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


@pytest.mark.parametrize("inflated", ["prompt_tokens", "completion_tokens"])
def test_an_inflated_count_is_counted_here_and_the_raw_one_kept(
    inflated: str, sqlite_store: Store, upstream: Upstream
) -> None:
    usage = {"prompt_tokens": 900, "completion_tokens": 30} | {inflated: 10**9}
    upstream.play(tokens(*LETTER, usage=usage))
    provider = OpenAIProvider(api_key="sk-canary-7f3a", base_url=upstream.url)
    with bench(sqlite_store, openai=provider) as one:
        result = one.run()
        [attempt] = history.story(sqlite_store, result.run_id).attempts
    assert result.status == "ok" and result.cost_status != "exact"
    assert 100 < result.usage.input_tokens < 10_000 and 10 < result.usage.output_tokens < 200
    assert attempt.usage is not None and attempt.usage[inflated] == 10**9
