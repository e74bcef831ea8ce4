"""Pricing: what the tokens of one leg cost, in whole nano-dollars, and how sure that is.

Prices are those of the pinned genai-prices wheel, read from its data without network. A price that
is not known for certain (model, day or service tier) gives no cost at all, never 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from core.schema import Cost, Usage

PRICES = f"genai-prices {version('genai-prices')}"
LOCAL = "local 0"  # declared: what runs on our own machine is not charged by anybody

UNKNOWN = Cost(nanousd=None, status="unknown")

_FREE = frozenset({"embedded", "rules"})
_CATALOGUE = {"openai": "openai"}  # our provider -> the catalogue's; a name it knows elsewhere is not our price
_STANDARD = frozenset({None, "", "default"})  # how a response names the tier without a surcharge
_MTOK = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Nano-dollars per million tokens, as (above, price) steps in rising order.

    The whole call pays the price of the last step whose `above` its input tokens pass.
    """

    steps: tuple[tuple[int, int], ...]

    def at(self, input_tokens: int) -> int:
        return next(price for above, price in reversed(self.steps) if input_tokens > above)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The prices of one model in one tier on one day. `cached` and `written` fall back to `input`."""

    id: str
    input: Rate | None
    output: Rate | None
    cached: Rate | None = None
    written: Rate | None = None
    text_only: bool = True


def cost(
    usage: Usage | None,
    *,
    provider: str,
    model: str | None,
    at: datetime,
    tier: str | None = None,
    estimated: bool = False,
    raw: Mapping[str, Any] | None = None,
) -> Cost:
    """What one leg cost at the time `at`, in the response's service `tier`.

    `estimated` says that the tokens were counted here and not by the server; `raw` is the server's usage
    object, read for tokens written to its cache. Counts that contradict each other are mended (no more
    cached than input, no less output than reasoning) and marked estimated. The sum is rounded once, half
    a nano-dollar to even.
    """
    if provider in _FREE:
        return Cost(nanousd=0, status="exact", price=LOCAL)
    row = price(provider, model, tier, at)
    if usage is None or row is None or not (row.text_only or _is_text(raw)):
        return UNKNOWN
    parts, consistent = _parts(usage, raw or {})
    nanousd = _sum(row, parts)
    if nanousd is None:
        return UNKNOWN
    return Cost(nanousd=nanousd, status="exact" if consistent and not estimated else "estimated", price=row.id)


def is_free(provider: str) -> bool:
    """Whether what runs there is charged by nobody."""
    return provider in _FREE


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of a run's legs: unknown when one of them is, estimated when one of them is."""
    legs = tuple(costs)
    known = [leg.nanousd for leg in legs if leg.nanousd is not None]
    if len(known) < len(legs):
        return UNKNOWN
    exact = all(leg.status == "exact" for leg in legs)
    names = dict.fromkeys(leg.price for leg in legs if leg.price)
    return Cost(nanousd=sum(known), status="exact" if exact else "estimated", price=", ".join(names) or None)


# -- the price -----------------------------------------------------------------------------------------


def price(provider: str, model: str | None, tier: str | None, at: datetime) -> PriceRow | None:
    """The row valid on the UTC day of `at` (naive times are UTC), None when there is none for certain."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return _row(provider, model or "", None if tier in _STANDARD else tier, aware.astimezone(UTC).date())


@lru_cache(maxsize=4096)  # finding and reading a row takes 20 times as long as using it
def _row(provider: str, model: str, tier: str | None, day: date) -> PriceRow | None:
    known = _CATALOGUE.get(provider)
    catalogue = find_provider_by_id(get_snapshot().providers, known) if known else None
    found = catalogue.find_model(model) if catalogue else None
    prices = _prices(found, tier, datetime.combine(day, time(), UTC)) if found else None
    if prices is None or (prices.input_mtok is None and prices.output_mtok is None):
        return None
    return PriceRow(
        id=PRICES,
        input=_rate(prices.input_mtok),
        output=_rate(prices.output_mtok),
        cached=_rate(prices.cache_read_mtok),
        written=_rate(prices.cache_write_mtok),
        text_only=prices.input_audio_mtok is None and prices.output_audio_mtok is None,
    )


def _prices(model: ModelInfo, tier: str | None, at: datetime) -> ModelPrice | None:
    """The catalogue's prices, or None where it would fall back to a row of another day or tier in silence."""
    dated = model.prices if isinstance(model.prices, list) else ()
    if dated and not any(row.constraint is None or row.constraint.active(at) for row in dated):
        return None
    if tier is None:
        return model.get_prices(at)
    priced = (
        variant.when == {"service_tier": tier} and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )
    return model.get_prices(at, {"service_tier": tier}) if any(priced) else None


def _rate(dollars: Decimal | TieredPrices | None) -> Rate | None:
    """Dollars per million tokens as whole nano-dollars; the first step is above -1, so always passed."""
    if dollars is None:
        return None
    if isinstance(dollars, Decimal):
        return Rate(((-1, _nano(dollars)),))
    return Rate(((-1, _nano(dollars.base)), *((step.start, _nano(step.price)) for step in dollars.tiers)))


def _nano(dollars: Decimal) -> int:
    return int(dollars.scaleb(9).to_integral_value())


# -- the tokens ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """Tokens by price: `input` is the whole of it, `cached` and `written` are parts of it."""

    input: int
    cached: int
    written: int
    output: int


def _parts(usage: Usage, raw: Mapping[str, Any]) -> tuple[_Parts, bool]:
    """The tokens to pay for, and whether the counts agree with each other."""
    input_tokens, written = max(usage.input_tokens, 0), _input_detail(raw, "cache_write_tokens")
    cached = min(max(usage.cached_tokens, 0), input_tokens)
    parts = _Parts(
        input=input_tokens,
        cached=cached,
        written=min(written, input_tokens - cached),
        output=max(usage.output_tokens, usage.reasoning_tokens, 0),
    )
    paid = (parts.input, parts.cached, parts.written, parts.output)
    said = (usage.input_tokens, usage.cached_tokens, written, usage.output_tokens)
    return parts, paid == said and usage.reasoning_tokens >= 0


def _sum(row: PriceRow, parts: _Parts) -> int | None:
    if (parts.input and row.input is None) or (parts.output and row.output is None):
        return None
    nothing = Rate(((-1, 0),))
    whole, answer = row.input or nothing, row.output or nothing
    billed = (
        (parts.input - parts.cached - parts.written, whole),
        (parts.cached, row.cached or whole),
        (parts.written, row.written or whole),
        (parts.output, answer),
    )
    return _half_even(sum(tokens * rate.at(parts.input) for tokens, rate in billed), _MTOK)


def _half_even(amount: int, unit: int) -> int:
    whole, rest = divmod(amount, unit)
    return whole + (2 * rest > unit or (2 * rest == unit and whole % 2 == 1))


def _input_detail(raw: Mapping[str, Any], name: str) -> int:
    """A count of the input's details, under the name of either flavour of the API; 0 when it is not said."""
    return _count(raw, "prompt_tokens_details", name) or _count(raw, "input_tokens_details", name)


def _count(raw: Mapping[str, Any], details: str, name: str) -> int:
    table = raw.get(details)
    count = table.get(name) if isinstance(table, Mapping) else None
    return count if type(count) is int and count > 0 else 0


def _is_text(raw: Mapping[str, Any] | None) -> bool:
    """False when audio was heard or spoken: its price differs and its tokens are not kept apart."""
    answer = _count(raw or {}, "completion_tokens_details", "audio_tokens")
    return not answer and not _input_detail(raw or {}, "audio_tokens")
