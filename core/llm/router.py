"""The router: from a feature and a plan to the models that are tried, in order, and why in words."""

from collections.abc import Collection
from dataclasses import dataclass

from core.access.plans import PLANS, RULES, Policy
from core.errors import Invalid, PlanDenied

# What each provider of models lacks while it is not configured, and what a person does about it.
LACKS = {"openai": "no key", "embedded": "switched off or not installed"}
CURES = {
    "openai": "Set OPENAI_API_KEY and start again, or choose another model.",
    "embedded": "Run `make setup` and do not set WORKBENCH_EMBEDDED_MODEL to `off`, or choose another model.",
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One try: a provider and its model, None for the rules. As text it is `openai/gpt-6-luna` or `rules`."""

    provider: str
    model: str | None

    def __str__(self) -> str:
        return self.provider if self.model is None else f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Route:
    """The legs of one run, the rules always last.

    `tier` is None when the caller chose the model; `skipped` are the legs whose provider is not
    configured; `why` is the whole decision in words, for the record and the page.
    """

    tier: str | None
    legs: tuple[Leg, ...]
    why: str
    skipped: tuple[Leg, ...] = ()


LAST = Leg(RULES, None)


def choose(policy: Policy, *, feature: str, plan: str, configured: Collection[str], model: str | None = None) -> Route:
    """The route of one run; `configured` names the providers that can be tried.

    Errors: `PlanDenied` when the plan lacks the feature, `Invalid` for an unknown plan or a chosen
    `model` that has no such form, provider or configuration.
    """
    _check(policy, feature, plan)
    if model is not None:
        return _chosen(model, configured)
    return of_tier(policy, policy.plan(plan).tier_of(feature), configured, because=f"plan {plan} and feature {feature}")


def of_tier(policy: Policy, tier: str, configured: Collection[str], *, because: str) -> Route:
    """The route over the models of one tier, and why it is this one."""
    wanted = [_leg(name) for name in policy.tiers[tier]]
    legs = tuple(leg for leg in wanted if leg != LAST and leg.provider in configured)
    skipped = tuple(leg for leg in wanted if leg != LAST and leg.provider not in configured)
    reasons = [f"{tier}, because {because}"]
    reasons += [f"{leg} skipped: {LACKS.get(leg.provider, 'not configured')}" for leg in skipped]
    return Route(tier, (*legs, LAST), "; ".join(reasons), skipped)


def _check(policy: Policy, feature: str, plan: str) -> None:
    if feature in policy.plan(plan).features:
        return
    having = [name for name in PLANS if feature in policy.plan(name).features]
    if not having:
        raise PlanDenied(f"No plan includes {feature}. Add it to a plan in the policy file.")
    plans = f"plan {having[0]} does" if len(having) == 1 else f"plans {' and '.join(having)} do"
    raise PlanDenied(f"Plan {plan} does not include {feature}; {plans}. Move the candidate to one that has it.")


def _chosen(name: str, configured: Collection[str]) -> Route:
    """The route of a caller's own choice: that one model, then the rules."""
    if name == RULES:
        return Route(None, (LAST,), f"{RULES}, chosen by the caller")
    leg = _leg(name)
    known = [*LACKS, *(provider for provider in sorted(configured) if provider not in LACKS and provider != RULES)]
    fit = leg.model and leg.model.isprintable() and leg.model.strip() == leg.model  # it is printed in many places
    if not fit or leg.provider not in known:
        forms = ", ".join([*(f"{provider}/…" for provider in known), RULES])
        raise Invalid(f"There is no model {name!r}. Models are named provider/name; choose one of {forms}.")
    if leg.provider not in configured:
        lacks = LACKS.get(leg.provider, "not configured")
        raise Invalid(f"{leg} cannot be used: {lacks}. {CURES.get(leg.provider, 'Choose another model.')}")
    return Route(None, (leg, LAST), f"{leg.model}, chosen by the caller")


def _leg(name: str) -> Leg:
    """`provider/model` taken apart at the first slash; the rest is the server's own business."""
    provider, _, model = name.partition("/")
    return Leg(provider, model or None)
