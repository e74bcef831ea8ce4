"""What a caller may run, and for whom: the answer of `/features`."""

from collections.abc import Iterator
from datetime import datetime

from core.access import admission, budget
from core.access.admission import Left
from core.access.plans import PLANS, Policy
from core.errors import NotFound
from core.llm.prompts import Prompts
from core.schema import FEATURES, Caller, Word, usd
from core.store import Store
from core.tools import context_tools


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


class LeftOf(Word):
    """What is left of one limit until `resets_at`, None while nothing of a minute's runs is used."""

    most: int
    left: int
    resets_at: datetime | None


class LeftOfDollars(Word):
    """The same in dollars, as decimal strings."""

    most: str
    left: str
    resets_at: datetime | None


class LimitsLeft(Word):
    """What one candidate has left; runs under way count in full."""

    runs_per_minute: LeftOf
    tokens_per_day: LeftOf
    usd_per_month: LeftOfDollars


class OfferedBudget(Word):
    """What is left of a month's budget that runs share: `project`, `plan:free`, `feature:match`, `caller:token:NAME`."""

    budget: str
    at_limit: str
    most: str
    left: str
    resets_at: datetime


class Offer(Word):
    """`user_id`, `plan` and `limits` are those of the candidate the token is limited to or asked about."""

    caller: str
    scopes: tuple[str, ...]
    user_id: int | None
    plan: str | None
    limits: LimitsLeft | None
    features: tuple[OfferedFeature, ...]
    plans: tuple[OfferedPlan, ...]
    budgets: tuple[OfferedBudget, ...] = ()


def offer(store: Store, policy: Policy, prompts: Prompts, caller: Caller, *, user_id: int | None) -> Offer:
    """What this caller may run for a candidate: the one asked about, else the token's own, else in general.

    Errors: `NotFound` for an unknown candidate and, for a token of one candidate, for every other.
    """
    if user_id is not None and caller.user_id not in (None, user_id):
        raise NotFound(f"There is no candidate {user_id} for this token.")
    user_id = caller.user_id if user_id is None else user_id
    plan = None if user_id is None else _plan_of(store, user_id)
    return Offer(
        caller=caller.name,
        scopes=tuple(sorted(caller.scopes)),
        user_id=user_id,
        plan=plan,
        limits=None if user_id is None or plan is None else _left(store, policy, user_id, plan),
        features=tuple(_feature(name, caller, policy, prompts, plan) for name in FEATURES),
        plans=tuple(_plan(name, policy) for name in PLANS if plan in (None, name)),
        budgets=tuple(_budgets(store, policy, caller, plan)),
    )


def _plan_of(store: Store, user_id: int) -> str:
    with store.read() as connection:
        return str(context_tools.candidate(connection, user_id)["plan"])


def _left(store: Store, policy: Policy, user_id: int, plan: str) -> LimitsLeft:
    left = admission.left(store, policy, user_id, plan)
    return LimitsLeft(
        runs_per_minute=_count(left.runs),
        tokens_per_day=_count(left.tokens),
        usd_per_month=LeftOfDollars(
            most=usd(left.nanousd.most) or "0", left=usd(left.nanousd.left) or "0", resets_at=left.nanousd.resets_at
        ),
    )


def _budgets(store: Store, policy: Policy, caller: Caller, plan: str | None) -> Iterator[OfferedBudget]:
    """The caller's own; unless it is held to one candidate, all but those of other callers, and for an admin these too."""
    for limit, standing in budget.shared(store, policy):
        kind, _, name = limit.subject.partition(":")
        own = kind == "caller" and (name == caller.name or caller.may("admin"))
        open_to_it = kind != "caller" and caller.user_id is None and (kind != "plan" or plan in (None, name))
        if own or open_to_it:
            yield OfferedBudget(
                budget=limit.subject,
                at_limit="refuse" if limit.refuses else "step_down",
                most=usd(standing.most) or "0",
                left=usd(standing.left) or "0",
                resets_at=standing.resets_at,
            )


def _count(left: Left) -> LeftOf:
    return LeftOf(most=left.most, left=left.left, resets_at=left.resets_at)


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
