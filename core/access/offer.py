"""What a caller may run, and for whom: the answer of `/features`."""

from core.access.plans import PLANS, Policy
from core.llm.prompts import Prompts
from core.schema import FEATURES, Caller, Word, usd


class OfferedInput(Word):
    """One of the prompt's own inputs."""

    name: str
    label: str
    required: bool
    max_chars: int | None


class OfferedFeature(Word):
    """One feature: what it needs, what may be put into `inputs`, which plans include it.

    `allowed` says whether this token may run it for the candidate it is limited to or asked about; without
    a candidate, whether it may for one of some plan.
    """

    feature: str
    allowed: bool
    prompt: str
    needs: tuple[str, ...]
    inputs: tuple[OfferedInput, ...]
    plans: tuple[str, ...]


class OfferedPlan(Word):
    """The limits of one plan, per candidate; money is dollars as a decimal string."""

    plan: str
    runs_per_minute: int
    tokens_per_day: int
    usd_per_month: str


class Offer(Word):
    """`user_id` and `plan` are those of the candidate the token is limited to or asked about."""

    caller: str
    scopes: tuple[str, ...]
    user_id: int | None
    plan: str | None
    features: tuple[OfferedFeature, ...]
    plans: tuple[OfferedPlan, ...]


def offer(caller: Caller, policy: Policy, prompts: Prompts, *, user_id: int | None, plan: str | None) -> Offer:
    """What this caller may run, for the candidate `user_id` on `plan` or, without one, in general."""
    return Offer(
        caller=caller.name,
        scopes=tuple(sorted(caller.scopes)),
        user_id=user_id,
        plan=plan,
        features=tuple(_feature(name, caller, policy, prompts, plan) for name in FEATURES),
        plans=tuple(_plan(name, policy) for name in PLANS if plan in (None, name)),
    )


def _feature(name: str, caller: Caller, policy: Policy, prompts: Prompts, plan: str | None) -> OfferedFeature:
    prompt = prompts.for_feature(name)
    plans = tuple(one for one in PLANS if name in policy.plan(one).features)
    return OfferedFeature(
        feature=name,
        allowed=caller.may("run") and (bool(plans) if plan is None else plan in plans),
        prompt=prompt.label,
        needs=tuple(sorted(prompt.needs)),
        inputs=tuple(
            OfferedInput(name=key, label=one.label, required=one.required, max_chars=one.max_chars)
            for key, one in prompt.inputs.items()
        ),
        plans=plans,
    )


def _plan(name: str, policy: Policy) -> OfferedPlan:
    plan = policy.plan(name)
    return OfferedPlan(
        plan=name,
        runs_per_minute=plan.runs_per_minute,
        tokens_per_day=plan.tokens_per_day,
        usd_per_month=usd(plan.nanousd_per_month) or "0",
    )
