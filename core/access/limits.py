"""Limits: what a plan and the project allow a candidate, when that begins anew, and the words that say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal

from core.access.budget_lines import Budget
from core.access.plans import Policy
from core.errors import BudgetExceeded, LimitReached, QuotaExceeded, RateLimited

Measure = Literal["runs", "tokens", "nanousd"]

WINDOW = timedelta(seconds=60)
MINUTE = "minute"
PROJECT = "project"
OWN = "user:"  # how the subject of a candidate begins
NOBODY = "user:0"  # the subject of candidates who were erased while runs of theirs were under way


def day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def month(at: datetime) -> str:
    return day(at)[:7]


def subject(user_id: int) -> str:
    """What the ledger calls a candidate."""
    return f"{OWN}{user_id}"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much one line of the ledger may hold.

    `whose` names it to people; a limit that `refuses` turns a run away, another one makes it step down.
    """

    subject: str
    measure: Measure
    period: str
    most: int
    whose: str
    refuses: bool = True

    def resets_at(self, at: datetime, started_at: datetime | None = None) -> datetime | None:
        """When all of it is there again; None for a minute that has not begun."""
        today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.measure == "tokens":
            return today + timedelta(days=1)
        if self.measure == "nanousd":
            return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return started_at + WINDOW if started_at and started_at + WINDOW > at else None

    def reached(self, *, need: int, left: int, at: datetime, started_at: datetime | None = None) -> LimitReached:
        """The refusal: which limit, how much is left, when it resets and what to do."""
        resets = self.resets_at(at, started_at) or at + WINDOW
        wait = max(1, ceil((resets - at).total_seconds()))
        if self.measure == "runs":
            what = f"{_begin(self.whose)} allows {self.most:,} runs a minute for a candidate, and {left:,} are left."
            return RateLimited(f"{what} Try again in {wait} s, at {resets:%H:%M:%S} UTC.", retry_after_s=wait)
        if self.measure == "tokens":
            what = f"{_begin(self.whose)} allows {self.most:,} tokens a day for a candidate; {left:,} are left"
            cure = f"Ask for less, wait until {_moment(resets)}, or move the candidate to a larger plan."
            return QuotaExceeded(f"{what} and this call may need {need:,}. {cure}", retry_after_s=wait)
        what = f"The month's budget of {self.whose} is {money(self.most)}; {money(left)} is left"
        where = "in the policy file" if self.subject.startswith(OWN) else "on the page Budgets"
        cure = f"It begins anew on {_moment(resets)}; an admin can raise it {where}."
        return BudgetExceeded(f"{what} and this call may cost {money(need, up=True)}. {cure}", retry_after_s=wait)


@dataclass(frozen=True, slots=True)
class Limits:
    """The four limits of one candidate, in the order in which they are checked, and the budgets that a run shares.

    To go through it is to go through the four.
    """

    runs: Limit
    tokens: Limit
    dollars: Limit
    project: Limit
    also: tuple[Limit, ...] = ()

    def __iter__(self) -> Iterator[Limit]:
        return iter((self.runs, self.tokens, self.dollars, self.project))

    @property
    def budgets(self) -> tuple[Limit, ...]:
        """All that hold dollars: the candidate's own first, the project's last."""
        return (self.dollars, *self.also, self.project) if self.also else (self.dollars, self.project)


def limits(policy: Policy, plan: str, user_id: int, at: datetime, *, feature: str = "", caller: str = "") -> Limits:
    """What holds for a candidate on this plan at this time, for a run of this feature by this caller.

    Errors: `Invalid` for an unknown plan.
    """
    allowed, who, whose, period = policy.plan(plan), subject(user_id), f"plan {plan}", month(at)
    budgets = policy.budgets.of(plan, feature, caller) if policy.budgets else ()
    return Limits(
        Limit(who, "runs", MINUTE, allowed.runs_per_minute, whose),
        Limit(who, "tokens", day(at), allowed.tokens_per_day, whose),
        Limit(who, "nanousd", period, allowed.nanousd_per_month, whose, allowed.at_limit == "refuse"),
        _project(policy, period),
        tuple(sorted([_shared(*one, period) for one in budgets], key=lambda one: one.subject)) if budgets else (),
    )


def project(policy: Policy, at: datetime) -> Limit:
    """The budget over everybody."""
    return _project(policy, month(at))


def shared(policy: Policy, at: datetime) -> tuple[Limit, ...]:
    """Every budget that runs of several candidates share: the project's, then those of plans, features and callers."""
    return project(policy, at), *(_shared(*one, month(at)) for one in policy.budgets.all())


def _project(policy: Policy, period: str) -> Limit:
    most, refuses = policy.project.nanousd_per_month, policy.project.at_limit == "refuse"
    return Limit(PROJECT, "nanousd", period, most, "the project", refuses)


def _shared(kind: str, name: str, budget: Budget, period: str) -> Limit:
    whose = f"everybody on plan {name}" if kind == "plan" else f"the {kind} {name}"
    return Limit(f"{kind}:{name}", "nanousd", period, budget.nanousd_per_month, whose, budget.at_limit == "refuse")


def money(nanousd: int, *, up: bool = False) -> str:
    """Dollars to read: two to four decimals, rounded down, or up where a need must not look smaller than it is."""
    tenths = (nanousd + 99_999 if up else nanousd) // 100_000
    whole, rest = divmod(tenths, 10_000)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"${whole:,}.{decimals}"


def _begin(whose: str) -> str:
    return whose[:1].upper() + whose[1:]


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"
