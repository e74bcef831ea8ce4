"""The price catalogue: the rows of the pinned genai-prices wheel, read from its data without network.

A price that is not known for certain (model, day or service tier) is no price. A row's id names the wheel's version,
the provider, the model, the day it holds from (none for one without a beginning) and its tier:
`genai-prices 0.2.3/openai/gpt-5.6-luna@2026-07-30`, `genai-prices 0.2.3/openai/gpt-6-luna@2026-10-12 flex`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, TieredPrices

from core.llm.price_rows import PriceRow, Rate, flat

PRICES = f"genai-prices {version('genai-prices')}"

_PROVIDERS = {"openai": "openai"}  # our provider -> the catalogue's; a name it knows elsewhere is not our price


@dataclass(frozen=True, slots=True)
class Listed:
    """A row with what it is for. `valid_from` is None for one without a beginning."""

    provider: str
    model: str
    tier: str | None
    valid_from: date | None
    row: PriceRow


def find(provider: str, model: str, tier: str | None, day: date) -> Listed | None:
    """The row of a model, by any name the catalogue knows it by, in a tier on a UTC day."""
    found = _model(provider, model)
    return _listed(provider, found, tier, datetime.combine(day, time(), UTC)) if found else None


def row(id: str) -> Listed | None:
    """The row of this id; None when this version of the catalogue has none."""
    return _by_id().get(id)


def search(part: str, day: date) -> list[Listed]:
    """The standard rows of that day of every model with this in its name."""
    named = {listed.model: listed.provider for listed in _by_id().values() if part.lower() in listed.model}
    found = (find(provider, model, None, day) for model, provider in named.items())
    return [listed for listed in found if listed]


@cache
def _by_id() -> dict[str, Listed]:
    return {listed.row.id: listed for provider in _PROVIDERS for listed in _rows(provider)}


def _rows(provider: str) -> Iterator[Listed]:
    """Every row there is, found by looking on each day on which something begins."""
    catalogue = find_provider_by_id(get_snapshot().providers, _PROVIDERS[provider])
    for model in catalogue.models if catalogue else ():
        tiers = {None, *(tier for one in model.price_variants or () if (tier := one.when.get("service_tier")))}
        for tier in tiers - {"default"}:
            for day in _beginnings(model):
                if listed := _listed(provider, model, tier, datetime.combine(day, time(), UTC)):
                    yield listed


def _beginnings(model: ModelInfo) -> set[date]:
    dated = model.prices if isinstance(model.prices, list) else []
    starts = (_start(one.constraint) for one in (*dated, *(model.price_variants or ())))
    return {date.min, *(start for start in starts if start)}


def _model(provider: str, model: str) -> ModelInfo | None:
    known = _PROVIDERS.get(provider)
    catalogue = find_provider_by_id(get_snapshot().providers, known) if known else None
    return catalogue.find_model(model) if catalogue else None


def _listed(provider: str, model: ModelInfo, tier: str | None, at: datetime) -> Listed | None:
    """The catalogue's row, or None where it would fall back to a row of another day or tier in silence."""
    dated = model.prices if isinstance(model.prices, list) else []
    standard = next((one for one in reversed(dated) if one.constraint is None or one.constraint.active(at)), None)
    if dated and standard is None:
        return None
    variant = _variant(model, tier, at) if tier else None
    if tier and variant is None:
        return None
    prices = model.get_prices(at, {"service_tier": tier} if tier else None)
    if prices.input_mtok is None and prices.output_mtok is None:
        return None
    starts = [start for one in (standard, variant) if one and (start := _start(one.constraint))]
    valid_from = max(starts, default=None)
    name = f"{PRICES}/{provider}/{model.id}"
    id = f"{name}{f'@{valid_from}' if valid_from else ''}{f' {tier}' if tier else ''}"
    return Listed(provider, model.id, tier, valid_from, _row(id, prices))


def _variant(model: ModelInfo, tier: str, at: datetime) -> PriceVariant | None:
    priced = (one for one in model.price_variants or () if one.when == {"service_tier": tier})
    return next((one for one in priced if one.constraint is None or one.constraint.active(at)), None)


def _start(constraint: Any) -> date | None:
    start = getattr(constraint, "start_date", None)
    return start if isinstance(start, date) else None


def _row(id: str, prices: ModelPrice) -> PriceRow:
    return PriceRow(
        id=id,
        input=_rate(prices.input_mtok),
        output=_rate(prices.output_mtok),
        cached=_rate(prices.cache_read_mtok),
        written=_rate(prices.cache_write_mtok),
        audio_in=_rate(prices.input_audio_mtok),
        audio_out=_rate(prices.output_audio_mtok),
        images_apart=prices.input_image_mtok is not None or prices.output_image_mtok is not None,
    )


def _rate(dollars: Decimal | TieredPrices | None) -> Rate | None:
    """Dollars per million tokens as whole nano-dollars."""
    if dollars is None:
        return None
    if isinstance(dollars, Decimal):
        return flat(_nano(dollars))
    return Rate(((-1, _nano(dollars.base)), *((step.start, _nano(step.price)) for step in dollars.tiers)))


def _nano(dollars: Decimal) -> int:
    return int(dollars.scaleb(9).to_integral_value())
