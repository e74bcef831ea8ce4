"""Admission: what a run may need, which models the budgets still allow it, and what is left for a candidate."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from core.access import dated_budgets, ledger
from core.access.ledger import Claim, Line
from core.access.limits import Limit, Limits, limits, money
from core.access.plans import Policy
from core.errors import LimitReached
from core.llm import pricing, router
from core.llm.router import LAST, Leg, Route
from core.schema import Usage
from core.store import Store
from core.store.columns import now

CHEAP = "cheap"  # the tier that a budget near its end steps down to


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most one leg may need. `nanousd` is 0 where nothing is charged or no price is known."""

    tokens: int = 0
    nanousd: int = 0


@dataclass(frozen=True, slots=True)
class Admitted:
    """The route that the budgets allow, what it asks of the limits, and what its answer has to say about that."""

    route: Route
    claim: Claim
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one limit; `resets_at` is None while nothing of a minute's runs is used."""

    most: int
    left: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of each limit of one candidate. Dollars are nano-dollars; the project's are everybody's."""

    runs: Left
    tokens: Left
    nanousd: Left
    project_nanousd: Left


@dataclass(frozen=True, slots=True)
class _Budget:
    """One budget that steps down, and what was used of it."""

    limit: Limit
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.limit.most - self.taken)

    def passed(self, share: Decimal) -> bool:
        return self.taken >= share * self.limit.most

    def __str__(self) -> str:
        name = f"the month's budget of {self.limit.whose}"
        percent = 100 * self.taken // self.limit.most if self.limit.most else 100
        return f"{name} is used up" if percent >= 100 else f"{name} is {percent} % used"


def estimate(leg: Leg, *, input_tokens: int, max_tokens: int, at: datetime) -> Estimate:
    """What a leg may need at most: what is sent, the longest answer, and the price of both."""
    usage = Usage(input_tokens=input_tokens, output_tokens=max_tokens)
    cost = pricing.cost(usage, provider=leg.provider, model=leg.model, at=at, estimated=True)
    return Estimate(input_tokens + max_tokens, cost.nanousd or 0)


def admit(
    policy: Policy,
    limits: Limits,
    spent: Sequence[Line],
    route: Route,
    *,
    configured: Collection[str],
    estimate: Callable[[Leg], Estimate],
    at: datetime,
) -> Admitted:
    """The route as far as the dollars left allow it; `spent` are the budgets as they stand.

    A budget that refuses changes no route: the run is refused when it opens. Errors: none.
    """
    budgets = [
        _Budget(limit, line.taken) for limit, line in zip(limits.budgets, spent, strict=True) if not limit.refuses
    ]
    route, warnings = _stepped_down(policy, route, budgets, configured, at)
    tightest = min(budgets, key=lambda one: one.left, default=None)
    while (first := route.legs[0]) != LAST:
        need = estimate(first)
        if tightest is None or need.nanousd <= tightest.left:
            return Admitted(route, Claim(limits, at, need.tokens, need.nanousd), tuple(warnings))
        why = _too_dear(first, need, tightest)
        warnings.append(f"{_begin(why)}. {_resets(tightest.limit, at)}")
        route = replace(route, legs=route.legs[1:], why=f"{route.why}; {why}")
    return Admitted(route, Claim(limits, at), tuple(warnings))


def more(store: Store, claim: Claim, run_id: str, *, used: Estimate, need: Estimate) -> LimitReached | None:
    """Make sure that a run holds what it used so far and what its next leg may need; else why it may not have it.

    Nothing is asked of the database while it holds enough. Errors: `StorageDown`.
    """
    tokens = max(0, used.tokens + need.tokens - claim.tokens)
    nanousd = max(0, used.nanousd + need.nanousd - claim.nanousd) if need.nanousd else 0
    if not tokens and not nanousd:
        return None
    try:
        with store.write() as connection:
            ledger.more(connection, claim, run_id, tokens=tokens, nanousd=nanousd)
    except LimitReached as reached:
        return reached
    claim.tokens, claim.nanousd = claim.tokens + tokens, claim.nanousd + nanousd
    return None


def left(store: Store, policy: Policy, user_id: int, plan: str, *, at: datetime | None = None) -> Allowance:
    """What a candidate on this plan has left of each limit, running runs counted in full. Errors: `Invalid`."""
    at = at or now()
    with store.read() as connection:
        holding = limits(dated_budgets.in_force(connection, policy, at), plan, user_id, at)
        lines = ledger.lines(connection, holding, at)
    return Allowance(*(_left(one, line, at) for one, line in zip(holding, lines, strict=True)))


def _left(limit: Limit, line: Line, at: datetime) -> Left:
    return Left(limit.most, max(0, limit.most - line.taken), limit.resets_at(at, line.started_at))


# -- stepping down -----------------------------------------------------------------------------------


def _stepped_down(
    policy: Policy, route: Route, budgets: list[_Budget], configured: Collection[str], at: datetime
) -> tuple[Route, list[str]]:
    """The route that budgets near or at their end leave, and the sentence for the answer when it changed."""
    if route.legs == (LAST,):
        return route, []
    if over := next((one for one in budgets if one.passed(Decimal(1))), None):
        return _rules_alone(route, str(over)), [f"{_begin(str(over))}, so the rules answered, without a model."]
    near = next((one for one in budgets if one.passed(policy.project.step_down_at)), None)
    cheap = policy.tiers.get(CHEAP)
    if near is None or all(
        pricing.is_free(leg.provider, leg.model, at) or str(leg) in (cheap or ()) for leg in route.legs
    ):
        return route, []
    if cheap is None:
        why = f"{near} and the policy has no tier `{CHEAP}`"
        return _rules_alone(route, why), [f"{_begin(why)}, so the rules answered, without a model."]
    lower = router.of_tier(policy, CHEAP, configured, because=f"{near} (else {route.why})")
    return lower, [f"{_begin(str(near))}, so this run was given the cheap models instead of {_named(route)}."]


def _rules_alone(route: Route, because: str) -> Route:
    return Route(route.tier, (LAST,), f"rules, because {because} (else {route.why})", route.skipped)


def _named(route: Route) -> str:
    return f"the {route.tier} ones" if route.tier else f"{route.legs[0]}, which was chosen"


def _too_dear(leg: Leg, need: Estimate, budget: _Budget) -> str:
    has = f"the month's budget of {budget.limit.whose} has {money(budget.left)} left"
    return f"{leg} skipped: it may cost {money(need.nanousd, up=True)} and {has}"


def _resets(limit: Limit, at: datetime) -> str:
    resets = limit.resets_at(at)
    return f"The budget begins anew on {resets.day} {resets:%B %Y} (UTC)." if resets else ""


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]
