"""The ledger: what each limit has used and holds, changed only by conditional statements inside the run's own transactions.

A run reserves what it may need when it opens, takes more before a leg that needs more, and gives back what it did not use when it is
settled (`settlement`). Its row in `reservation` is what makes that happen once, whoever does it. What it holds of dollars it holds of
each budget that applies to it: the candidate's, the project's, and those of its plan, feature and caller where there are.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Table, bindparam, select, text, update

from core.access.limits import PROJECT, WINDOW, Limit, Limits
from core.errors import LimitReached
from core.store import Ledger
from core.store.columns import UtcTime
from core.store.statement import Statement

LEDGER: Table = Ledger.__table__  # type: ignore[assignment]

Key = tuple[str, str, str]  # subject, measure, period


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger as it stands."""

    used: int = 0
    reserved: int = 0
    started_at: datetime | None = None

    @property
    def taken(self) -> int:
        return self.used + self.reserved


@dataclass(slots=True)
class Claim:
    """What a run asks of its limits; once it is open, what it holds.

    `whole` turns false when it opened without the dollars it asked for; `skipped` says which legs it could not afford.
    """

    limits: Limits
    at: datetime
    tokens: int = 0
    nanousd: int = 0
    whole: bool = True
    skipped: list[str] = field(default_factory=list)

    def without_dollars(self) -> None:
        """It was opened without the dollars it asked for."""
        self.nanousd, self.whole = 0, False


# -- reading ---------------------------------------------------------------------------------------


def budgets(connection: Connection, limits: Limits) -> tuple[Line, ...]:
    """The dollars of this month on each of the `budgets` of the limits: the candidate's first, the project's last."""
    asked = {"own": limits.dollars.subject, "project": PROJECT, "month": limits.dollars.period}
    asked |= {f"also{i}": one.subject for i, one in enumerate(limits.also)}
    found = {row[0]: Line(row[1], row[2]) for row in _budgets(len(limits.also)).rows(connection, asked)}
    return tuple([found.get(one.subject, Line()) for one in limits.budgets])


@lru_cache
def _budgets(also: int) -> Statement:
    """The one statement for the candidate's line, the project's and so many more."""
    subjects = ", ".join([":own", ":project", *(f":also{i}" for i in range(also))])
    these = f"subject IN ({subjects}) AND measure = 'nanousd' AND period = :month"
    return Statement(text(f"SELECT subject, used, reserved FROM ledger WHERE {these}"))


def lines(connection: Connection, limits: Limits, at: datetime) -> tuple[Line, Line, Line, Line]:
    """All four lines; a minute that is over counts for nothing, nor one that a clock set back has put far ahead."""
    found = _lines(connection, {one.subject for one in limits}, {one.period for one in limits})
    runs, tokens, own, project = (found.get(_key(one), Line()) for one in limits)
    if runs.started_at is None or not at - WINDOW < runs.started_at <= at + WINDOW:
        runs = Line()
    return runs, tokens, own, project


def dollars(connection: Connection, subjects: Sequence[str], month: str) -> list[Line]:
    """The dollars of each of these subjects in a month."""
    found = _lines(connection, subjects, (month,))
    return [found.get((one, "nanousd", month), Line()) for one in subjects]


def _lines(connection: Connection, subjects: Iterable[str], periods: Iterable[str]) -> dict[Key, Line]:
    wanted = select(LEDGER).where(LEDGER.c.subject.in_(subjects), LEDGER.c.period.in_(periods))
    return {
        (row.subject, row.measure, row.period): Line(row.used, row.reserved, row.started_at)
        for row in connection.execute(wanted)
    }


# -- taking ----------------------------------------------------------------------------------------


def claim(connection: Connection, claim: Claim, run_id: str) -> bool:
    """Count the run and reserve what it asks, all or nothing, and note what it holds.

    Where only budgets that step down fall short it goes on without dollars, which False says: its legs then ask one by
    one. The claim is told by `without_dollars` once this is committed. Errors: `LimitReached`, after which the caller
    must not commit.
    """
    limits = claim.limits
    asked = [(limits.runs, 1)]
    if claim.tokens:
        asked.append((limits.tokens, claim.tokens))
    asked += [(one, claim.nanousd) for one in limits.budgets if claim.nanousd or one.refuses]
    if short := _take(connection, asked, claim.at):
        if refusing := next(((one, need) for one, need in short if one.refuses), None):
            raise _reached(connection, claim, *refusing)
        _give_back(connection, [one for one in asked if one[0] in limits.budgets and one not in short])
    nanousd = 0 if short else claim.nanousd
    if claim.tokens or nanousd:
        _hold(connection, limits, run_id, claim.tokens, nanousd)
    return not short


def more(connection: Connection, claim: Claim, run_id: str, *, tokens: int, nanousd: int) -> None:
    """Reserve so much more for a run that is under way, all or nothing.

    Errors: `LimitReached`, from budgets that step down too; the caller must not commit then.
    """
    limits = claim.limits
    asked = [(limits.tokens, tokens)] if tokens else []
    asked += [(one, nanousd) for one in limits.budgets if nanousd]
    _hold(connection, limits, run_id, tokens, nanousd)  # before its lines, as `forfeit` does
    if short := _take(connection, asked, claim.at):
        raise _reached(connection, claim, *short[0])


_HOLD = Statement(
    text("""
    INSERT INTO reservation (run_id, subject, tokens, nanousd, day, month, also)
    VALUES (:run_id, :subject, :tokens, :nanousd, :day, :month, :also)
    ON CONFLICT (run_id) DO UPDATE SET
        tokens = reservation.tokens + excluded.tokens, nanousd = reservation.nanousd + excluded.nanousd""")
)


def _hold(connection: Connection, limits: Limits, run_id: str, tokens: int, nanousd: int) -> None:
    _HOLD.run(connection, where(limits) | {"run_id": run_id, "tokens": tokens, "nanousd": nanousd})


def where(limits: Limits) -> dict[str, str | None]:
    """Whose lines a run holds, and of which day and month."""
    also = json.dumps([one.subject for one in limits.also]) if limits.also else None
    periods = {"day": limits.tokens.period, "month": limits.dollars.period}
    return {"subject": limits.runs.subject, **periods, "also": also}


def _reached(connection: Connection, claim: Claim, limit: Limit, need: int) -> LimitReached:
    line = _lines(connection, (limit.subject,), (limit.period,)).get(_key(limit), Line())
    left = max(0, limit.most - line.taken)
    return limit.reached(need=need, left=left, at=claim.at, started_at=line.started_at)


Asked = tuple[Limit, int]

# A minute that has passed, or one that begins far ahead because the clock was set back since.
OVER = "(ledger.started_at <= :cutoff OR ledger.started_at > :ahead)"


def _take(connection: Connection, asked: Sequence[Asked], at: datetime) -> list[Asked]:
    """Take each amount whose limit has room for it, in one statement; returns those that had none.

    Whoever asks takes the lines in the order of `Limits`, so that two never wait for each other.
    """
    # A new line has no condition, so what never fits must not come so far.
    possible = [(limit, need) for limit, need in asked if limit.most and need <= limit.most]
    values: dict[str, object] = {"cutoff": at - WINDOW, "ahead": at + WINDOW}
    for i, (limit, need) in enumerate(possible):
        counted = limit.measure == "runs"
        values |= {f"s{i}": limit.subject, f"m{i}": limit.measure, f"p{i}": limit.period}
        values[f"room{i}"] = limit.most - max(1, need)  # at its end a limit is closed to what needs nothing, too
        values |= {f"u{i}": need if counted else 0, f"r{i}": 0 if counted else need, f"t{i}": at if counted else None}
    taken = set(_taking(len(possible)).rows(connection, values)) if possible else set()
    return [(limit, need) for limit, need in asked if (limit.subject, limit.measure) not in taken]


@lru_cache
def _taking(count: int) -> Statement:
    """The one conditional statement; `ledger` is the line as it stands, `excluded` what is asked of it."""
    rows = ", ".join(f"(:s{i}, :m{i}, :p{i}, :u{i}, :r{i}, :t{i})" for i in range(count))
    room = " ".join(f"WHEN ledger.subject = :s{i} AND ledger.measure = :m{i} THEN :room{i}" for i in range(count))
    statement = f"""
        INSERT INTO ledger (subject, measure, period, used, reserved, started_at) VALUES {rows}
        ON CONFLICT (subject, measure, period) DO UPDATE SET
            used = CASE WHEN {OVER} THEN 0 ELSE ledger.used END + excluded.used,
            reserved = ledger.reserved + excluded.reserved,
            started_at = CASE WHEN {OVER} THEN excluded.started_at ELSE ledger.started_at END
        WHERE {OVER} OR ledger.used + ledger.reserved <= CASE {room} END
        RETURNING subject, measure"""
    times = [bindparam(name, type_=UtcTime()) for name in ("cutoff", "ahead", *(f"t{i}" for i in range(count)))]
    return Statement(text(statement).bindparams(*times))


def _give_back(connection: Connection, taken: Sequence[Asked]) -> None:
    for limit, amount in taken:
        line = update(LEDGER).filter_by(subject=limit.subject, measure=limit.measure, period=limit.period)
        connection.execute(line.values(reserved=LEDGER.c.reserved - amount))


def _key(limit: Limit) -> Key:
    return limit.subject, limit.measure, limit.period
