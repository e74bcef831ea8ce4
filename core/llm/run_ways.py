"""How runs are found among millions: by seeks for what is rare, along an order's index, or along the whole list.

PostgreSQL chooses the index of a statement by itself; SQLite is told which to use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union,
)

from core.llm import run_terms
from core.llm.run_filter import RunFilter
from core.llm.run_order import Order, Place, Row
from core.llm.run_terms import RUN, Seek, Term
from core.store.models import LISTED

LIST = "ix_ai_run_list"
FEW = 20_000  # up to so many runs, looking each up is faster than walking along the list until a page is full
SOME = {"sqlite": 50_000, "postgresql": FEW}  # and up to so many it is faster than walking along all of it
COLUMNS = ("created_at", "id", *LISTED)
ROW: ColumnElement[int] = literal_column("ai_run.rowid")


@dataclass(frozen=True, slots=True)
class Way:
    """A plan for finding runs: `seeks` into indexes, or None to walk along the whole list; then the `rest` of the conditions.

    `terms` are all conditions. With `in_order` each seek yields its runs in the order of time; otherwise `size` is how many
    runs the seeks find, or for a walk how many would have been few enough.
    """

    terms: Sequence[Term]
    rest: Sequence[Term]
    seeks: Sequence[Seek] | None = None
    in_order: bool = False
    run: FromClause = field(default=RUN)
    size: int = 0


def way(connection: Connection, wanted: RunFilter, *, in_time: bool, few: int) -> Way:
    """The way to the runs of a filter; `in_time` where they are wanted in the order of time.

    Up to `few` runs are looked up one by one.
    """
    terms = run_terms.terms(connection, wanted)
    known = [term for term in terms if term.seeks is not None]
    if in_time and len(terms) == 1 and known and all(seek.ordered for seek in known[0].seeks or ()):
        return Way(terms, terms, known[0].seeks, in_order=True)
    picked, least = None, few
    for term in known:
        if (found := _size(connection, wanted, term, least)) < least:
            picked, least = term, found
    if picked is None:
        return Way(terms, terms, size=few)
    rest = [term for term in terms if term is not picked]
    return Way(terms, rest, picked.seeks, run=RUN.alias("listed"), size=least)


def _size(connection: Connection, wanted: RunFilter, term: Term, most: int) -> int:
    """How many runs the seeks of a term find together, counted up to `most`."""
    found = 0
    for seek in term.seeks or ():
        if found < most:
            found += size(connection, wanted, seek, most - found)
    return found


def size(connection: Connection, wanted: RunFilter, seek: Seek, most: int) -> int:
    """How many runs a seek finds, counted up to `most`."""
    found = hinted(select(literal(1)), RUN, seek.index).where(seek.test(RUN), span(RUN, wanted))
    return length(connection, found, most)


def length(connection: Connection, found: Select[Any], most: int) -> int:
    """How many rows a statement has, up to `most`."""
    return int(connection.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one())


def runs(connection: Connection, chosen: Way, wanted: RunFilter, *columns: Any) -> Select[Any]:
    """The matching runs, not yet ordered."""
    run, tests = chosen.run, [term.test(chosen.run) for term in chosen.rest]
    if chosen.seeks is None:
        return walk(wanted, *columns).where(*tests)
    if not chosen.seeks:
        return select(*columns).select_from(run).where(false())
    if connection.dialect.name != "sqlite":
        any_of = or_(*(seek.test(run) for seek in chosen.seeks))
        return select(*columns).select_from(run).where(any_of, *tests, span(run, wanted))
    found = [by_seek(seek, wanted, *LINE) for seek in chosen.seeks]
    return listed(union(*found) if len(found) > 1 else found[0], run, columns).where(*tests)


def by_seek(seek: Seek, wanted: RunFilter, *columns: Any) -> Select[Any]:
    """The runs of one seek."""
    return hinted(select(*columns), RUN, seek.index).select_from(RUN).where(seek.test(RUN), span(RUN, wanted))


def walk(wanted: RunFilter, *columns: Any) -> Select[Any]:
    """The runs of the whole list."""
    return hinted(select(*columns), RUN, LIST).select_from(RUN).where(span(RUN, wanted))


# What every index of SQLite knows of a run: its time and the row's number, but not its id.
LINE = (RUN.c.created_at.label("at"), ROW.label("number"))


def listed(picked: Any, run: FromClause, columns: Sequence[Any]) -> Select[Any]:
    """On SQLite: the entries in the list's index of rows that are given by `LINE`."""
    found = picked.subquery("picked")
    same = and_(run.c.created_at == found.c.at, literal_column("listed.rowid") == found.c.number)
    return hinted(select(*columns), run, LIST).select_from(found.join(run, same))


def span(run: FromClause, wanted: RunFilter) -> ColumnElement[bool]:
    since = run.c.created_at >= wanted.since if wanted.since else true()
    return and_(since, run.c.created_at < wanted.until if wanted.until else true())


def hinted(wanted: Select[Any], run: FromClause, index: str | None) -> Select[Any]:
    return wanted.with_hint(run, f"INDEXED BY {index}", "sqlite") if index else wanted


def rows(connection: Connection, order: Order, run: FromClause, start: Place | None, found: Select[Any]) -> list[Row]:
    """The lines of a statement that selects `COLUMNS`, from a place on."""
    if start:
        found = found.where(order.beyond(run, start))
    return read(connection, order.sorted(found, run))


def read(connection: Connection, found: Select[Any]) -> list[Row]:
    return [Row(*row) for row in connection.execute(found)]
