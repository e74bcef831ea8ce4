"""Corrections of past costs: today's prices written into attempts and runs with a reason, and undone.

A small correction is one transaction. A large one is written in parts of some thousand calls, so that runs can be recorded
in between; with each part it records how far it came. One that was stopped can go on from there, or be undone as a whole.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from core.errors import Conflict, Denied, Invalid
from core.schema import Caller, Cost
from core.store import RepricingLine, Store
from core.store.columns import now
from core.usage import audit, budget_corrections, correction_log, correction_rows
from core.usage.correction_log import BUDGETS, REACHED, REPRICING, UNDOING, Applied
from core.usage.filters import QUARTER, Filter
from core.usage.records import ATTEMPT
from core.usage.repricing import Line, Preview, Progress, differing

AT_ONCE = 2_000  # attempts a transaction: SQLite is locked for some tenths of a second
PAUSE_S = 0.05  # between two transactions of an undo, so that others can write
CHUNK = 500  # lines a statement
CHECKED = 0.3  # share of the work that compares the outcome with what was expected

LINE: Table = RepricingLine.__table__  # type: ignore[assignment]


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
    """Write what the preview shows; returns the correction's id.

    `expected` is how many attempts the preview showed and what they come to: another outcome is refused before anything
    is written. The running month's budgets are put right too. Errors: `Denied`, `Invalid`, `Conflict` when something
    changed meanwhile, or another correction is not finished.
    """
    _allow(by)
    if not reason.strip():
        raise Invalid("Say why past costs are corrected, so that others can follow it later.")
    if expected is not None and expected != _outcome(store, asked, _within(progress, 0.0, CHECKED)):
        raise Conflict("Prices or runs have changed since you looked. Look again, then apply.")
    told = _within(progress, CHECKED if expected else 0.0, 1.0)
    id = _write(store, None, differing(store, asked, Preview(), told), asked, by, reason.strip())
    if id is None:
        raise Invalid("Nothing differs from today's prices in this period. There is nothing to apply.")
    return id


def go_on(store: Store, id: int, by: Caller, *, progress: Progress | None = None) -> int:
    """Write the rest of a correction that was stopped; returns its id. Errors: `Denied`, `NotFound`, `Conflict`."""
    _allow(by)
    with store.read() as connection:
        one = correction_log.get(connection, id)
    if not one.unfinished:
        raise Conflict(f"Correction {id} has nothing left to write.")
    asked, after = _rest(one.filter)
    left = (line for line in differing(store, asked, Preview(), progress) if _place(line) > after)
    if _write(store, one, left, asked, by, one.reason) is None:
        with store.write() as connection:
            _finish(connection, _lock_at(connection, id, one.filter[REACHED]), by)
    return id


def _write(
    store: Store, one: Applied | None, lines: Iterable[Line], asked: Filter, by: Caller, reason: str
) -> int | None:
    """Write the lines part by part into `one`, or into a new correction; its id, or None if there were no lines."""
    id, reached = (one.id, one.filter[REACHED]) if one else (None, None)
    written = None
    for some, last in _parts(lines):
        with store.write() as connection:
            id = _begin(connection, asked, by, reason, whole=last) if id is None else id
            reached = _add(connection, _lock_at(connection, id, reached), some, by, last=last)
        written = id
    return written


def _lock_at(connection: Connection, id: int, reached: list[str] | None) -> Applied:
    """Lock the correction, which must have come exactly as far as `reached`. Errors: `Conflict`."""
    one = correction_log.lock(connection, id)
    if not one.unfinished or one.filter[REACHED] != reached:
        raise Conflict(f"Somebody else went on with correction {id}, or undid it. Look at it again.")
    return one


def _outcome(store: Store, asked: Filter, progress: Progress | None) -> tuple[int, int]:
    """How many attempts would change, and the sum of their new costs."""
    count = nanousd = 0
    for one in differing(store, asked, Preview(), progress):
        count, nanousd = count + 1, nanousd + (one.after.nanousd or 0)
    return count, nanousd


def _within(progress: Progress | None, begin: float, end: float) -> Progress | None:
    """The progress of a part of the work as that of the whole."""
    return progress and (lambda calls, share: progress(calls, begin + (end - begin) * share))


def _parts(lines: Iterable[Line]) -> Iterator[tuple[list[Line], bool]]:
    """The lines in parts of about `AT_ONCE`, no run split between two; with whether it is the last part."""
    some: list[Line] = []
    for line in lines:
        if len(some) >= AT_ONCE and line.run_id != some[-1].run_id:
            yield some, False
            some = []
        some.append(line)
    if some:
        yield some, True


def _begin(connection: Connection, asked: Filter, by: Caller, reason: str, *, whole: bool) -> int:
    correction_log.check_no_other_is_unfinished(connection)
    kept = {"at": now(), "who": by.name, "reason": reason, "filter": _as_json(asked) | {REACHED: None}}
    sums = dict.fromkeys(("attempts", "before_nanousd", "after_nanousd"), 0)
    id: int = connection.execute(insert(REPRICING).values(**kept, **sums).returning(REPRICING.c.id)).scalar_one()
    if not whole:
        audit.note(connection, by.name, "repricing.begin", f"repricing:{id}", reason)
    return id


def _add(connection: Connection, one: Applied, lines: Sequence[Line], by: Caller, *, last: bool) -> list[str]:
    """Write one part, and how far the correction has come with it; returns that."""
    rows = [
        {"repricing_id": one.id, "attempt_id": line.attempt_id, "run_id": line.run_id,
         "before": line.before.model_dump(), "after": line.after.model_dump()}
        for line in lines
    ]  # fmt: skip
    for begin in range(0, len(rows), CHUNK):
        connection.execute(insert(LINE), rows[begin : begin + CHUNK])
    moved = correction_rows.write(
        connection, [(line.attempt_id, line.run_id, line.before, line.after) for line in lines]
    )
    reached = list(_place(lines[-1]))
    kept = one.filter | {
        REACHED: reached,
        BUDGETS: _add_postings(one.filter, budget_corrections.post(connection, moved)),
    }
    before, after = sum(line.before.nanousd or 0 for line in lines), sum(line.after.nanousd or 0 for line in lines)
    before, after = one.before_nanousd + before, one.after_nanousd + after
    one = replace(one, filter=kept, lines=one.lines + len(lines), before_nanousd=before, after_nanousd=after)
    sums = {"attempts": one.lines, "before_nanousd": before, "after_nanousd": after}
    correction_log.change(connection, one.id, filter=kept, **sums)
    if last:
        _finish(connection, one, by)
    return reached


def _add_postings(kept: dict[str, Any], posted: dict[str, Any]) -> dict[str, Any]:
    """Add a part's postings to the budgets to those of earlier parts; of a month that has ended since, those are dropped."""
    earlier = kept.get(BUDGETS, {})
    if earlier.get("month") != posted["month"]:
        return posted
    names = {**earlier["posted"], **posted["posted"]}
    return posted | {"posted": {who: earlier["posted"].get(who, 0) + posted["posted"].get(who, 0) for who in names}}


def _finish(connection: Connection, one: Applied, by: Caller) -> None:
    correction_log.change(connection, one.id, filter=_without(one.filter, REACHED))
    told = {"attempts": one.lines}
    audit.note(
        connection, by.name, "repricing.apply", f"repricing:{one.id}", one.reason,
        before=told | {"cost_nanousd": one.before_nanousd}, after=told | {"cost_nanousd": one.after_nanousd},
    )  # fmt: skip


# -- undoing -----------------------------------------------------------------------------------------


def undo(store: Store, id: int, by: Caller, *, progress: Progress | None = None) -> int:
    """Give every attempt of a correction, whole or not, the cost it had; returns how many this call gave back.

    Attempts of candidates that were erased since are gone and left out. Where it was stopped it goes on. Errors:
    `Denied`, `NotFound`, `Conflict` when it was undone before, or a later correction changed some of the same attempts.
    """
    _allow(by)
    count, last = 0, False
    while not last:
        with store.write() as connection:
            one = _lock_undoable(connection, id)
            rows = connection.execute(_lines_after(id, one.filter.get(UNDOING) or 0)).all()
            last = len(rows) < AT_ONCE
            change = [(row[0], row[1], Cost.model_validate(row[3]), Cost.model_validate(row[2])) for row in rows]
            correction_rows.write(connection, change)
            count += len(rows)
            if last:
                _finish_undo(connection, one, by)
            else:
                correction_log.change(connection, id, filter=one.filter | {UNDOING: rows[-1][0]})
        time.sleep(0 if last else PAUSE_S)
        if progress:
            progress(count, 1.0 if last else min(0.99, count / max(one.lines, 1)))
    return count


def _lock_undoable(connection: Connection, id: int) -> Applied:
    """Lock the correction. Errors: `Conflict` if it cannot be undone (any more)."""
    one = correction_log.lock(connection, id)
    if one.undone_at is not None:
        raise Conflict(f"Correction {id} was undone before.")
    if not one.undoing:
        correction_log.check_no_other_is_unfinished(connection, beside=id)
        if (later := connection.execute(_later(id)).scalar()) is not None:
            raise Conflict(f"Correction {later} changed some of the same calls later. Undo that one first.")
    return one


def _finish_undo(connection: Connection, one: Applied, by: Caller) -> None:
    budget_corrections.give_back(connection, one.filter.get(BUDGETS, {}))
    kept = _without(one.filter, REACHED, UNDOING)
    correction_log.change(connection, one.id, undone_at=now(), undone_by=by.name, filter=kept)
    audit.note(connection, by.name, "repricing.undo", f"repricing:{one.id}", after={"attempts": one.lines})


def _lines_after(id: int, attempt_id: int) -> Any:
    return (
        select(LINE.c.attempt_id, LINE.c.run_id, LINE.c.before, LINE.c.after)
        .join(ATTEMPT, ATTEMPT.c.id == LINE.c.attempt_id)
        .where(LINE.c.repricing_id == id, LINE.c.attempt_id > attempt_id)
        .order_by(LINE.c.attempt_id)
        .limit(AT_ONCE)
    )


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


# -- their parts -------------------------------------------------------------------------------------


def _place(line: Line) -> tuple[str, str]:
    """The position of its run in order of time, as it is stored and compared."""
    return line.began.astimezone(UTC).isoformat(timespec="microseconds"), line.run_id


def _rest(kept: dict[str, Any]) -> tuple[Filter, tuple[str, str]]:
    """The part of the stored filter that is not written yet, and the place of the last run that is."""
    start, end = (datetime.fromisoformat(kept[name]) for name in ("from", "to"))
    asked = Filter(start, end, UTC, kept["where"])
    at, run_id = kept[REACHED] or ("", "")
    if not at:
        return asked, ("", "")
    moment = datetime.fromisoformat(at)
    quarter = datetime.fromtimestamp(moment.timestamp() // QUARTER.total_seconds() * QUARTER.total_seconds(), UTC)
    return replace(asked, start=max(asked.start, quarter)), (at, run_id)


def _as_json(asked: Filter) -> dict[str, Any]:
    where = {name: sorted(values, key=str) for name, values in asked.where.items()}
    return {"from": asked.start.isoformat(), "to": asked.end.isoformat(), "where": where}


def _without(kept: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in names}


def _allow(by: Caller) -> None:
    if not by.may("admin"):
        raise Denied("Only admins correct past costs. Ask one of them to do it.")
