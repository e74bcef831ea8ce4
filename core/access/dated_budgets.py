"""Budgets that a person has changed: dated rows that come before the policy file's, read wherever a budget is asked for.

They are read anew for each run, so a change holds for the next one in every process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from core.access.budget_lines import Budget, Budgets
from core.access.limits import PROJECT
from core.access.plans import Policy
from core.store import DatedBudget, Store
from core.store.columns import now
from core.store.statement import Statement

BUDGET: Table = DatedBudget.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Dated:
    """One row: `nanousd` a month for `subject` from `valid_from` to before `valid_to`; `created_by` is a caller's name."""

    id: int
    subject: str
    nanousd: int
    at_limit: str
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    created_by: str


_LIVE = Statement(
    select(*(BUDGET.c[name] for name in Dated.__slots__)).where(BUDGET.c.retired_at.is_(None)).order_by(BUDGET.c.id)
)


def read(connection: Connection, at: datetime, *, lasting: bool = False) -> tuple[Dated, ...]:
    """The row of each subject that holds at this moment: the newest of those that were not retired.

    With `lasting`, of those that do not end by themselves.
    """
    rows = [Dated(*row) for row in _LIVE.rows(connection, {})]
    if lasting:
        rows = [one for one in rows if one.valid_to is None]
    found = {one.subject: one for one in rows if one.valid_from <= at and (one.valid_to is None or at < one.valid_to)}
    return tuple(found.values())


def applied(policy: Policy, rows: Sequence[Dated]) -> Policy:
    """The policy with these budgets in place of, or beside, its own."""
    if not rows:
        return policy
    tables: dict[str, Any] = {name: dict(getattr(policy.budgets, name)) for name in Budgets.model_fields}
    project = policy.project
    for one in rows:
        values: dict[str, Any] = {"nanousd_per_month": one.nanousd, "at_limit": one.at_limit}
        kind, _, name = one.subject.partition(":")
        if one.subject == PROJECT:
            project = project.model_copy(update=values)
        else:
            tables[f"{kind}s"][name] = Budget.model_construct(**values)
    more: dict[str, Any] = {"project": project, "budgets": Budgets.model_construct(**tables)}
    return policy.model_copy(update=more)


def in_force(connection: Connection, policy: Policy, at: datetime) -> Policy:
    """The policy as it holds at this moment, with the budgets that were changed since it was read."""
    return applied(policy, read(connection, at))


def policy_now(store: Store, policy: Policy, at: datetime | None = None) -> Policy:
    """The same in a read of its own. Errors: `StorageDown`."""
    with store.read() as connection:
        return in_force(connection, policy, at or now())


def of(rows: Sequence[Dated], subject: str) -> Dated | None:
    """The row of this subject, if one of them is."""
    return next((one for one in rows if one.subject == subject), None)
