"""Corrections of past costs: today's prices written into attempts and runs with a reason, and undone.

One is one transaction: whoever reads sees all of it or nothing, and so does who comes after a process that died in it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from core.access.limits import PROJECT, subject
from core.errors import Conflict, Denied, Invalid, NotFound, TooLarge
from core.llm import pricing
from core.schema import Caller, Cost
from core.store import Repricing, RepricingLine, Store
from core.store.columns import now
from core.usage import audit, budget_corrections, pending
from core.usage.budget_corrections import Moved
from core.usage.filters import Filter
from core.usage.records import ATTEMPT, RUN
from core.usage.repricing import Line, Preview, Progress, differing

MOST = 50_000  # attempts a correction: while it is written, some seconds, nobody else writes to SQLite
CHUNK = 500

REPRICING: Table = Repricing.__table__  # type: ignore[assignment]
LINE: Table = RepricingLine.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Applied:
    """A correction that was made. `lines` is how many attempts it changed."""

    id: int
    at: datetime
    who: str
    reason: str
    filter: dict[str, Any]
    lines: int
    before_nanousd: int
    after_nanousd: int
    undone_at: datetime | None
    undone_by: str | None


def listed(store: Store, limit: int = 50) -> Sequence[Applied]:
    """The corrections that were made, the newest first."""
    names = ("id", "at", "who", "reason", "filter", "attempts", "before_nanousd", "after_nanousd")
    wanted = select(*(REPRICING.c[name] for name in (*names, "undone_at", "undone_by")))
    with store.read() as connection:
        return [Applied(*row) for row in connection.execute(wanted.order_by(REPRICING.c.id.desc()).limit(limit))]


# -- applying ----------------------------------------------------------------------------------------


def apply(
    store: Store,
    asked: Filter,
    by: Caller,
    reason: str,
    *,
    expected: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write what the preview shows, all or nothing; returns the correction's id.

    `expected` is how many attempts the preview showed and what they come to: another outcome is refused. The running
    month's budgets are put right too. Errors: `Denied`, `Invalid`, `TooLarge`, `Conflict` when something changed
    meanwhile.
    """
    _allow(by)
    if not reason.strip():
        raise Invalid("Say why past costs are corrected, so that others can follow it later.")
    lines = _collected(store, asked, progress)
    if expected is not None and expected != (len(lines), sum(one.after.nanousd or 0 for one in lines)):
        raise Conflict("Prices or runs have changed since you looked. Look again, then apply.")
    with store.write() as connection:
        id = _noted(connection, asked, by, reason.strip(), lines)
        change = [(one.attempt_id, one.run_id, one.before, one.after) for one in lines]
        moved = _write(connection, change)
        posted = budget_corrections.post(connection, moved)
        kept = _as_json(asked) | {"budgets": posted}
        connection.execute(update(REPRICING).where(REPRICING.c.id == id).values(filter=kept))
    return id


def _collected(store: Store, asked: Filter, progress: Progress | None) -> list[Line]:
    lines: list[Line] = []
    for line in differing(store, asked, Preview(), progress):
        lines.append(line)
        if len(lines) > MOST:
            raise TooLarge(
                f"More than {MOST:,} attempts would change at once. Choose a shorter period or one model, "
                "and correct the rest after it."
            )
    if not lines:
        raise Invalid("Nothing differs from today's prices in this period. There is nothing to apply.")
    return lines


def _noted(connection: Connection, asked: Filter, by: Caller, reason: str, lines: Sequence[Line]) -> int:
    before, after = (
        sum(cost.nanousd or 0 for cost in side) for side in ([a.before for a in lines], [a.after for a in lines])
    )
    values = {"at": now(), "who": by.name, "reason": reason, "filter": _as_json(asked), "attempts": len(lines)}
    sums = {"before_nanousd": before, "after_nanousd": after}
    id: int = connection.execute(insert(REPRICING).values(**values, **sums).returning(REPRICING.c.id)).scalar_one()
    rows = [
        {
            "repricing_id": id,
            "attempt_id": one.attempt_id,
            "run_id": one.run_id,
            "before": one.before.model_dump(),
            "after": one.after.model_dump(),
        }
        for one in lines
    ]
    for begin in range(0, len(rows), CHUNK):
        connection.execute(insert(LINE), rows[begin : begin + CHUNK])
    told = {"attempts": len(lines)}
    audit.note(
        connection, by.name, "repricing.apply", f"repricing:{id}", reason,
        before=told | {"cost_nanousd": before}, after=told | {"cost_nanousd": after},
    )  # fmt: skip
    return id


# -- undoing -----------------------------------------------------------------------------------------


def undo(store: Store, id: int, by: Caller) -> int:
    """Give every attempt of a correction the cost it had; returns how many that is.

    Attempts of candidates that were erased since are gone and left out. Errors: `Denied`, `NotFound`, `Conflict` when it
    was undone before, or a later correction changed some of the same attempts.
    """
    _allow(by)
    with store.write() as connection:
        _one_at_a_time(connection, id)
        later = connection.execute(_later(id)).scalar()
        if later is not None:
            raise Conflict(f"Correction {later} changed some of the same calls later. Undo that one first.")
        rows = connection.execute(
            select(LINE.c.attempt_id, LINE.c.run_id, LINE.c.before, LINE.c.after)
            .join(ATTEMPT, ATTEMPT.c.id == LINE.c.attempt_id)
            .where(LINE.c.repricing_id == id)
            .order_by(LINE.c.run_id, LINE.c.attempt_id)
        ).all()
        change = [(row[0], row[1], Cost.model_validate(row[3]), Cost.model_validate(row[2])) for row in rows]
        _write(connection, change)
        kept = connection.execute(select(REPRICING.c.filter).where(REPRICING.c.id == id)).scalar_one()
        budget_corrections.give_back(connection, kept.get("budgets", {}))
        undone = {"undone_at": now(), "undone_by": by.name}
        connection.execute(update(REPRICING).where(REPRICING.c.id == id).values(**undone))
        audit.note(connection, by.name, "repricing.undo", f"repricing:{id}", after={"attempts": len(rows)})
    return len(rows)


def _one_at_a_time(connection: Connection, id: int) -> None:
    """Hold the correction's row, if it can still be undone."""
    wanted = select(REPRICING.c.undone_at).where(REPRICING.c.id == id)
    row = connection.execute(wanted.with_for_update() if connection.dialect.name == "postgresql" else wanted).first()
    if row is None:
        raise NotFound(f"There is no correction {id}. The page What if lists those there are, under Re-pricing.")
    if row[0] is not None:
        raise Conflict(f"Correction {id} was undone before.")


def _later(id: int) -> Any:
    other = LINE.alias()
    return (
        select(REPRICING.c.id)
        .join(other, other.c.repricing_id == REPRICING.c.id)
        .join(LINE, (LINE.c.attempt_id == other.c.attempt_id) & (LINE.c.repricing_id == id))
        .where(REPRICING.c.id > id, REPRICING.c.undone_at.is_(None))
        .order_by(REPRICING.c.id.desc())
        .limit(1)
    )


# -- writing -----------------------------------------------------------------------------------------

Step = tuple[int, str, Cost, Cost]  # attempt, run, the cost it must have now, the cost it gets

_SET_LEG = (
    update(ATTEMPT)
    .where(
        ATTEMPT.c.id == bindparam("a"),
        ATTEMPT.c.cost_nanousd.is_not_distinct_from(bindparam("was", type_=ATTEMPT.c.cost_nanousd.type)),
        ATTEMPT.c.cost_status == bindparam("was_status"),
    )
    .values(cost_nanousd=bindparam("new_nanousd"), cost_status=bindparam("new_status"), price=bindparam("new_row"))
)
_SET_RUN = (
    update(RUN)
    .where(RUN.c.id == bindparam("r"))
    .values(cost_nanousd=bindparam("new_nanousd"), cost_status=bindparam("new_status"))
)


def _write(connection: Connection, steps: Sequence[Step]) -> list[Moved]:
    """Change attempts and the sums of their runs, and note the runs for adding up. Errors: `Conflict`."""
    by_run: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_run[step[1]].append(step)
    runs, moved = sorted(by_run), []
    for begin in range(0, len(runs), CHUNK):
        some = runs[begin : begin + CHUNK]
        pending.changing(connection, some)
        changes = [_values(step) for run_id in some for step in by_run[run_id]]
        if _ran(connection, _SET_LEG, changes) != len(changes):
            raise Conflict("A call's cost changed meanwhile, so nothing was written. Look again, then repeat this.")
        sums = _sums(connection, some)
        _ran(
            connection,
            _SET_RUN,
            [{"r": r, "new_nanousd": c.nanousd, "new_status": c.status} for r, (c, _, _) in sums.items()],
        )
        for run_id, (_, budgets, at) in sums.items():
            difference = sum((after.nanousd or 0) - (before.nanousd or 0) for _, _, before, after in by_run[run_id])
            moved.append(Moved(budgets, at, difference))
    return moved


def _values(step: Step) -> dict[str, Any]:
    id, _, before, after = step
    was = {"a": id, "was": before.nanousd, "was_status": before.status}
    return was | {"new_nanousd": after.nanousd, "new_status": after.status, "new_row": after.price}


def _ran(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> int:
    return connection.execute(statement, rows).rowcount if rows else 0


def _sums(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[Cost, tuple[str, ...], datetime]]:
    """What these runs cost now, the sum of their legs; on whose budgets they are, and when they began."""
    about = ("user_id", "plan", "feature", "caller", "created_at")
    wanted = (
        select(RUN.c.id, ATTEMPT.c.cost_nanousd, ATTEMPT.c.cost_status, *(RUN.c[name] for name in about))
        .join(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id)
        .where(RUN.c.id.in_(run_ids))
    )
    legs: dict[str, list[Cost]] = defaultdict(list)
    whose: dict[str, tuple[tuple[str, ...], datetime]] = {}
    for run_id, nanousd, status, user_id, plan, feature, caller, at in connection.execute(wanted):
        legs[run_id].append(Cost.model_construct(nanousd=nanousd, status=status, price=None))
        budgets = (subject(user_id), f"plan:{plan}", f"feature:{feature}", f"caller:{caller}", PROJECT)
        whose[run_id] = budgets, at
    return {run_id: (pricing.total(legs[run_id]), *whose[run_id]) for run_id in run_ids}


# -- their parts -------------------------------------------------------------------------------------


def _as_json(asked: Filter) -> dict[str, Any]:
    where = {name: sorted(values, key=str) for name, values in asked.where.items()}
    return {"from": asked.start.isoformat(), "to": asked.end.isoformat(), "where": where}


def _allow(by: Caller) -> None:
    if not by.may("admin"):
        raise Denied("Only admins correct past costs. Ask one of them to do it.")
