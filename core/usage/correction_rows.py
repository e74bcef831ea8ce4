"""Writes corrected costs into attempts and into the sums of their runs, and notes these runs for the figures."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from core.access.limits import PROJECT, subject
from core.errors import Conflict
from core.llm import pricing
from core.schema import Cost
from core.usage import pending
from core.usage.budget_corrections import Moved
from core.usage.records import ATTEMPT, RUN

CHUNK = 500  # runs a statement

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


def write(connection: Connection, steps: Sequence[Step]) -> list[Moved]:
    """Change attempts and their runs; returns by how much each run's known cost moved. Errors: `Conflict`."""
    by_run: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_run[step[1]].append(step)
    runs, moved = sorted(by_run), []
    for begin in range(0, len(runs), CHUNK):
        moved += _some(connection, {run_id: by_run[run_id] for run_id in runs[begin : begin + CHUNK]})
    return moved


def _some(connection: Connection, by_run: dict[str, list[Step]]) -> list[Moved]:
    runs = list(by_run)
    pending.changing(connection, runs)
    changes = [_values(step) for steps in by_run.values() for step in steps]
    if connection.execute(_SET_LEG, changes).rowcount != len(changes):
        raise Conflict("A call's cost changed meanwhile, so this part was not written. Look again, then repeat this.")
    sums = _sums(connection, runs)
    whole = [{"r": r, "new_nanousd": c.nanousd, "new_status": c.status} for r, (c, _, _) in sums.items()]
    connection.execute(_SET_RUN, whole)
    return [Moved(budgets, at, _difference(by_run[run_id])) for run_id, (_, budgets, at) in sums.items()]


def _difference(steps: Sequence[Step]) -> int:
    return sum((after.nanousd or 0) - (before.nanousd or 0) for _, _, before, after in steps)


def _values(step: Step) -> dict[str, Any]:
    id, _, before, after = step
    was = {"a": id, "was": before.nanousd, "was_status": before.status}
    return was | {"new_nanousd": after.nanousd, "new_status": after.status, "new_row": after.price}


def _sums(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[Cost, tuple[str, ...], datetime]]:
    """By run: its cost, the sum of its legs; whose budgets it counts towards; and when it began."""
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
