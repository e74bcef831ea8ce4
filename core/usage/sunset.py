"""The sunset radar: models in use that are shut down on a known day, how long that is, and what hangs on them.

The days come from the policy file, as the provider announced them; the catalogue of prices says of some models that they
are deprecated, without a day.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

from core import sureness
from core.access.plans import RULES, Policy
from core.llm.price_book import names
from core.schema import CostStatus
from core.usage.figures import Total
from core.usage.filters import Filter
from core.usage.queries import Questions

RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Fading:
    """One model that goes away, or that the catalogue calls deprecated (then `day` is None).

    `tiers` name it; `prompts` led to it in the last 30 days. `legs` are its calls of those days, `nanousd` what they
    cost, None where nothing of it is known; `cost_status` is that of the least sure of them. `instead` is what its tiers would try next.
    """

    model: str
    day: date | None
    days_left: int | None
    tiers: tuple[str, ...]
    prompts: tuple[str, ...]
    legs: int
    nanousd: int | None
    cost_status: CostStatus
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Radar:
    """All of them, the nearest first. `watched` counts the models that were looked at, `unused` those of the policy's
    table that nobody uses."""

    fading: tuple[Fading, ...]
    watched: int
    unused: tuple[str, ...]


def radar(policy: Policy, figures: Questions, at: datetime) -> Radar:
    """What the policy names and the last 30 days called, against the days of the policy file. Errors: `StorageDown`."""
    used, prompts = _used(figures, at)
    in_use = dict.fromkeys([*(name for name in policy.models() if name != RULES), *used])
    found = []
    for model in in_use:
        day = shut_down(policy, model)
        if day or deprecated(model):
            left = (day - at.astimezone(UTC).date()).days if day else None
            found.append(_fading(policy, model, day, left, used.get(model, Total()), tuple(prompts[model])))
    found.sort(key=lambda one: (one.day is None, one.day or date.max, one.model))
    known = {model for model in policy.sunset if any(model in _spellings(name) for name in in_use)}
    return Radar(tuple(found), len(in_use), tuple(model for model in policy.sunset if model not in known))


def shut_down(policy: Policy, model: str) -> date | None:
    """The first day on which it no longer answers, under its own name or that without the date at its end."""
    return next((policy.sunset[name] for name in _spellings(model) if name in policy.sunset), None)


def deprecated(model: str) -> bool:
    """Whether the catalogue of prices says so."""
    provider, _, name = model.partition("/")
    catalogue = find_provider_by_id(get_snapshot().providers, provider) if provider == "openai" else None
    listed = catalogue.find_model(name) if catalogue else None
    return bool(listed and listed.deprecated)


def _fading(
    policy: Policy, model: str, day: date | None, left: int | None, total: Total, prompts: tuple[str, ...]
) -> Fading:
    tiers = {tier: models for tier, models in policy.tiers.items() if model in models}
    after = [(*models, RULES)[models.index(model) + 1] for models in tiers.values()]
    return Fading(
        model,
        day,
        left,
        tuple(tiers),
        prompts,
        total.runs,
        total.cost_nanousd,
        sureness.least(total),
        tuple(dict.fromkeys(after)),
    )


def _used(figures: Questions, at: datetime) -> tuple[dict[str, Total], dict[str, list[str]]]:
    """The totals of the last 30 days by model, and the prompts that led to each."""
    today = at.astimezone(UTC).date()
    asked = Filter.days(today - timedelta(days=RECENT_DAYS - 1), today)
    rows = figures.rows(asked, ("attempt_provider", "attempt_model"), percentiles=False)
    totals = {f"{row.values[0]}/{row.values[1]}": row.total for row in rows if row.values[1] is not None}
    prompts: dict[str, list[str]] = defaultdict(list)
    for row in figures.rows(asked, ("attempt_provider", "attempt_model", "prompt"), percentiles=False):
        prompts[f"{row.values[0]}/{row.values[1]}"].append(str(row.values[2]))
    return totals, prompts


def _spellings(model: str) -> list[str]:
    provider, _, name = model.partition("/")
    return [f"{provider}/{spelled}" for spelled in names(name)]
