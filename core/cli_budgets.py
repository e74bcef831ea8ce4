"""The terminal's `usage budgets`: what is left of the budgets that runs share, how the month will end, and changing them."""

import argparse
import json
from typing import Any

from core import wiring
from core.access.limits import money
from core.access.plans import Policy, load_policy
from core.commands import CALLER, Add, Commands
from core.errors import Invalid
from core.schema import usd
from core.settings import Settings
from core.store import Store
from core.usage import budget_changes
from core.usage.budget_changes import BudgetTerms
from core.usage.budgets import Standing, outlook, standings
from core.usage.queries import Usage

COLUMNS = ("budget", "of", "used", "held", "left")


def budgets(given: argparse.Namespace, settings: Settings) -> int:
    """What is left of the month's budgets, and when they run out."""
    policy, store = load_policy(settings.policy_file), wiring.furnish(settings)
    if given.set or given.unset or given.refuse or given.this_month:
        _change(given, store, policy)
    found = standings(store, policy, Usage(store).now())
    if given.json:
        print(json.dumps({"budgets": [as_json(one) for one in found]}))
        return 0
    rows = [
        (one.limit.subject, *map(money, (one.limit.most, one.used, one.reserved, one.left)), outlook(one))
        for one in found
    ]
    widths = [max(len(name), *(len(row[place]) for row in rows)) for place, name in enumerate(COLUMNS)]
    for first, *more, last in ((*COLUMNS, "outlook"), *rows):
        print(
            "  ".join(
                [first.ljust(widths[0]), *(one.rjust(width) for one, width in zip(more, widths[1:], strict=True)), last]
            )
        )
    return 0


def _change(given: argparse.Namespace, store: Store, policy: Policy) -> None:
    """Set one budget, or let the policy file hold again. Errors: `Invalid` and those of `budget_changes`."""
    if given.set and given.unset:
        raise Invalid("Change one budget at a time: either --set or --unset.")
    if not given.set and (given.refuse or given.this_month):
        raise Invalid("--refuse and --this-month say how a budget holds: name it with --set, as in --set project=400.")
    if given.set:
        subject, _, dollars = given.set.rpartition("=")
        terms = BudgetTerms(subject, dollars, given.refuse, given.this_month)
        budget_changes.change(store, policy, Usage(store), terms, CALLER, given.reason)
        return
    ids = budget_changes.live(store, given.unset)
    if not ids:
        raise Invalid(f"No change of the budget {given.unset} holds: it is as the policy file says.")
    budget_changes.retire(store, policy, ids, CALLER, given.reason)


def as_json(one: Standing) -> dict[str, Any]:
    """One budget as JSON: dollars as decimal strings, days as dates, None for what is not known."""
    told, run_out = one.forecast, one.forecast.run_out
    days = {name: getattr(run_out, name) if run_out else None for name in ("earliest", "likely", "latest")}
    ends = {name: getattr(told, name)[-1] if told.days else None for name in ("low", "likely", "high")}
    return {
        "budget": one.limit.subject,
        "month": one.limit.period,
        "at_limit": "refuse" if one.limit.refuses else "step_down",
        "usd_per_month": usd(one.limit.most),
        "used_usd": usd(one.used),
        "held_usd": usd(one.reserved),
        "left_usd": usd(one.left),
        "run_out": {name: day.isoformat() if day else None for name, day in days.items()},
        "run_out_chance": run_out.chance if run_out else None,
        "month_end_usd": {name: usd(amount) for name, amount in ends.items()},
        "outlook": outlook(one),
    }


def add_to(kinds: Commands, add: Add) -> None:
    """Put `budgets` among the `usage` commands."""
    one = add(kinds, "budgets", budgets)
    one.add_argument("--json", action="store_true", help="one JSON object, alone on stdout")
    one.add_argument("--set", metavar="BUDGET=DOLLARS", help="change project, plan:, feature: or caller:NAME, at once")
    one.add_argument("--refuse", action="store_true", help="at its end runs are refused; without it they step down")
    one.add_argument("--this-month", action="store_true", help="it holds until the month ends")
    one.add_argument("--unset", metavar="BUDGET", help="let the policy file hold again")
    one.add_argument("--reason", default="", help="why, for the audit log")
