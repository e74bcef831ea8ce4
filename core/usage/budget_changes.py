"""Changing a budget without editing a file: a dated row with who, why and how long, in the audit log, with the way back.

The policy file goes on to hold where no row does. The next run of every process is held to what was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, insert, select, text, update

from core.access import dated_budgets
from core.access.budget_lines import Budgets
from core.access.dated_budgets import BUDGET
from core.access.limits import PROJECT, month, shared
from core.access.plans import Policy
from core.errors import Conflict, Denied, Invalid, NotFound
from core.schema import Caller, usd
from core.store import Store
from core.store.columns import now
from core.usage import audit
from core.usage.budgets import begin, spent_by_now
from core.usage.queries import Questions

KINDS = ("plan", "feature", "caller")


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """What a budget shall be: `subject` as in `feature:match`, dollars a month as they were typed.

    `this_month` lets it end with the month, after which what held before holds again.
    """

    subject: str
    dollars: str
    refuses: bool = False
    this_month: bool = False


def change(
    store: Store,
    policy: Policy,
    figures: Questions,
    terms: BudgetTerms,
    by: Caller,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """Set a budget from now on and return the id of its row. Errors: `Denied`, `Invalid`.

    `policy` is that of the file. One that is new counts what its runs have cost since the first of the month.
    """
    _allow(by, reason)
    nanousd, at = _checked(terms), (at or now()).astimezone(UTC)
    values = {
        "subject": terms.subject,
        "nanousd": nanousd,
        "at_limit": "refuse" if terms.refuses else "step_down",
        "valid_from": at,
        "valid_to": _next_month(at) if terms.this_month else None,
        "reason": reason.strip(),
        "created_by": by.name,
    }
    so_far = spent_by_now(figures, terms.subject, at)
    with store.write() as connection:
        _lock(connection)
        before = _held(connection, policy, at)
        id: int = connection.execute(insert(BUDGET).values(**values).returning(BUDGET.c.id)).scalar_one()
        _note(connection, policy, terms.subject, before, by, "budget.change", reason, at)
        if terms.subject not in before:
            begin(connection, terms.subject, month(at), so_far)
    return id


def retire(
    store: Store, policy: Policy, ids: Sequence[int], by: Caller, reason: str, *, at: datetime | None = None
) -> None:
    """Let these rows hold no longer: what held before them holds again. Errors: `Denied`, `NotFound`, `Conflict`, `Invalid`."""
    _allow(by, reason)
    at = (at or now()).astimezone(UTC)
    with store.write() as connection:
        _lock(connection)
        before, rows = _held(connection, policy, at), _rows(connection, ids)
        if gone := next((row for row in rows if row.retired_at is not None), None):
            raise Conflict(
                f"The change {gone.id} of the budget {gone.subject} was taken back before. Look at the page again."
            )
        connection.execute(update(BUDGET).where(BUDGET.c.id.in_(ids)).values(retired_at=at))
        for subject in dict.fromkeys(row.subject for row in rows):
            _note(connection, policy, subject, before, by, "budget.retire", reason, at)


def restore(
    store: Store,
    policy: Policy,
    figures: Questions,
    ids: Sequence[int],
    by: Caller,
    *,
    at: datetime | None = None,
) -> None:
    """Undo `retire`. Errors: `Denied`, `NotFound`."""
    _allow(by, "undo")
    at = (at or now()).astimezone(UTC)
    with store.read() as connection:
        so_far = {row.subject: spent_by_now(figures, row.subject, at) for row in _rows(connection, ids)}
    with store.write() as connection:
        _lock(connection)
        before = _held(connection, policy, at)
        connection.execute(update(BUDGET).where(BUDGET.c.id.in_(ids)).values(retired_at=None))
        for subject in so_far:
            _note(connection, policy, subject, before, by, "budget.restore", "Undone", at)
            if subject not in before:
                begin(connection, subject, month(at), so_far[subject])


def live(store: Store, subject: str) -> list[int]:
    """The ids of the rows of a subject that were not retired, oldest first."""
    wanted = select(BUDGET.c.id).where(BUDGET.c.subject == subject, BUDGET.c.retired_at.is_(None))
    with store.read() as connection:
        return list(connection.execute(wanted.order_by(BUDGET.c.id)).scalars())


# -- what is allowed ---------------------------------------------------------------------------------------


def _allow(by: Caller, reason: str) -> None:
    if not by.may("admin"):
        raise Denied("Only admins change budgets. Ask one of them to do it.")
    if not reason.strip():
        raise Invalid("Say why the budget is changed, so that others can follow it later.")


def _checked(terms: BudgetTerms) -> int:
    """The budget in nano-dollars, by the rules of the policy file. Errors: `Invalid`."""
    try:
        dollars = Decimal(terms.dollars.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        raise Invalid(f"“{terms.dollars}” is no amount. Write dollars a month, such as 40 or 12.50.") from None
    kind, _, name = terms.subject.partition(":")
    if terms.subject == PROJECT:
        kind, name = "plan", "free"  # any that has a name: only the amount is looked at
    elif kind not in KINDS:
        raise Invalid(f"“{terms.subject}” has no budget. Write project, plan:NAME, feature:NAME or caller:NAME.")
    try:
        read = Budgets.model_validate({f"{kind}s": {name: dollars}})
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise Invalid(str(first["ctx"]["error"] if "ctx" in first else first["msg"])) from None
    ((_, _, budget),) = read.all()
    return budget.nanousd_per_month


def _lock(connection: Connection) -> None:
    """One change at a time, so that each notes what it found. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE dated_budget IN SHARE ROW EXCLUSIVE MODE"))


# -- its parts ---------------------------------------------------------------------------------------------


def _held(connection: Connection, policy: Policy, at: datetime) -> dict[str, dict[str, Any]]:
    """Every budget that holds, by subject, as the audit log keeps it."""
    rows = dated_budgets.read(connection, at)
    return {
        limit.subject: {
            "usd_per_month": usd(limit.most),
            "at_limit": "refuse" if limit.refuses else "step_down",
            "until": row.valid_to.isoformat()
            if (row := dated_budgets.of(rows, limit.subject)) and row.valid_to
            else None,
        }
        for limit in shared(dated_budgets.applied(policy, rows), at)
    }


def _note(
    connection: Connection,
    policy: Policy,
    subject: str,
    before: dict[str, dict[str, Any]],
    by: Caller,
    action: str,
    reason: str,
    at: datetime,
) -> None:
    after = _held(connection, policy, at).get(subject)
    audit.note(connection, by.name, action, f"budget:{subject}", reason.strip(), before.get(subject), after)


def _rows(connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
    rows = connection.execute(select(BUDGET).where(BUDGET.c.id.in_(ids)).order_by(BUDGET.c.id)).all()
    if missing := set(ids) - {row.id for row in rows}:
        raise NotFound(
            f"There is no change {min(missing)} of a budget. `python -m core usage budgets` shows those that hold."
        )
    return rows


def _next_month(at: datetime) -> datetime:
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
