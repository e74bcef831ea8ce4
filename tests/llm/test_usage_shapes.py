"""Usage objects as servers send them, and what each call costs, worked out by hand.

Nano-dollars a token of the models used, input / cached / written to the cache / output:

    luna       gpt-6-luna     100 /  10 /   125 /   500     above 272,000 in: 200 / 20 / 250 / 750
    luna flex                  50 /   5 /  62.5 /   250                       100 / 10 / 125 / 375
    luna prio  (priority)     200 /  20 /   250 / 1,000                       400 / 40 / 500 / 1,500
    terra      gpt-6.1-terra  1,000 / 50 / 1,250 / 5,000    above 272,000 in: 2,000 / 100 / 2,500 / 7,500
    audio      gpt-audio      2,500 in, 10,000 out; heard 32,000, spoken 64,000
"""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.llm import pricing, usage_shapes
from core.llm.openai_answer import AnswerReader
from core.schema import Cost, Usage
from tests.fakes.asking import TEXT, Outcome, follow, reaching
from tests.fakes.upstream import JSON, Reply, Upstream, tokens

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MODELS = {"luna": "gpt-6-luna", "terra": "gpt-6.1-terra", "audio": "gpt-audio", "none": "house-model"}
TIERS = {"flex": "flex", "prio": "priority"}

IN, OUT = "prompt_tokens_details", "completion_tokens_details"
RIN, ROUT = "input_tokens_details", "output_tokens_details"


def chat(given: Any, out: Any, total: Any = None, **more: Any) -> dict[str, Any]:
    """A usage object of chat completions."""
    return {
        "prompt_tokens": given,
        "completion_tokens": out,
        **({} if total is None else {"total_tokens": total}),
        **more,
    }


def responses(given: Any, out: Any, total: Any = None, **more: Any) -> dict[str, Any]:
    """A usage object of the responses API."""
    return {"input_tokens": given, "output_tokens": out, **({} if total is None else {"total_tokens": total}), **more}


# What the server says; for which model and tier; input, cached, output, reasoning; nano-dollars and how sure.
SHAPES: dict[str, tuple[dict[str, Any], str, tuple[int, int, int, int], int | None, str]] = {
    # -- chat completions
    "chat: plain": (chat(1_000, 200, 1_200), "luna", (1_000, 0, 200, 0), 200_000, "exact"),  # 100,000 + 100,000
    "chat: without a total": (chat(1_000, 200), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: a total of null": (chat(1_000, 200) | {"total_tokens": None}, "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: a total of 0": (chat(1_000, 200, 0), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: details of null": (chat(1_000, 200, 1_200, **{IN: None, OUT: None}), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: empty details": (chat(1_000, 200, 1_200, **{IN: {}, OUT: {}}), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: details full of null": (
        chat(1_000, 200, 1_200, **{IN: {"cached_tokens": None, "audio_tokens": None}, OUT: {"reasoning_tokens": None}}),
        "luna", (1_000, 0, 200, 0), 200_000, "exact",
    ),
    "chat: cached": (  # 2,000×100 + 8,000×10 + 1,000×500
        chat(10_000, 1_000, 11_000, **{IN: {"cached_tokens": 8_000}}), "luna", (10_000, 8_000, 1_000, 0), 780_000, "exact"
    ),
    "chat: all of it cached": (chat(5_000, 1, 5_001, **{IN: {"cached_tokens": 5_000}}), "luna", (5_000, 5_000, 1, 0), 50_500, "exact"),
    "chat: reasoning inside the output": (  # 100×100 + 900×500
        chat(100, 900, 1_000, **{OUT: {"reasoning_tokens": 800}}), "luna", (100, 0, 900, 800), 460_000, "exact"
    ),
    "chat: all of it reasoning": (chat(100, 64, 164, **{OUT: {"reasoning_tokens": 64}}), "luna", (100, 0, 64, 64), 42_000, "exact"),
    "chat: predictions are in the output": (  # 100×100 + 50×500
        chat(100, 50, 150, **{OUT: {"accepted_prediction_tokens": 30, "rejected_prediction_tokens": 15}}),
        "luna", (100, 0, 50, 0), 35_000, "exact",
    ),
    "chat: nothing was written": (chat(1_000, 0, 1_000), "luna", (1_000, 0, 0, 0), 100_000, "exact"),
    "chat: counts written as floats": (chat(1_000.0, 200.0, 1_200.0), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "chat: everything at once": (  # 1,000×100 + 8,000×10 + 1,000×125 + 500×500
        chat(10_000, 500, 10_500, **{IN: {"cached_tokens": 8_000, "cache_write_tokens": 1_000, "audio_tokens": 0},
                                     OUT: {"reasoning_tokens": 400, "audio_tokens": 0}}),
        "luna", (10_000, 8_000, 500, 400), 555_000, "exact",
    ),
    "chat: the premium model": (  # 1,000×1,000 + 1,000×50 + 500×5,000
        chat(2_000, 500, 2_500, **{IN: {"cached_tokens": 1_000}}), "terra", (2_000, 1_000, 500, 0), 3_550_000, "exact"
    ),
    # -- whole-call tiers by input
    "step: the last token below": (chat(272_000, 1_000), "luna", (272_000, 0, 1_000, 0), 27_700_000, "exact"),  # 27,200,000 + 500,000
    "step: the first token above": (chat(272_001, 1_000), "luna", (272_001, 0, 1_000, 0), 55_150_200, "exact"),  # 54,400,200 + 750,000
    "step: cached tokens count for it": (  # 1,000×200 + 299,000×20
        chat(300_000, 0, 300_000, **{IN: {"cached_tokens": 299_000}}), "luna", (300_000, 299_000, 0, 0), 6_180_000, "exact"
    ),
    "step: written tokens too": (  # 100,000×200 + 200,000×250
        chat(300_000, 0, 300_000, **{IN: {"cache_write_tokens": 200_000}}), "luna", (300_000, 0, 0, 0), 70_000_000, "exact"
    ),
    "step: output does not": (chat(1_000, 300_000), "luna", (1_000, 0, 300_000, 0), 150_100_000, "exact"),  # 100,000 + 150,000,000
    "step: of the premium model": (chat(300_000, 100), "terra", (300_000, 0, 100, 0), 600_750_000, "exact"),  # 600,000,000 + 750,000
    # -- the tier of the response
    "tier: flex": (  # 2,000×50 + 8,000×5 + 1,000×250
        chat(10_000, 1_000, 11_000, **{IN: {"cached_tokens": 8_000}}), "luna flex", (10_000, 8_000, 1_000, 0), 390_000, "exact"
    ),
    "tier: priority": (  # 2,000×200 + 8,000×20 + 1,000×1,000
        chat(10_000, 1_000, 11_000, **{IN: {"cached_tokens": 8_000}}), "luna prio", (10_000, 8_000, 1_000, 0), 1_560_000, "exact"
    ),
    "tier: flex above the step": (chat(272_001, 0), "luna flex", (272_001, 0, 0, 0), 27_200_100, "exact"),  # ×100
    "tier: half a nano-dollar to even": (  # 3×62.5 = 187.5
        chat(3, 0, 3, **{IN: {"cache_write_tokens": 3}}), "luna flex", (3, 0, 0, 0), 188, "exact"
    ),
    # -- responses
    "responses: plain": (responses(1_000, 200, 1_200), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "responses: without a total": (responses(1_000, 200), "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "responses: cached and reasoning": (  # 2,000×100 + 8,000×10 + 1,000×500
        responses(10_000, 1_000, 11_000, **{RIN: {"cached_tokens": 8_000}, ROUT: {"reasoning_tokens": 300}}),
        "luna", (10_000, 8_000, 1_000, 300), 780_000, "exact",
    ),
    "responses: written to the cache": (  # 7,000×100 + 1,000×10 + 2,000×125
        responses(10_000, 0, 10_000, **{RIN: {"cached_tokens": 1_000, "cache_write_tokens": 2_000}}),
        "luna", (10_000, 1_000, 0, 0), 960_000, "exact",
    ),
    "responses: details of null": (responses(9, 1, 10, **{RIN: None, ROUT: None}), "luna", (9, 0, 1, 0), 1_400, "exact"),
    "realtime: details under its own name": (  # 400×100 + 600×10 + 10×500
        responses(1_000, 10, 1_010, input_token_details={"cached_tokens": 600, "text_tokens": 1_000},
                  output_token_details={"text_tokens": 10}),
        "luna", (1_000, 600, 10, 0), 51_000, "exact",
    ),
    # -- what other servers make of it
    "Anthropic: cache beside the input": (  # 50×100 + 2,000×10 + 1,000×125 + 300×500
        responses(50, 300, cache_read_input_tokens=2_000, cache_creation_input_tokens=1_000),
        "luna", (3_050, 2_000, 300, 0), 300_000, "exact",
    ),
    "Anthropic: nothing cached": (
        responses(50, 300, cache_read_input_tokens=0, cache_creation_input_tokens=0), "luna", (50, 0, 300, 0), 155_000, "exact"
    ),
    "Anthropic: cache of null": (
        responses(50, 300, cache_read_input_tokens=None, cache_creation_input_tokens=None), "luna", (50, 0, 300, 0), 155_000, "exact"
    ),
    "Anthropic: only written": (  # 50×100 + 1,000×125
        responses(50, 0, cache_creation_input_tokens=1_000, cache_creation={"ephemeral_5m_input_tokens": 1_000}),
        "luna", (1_050, 0, 0, 0), 130_000, "exact",
    ),
    "a gateway's names, cache inside the input by its total": (  # 1,000×100 + 2,000×10 + 10×500
        responses(3_000, 10, 3_010, cache_read_input_tokens=2_000), "luna", (3_000, 2_000, 10, 0), 125_000, "exact"
    ),
    "a gateway's names, cache beside the input by its total": (  # 3,000×100 + 2,000×10 + 10×500
        responses(3_000, 10, 5_010, cache_read_input_tokens=2_000), "luna", (5_000, 2_000, 10, 0), 325_000, "exact"
    ),
    "LiteLLM: OpenAI's names, the cache inside": (  # 500×100 + 2,000×10 + 500×125 + 10×500
        chat(3_000, 10, 3_010, cache_read_input_tokens=2_000, cache_creation_input_tokens=500,
             **{IN: {"cached_tokens": 2_000, "cache_creation_tokens": 500}}),
        "luna", (3_000, 2_000, 10, 0), 137_500, "exact",
    ),
    "OpenRouter: its own cost beside": (  # 20×100 + 100×10 + 74×125 + 60×500
        chat(194, 60, 254, cost=0.95, is_byok=False, cost_details={"upstream_inference_cost": 0.9},
             **{IN: {"cached_tokens": 100, "cache_write_tokens": 74, "audio_tokens": 0},
                OUT: {"reasoning_tokens": 40, "image_tokens": 0}}),
        "luna", (194, 100, 60, 40), 42_250, "exact",
    ),
    "DeepSeek: hits and misses at the top": (  # 36×100 + 64×10 + 20×500
        chat(100, 20, 120, prompt_cache_hit_tokens=64, prompt_cache_miss_tokens=36), "luna", (100, 64, 20, 0), 14_240, "exact"
    ),
    "DeepSeek: its reasoner": (  # 36×100 + 64×10 + 20×500
        chat(100, 20, 120, prompt_cache_hit_tokens=64, **{IN: {"cached_tokens": 64}, OUT: {"reasoning_tokens": 15}}),
        "luna", (100, 64, 20, 15), 14_240, "exact",
    ),
    "Moonshot: cached at the top": (chat(100, 20, 120, cached_tokens=50), "luna", (100, 50, 20, 0), 15_500, "exact"),  # 5,000+500+10,000
    "xAI: reasoning beside the output": (  # 10×100 + (3+7)×500
        chat(10, 3, 20, **{OUT: {"reasoning_tokens": 7}}), "luna", (10, 0, 10, 7), 6_000, "exact"
    ),
    "xAI: reasoning beside, with cached text": (  # 68×100 + 132×10 + (9+300)×500
        chat(200, 9, 509, **{IN: {"text_tokens": 200, "cached_tokens": 132, "audio_tokens": 0, "image_tokens": 0},
                             OUT: {"reasoning_tokens": 300, "audio_tokens": 0}}, num_sources_used=0),
        "luna", (200, 132, 309, 300), 162_620, "exact",
    ),
    "Groq: times beside": (  # 18×100 + 556×500
        chat(18, 556, 574, queue_time=0.08, prompt_time=0.001, completion_time=1.2, total_time=1.3),
        "luna", (18, 0, 556, 0), 279_800, "exact",
    ),
    "vLLM: null details": (chat(33, 7, 40, **{IN: None}), "luna", (33, 0, 7, 0), 6_800, "exact"),
    "llama.cpp: cached alone": (  # 3×100 + 30×10 + 7×500
        chat(33, 7, 40, **{IN: {"cached_tokens": 30}}), "luna", (33, 30, 7, 0), 4_100, "exact"
    ),
    "Ollama: its own names": (  # 26×100 + 290×500
        {"prompt_eval_count": 26, "eval_count": 290, "eval_duration": 4_709_213_000}, "luna", (26, 0, 290, 0), 147_600, "exact"
    ),
    "Mistral: seconds of null": (chat(19, 5, 24, prompt_audio_seconds=None), "luna", (19, 0, 5, 0), 4_400, "exact"),
    "Perplexity: reasoning at the top": (  # 100×100 + 50×500
        chat(100, 50, 150, reasoning_tokens=30, citation_tokens=0), "luna", (100, 0, 50, 30), 35_000, "exact"
    ),
    "unknown names are passed over": (chat(10, 1, 11, energy_joules=9, tokens="many", x={"y": 1}), "luna", (10, 0, 1, 0), 1_500, "exact"),
    # -- two counts of three
    "input from the total": ({"completion_tokens": 200, "total_tokens": 1_200}, "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "output from the total": ({"prompt_tokens": 1_000, "total_tokens": 1_200}, "luna", (1_000, 0, 200, 0), 200_000, "exact"),
    "an embedding has no output": ({"prompt_tokens": 8, "total_tokens": 8}, "luna", (8, 0, 0, 0), 800, "exact"),
    # -- audio, which has prices of its own
    "audio heard": (  # 40×2,500 + 60×32,000 + 10×10,000
        chat(100, 10, 110, **{IN: {"audio_tokens": 60, "text_tokens": 40}}), "audio", (100, 0, 10, 0), 2_120_000, "exact"
    ),
    "audio spoken": (  # 100×2,500 + 4×10,000 + 6×64,000
        chat(100, 10, 110, **{OUT: {"audio_tokens": 6, "text_tokens": 4}}), "audio", (100, 0, 10, 0), 674_000, "exact"
    ),
    "audio heard by a model without a price for it": (
        chat(100, 10, 110, **{IN: {"audio_tokens": 60}}), "luna", (100, 0, 10, 0), None, "unknown"
    ),
    # -- counts that contradict each other are mended and called estimates
    "more cached than input": (  # 100×10 + 10×500
        chat(100, 10, 110, **{IN: {"cached_tokens": 900}}), "luna", (100, 100, 10, 0), 6_000, "estimated"
    ),
    "more written than is left": (  # 60×125 + 40×10
        chat(100, 0, 100, **{IN: {"cached_tokens": 40, "cache_write_tokens": 90}}), "luna", (100, 40, 0, 0), 7_900, "estimated"
    ),
    "cached below zero": (chat(100, 10, 110, **{IN: {"cached_tokens": -5}}), "luna", (100, 0, 10, 0), 15_000, "estimated"),
    "more reasoning than output, no total": (  # 100×100 + (10+50)×500
        chat(100, 10, **{OUT: {"reasoning_tokens": 50}}), "luna", (100, 0, 60, 50), 40_000, "estimated"
    ),
    "more reasoning than the total has room for": (  # 100×100 + 50×500
        chat(100, 10, 110, **{OUT: {"reasoning_tokens": 50}}), "luna", (100, 0, 50, 50), 35_000, "estimated"
    ),
    "Gemini: thinking that only the total holds": (  # 100×100 + (10+40)×500
        chat(100, 10, 150), "luna", (100, 0, 50, 0), 35_000, "estimated"
    ),
    "a total below its parts": (chat(100, 10, 50), "luna", (100, 0, 10, 0), 15_000, "estimated"),
    "searches are charged beside the tokens": (chat(100, 10, 110, num_search_queries=2), "luna", (100, 0, 10, 0), 15_000, "estimated"),
    "searches as Anthropic counts them": (
        responses(100, 10, server_tool_use={"web_search_requests": 1}), "luna", (100, 0, 10, 0), 15_000, "estimated"
    ),
    # -- no price is no cost, never 0
    "a model without a price": (chat(1_000, 200, 1_200), "none", (1_000, 0, 200, 0), None, "unknown"),
    "no tokens of a model without a price": (chat(0, 0, 0), "none", (0, 0, 0, 0), None, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "whom", "counts", "nanousd", "status"), SHAPES.values(), ids=SHAPES.keys())
def test_a_usage_object_is_read_and_priced_as_worked_out_by_hand(
    raw: dict[str, Any], whom: str, counts: tuple[int, int, int, int], nanousd: int | None, status: str
) -> None:
    reading = usage_shapes.read(raw)
    assert reading is not None
    given, cached, out, reasoning = counts
    usage = Usage(input_tokens=given, cached_tokens=cached, output_tokens=out, reasoning_tokens=reasoning)
    assert reading.usage == usage
    model, _, tier = whom.partition(" ")
    cost = pricing.cost(usage, provider="openai", model=MODELS[model], tier=TIERS.get(tier), at=NOW, raw=raw)
    assert (cost.nanousd, cost.status) == (nanousd, status)


def test_the_table_has_at_least_sixty_shapes() -> None:
    assert len(SHAPES) >= 60


NO_COUNT: dict[str, dict[str, Any]] = {
    "empty": {},
    "one side alone": {"prompt_tokens": 10},
    "the total alone": {"total_tokens": 10},
    "null": chat(None, None),
    "below zero": chat(-5, 1),
    "output below zero": chat(5, -1, 4),
    "no number": chat("1000", 200),
    "a yes for a number": chat(True, 200),
    "half a token": chat(10.5, 1),
    "not a number": chat(float("nan"), 1),
    "no end": chat(float("inf"), 1),
    "more than can be": chat(10**9 + 1, 1),
    "more than a database holds": chat(10**30, 1),
    "a total below one side": {"prompt_tokens": 10, "total_tokens": 5},
    "one side spoilt, other names beside": {"prompt_tokens": -1, "input_tokens": 10, "output_tokens": 1},
}


@pytest.mark.parametrize("raw", NO_COUNT.values(), ids=NO_COUNT.keys())
def test_what_is_no_count_never_passes_for_zero_tokens(raw: dict[str, Any]) -> None:
    assert usage_shapes.read(raw) is None


USAGE = chat(10, 1, 11)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"choices": [], "usage": USAGE}, USAGE),
        ({"usage": None, "x_groq": {"id": "r", "usage": USAGE}}, USAGE),
        ({"type": "response.completed", "response": {"id": "r", "usage": USAGE}}, USAGE),
        ({"prompt_eval_count": 1, "eval_count": 2}, {"prompt_eval_count": 1, "eval_count": 2}),
        ({"usage": {}}, None),
        ({"usage": []}, None),
        ({"usage": None, "x_groq": None, "response": "r"}, None),
        ({}, None),
    ],
)
def test_usage_is_found_wherever_a_server_puts_it(body: dict[str, Any], found: dict[str, Any] | None) -> None:
    assert usage_shapes.find(body) == found


# -- streamed equals buffered ----------------------------------------------------------------------------


def whole(usage: dict[str, Any], tier: str | None) -> Reply:
    """The same answer from a server that does not stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    body = {"object": "chat.completion", "model": "fake-1", "service_tier": tier, "choices": [choice], "usage": usage}
    return Reply(200, JSON, (json.dumps(body).encode(),))


POSSIBLE = {name: raw for name, (raw, _, counts, _, _) in SHAPES.items() if counts[0] <= 1_000 and counts[2] <= 600}


def asked_at_once(replies: dict[str, Reply]) -> dict[str, Outcome]:
    """What comes of asking each of these models."""

    async def run(url: str) -> list[Outcome]:
        async with reaching(url) as provider:
            return await asyncio.gather(*(follow(provider, replace(TEXT, model=name)) for name in replies))

    with Upstream() as upstream:
        upstream.models.update(replies)
        return dict(zip(replies, asyncio.run(run(upstream.url)), strict=True))


def test_streamed_and_buffered_answers_are_counted_and_priced_alike() -> None:
    outcomes = asked_at_once(
        {f"streamed {name}": tokens("Hello", usage=raw, tier="flex") for name, raw in POSSIBLE.items()}
        | {f"buffered {name}": whole(raw, "flex") for name, raw in POSSIBLE.items()}
    )
    pairs = [(outcomes[f"streamed {name}"], outcomes[f"buffered {name}"]) for name in POSSIBLE]
    compared = 0
    for streamed, buffered in pairs:
        assert streamed.error is None and buffered.error is None
        assert streamed.spent == buffered.spent and streamed.spent is not None
        costs = [
            pricing.cost(one.usage, provider="openai", model="gpt-6-luna", tier=one.tier, at=NOW, raw=one.raw)
            for one in (streamed.spent, buffered.spent)
        ]
        assert costs[0] == costs[1]
        compared += costs[0] != Cost(nanousd=None, status="unknown")
    assert compared > 30


def test_what_a_server_said_of_the_cache_survives_to_the_record() -> None:
    raw = SHAPES["chat: everything at once"][0]
    reader = AnswerReader()
    list(reader.read(json.dumps({"choices": [], "usage": raw}).encode()))
    spent = reader.spent()
    assert spent is not None and usage_shapes.read(spent.raw) == usage_shapes.read(raw)
