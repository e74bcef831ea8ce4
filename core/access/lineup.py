"""The line-up: every model of the policy, whether it can be tried, what it costs and who is led to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from core.access.plans import PLANS, RULES, Policy
from core.llm import pricing
from core.llm.pricing import PriceRow
from core.schema import FEATURES


@dataclass(frozen=True, slots=True)
class Use:
    """One way to a model: these features of a plan, over a tier that tries it as number `place`, from 1."""

    plan: str
    features: tuple[str, ...]
    tier: str
    place: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. `price` is None where none is known for certain and where nothing is charged (`free`)."""

    name: str
    provider: str
    model: str
    configured: bool
    free: bool
    price: PriceRow | None
    tiers: tuple[str, ...]
    uses: tuple[Use, ...]


def lineup(policy: Policy, *, configured: Collection[str], at: datetime) -> tuple[Entry, ...]:
    """Every model of every tier but the rules, each once, in the order of the file."""
    return tuple(_entry(policy, name, configured, at) for name in policy.models() if name != RULES)


def providers(policy: Policy, known: Collection[str]) -> tuple[str, ...]:
    """The providers there are and those that only the policy names, each once."""
    named = (name.partition("/")[0] for name in policy.models() if name != RULES)
    return tuple(dict.fromkeys([*known, *named]))


def tiers(policy: Policy, plan: str) -> dict[str, tuple[str, ...]]:
    """Which tier serves which features of a plan; tiers that serve none are left out. Errors: `Invalid`."""
    allowed = policy.plan(plan)
    served = {name: tuple(one for one in allowed.features if allowed.tier_of(one) == name) for name in policy.tiers}
    return {name: features for name, features in served.items() if features}


def lacking(policy: Policy, plan: str) -> tuple[str, ...]:
    """The features a plan does not include. Errors: `Invalid`."""
    return tuple(name for name in FEATURES if name not in policy.plan(plan).features)


def _entry(policy: Policy, name: str, configured: Collection[str], at: datetime) -> Entry:
    provider, _, model = name.partition("/")
    price = pricing.price(provider, model, None, at)
    free = price is not None and price.free
    return Entry(
        name,
        provider,
        model,
        configured=provider in configured,
        free=free,
        price=None if free else price,
        tiers=tuple(tier for tier, models in policy.tiers.items() if name in models),
        uses=tuple(
            Use(plan, features, tier, policy.tiers[tier].index(name) + 1)
            for plan in PLANS
            for tier, features in tiers(policy, plan).items()
            if name in policy.tiers[tier]
        ),
    )
