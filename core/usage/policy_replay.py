"""The gate in a replay: which model another policy would have given each run, and what its limits would have done."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import NamedTuple

import numpy as np

from core.access.admission import CHEAP
from core.access.plans import PLANS, RULES, Policy
from core.schema import FEATURES
from core.usage.charging import UNKNOWN
from core.usage.columns import Ints
from core.usage.past import A_DAY_US, Dictionary, Kind, Past, answering
from core.usage.prices_then import EPOCH, Book, each

MINUTE_US = 60_000_000
REFUSED, BY_RULES, NOBODY_KNOWS, AS_IT_WAS = -1, -2, -3, -4  # in place of a model

Counts = Counter[tuple[str, str]]


class Way(NamedTuple):
    """What a plan gives a feature: models in order, by their places among all, and what the plan allows.

    `cheap` is None where there is nothing to step down to: the models are free, or the cheap ones already.
    """

    legs: tuple[int, ...]
    cheap: tuple[int, ...] | None
    runs_per_minute: int
    tokens_per_day: int
    nanousd_per_month: int
    near_nanousd: int
    refuses: bool


class Asked(NamedTuple):
    """One run at the gate: what it used is `need` tokens, None where nobody knows; `costs` by model."""

    user: int
    at: int
    month: int
    plan: int
    feature: int
    caller: int
    chosen: bool
    need: int | None
    was: int
    costs: tuple[int, ...]


@dataclass(slots=True)
class Used:
    """What one subject used of a limit in the period that runs."""

    period: int = -1
    amount: int = 0

    def of(self, period: int) -> int:
        if period != self.period:
            self.period, self.amount = period, 0
        return self.amount


class Budget(NamedTuple):
    """One budget of dollars: what was used of it, from where on it steps down, what it allows, whether it refuses."""

    used: Used
    near: int
    most: int
    refuses: bool


@dataclass(slots=True)
class Books:
    """What everybody used so far."""

    minutes: dict[int, tuple[int, int]] = field(default_factory=dict)
    days: dict[int, Used] = field(default_factory=dict)
    months: dict[int, Used] = field(default_factory=dict)
    shared: dict[str, Used] = field(default_factory=dict)  # the project's, of plans, features and callers


class Gate:
    """Decides runs in the order in which they began; what one cost is spent when the next one asks.

    It knows what a run used and not what it would have reserved, so its limits bite a little later than live ones.
    """

    def __init__(self, policy: Policy, words: Dictionary, book: Book, *, limited: bool = True) -> None:
        self.policy, self.words, self.book, self.limited = policy, words, book, limited
        self.models = [name for name in policy.models() if name != RULES]
        self.refusals: Counts = Counter()
        self.steps: Counts = Counter()
        self._free: frozenset[int] = frozenset()
        self._ways: dict[tuple[int, int], Way | None] = {}
        self._strange: frozenset[int] = frozenset()  # features that no policy can name
        self._books = Books()
        self._shared: dict[tuple[int, int, int], tuple[Budget, ...]] = {}

    def decide(self, past: Past, leg_cost: Ints) -> tuple[Ints, Ints, Ints]:
        """For each run the model that it gets, or one of the words above; the cost of that; the leg whose tokens it takes.

        `leg_cost` is what the legs would cost with the models they had.
        """
        leg = answering(past, self.words)
        costs = self._costs(past, leg, leg_cost)
        self._look_for_free_models(int(past.at[0] // A_DAY_US))
        self._strange = frozenset(
            place for place, name in enumerate(self.words.features.values) if name not in FEATURES
        )
        given = np.fromiter(map(self._one, self._asked(past, leg, costs)), np.int64, len(past))
        cost = np.where(given == NOBODY_KNOWS, UNKNOWN, 0)
        for place in range(len(self.models)):
            of = given == place
            cost[of] = np.where(leg[of] >= 0, costs[place][of], 0)
        return given, cost, leg

    # -- what is asked ---------------------------------------------------------------------------------

    def _asked(self, past: Past, leg: Ints, costs: list[Ints]) -> list[Asked]:
        tokens = past.legs.tokens
        need: list[int | None] = [None] * len(past)
        for place in np.flatnonzero(leg >= 0).tolist():
            need[place] = int(tokens.input[leg[place]] + tokens.output[leg[place]])
        by_run = zip(*(cost.tolist() for cost in costs), strict=True) if costs else iter([()] * len(past))
        columns = (past.user, past.at, past.month, past.plan, past.feature, past.caller, past.chosen)
        was = np.maximum(past.cost, 0).tolist()
        return list(map(Asked, *(column.tolist() for column in columns), need, was, by_run))

    def _costs(self, past: Past, leg: Ints, leg_cost: Ints) -> list[Ints]:
        """The cost of each run with each model; with the one it had, what it cost with that."""
        known = np.flatnonzero(leg >= 0)
        at, kinds = leg[known], self.words.kinds.values
        tokens, day, kind = past.legs.tokens.take(at), past.legs.day[at], past.legs.kind[at]
        costs = []
        for name in self.models:
            provider, _, model = name.partition("/")
            cost = np.full(len(past), UNKNOWN, np.int64)
            for number, on, rows in each(kind, day):
                had = kinds[number]
                if had.name == name:
                    cost[known[rows]] = leg_cost[at[rows]]
                else:
                    new = Kind(provider, model, None, None)
                    cost[known[rows]] = self.book.charge(new, on, tokens.take(rows), cached=had.provider == provider)
            costs.append(cost)
        return costs

    def _look_for_free_models(self, day: int) -> None:
        names = [name.partition("/") for name in self.models]
        rows = [self.book.row(Kind(provider, model, None, None), day) for provider, _, model in names]
        free = frozenset(place for place, row in enumerate(rows) if row is not None and row.free)
        if free != self._free:
            self._free, self._ways = free, {}

    # -- the way of a run ------------------------------------------------------------------------------

    def _way(self, plan: int, feature: int) -> Way | None:
        """None where the plan does not include the feature, or there is no such plan any more."""
        if (plan, feature) not in self._ways:
            name, what = self.words.plans.values[plan], self.words.features.values[feature]
            allowed = self.policy.plan(name) if name in PLANS else None
            self._ways[plan, feature] = None
            if allowed and what in allowed.features:
                legs = self._tier(allowed.tier_of(what))
                cheap = self._tier(CHEAP) if CHEAP in self.policy.tiers else ()
                lower = None if all(one in self._free or one in cheap for one in legs) else cheap
                most = allowed.nanousd_per_month
                limits = (allowed.runs_per_minute, allowed.tokens_per_day, most, self._near(most))
                self._ways[plan, feature] = Way(legs, lower, *limits, allowed.at_limit == "refuse")
        return self._ways[plan, feature]

    def _near(self, most: int) -> int:
        """From where on a budget steps down."""
        return ceil(self.policy.project.step_down_at * most)

    def _tier(self, name: str) -> tuple[int, ...]:
        return tuple(self.models.index(model) for model in self.policy.tiers[name] if model != RULES)

    # -- one run ---------------------------------------------------------------------------------------

    def _one(self, run: Asked) -> int:
        if run.feature in self._strange:
            return AS_IT_WAS
        way = self._way(run.plan, run.feature)
        if way is None:
            return self._refused(run, "plan_denied")
        if not self.limited:
            return AS_IT_WAS if run.chosen else self._first(way.legs, run, None)
        runs = self._runs(run)
        if runs >= way.runs_per_minute:
            return self._refused(run, "rate_limited")
        budgets = self._budgets(way, run)
        given = self._affordable(way, run, [one for one in budgets if not one.refuses])
        cost = run.was if given == AS_IT_WAS else run.costs[given] if given >= 0 and run.need is not None else 0
        tokens = (run.need or 0) if given >= 0 or given == AS_IT_WAS else 0
        if why := self._too_much(way, run, budgets, tokens, cost):
            return self._refused(run, why)
        self._take(run, runs, budgets, tokens, cost)
        return given

    def _runs(self, run: Asked) -> int:
        """Runs of the candidate's minute, which begins with the first run after the one before is over."""
        began, runs = self._books.minutes.get(run.user, (-MINUTE_US, 0))
        return runs if run.at - began < MINUTE_US else 0

    def _affordable(self, way: Way, run: Asked, budgets: list[Budget]) -> int:
        """The model that budgets leave which step down; those that refuse change no route."""
        usual = AS_IT_WAS if run.chosen else self._first(way.legs, run, None)
        if usual == BY_RULES or not budgets:
            return usual
        left = min(one.most - one.used.of(run.month) for one in budgets)
        if left <= 0:
            return self._stepped(run, BY_RULES)
        near = any(one.used.amount >= one.near for one in budgets)
        if near and (lower := self._lower(way, run)) is not None:
            return self._stepped(run, self._first(lower, run, left))
        given = usual if run.chosen else self._first(way.legs, run, left)
        return given if given == usual else self._stepped(run, given)

    def _lower(self, way: Way, run: Asked) -> tuple[int, ...] | None:
        """What a budget near its end leaves of a run; None where that is what it has."""
        if run.chosen:
            return self._tier(CHEAP) if run.was and CHEAP in self.policy.tiers else None
        return way.cheap

    def _first(self, legs: tuple[int, ...], run: Asked, left: int | None) -> int:
        """The first priced model that what is left pays for; the rules where there is none."""
        if run.need is None:
            return legs[0] if legs and legs[0] in self._free else NOBODY_KNOWS if legs else BY_RULES
        for one in legs:
            if run.costs[one] != UNKNOWN and (left is None or run.costs[one] <= left):
                return one
        return BY_RULES if all(run.costs[one] != UNKNOWN for one in legs) else NOBODY_KNOWS

    def _budgets(self, way: Way, run: Asked) -> list[Budget]:
        """The candidate's own and those that are shared."""
        asked = (run.plan, run.feature, run.caller)
        shared = self._shared.get(asked) or self._shared.setdefault(asked, self._shared_by(*asked))
        own = self._books.months.get(run.user) or self._books.months.setdefault(run.user, Used())
        return [Budget(own, way.near_nanousd, way.nanousd_per_month, way.refuses), *shared]

    def _shared_by(self, plan: int, feature: int, caller: int) -> tuple[Budget, ...]:
        words, project = self.words, self.policy.project
        names = (words.plans.values[plan], words.features.values[feature], words.callers.values[caller])
        found = [("project", project.nanousd_per_month, project.at_limit)]
        found += [
            (f"{kind}:{name}", one.nanousd_per_month, one.at_limit)
            for kind, name, one in self.policy.budgets.of(*names)
        ]
        return tuple(
            Budget(self._books.shared.setdefault(name, Used()), self._near(most), most, at_limit == "refuse")
            for name, most, at_limit in found
        )

    def _too_much(self, way: Way, run: Asked, budgets: list[Budget], tokens: int, cost: int) -> str | None:
        if tokens and self._day(run).of(run.at // A_DAY_US) + tokens > way.tokens_per_day:
            return "quota_exceeded"
        need = max(1, cost)
        over = any(one.refuses and one.used.of(run.month) + need > one.most for one in budgets)
        return "budget_exceeded" if over else None

    def _take(self, run: Asked, runs: int, budgets: list[Budget], tokens: int, cost: int) -> None:
        if runs:
            self._books.minutes[run.user] = (self._books.minutes[run.user][0], runs + 1)
        else:
            self._books.minutes[run.user] = (run.at, 1)
        if tokens:
            day = self._day(run)
            day.amount = day.of(run.at // A_DAY_US) + tokens
        if cost:
            for one in budgets:
                one.used.amount = one.used.of(run.month) + cost

    def _day(self, run: Asked) -> Used:
        return self._books.days.get(run.user) or self._books.days.setdefault(run.user, Used())

    def _refused(self, run: Asked, why: str) -> int:
        day = EPOCH + timedelta(days=run.at // A_DAY_US)
        self.refusals[day.isoformat(), why] += 1
        return REFUSED

    def _stepped(self, run: Asked, given: int) -> int:
        to = "rules" if given == BY_RULES else "unknown" if given == NOBODY_KNOWS else self.models[given]
        self.steps[f"{run.month // 12:04d}-{run.month % 12 + 1:02d}", to] += 1
        return given
