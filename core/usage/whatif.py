"""What if: history replayed under another model, price list or policy. It reads, calculates and changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.access import dated_budgets
from core.access.dated_budgets import Dated
from core.access.limits import money
from core.access.plans import Policy, parse_policy
from core.store import Store
from core.store.columns import now
from core.usage.filters import Filter
from core.usage.past import COLUMNS, Dictionary, laid_out
from core.usage.policy_replay import Gate
from core.usage.replay import Replay
from core.usage.scenario import Counted, Outcome, Scenario, Unknown
from core.usage.slices import slices

POLICY = Path("The supposed policy")

Progress = Callable[[int, float], None]


def replay(store: Store, asked: Filter, scenario: Scenario, *, progress: Progress | None = None) -> Outcome:
    """What the runs of a filter would have come to, in bounded memory; runs under way are left out.

    `progress` hears how many runs were replayed and the share of the period behind them. Errors: `Invalid`,
    `Misconfigured` for a policy that cannot be read, `StorageDown`.
    """
    policy = read_policy(scenario.sound())
    before = _set_budgets(store, asked) if policy and scenario.limits and scenario.dated else ()
    policy = dated_budgets.applied(policy, before) if policy else None
    words = Dictionary()
    under, runs = Replay(scenario, words, policy), 0
    for some in slices(store, asked, COLUMNS, bare=True):
        if some.rows:
            past = laid_out(some.rows, words)
            under.add(past)
            runs += len(past)
        if progress:
            progress(runs, some.share)
    outcome = under.sums.told(words)
    more = {"unknowns": (*_unknowns(under, outcome, asked), *_held(outcome, before))} | (
        _gate(under.gate) if under.gate else {}
    )
    return outcome.model_copy(update=more)


def read_policy(scenario: Scenario) -> Policy | None:
    """The policy that is supposed. Errors: `Misconfigured`, with line and cure."""
    return parse_policy(scenario.policy, POLICY) if scenario.policy else None


def _set_budgets(store: Store, asked: Filter) -> tuple[Dated, ...]:
    """The budgets that were set in the workbench and hold now; one for this month alone says nothing of earlier ones."""
    at = now()
    earlier = asked.start < at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with store.read() as connection:
        return dated_budgets.read(connection, at, lasting=earlier)


def _held(outcome: Outcome, before: Sequence[Dated]) -> tuple[Unknown, ...]:
    if not before or not outcome.runs:
        return ()
    named = ", ".join(f"{one.subject} {money(one.nanousd)}" for one in before)
    said = f"were held to the budgets set in the workbench, which come before those of a policy file: {named}."
    return (Unknown(count=outcome.runs, said=said),)


def _gate(gate: Gate) -> dict[str, tuple[Counted, ...]]:
    return {
        "refusals": _counted(gate.refusals),
        "steps": _counted(gate.steps),
    }


def _counted(counts: dict[tuple[str, str], int]) -> tuple[Counted, ...]:
    return tuple(Counted(period=when, what=what, count=many) for (when, what), many in sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What cannot be known, in words; with a policy, or without one, it may not apply."""

    name: str
    said: str
    with_policy: bool | None = None


_DOUBTS = (
    _Doubt("tokenizer", "would have gone to another model, which counts tokens in its own way and answers at its own "
           "length; the tokens of the model that answered were priced."),
    _Doubt("cache", "had input that their provider had cached; what another provider would have had in its cache is not "
           "known, so all of it was priced as new."),
    _Doubt("failed", "fell back, were stopped or ended early; another model might have answered, or failed, at another "
           "point."),
    _Doubt("refused", "were refused and used nothing; what they would have needed is not known, so they cost nothing "
           "here.", False),
    _Doubt("refused", "were refused and used nothing; what they would have needed under another policy is not known.",
           True),
    _Doubt("need", "were answered by the rules, or by nobody; what a model would have used for them is not known.", True),
    _Doubt("unpriced", "would have gone to a model without a price.", True),
    _Doubt("chosen", "were sent to a model that the caller chose; a policy does not change that.", True),
    _Doubt("strange", "are of a feature that no policy knows; they were left as they were.", True),
)  # fmt: skip


def _unknowns(under: Replay, outcome: Outcome, asked: Filter) -> tuple[Unknown, ...]:
    gated = under.gate is not None
    found = [
        Unknown(count=under.doubts[one.name], said=one.said)
        for one in _DOUBTS
        if under.doubts[one.name] and one.with_policy in (None, gated)
    ]
    if outcome.before.unknown:
        found.insert(0, Unknown(count=outcome.before.unknown, said="have an unknown cost as they were."))
    if outcome.after.unknown:
        found.insert(0, Unknown(count=outcome.after.unknown, said="have an unknown cost under what is supposed."))
    if gated and under.scenario.limits:
        found.append(Unknown(count=outcome.runs, said=_limits(asked)))
    return tuple(found)


def _limits(asked: Filter) -> str:
    alone = " Runs outside the filters used nothing of any limit here." if asked.where else ""
    return (
        "went through limits that began empty with the period and counted what runs used, not what they reserve while they "
        f"are under way; live limits bite a little earlier.{alone}"
    )
