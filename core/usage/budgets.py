"""The budgets that runs share, as they stand: what is used, held and left of each, and how its month will end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, text

from core.access import dated_budgets, ledger
from core.access.dated_budgets import Dated
from core.access.ledger import Line
from core.access.limits import PROJECT, Limit, month, shared
from core.access.plans import Policy
from core.store import Store
from core.store.columns import now
from core.usage.filters import Filter, Value
from core.usage.forecast import FEWEST_DAYS, LOOKED_BACK, Forecast, RunOut, forecast
from core.usage.queries import Questions

MADE_UP = "demo:"  # how the callers of made-up runs begin


@dataclass(frozen=True, slots=True)
class Standing:
    """One budget this month, in nano-dollars.

    `used` and `reserved` are what the gate counts; `spent` is what the runs of each day since the first of the month
    cost, as far as it is known, today last. `dated` is the change that holds in place of the policy file, if
    one does; `made_up` is what those of `demo runs` cost beside it: no budget pays for them and no forecast goes by them.
    """

    limit: Limit
    used: int
    reserved: int
    spent: tuple[int, ...]
    forecast: Forecast
    at: datetime
    dated: Dated | None = None
    made_up: int = 0

    @property
    def name(self) -> str:
        """`the project`, `the feature cover_letter`."""
        return self.limit.whose

    @property
    def taken(self) -> int:
        return self.used + self.reserved

    @property
    def left(self) -> int:
        return max(0, self.limit.most - self.taken)

    @property
    def share(self) -> float:
        """How much of it is gone, 1 at its end and more beyond; a budget of nothing is gone."""
        return self.taken / self.limit.most if self.limit.most else 1.0

    @property
    def recorded(self) -> int:
        """What the month's runs cost by their record, made-up ones included."""
        return sum(self.spent) + self.made_up

    @property
    def first(self) -> date:
        return self.at.date().replace(day=1)

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1) - timedelta(days=1)

    @property
    def filter(self) -> Filter:
        """The month's runs that it pays for."""
        return Filter.days(self.first, self.at.date(), where=where(self.limit.subject))


def standings(store: Store, policy: Policy, figures: Questions, *, at: datetime | None = None) -> list[Standing]:
    """Every shared budget that holds this month (UTC), the project's first. Errors: `StorageDown`."""
    at = (at or now()).astimezone(UTC)
    with store.read() as connection:
        rows = dated_budgets.read(connection, at)
        limits = shared(dated_budgets.applied(policy, rows), at)
        lines = ledger.dollars(connection, [limit.subject for limit in limits], month(at))
    return [
        _standing(limit, line, figures, at, dated_budgets.of(rows, limit.subject))
        for limit, line in zip(limits, lines, strict=True)
    ]


def carry_over(store: Store, policy: Policy, figures: Questions, *, at: datetime | None = None) -> None:
    """Begin the lines of budgets that are new this month with what their runs have cost since its first day.

    A line that has counted anything is left alone, so any number of processes may start at once.
    """
    at = (at or now()).astimezone(UTC)
    limits = shared(dated_budgets.policy_now(store, policy, at), at)[1:]
    if not limits:
        return
    with store.read() as connection:
        lines = ledger.dollars(connection, [limit.subject for limit in limits], month(at))
    for limit in (limit for limit, line in zip(limits, lines, strict=True) if line == ledger.Line()):
        if spent := spent_by_now(figures, limit.subject, at):
            with store.write() as connection:
                begin(connection, limit.subject, limit.period, spent)


def spent_by_now(figures: Questions, subject: str, at: datetime) -> int:
    """What the runs of a budget have cost since the first of the month, in nano-dollars, without made-up ones."""
    month_so_far = Filter.days(at.date().replace(day=1), at.date(), where=where(subject))
    rows = figures.rows(month_so_far, ("caller",), percentiles=False)
    return sum(row.total.cost_nanousd or 0 for row in rows if not _is_made_up(row.values[0]))


def begin(connection: Connection, subject: str, period: str, spent: int) -> None:
    """A budget that is new, or was away for a while, has used at least what its runs have cost."""
    connection.execute(_AT_LEAST, {"subject": subject, "period": period, "used": spent})


def where(subject: str) -> Mapping[str, Collection[Value]]:
    """The runs that the budget of this subject pays for."""
    kind, _, name = subject.partition(":")
    return {} if subject == PROJECT else {kind: frozenset({name})}


# -- in words ----------------------------------------------------------------------------------------------


def outlook(standing: Standing) -> str:
    """How the month of a budget will end, in a sentence."""
    told = standing.forecast
    if standing.taken >= standing.limit.most:
        return f"Used up. It begins anew on {_day(standing.last + timedelta(days=1))}."
    if not told.known:
        if not told.history:
            return "Nothing was spent on whole days yet, so how the month ends cannot be known."
        days = f"{told.history} whole day{' has' if told.history == 1 else 's have'}"
        return (
            f"How the month ends cannot be known yet: {days} passed since the first spend, and it takes {FEWEST_DAYS}."
        )
    if told.run_out is None or told.run_out.earliest is None:
        low, likely, high = (roughly(line[-1]) for line in (told.low, told.likely, told.high))
        return f"Lasts. By {_day(standing.last)} likely {likely} will be spent, between {low} and {high}."
    return _runs_out(told.run_out)


def roughly(nanousd: int) -> str:
    """Dollars to glance at, in no more digits than they deserve: `$0`, `$0.0312`, `$6.31`, `$12,480`."""
    dollars = nanousd / 1e9
    if not nanousd:
        return "$0"
    return f"${dollars:,.{0 if dollars >= 1_000 else 2 if dollars >= 1 else 4}f}"


def _runs_out(run_out: RunOut) -> str:
    assert run_out.earliest is not None
    percent = min(99, max(1, round(100 * run_out.chance)))
    if run_out.likely is None:
        return (
            f"Likely lasts; {percent} in 100 that it runs out this month, on {_day(run_out.earliest)} at the earliest."
        )
    about = f"Runs out about {_day(run_out.likely)}"
    if run_out.latest is None:
        return f"{about}, on {_day(run_out.earliest)} at the earliest; {100 - percent} in 100 that it lasts."
    if run_out.earliest == run_out.latest:
        return f"{about}."
    return f"{about}, between {run_out.earliest.day} and {run_out.latest.day}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


# -- their parts -------------------------------------------------------------------------------------------

_AT_LEAST = text("""
    INSERT INTO ledger (subject, measure, period, used, reserved) VALUES (:subject, 'nanousd', :period, :used, 0)
    ON CONFLICT (subject, measure, period) DO UPDATE SET
        used = CASE WHEN ledger.used < excluded.used THEN excluded.used ELSE ledger.used END""")


def _standing(limit: Limit, line: Line, figures: Questions, at: datetime, dated: Dated | None) -> Standing:
    today = at.date()
    first = min(today.replace(day=1), today - timedelta(days=LOOKED_BACK))
    series = figures.series(Filter.days(first, today, where=where(limit.subject)), "caller", "day")
    daily, is_made_up = series.of("cost_nanousd"), np.array([_is_made_up(one) for one in series.groups], bool)
    spent = [int(one) for one in daily[~is_made_up].sum(axis=0)]
    so_far, made_up = spent[-today.day :], int(daily[is_made_up, -today.day :].sum())
    told = forecast(first, spent, at=at, so_far=max(line.taken, sum(so_far)), budget=limit.most)
    return Standing(limit, line.used, line.reserved, tuple(so_far), told, at, dated, made_up)


def _is_made_up(caller: object) -> bool:
    return str(caller).startswith(MADE_UP)
