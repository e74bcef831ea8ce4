"""The list of runs: any filter and order over millions of them, page by page, from indexes alone.

A page is found in one of four ways. *Merge*: one condition that indexes know, read in the order of time. *Near*: among
the next runs of the order, where what fits is not rare. *Pick*: the rarest condition's runs, each looked at in the list.
*Walk*: along the whole list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, literal, select

from core.llm import run_near, run_terms, run_ways
from core.llm.run_filter import RunFilter, Sort
from core.llm.run_order import Order, Place, Row, place
from core.llm.run_terms import RUN
from core.llm.run_ways import COLUMNS, Way
from core.store import Job, Store, User

COUNTED = 10_000  # matches are counted up to here; beyond, the page says "more than"
EXAMINED = 100_000  # runs that are looked at to count them
NEAR = (1_000, 10_000)  # how many of the next runs are tried before a slower way
DEAR = 4  # how many runs that are picked cost no more than one of these
PROMISE = 20  # which part of a page a try has to find, so that the next one is worth it


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in their order, and the places from where to go on: `before` the first, `after` the last of them."""

    rows: list[Row]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many runs fit: `number`, or at least so many."""

    number: int
    exact: bool


def page(
    store: Store,
    wanted: RunFilter,
    *,
    sort: Sort = "newest",
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Page:
    """The first runs that fit, those after a place, or those before one. A place of another order begins anew."""
    order = Order(sort, backwards=before is not None)
    start = place(before or after)
    if start and (start.key is None) == order.keyed:
        start, order = None, Order(sort)
    with store.read() as connection:
        found = _find(connection, wanted, order, start, limit + 1)
        rows = found[:limit][::-1] if order.backwards else found[:limit]
        rows = _named(connection, rows)
    more = len(found) > limit
    first, last = (order.place(rows[0]), order.place(rows[-1])) if rows else (None, None)
    if order.backwards:
        return Page(rows, before=first if more else None, after=last)
    return Page(rows, before=first if start else None, after=last if more else None)


def count(store: Store, wanted: RunFilter) -> Count:
    """How many runs fit, as far as that is cheap to say: up to `COUNTED`, or within the newest `EXAMINED`."""
    with store.read() as connection:
        in_time = not wanted.search  # two seeks may find what is searched for
        way = run_ways.way(connection, wanted, in_time=in_time, few=run_ways.FEW)
        if way.in_order:
            return _counted(sum(run_ways.size(connection, wanted, seek, COUNTED + 1) for seek in way.seeks or ()))
        if way.seeks is not None or not way.rest:
            every = run_ways.runs(connection, way, wanted, literal(1))
            return _counted(run_ways.length(connection, every, COUNTED + 1))
        newest = run_ways.walk(wanted, RUN.c.created_at).order_by(RUN.c.created_at.desc(), RUN.c.id.desc())
        last = connection.execute(newest.limit(1).offset(EXAMINED - 1)).scalar()
        fits = case((and_(*(term.test(RUN) for term in way.rest)), 1))
        seen = run_ways.walk(wanted.only(since=last) if last else wanted, func.count(), func.count(fits))
        examined, fit = connection.execute(seen).one()
    return Count(min(fit, COUNTED), exact=examined < EXAMINED and fit <= COUNTED)


def values(store: Store, column: str) -> list[str]:
    """The values that runs have of `provider`, `model`, `prompt`, `caller` or `error_code`, in their order."""
    with store.read() as connection:
        if column == "model":
            return sorted({model for _, model in run_terms.models(connection)})
        return run_terms.values(connection, column)


def named(store: Store, wanted: RunFilter) -> dict[tuple[str, int], str]:
    """What the candidates and jobs of a filter are called, by `user` or `job` and id; those that are gone are absent."""
    with store.read() as connection:
        users = connection.execute(select(literal("user"), User.id, User.name).where(User.id.in_(wanted.user)))
        jobs = connection.execute(select(literal("job"), Job.id, Job.title).where(Job.id.in_(wanted.job)))
        return {(kind, id): name for kind, id, name in (*users, *jobs)}


def statement(
    connection: Connection, wanted: RunFilter, columns: Callable[[FromClause], Sequence[ColumnElement[Any]]]
) -> Select[Any]:
    """All runs that fit, newest first, in one statement; `columns` makes what is selected from the list's columns."""
    way = run_ways.way(connection, wanted, in_time=False, few=run_ways.SOME[connection.dialect.name])
    return Order("newest").sorted(run_ways.runs(connection, way, wanted, *columns(way.run)), way.run)


# -- their parts ----------------------------------------------------------------------------------------


def _counted(number: int) -> Count:
    return Count(min(number, COUNTED), number <= COUNTED)


def _find(connection: Connection, wanted: RunFilter, order: Order, start: Place | None, limit: int) -> list[Row]:
    few = run_ways.SOME[connection.dialect.name] if order.keyed else run_ways.FEW
    way = run_ways.way(connection, wanted, in_time=not order.keyed, few=few)
    for many in _worth(way, order):
        found = run_near.rows(connection, wanted, order, start, way.terms, many=many, limit=limit)
        if len(found) == limit:
            return found
        if len(found) * PROMISE < limit:
            break
    if way.in_order:
        return _merged(connection, way, wanted, order, start, limit)
    every = run_ways.runs(connection, way, wanted, *(way.run.c[name] for name in COLUMNS))
    return run_ways.rows(connection, order, way.run, start, every.limit(limit))


def _worth(way: Way, order: Order) -> Sequence[int]:
    """How many of the next runs are worth trying before the planned way."""
    if way.in_order:
        return NEAR[:1] if len(way.seeks or ()) > 2 else ()
    if way.seeks is None and not order.keyed:
        return ()  # walking along the list reads the next runs anyway
    return [many for many in NEAR if many * DEAR <= way.size]


def _merged(
    connection: Connection, way: Way, wanted: RunFilter, order: Order, start: Place | None, limit: int
) -> list[Row]:
    """The first runs of several seeks, each of which is in the order of time."""
    if connection.dialect.name != "sqlite":  # else it may walk along the list for a value that has become rare
        connection.exec_driver_sql("SET LOCAL enable_indexonlyscan = off")
    columns = [RUN.c[name] for name in COLUMNS]
    found = [
        run_ways.rows(connection, order, RUN, start, run_ways.by_seek(seek, wanted, *columns).limit(limit))
        for seek in way.seeks or ()
    ]
    merged = merge(*found, key=order.value, reverse=order.descends)
    return list(islice({row.id: row for row in merged}.values(), limit))


def _named(connection: Connection, rows: list[Row]) -> list[Row]:
    """The rows with the names of their candidates and the titles of their jobs."""
    users = {row.user_id for row in rows}
    jobs = {row.job_id for row in rows if row.job_id}
    called = connection.execute(select(User.id, User.name).where(User.id.in_(users)))
    names = {row.id: row.name for row in called}
    found = connection.execute(select(Job.id, Job.title, Job.user_id).where(Job.id.in_(jobs)))
    titles = {(id, user_id): title for id, title, user_id in found}
    return [
        replace(row, candidate=names.get(row.user_id, ""), job=titles.get((row.job_id or 0, row.user_id)))
        for row in rows
    ]
