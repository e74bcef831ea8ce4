"""Made-up runs of a year: as many as wanted, in the shape of real ones, told apart by their callers `demo:…`."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, delete, func, insert, select

from core.demo import kept
from core.demo.kept import Kept
from core.demo.year import LEG_COLUMNS, PLANS, RUN_COLUMNS, Rows, Year
from core.errors import Conflict
from core.store import AiAttempt, AiRun, Document, DocumentRevision, ResumeVersion, Store, User
from core.store.columns import now
from core.usage import fold

RUN: Table = AiRun.__table__  # type: ignore[assignment]
ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]
USER: Table = User.__table__  # type: ignore[assignment]
DOCUMENT: Table = Document.__table__  # type: ignore[assignment]
REVISION: Table = DocumentRevision.__table__  # type: ignore[assignment]
VERSION: Table = ResumeVersion.__table__  # type: ignore[assignment]

USERS, AT_ONCE = 5_000, 5_000
MARK, PAST_MARK = "demo:", "demo;"  # every name that begins with the first sorts before the second


def make(store: Store, count: int, *, seed: int = 1, sure: bool = False) -> int:
    """Put in so many runs of the last 365 days with what was kept of them, and add them up; returns how many legs they have.

    The same seed on the same day makes the same runs in an empty database, and others beside those.
    Errors: `Conflict` when there are real runs and nobody is `sure`.
    """
    if not sure and _has_real(store):
        raise Conflict(
            "This database holds real runs. Made-up ones would mix with them: set WORKBENCH_DATA_DIR to another "
            "folder, or say --sure. `demo runs --clear` takes them out again."
        )
    chance = np.random.default_rng([seed, _there(store)])
    people = _people(store, min(USERS, max(1, count)))
    legs = 0
    for runs, attempts, papers in _batches(Year(count, people, chance).days()):
        with store.write() as connection:
            _put(connection, RUN.name, RUN_COLUMNS, runs)
            _put(connection, ATTEMPT.name, LEG_COLUMNS, attempts)
            for table, columns, rows in kept.tables(connection, papers):
                _put(connection, table, columns, rows)
        legs += len(attempts)
    fold.rebuild(store)
    return legs


def _batches(days: Iterator[tuple[Rows, Rows, list[Kept]]]) -> Iterator[tuple[Rows, Rows, list[Kept]]]:
    """Days put together until they are worth a transaction."""
    runs, legs, papers = Rows(), Rows(), list[Kept]()
    for some_runs, some_legs, some_papers in days:
        runs, legs, papers = runs + some_runs, legs + some_legs, papers + some_papers
        if len(runs) >= AT_ONCE:
            yield runs, legs, papers
            runs, legs, papers = Rows(), Rows(), []
    if runs:
        yield runs, legs, papers


def clear(store: Store) -> int:
    """Take all made-up runs, what was kept of them and their candidates out again; returns how many runs it was."""
    cleared = 0
    while True:
        with store.write() as connection:
            made_up = select(RUN.c.id).where(RUN.c.caller >= MARK, RUN.c.caller < PAST_MARK)
            some = made_up.order_by(RUN.c.caller, RUN.c.created_at).limit(AT_ONCE).scalar_subquery()
            papers = select(REVISION.c.document_id).where(REVISION.c.source_run_id.in_(some))
            connection.execute(delete(DOCUMENT).where(DOCUMENT.c.id.in_(papers.scalar_subquery())))
            connection.execute(delete(VERSION).where(VERSION.c.source_run_id.in_(some)))
            gone = connection.execute(delete(RUN).where(RUN.c.id.in_(some))).rowcount
        cleared += gone
        if not gone:
            break
    with store.write() as connection:
        lonely = ~select(RUN.c.id).where(RUN.c.user_id == USER.c.id).exists()
        connection.execute(delete(USER).where(_made_up(), lonely))
    fold.rebuild(store)
    return cleared


def _there(store: Store) -> int:
    with store.read() as connection:
        asked = select(func.count()).select_from(RUN).where(RUN.c.caller >= MARK, RUN.c.caller < PAST_MARK)
        return connection.execute(asked).scalar_one()


def _has_real(store: Store) -> bool:
    with store.read() as connection:
        others = (RUN.c.caller < MARK) | (RUN.c.caller >= PAST_MARK)
        return connection.execute(select(RUN.c.id).where(others).limit(1)).first() is not None


def _people(store: Store, many: int) -> list[tuple[int, str]]:
    """The ids and plans of as many made-up candidates; those that are there are used again."""
    asked = select(USER.c.id, USER.c.plan).where(_made_up()).order_by(USER.c.id).limit(many)
    with store.write() as connection:
        missing = many - connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
        if missing > 0:
            rows = [
                {"name": f"Demo candidate {number:04d}", "plan": PLANS[(number % 20 > 11) + (number % 20 > 17)]}
                for number in range(many - missing + 1, many + 1)
            ]
            connection.execute(insert(USER), [row | {"profile": {"demo": "runs"}, "created_at": now()} for row in rows])
        return [(row.id, row.plan) for row in connection.execute(asked)]


def _made_up() -> Any:
    return USER.c.name.like("Demo candidate %") & (USER.c.profile["demo"].as_string() == "runs")


def _put(connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Many rows by the driver's own way: a hundred times faster than one statement each."""
    raw: Any = connection.connection.driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
        return
    with raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
