"""Erasing a candidate with all that is theirs, for good; what their runs cost stays in the figures, as nobody's.

Runs go part by part, so that others can write in between: who is stopped half-way erases again and it goes on. All
else goes in one transaction at the end, with the candidate. A run of theirs that is under way is stopped by the process
that holds it, once it finds that its row is gone; what it used by then is nobody's too.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.orm import Session

from core.access.limits import NOBODY, subject
from core.errors import Denied, NotFound
from core.schema import Caller
from core.store import (
    AiAttempt,
    AiMemory,
    AiRun,
    ApiToken,
    AuditEvent,
    Document,
    Job,
    Ledger,
    Repricing,
    RepricingLine,
    Reservation,
    ResumeVersion,
    Store,
    User,
    scrub,
)
from core.usage import audit, fold, pending

Progress = Callable[[int, float], None]  # runs so far, and which share of all

MAY_BE_LEFT = (
    "The database's file is large or in use, so traces of deleted text that no page shows may still be in it: "
    "run `python -m core db scrub` at a quiet time."
)
ACTION = "user.erase"
AT_ONCE = 500  # runs a transaction
PAUSE_S = 0.02  # between two, for those who wait to write

USER: Table = User.__table__  # type: ignore[assignment]
RUN: Table = AiRun.__table__  # type: ignore[assignment]
ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]
LEDGER: Table = Ledger.__table__  # type: ignore[assignment]
RESERVATION: Table = Reservation.__table__  # type: ignore[assignment]
EVENT: Table = AuditEvent.__table__  # type: ignore[assignment]
LINE: Table = RepricingLine.__table__  # type: ignore[assignment]
COUNTED: Mapping[str, Table] = {
    name: model.__table__  # type: ignore[misc]
    for name, model in (
        ("job", Job),
        ("resume version", ResumeVersion),
        ("document", Document),
        ("note", AiMemory),
        ("run", AiRun),
        ("token", ApiToken),
    )
}


@dataclass(frozen=True, slots=True)
class Belongings:
    """Who a candidate is, and how many of each kind of thing are theirs."""

    user_id: int
    name: str
    counts: Mapping[str, int]

    def is_meant(self, typed: str) -> bool:
        """Whether somebody who typed this means this candidate: by name, or by id."""
        return " ".join(typed.split()).casefold() in (" ".join(self.name.split()).casefold(), str(self.user_id))

    def __str__(self) -> str:
        """`2 jobs, 1 resume version, …`, what there is none of left out."""
        told = [f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in self.counts.items() if count]
        return ", ".join(told) or "no papers and no runs"


def belongings(store: Store, user_id: int) -> Belongings:
    """What erasing would take. Errors: `NotFound`."""
    with store.read() as connection:
        return _belongings(connection, user_id)


def erase(store: Store, user_id: int, by: Caller, *, exports: Path, progress: Progress | None = None) -> bool:
    """Erase a candidate, then `clean`, whose result is returned. Errors: `Denied`, `NotFound`."""
    if not by.may("admin"):
        raise Denied("Only admins erase candidates. Ask one of them to do it.")
    found = belongings(store, user_id)
    _begin(store, found, by)
    gone = 0
    while gone < found.counts["run"] - AT_ONCE:
        with store.write() as connection:
            gone += len(some := _erase_runs(connection, user_id, most=AT_ONCE))
        if not some:
            break
        if progress:
            progress(gone, gone / found.counts["run"])
        time.sleep(PAUSE_S)
    _finish(store, found, by)
    if progress:
        progress(found.counts["run"], 1.0)
    return clean(store, exports)


def clean(store: Store, exports: Path) -> bool:
    """Leave nothing of who was erased beside the tables; False where the database's files may still hold some of it.

    That is where they are large or in use: `scrub` does it at another time. The files of `exports`, of which any may
    name the candidate, are removed, all of them: they are made anew in a moment.
    """
    fold.fold_all(store)  # until then the notes of these runs hold whose they were
    for file in exports.glob("*"):
        file.unlink(missing_ok=True)
    if scrub.is_large(store):
        scrub.empty_log(store)
        return False
    return scrub.scrub(store)


def any_erased(session: Session) -> bool:
    """Whether there ever was a candidate who was erased."""
    return session.scalar(select(EVENT.c.id).where(EVENT.c.action == ACTION).limit(1)) is not None


def unused_id(session: Session) -> int | None:
    """A number that no candidate ever had; None where the database sees to that itself, as SQLite does not."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    gone = session.scalars(select(EVENT.c.subject).where(EVENT.c.action == ACTION))
    ids = [int(one.partition(":")[2]) for one in gone]
    return max([session.scalar(select(func.max(USER.c.id))) or 0, *ids]) + 1


def _belongings(connection: Connection, user_id: int) -> Belongings:
    name = connection.execute(select(USER.c.name).where(USER.c.id == user_id)).scalar()
    if name is None:
        raise NotFound(f"There is no candidate {user_id}. Nothing was erased.")
    counts = {
        kind: connection.execute(select(func.count()).where(table.c.user_id == user_id)).scalar_one()
        for kind, table in COUNTED.items()
    }
    return Belongings(user_id, name, counts)


def _begin(store: Store, found: Belongings, by: Caller) -> None:
    """Revoke what is bound to the candidate. Where it will take several parts, what is to go is written down first."""
    with store.write() as connection:
        connection.execute(delete(COUNTED["token"]).where(COUNTED["token"].c.user_id == found.user_id))
        if found.counts["run"] > AT_ONCE:
            audit.note(connection, by.name, f"{ACTION}.begin", subject(found.user_id), before=found.counts)


def _finish(store: Store, found: Belongings, by: Caller) -> None:
    """The rest of the runs, the candidate with every paper, and the lines of their limits. Errors: `NotFound`."""
    whose = subject(found.user_id)
    with store.write() as connection:
        _erase_runs(connection, found.user_id)
        if not connection.execute(delete(USER).where(USER.c.id == found.user_id)).rowcount:
            raise NotFound(f"Candidate {found.user_id} was erased by somebody else meanwhile.")
        connection.execute(delete(LEDGER).where(LEDGER.c.subject == whose))
        # What a run under way holds of the shared budgets is given back at its end.
        connection.execute(update(RESERVATION).where(RESERVATION.c.subject == whose).values(subject=NOBODY))
        audit.note(connection, by.name, ACTION, whose, before=found.counts)


def _erase_runs(connection: Connection, user_id: int, *, most: int | None = None) -> Sequence[str]:
    """Erase the oldest `most` runs, or all, with their attempts and what corrections noted of those; returns their ids."""
    ids = pending.leaving(connection, user_id, most=most)
    for begin in range(0, len(ids), AT_ONCE):
        these = ids[begin : begin + AT_ONCE]
        legs = connection.execute(select(ATTEMPT.c.id).where(ATTEMPT.c.run_id.in_(these))).scalars().all()
        for (correction,) in connection.execute(select(Repricing.id)).all():  # the key of a line begins with it
            for first in range(0, len(legs), AT_ONCE):
                noted = LINE.c.attempt_id.in_(legs[first : first + AT_ONCE])
                connection.execute(delete(LINE).where(LINE.c.repricing_id == correction, noted))
        connection.execute(delete(RUN).where(RUN.c.id.in_(these)))
    return ids
