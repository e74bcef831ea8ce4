"""A replay: what runs of the past would have cost under a scenario, calculated from columns alone."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.access.plans import RULES, Policy
from core.usage.charging import UNKNOWN
from core.usage.columns import Ints
from core.usage.past import ENDS, Dictionary, Kind, Past
from core.usage.policy_replay import AS_IT_WAS, BY_RULES, NOBODY_KNOWS, REFUSED, Gate
from core.usage.prices_then import Book, each
from core.usage.replay_sums import After, Sums
from core.usage.scenario import Scenario

EXACT, ESTIMATED, NOT_KNOWN = range(3)
WAS_REFUSED = ENDS.index("refused")
FAILED = [ENDS.index(name) for name in ("fallback", "cancelled", "abandoned")]


class _Legs(NamedTuple):
    cost: Ints
    sure: Ints


class Replay:
    """Takes the past slice by slice, oldest first; the sums and what cannot be known grow with each."""

    def __init__(self, scenario: Scenario, words: Dictionary, policy: Policy | None = None) -> None:
        self.scenario, self.words = scenario, words
        self.book, self.sums = Book(scenario), Sums()
        self.doubts: Counter[str] = Counter()
        self.gate = Gate(policy, words, self.book, limited=scenario.limits) if policy else None

    def add(self, past: Past) -> None:
        """One more slice of runs, all of them later than those before."""
        self.doubts["refused"] += int((past.end == WAS_REFUSED).sum())
        self.doubts["failed"] += int(np.isin(past.end, FAILED).sum())
        legs = self._legs(past)
        after = self._summed(past, legs)
        self.sums.add(past, self._gated(past, legs, after, self.gate) if self.gate else after)

    # -- other models and prices -----------------------------------------------------------------------

    def _legs(self, past: Past) -> _Legs:
        """Every leg with its model of then or the one that takes its place."""
        legs, kinds = past.legs, self.words.kinds.values
        cost, sure = legs.cost.copy(), legs.sure.copy()
        moved, strange = np.zeros(len(legs), bool), np.zeros(len(legs), bool)
        for number, day, rows in each(legs.kind, legs.day):
            old = kinds[number]
            new = self._target(old)
            if new != old or self.book.changes(old, day):
                self._recost(past, rows, old, new, day, cost, sure)
                moved[rows], strange[rows] = new != old, new.provider != old.provider
        self.doubts["tokenizer"] += len(np.unique(legs.run[moved]))
        self.doubts["cache"] += len(np.unique(legs.run[strange & (legs.tokens.cached > 0)]))
        return _Legs(cost, sure)

    def _target(self, kind: Kind) -> Kind:
        """How a leg would have been priced: another model answers under its own name, in the same tier."""
        name = self.scenario.target(kind.name)
        if name == kind.name or kind.provider == RULES:
            return kind
        provider, _, model = name.partition("/")
        return Kind(provider, model or None, None, kind.tier)

    def _recost(self, past: Past, rows: Ints, old: Kind, new: Kind, day: int, cost: Ints, sure: Ints) -> None:
        tokens = past.legs.tokens.take(rows)
        counted = (tokens.input > 0) | (tokens.output > 0)
        rows, tokens = rows[counted], tokens.take(counted)  # who was turned away, or used nobody knows what, stays so
        cost[rows] = self.book.charge(new, day, tokens, cached=new.provider == old.provider)
        least = EXACT if new == old else ESTIMATED
        known = np.maximum(np.where(sure[rows] == NOT_KNOWN, ESTIMATED, sure[rows]), least)
        sure[rows] = np.where(cost[rows] == UNKNOWN, NOT_KNOWN, known)

    def _summed(self, past: Past, legs: _Legs) -> After:
        """Runs as sums of their legs; those without legs are as they were."""
        many, run = len(past), past.legs.run
        total, worst, has = np.zeros(many, np.int64), np.zeros(many, np.int64), np.zeros(many, bool)
        np.add.at(total, run, np.maximum(legs.cost, 0))
        np.maximum.at(worst, run, legs.sure)
        has[run] = True
        total = np.where(has, np.where(worst == NOT_KNOWN, UNKNOWN, total), past.cost)
        sure = np.where(has, worst, past.sure)
        return After(total, sure, self._renamed(past), past.end == WAS_REFUSED)

    def _renamed(self, past: Past) -> Ints:
        models = self.words.models
        new = [name if name in (None, RULES) else self.scenario.target(name) for name in list(models.values)]
        return np.array([models.number(name) for name in new], np.int64)[past.model]

    # -- another policy --------------------------------------------------------------------------------

    def _gated(self, past: Past, legs: _Legs, kept: After, gate: Gate) -> After:
        """What the gate lets through, with the model it gives."""
        given, cost, leg = gate.decide(past, legs.cost)
        same = given == AS_IT_WAS
        numbers = self._numbers([*gate.models, RULES, None])
        model = np.where(given >= 0, numbers[given], np.where(given == BY_RULES, numbers[-2], numbers[-1]))
        known = self._sure(past, legs, leg, given, model)
        sure = np.where(cost == UNKNOWN, NOT_KNOWN, np.where(given >= 0, known, EXACT))
        self._doubt(past, given, model, leg)
        return After(
            np.where(same, kept.cost, cost),
            np.where(same, kept.sure, sure),
            np.where(same, kept.model, model),
            np.where(same, kept.refused, given == REFUSED),
        )

    def _numbers(self, names: Sequence[str | None]) -> Ints:
        return np.array([self.words.models.number(name) for name in names], np.int64)

    def _names_of_legs(self, past: Past) -> Ints:
        kinds = self._numbers([kind.name for kind in self.words.kinds.values])
        return kinds[past.legs.kind]

    def _sure(self, past: Past, legs: _Legs, leg: Ints, given: Ints, model: Ints) -> Ints:
        """As sure as the leg was where its model stays, estimated where another takes its place."""
        sure = np.where(leg >= 0, ESTIMATED, EXACT)  # without tokens only what is free was given
        has = np.flatnonzero((leg >= 0) & (given >= 0))
        if len(has):
            at = leg[has]
            sure[has] = np.where(self._names_of_legs(past)[at] == model[has], legs.sure[at], ESTIMATED)
        return sure

    def _doubt(self, past: Past, given: Ints, model: Ints, leg: Ints) -> None:
        has = np.flatnonzero((leg >= 0) & (given >= 0))
        if len(has):
            self.doubts["tokenizer"] += int((self._names_of_legs(past)[leg[has]] != model[has]).sum())
        self.doubts["need"] += int(((given == NOBODY_KNOWS) & (past.end != WAS_REFUSED) & (leg < 0)).sum())
        self.doubts["unpriced"] += int(((given == NOBODY_KNOWS) & (leg >= 0)).sum())
        self.doubts["chosen"] += int(((given == AS_IT_WAS) & past.chosen).sum())
        self.doubts["strange"] += int(((given == AS_IT_WAS) & ~past.chosen).sum())
