"""Costs, worked out by hand from the price table of genai-prices 0.2.3, in nano-dollars.

$1 per million tokens is 1,000 nano-dollars a token. The prices used below, input / cached / output:

    gpt-6-luna     $0.10 / $0.01 / $0.50, cache write $0.125; above 272,000 input: ×2, output ×1.5
      flex and priority, known from 2026-10-12: half and double
    gpt-6.1-terra  $1 / $0.05 / $5, cache write $1.25; above 272,000 input: ×2, output ×1.5
    gpt-5.6-luna   $1 / $0.10 / $6 until 2026-07-29, then $0.20 / $0.02 / $1.20
    gpt-5-nano     $0.05 / $0.005 / $0.40, flex half of that, no priority
    gpt-4          $30 / – / $60
"""

import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from genai_prices.data import providers

from core.llm import pricing
from core.schema import Cost, Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNKNOWN = Cost(nanousd=None, status="unknown")
LUNA = "genai-prices 0.2.3/openai/gpt-6-luna"
COUNTS = {"prompt_tokens": 10_000, "completion_tokens": 0}


def used(given: int = 0, cached: int = 0, out: int = 0, reasoning: int = 0) -> Usage:
    return Usage(input_tokens=given, cached_tokens=cached, output_tokens=out, reasoning_tokens=reasoning)


def paid(usage: Usage | None, model: str = "gpt-6-luna", **more) -> Cost:
    return pricing.cost(usage, **{"provider": "openai", "model": model, "at": NOW, **more})


# -- exact: (usage, model, tier, nano-dollars) ---------------------------------------------------------

EXACT = {
    "plain": (used(1_000, 0, 1_000), "gpt-6-luna", None, 600_000),  # 1000×100 + 1000×500
    "cached": (used(10_000, 8_000, 1_000), "gpt-6-luna", None, 780_000),  # 2000×100 + 8000×10 + 1000×500
    "all cached": (used(5_000, 5_000, 0), "gpt-6-luna", None, 50_000),
    "reasoning is part of the output": (used(1_000, 0, 1_000, 900), "gpt-6-luna", None, 600_000),
    "all of it reasoning": (used(0, 0, 10, 10), "gpt-6-luna", None, 5_000),
    "one token": (used(1), "gpt-6-luna", None, 100),
    "output alone": (used(0, 0, 1), "gpt-6-luna", None, 500),
    "nothing": (used(), "gpt-6-luna", None, 0),
    "last token of the lower step": (used(272_000, 0, 1_000), "gpt-6-luna", None, 27_700_000),
    "first token of the upper step": (used(272_001, 0, 1_000), "gpt-6-luna", None, 55_150_200),  # 272001×200 + 1000×750
    "cached tokens count for the step": (
        used(300_000, 299_000, 0),
        "gpt-6-luna",
        None,
        6_180_000,
    ),  # 1000×200 + 299000×20
    "output does not count for the step": (used(1_000, 0, 300_000), "gpt-6-luna", None, 150_100_000),
    "default tier": (used(1_000, 0, 1_000), "gpt-6-luna", "default", 600_000),
    "no tier said": (used(1_000, 0, 1_000), "gpt-6-luna", "", 600_000),
    "flex": (used(10_000, 8_000, 1_000), "gpt-6-luna", "flex", 390_000),  # 2000×50 + 8000×5 + 1000×250
    "priority": (used(10_000, 8_000, 1_000), "gpt-6-luna", "priority", 1_560_000),  # 2000×200 + 8000×20 + 1000×1000
    "priority above the step": (used(272_001), "gpt-6-luna", "priority", 108_800_400),  # 272001×400
    "dated model name": (used(1_000, 0, 1_000), "gpt-6-luna-2026-09-01", None, 600_000),
    "premium model": (used(2_000, 1_000, 500), "gpt-6.1-terra", None, 3_550_000),  # 1000×1000 + 1000×50 + 500×5000
    "premium model above the step": (
        used(300_000, 0, 100),
        "gpt-6.1-terra",
        None,
        600_750_000,
    ),  # 300000×2000 + 100×7500
    "without a cached price, cached costs as input": (
        used(100, 40, 10),
        "gpt-4",
        None,
        3_600_000,
    ),  # 100×30000 + 10×60000
    "default tier of a model without tiers": (used(100, 0, 10), "gpt-4", "default", 3_600_000),
    "input of an embedding": (used(1_000), "text-embedding-3-small", None, 20_000),
    "half a nano-dollar rounds down to even": (used(1, 1), "gpt-5-nano", "flex", 2),  # 2.5
    "half a nano-dollar rounds up to even": (used(3, 3), "gpt-5-nano", "flex", 8),  # 7.5
    "a larger half rounds to even too": (used(3, 3), "gpt-5.4-mini", "flex", 112),  # 3×37.5 = 112.5
    "only the sum is rounded": (used(2, 1), "gpt-5-nano", "flex", 28),  # 25 + 2.5 = 27.5
}


@pytest.mark.parametrize(("usage", "model", "tier", "nanousd"), EXACT.values(), ids=EXACT.keys())
def test_an_exact_cost_is_the_one_worked_out_by_hand(usage: Usage, model: str, tier: str | None, nanousd: int) -> None:
    cost = paid(usage, model, tier=tier)
    assert (cost.nanousd, cost.status) == (nanousd, "exact")


@pytest.mark.parametrize(
    ("model", "tier", "at", "id"),
    [
        ("gpt-6-luna", None, NOW, "genai-prices 0.2.3/openai/gpt-6-luna"),
        ("gpt-6-luna-2026-09-01", "default", NOW, "genai-prices 0.2.3/openai/gpt-6-luna"),
        ("gpt-6-luna", "flex", NOW, "genai-prices 0.2.3/openai/gpt-6-luna@2026-10-12 flex"),
        ("gpt-5.6-luna", None, datetime(2026, 7, 29, tzinfo=UTC), "genai-prices 0.2.3/openai/gpt-5.6-luna"),
        ("gpt-5.6-luna", None, NOW, "genai-prices 0.2.3/openai/gpt-5.6-luna@2026-07-30"),
        ("gpt-5.6-luna", "priority", NOW, "genai-prices 0.2.3/openai/gpt-5.6-luna@2026-10-12 priority"),
    ],
)
def test_a_cost_names_its_row_by_list_model_first_day_and_tier_and_the_row_can_be_looked_up(
    model: str, tier: str | None, at: datetime, id: str
) -> None:
    assert paid(used(1), model, tier=tier, at=at).price == id
    assert pricing.row(id) == pricing.price("openai", model, tier, at)


def test_an_id_of_another_version_or_of_nothing_has_no_row() -> None:
    for id in ("genai-prices 0.0.1/openai/gpt-6-luna", "own:1", "", "genai-prices 0.2.3"):
        assert pricing.row(id) is None


@pytest.mark.parametrize(
    ("at", "nanousd"),
    [
        (datetime(2026, 7, 29, 23, 59, 59, tzinfo=UTC), 7_000_000),  # 1000×1000 + 1000×6000
        (datetime(2026, 7, 30, tzinfo=UTC), 1_400_000),  # 1000×200 + 1000×1200
        (datetime(2026, 7, 30, 1, tzinfo=timezone(timedelta(hours=2))), 7_000_000),  # still the 29th in UTC
        (datetime(2026, 7, 30), 1_400_000),  # noqa: DTZ001 (naive is read as UTC)
        (
            datetime(2020, 1, 1, tzinfo=UTC),
            7_000_000,
        ),  # before the model existed: its first row, which has no beginning
    ],
)
def test_the_price_is_that_of_the_runs_own_day_in_utc(at: datetime, nanousd: int) -> None:
    assert paid(used(1_000, 0, 1_000), "gpt-5.6-luna", at=at).nanousd == nanousd


@pytest.mark.parametrize("flavour", ["prompt_tokens_details", "input_tokens_details"])
def test_tokens_written_to_the_cache_cost_what_the_server_says(flavour: str) -> None:
    raw = {**COUNTS, flavour: {"cached_tokens": 1_000, "cache_write_tokens": 2_000}}
    # 7000×100 + 1000×10 + 2000×125
    assert paid(used(10_000, 1_000), raw=raw) == Cost(nanousd=960_000, status="exact", price=LUNA)


@pytest.mark.parametrize(
    "raw", [{}, {"prompt_tokens_details": None}, {"prompt_tokens_details": {"cache_write_tokens": None}}, {"x": 1},
            {"prompt_tokens_details": {"cache_write_tokens": "many"}}, {"prompt_tokens_details": {"audio_tokens": 0}}]
)  # fmt: skip
def test_a_raw_usage_without_details_changes_nothing(raw: dict) -> None:
    assert paid(used(1_000, 0, 1_000), raw=raw).nanousd == 600_000


# -- estimated ------------------------------------------------------------------------------------------

ESTIMATED = {
    "counted here": (used(1_000, 0, 1_000), {"estimated": True}, 600_000),
    "more cached than input": (used(1_000, 9_000, 0), {}, 10_000),  # 1000×10
    "less output than reasoning": (used(0, 0, 100, 300), {}, 150_000),  # 300×500
    "negative input": (used(-5, 0, 100), {}, 50_000),
    "negative cached": (used(100, -5, 0), {}, 10_000),
    "written beyond the input": (
        used(100, 40),
        {
            "raw": {
                "prompt_tokens": 100,
                "completion_tokens": 0,
                "prompt_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 90},
            }
        },
        7_900,
    ),
}  # the last: 40×10 + 60×125


@pytest.mark.parametrize(("usage", "more", "nanousd"), ESTIMATED.values(), ids=ESTIMATED.keys())
def test_counts_made_here_or_contradicting_each_other_are_estimates(usage: Usage, more: dict, nanousd: int) -> None:
    assert paid(usage, **more) == Cost(nanousd=nanousd, status="estimated", price=LUNA)


# -- unknown, which is never 0 ----------------------------------------------------------------------------

ONE = {"prompt_tokens": 10, "completion_tokens": 1}
HEARD = {"prompt_tokens_details": {"audio_tokens": 5}}
SPOKEN = {"completion_tokens_details": {"audio_tokens": 1}}
SEEN = {"prompt_tokens_details": {"image_tokens": 5}}

UNPRICED = {
    "no usage": (None, "gpt-6-luna", {}),
    "no usage, though estimated": (None, "gpt-6-luna", {"estimated": True}),
    "unknown model": (used(10, 0, 10), "qwen/qwen3:8b", {}),
    "unknown model without any tokens": (used(), "qwen/qwen3:8b", {}),
    "unknown model, estimated": (used(10), "house-model", {"estimated": True}),
    "no model": (used(10), "", {}),
    "model named None": (used(10), None, {}),
    "unknown provider": (used(10), "gpt-6-luna", {"provider": "scripted"}),
    "a provider only the catalogue knows": (used(10), "claude-sonnet-4-5", {"provider": "anthropic"}),
    "a provider whose name resembles ours": (used(10), "gpt-6-luna", {"provider": "my-openai-server"}),
    "misspelt tier": (used(10), "gpt-6-luna", {"tier": "flexx"}),
    "tier in capitals": (used(10), "gpt-6-luna", {"tier": "Priority"}),
    "tier with a price of its own contract": (used(10), "gpt-6-luna", {"tier": "scale"}),
    "tier this model lacks": (used(10), "gpt-5-nano", {"tier": "priority"}),
    "tier of a model without tiers": (used(10), "gpt-4", {"tier": "flex"}),
    "tier before its price was known": (
        used(10),
        "gpt-6-luna",
        {"tier": "flex", "at": datetime(2026, 10, 11, tzinfo=UTC)},
    ),
    "output without a price": (used(10, 0, 1), "text-embedding-3-small", {}),
    "model without a price by token": (used(10, 0, 1), "gpt-live-1", {}),
    "row without prices": (used(10, 0, 1), "my-moderation-model", {}),
    "audio heard by a model without a price for it": (used(10), "gpt-6-luna", {"raw": {**ONE, **HEARD}}),
    "audio spoken by one": (used(10, 0, 1), "gpt-6-luna", {"raw": {**ONE, **SPOKEN}}),
    "audio heard, some of it from the cache": (used(10, 4), "gpt-audio", {"raw": {**ONE, **HEARD}}),
    "pictures, priced apart": (used(10, 0, 1), "gpt-realtime", {"raw": {**ONE, **SEEN}}),
}


@pytest.mark.parametrize(("usage", "model", "more"), UNPRICED.values(), ids=UNPRICED.keys())
def test_what_has_no_certain_price_has_no_cost(usage: Usage | None, model: str, more: dict) -> None:
    assert paid(usage, model, **more) == UNKNOWN


# -- what is not charged -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "model"), [("rules", None), ("embedded", "smollm2-135m"), ("embedded", "other")])
@pytest.mark.parametrize("usage", [None, used(900, 0, 90)], ids=["no usage", "usage"])
def test_what_runs_here_is_declared_free(provider: str, model: str | None, usage: Usage | None) -> None:
    free = Cost(nanousd=0, status="exact", price="local 0")
    assert pricing.cost(usage, provider=provider, model=model, at=NOW, estimated=True) == free


# -- totals ---------------------------------------------------------------------------------------------------

LOCAL, SOME, GUESS = (
    Cost(nanousd=0, status="exact", price="local 0"),
    Cost(nanousd=780_000, status="exact", price="genai-prices 0.2.3"),
    Cost(nanousd=5, status="estimated", price="genai-prices 0.2.3"),
)


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ([], Cost(nanousd=0, status="exact")),
        ([SOME], SOME),
        ([SOME, SOME], Cost(nanousd=1_560_000, status="exact", price="genai-prices 0.2.3")),
        ([SOME, LOCAL], Cost(nanousd=780_000, status="exact", price="genai-prices 0.2.3, local 0")),
        ([SOME, GUESS], Cost(nanousd=780_005, status="estimated", price="genai-prices 0.2.3")),
        ([SOME, UNKNOWN, LOCAL], UNKNOWN),
        ([GUESS, UNKNOWN], UNKNOWN),
    ],
    ids=["none", "one", "two", "local", "estimated", "unknown", "unknown wins"],
)
def test_a_total_is_as_sure_as_its_least_sure_leg(legs: list[Cost], expected: Cost) -> None:
    assert pricing.total(iter(legs)) == expected


# -- the catalogue itself ----------------------------------------------------------------------------------------

OPENAI = next(provider for provider in providers if provider.id == "openai")


@pytest.mark.parametrize("tier", [None, "default", "flex", "priority", "fast"])
def test_every_text_price_agrees_with_the_catalogues_own_arithmetic(tier: str | None) -> None:
    compared = 0
    for model, (given, cached, out) in product(OPENAI.models, [(10_007, 8_003, 1_009), (272_001, 17, 3), (0, 0, 0)]):
        ours = paid(used(given, cached, out), model.id, tier=tier)
        if ours == UNKNOWN:
            continue
        usage = TheirUsage(input_tokens=given, cache_read_tokens=cached, output_tokens=out)
        context = {"service_tier": tier} if tier else None
        theirs = calc_price(
            usage, model.id, provider_id="openai", genai_request_timestamp=NOW, price_context=context
        ).total_price
        assert ours.nanousd == int((theirs * 10**9).to_integral_value()), model.id
        compared += 1
    assert compared > 30


def test_no_price_changes_within_a_day_so_rows_are_kept_by_day() -> None:
    rows = [row for model in OPENAI.models if isinstance(model.prices, list) for row in model.prices]
    rows += [variant for model in OPENAI.models for variant in model.price_variants or ()]
    assert {type(row.constraint).__name__ for row in rows} <= {"NoneType", "StartDateConstraint"}


def test_a_price_once_found_is_found_again_at_once() -> None:
    def best(work: Callable[[], object]) -> float:
        return min(timeit.repeat(work, number=100, repeat=7))

    usage, theirs = (
        used(10_000, 8_000, 1_000),
        TheirUsage(input_tokens=10_000, cache_read_tokens=8_000, output_tokens=1_000),
    )
    catalogue = best(lambda: calc_price(theirs, "gpt-6-luna", provider_id="openai", genai_request_timestamp=NOW))
    assert best(lambda: paid(usage)) < catalogue / 3  # measured: a tenth
