"""The list of runs: any filter and order over millions of them, page by page, from indexes alone.

A page is found in one of three ways. *Seek*: one condition that an index knows, read in the order of time. *Pick*: the
rarest condition's runs, each looked at in the list. *Walk*: along the list until the page is full. PostgreSQL finds its
way by itself where more than one condition is given; SQLite is told which index to use.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
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
from core.llm.run_filter import RunFilter, Sort
from core.llm.run_order import Order, Place, Row, place
from core.llm.run_terms import RUN, Seek, Term
from core.store import Job, Store, User
from core.store.models import LISTED

LIST = "ix_ai_run_list"
FEW = 20_000  # so many runs are looked at one by one sooner than the list is walked along
COUNTED = 10_000  # matches that are counted; beyond, there are "more"
NEAR = 2_000  # runs that are looked at before many places are
EXAMINED = 100_000  # runs that are looked at to count them
ROW: ColumnElement[int] = literal_column("ai_run.rowid")
COLUMNS = ("created_at", "id", *LISTED)


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
        way = _way(connection, wanted, in_time=not wanted.search)  # what is searched for may be found by two seeks
        if way.in_order:
            return _counted(sum(_size(connection, wanted, seek, COUNTED + 1) for seek in way.seeks or ()))
        if way.seeks is not None or not way.rest:
            return _counted(_length(connection, _select(connection, way, wanted, literal(1))))
        newest = _walk(connection, wanted, *(RUN.c[name] for name in COLUMNS))
        seen = newest.order_by(RUN.c.created_at.desc(), RUN.c.id.desc()).limit(EXAMINED).subquery("seen")
        fits = case((and_(*(term.test(seen) for term in way.rest)), 1))
        examined, fit = connection.execute(select(func.count(), func.count(fits)).select_from(seen)).one()
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
    way = _way(connection, wanted, in_time=False)
    return Order("newest").sorted(_select(connection, way, wanted, *columns(way.run)), way.run)


# -- the way --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """How runs are found: by seeks, all of them in the order of time or not, then by the rest of the conditions."""

    rest: Sequence[Term]
    seeks: Sequence[Seek] | None = None
    in_order: bool = False
    run: FromClause = field(default=RUN)


def _way(connection: Connection, wanted: RunFilter, *, in_time: bool) -> _Way:
    terms = run_terms.terms(connection, wanted)
    known = [term for term in terms if term.seeks is not None]
    if in_time and len(terms) == 1 and known and all(seek.ordered for seek in known[0].seeks or ()):
        return _Way(terms, known[0].seeks, in_order=True)
    sizes = [sum(_size(connection, wanted, seek) for seek in term.seeks or ()) for term in known]
    if min(sizes, default=FEW) >= FEW:
        return _Way(terms)
    picked = known[sizes.index(min(sizes))]
    return _Way([term for term in terms if term is not picked], picked.seeks, run=RUN.alias("listed"))


def _size(connection: Connection, wanted: RunFilter, seek: Seek, most: int = FEW) -> int:
    return _length(
        connection, _hinted(select(literal(1)), RUN, seek.index).where(seek.test(RUN), _span(RUN, wanted)), most
    )


def _length(connection: Connection, wanted: Select[Any], most: int = COUNTED + 1) -> int:
    return int(connection.execute(select(func.count()).select_from(wanted.limit(most).subquery())).scalar_one())


def _counted(number: int) -> Count:
    return Count(min(number, COUNTED), number <= COUNTED)


def _find(connection: Connection, wanted: RunFilter, order: Order, start: Place | None, limit: int) -> list[Row]:
    way = _way(connection, wanted, in_time=not order.keyed)
    if not way.in_order:
        run = way.run
        return _rows(
            connection, order, run, start, limit, _select(connection, way, wanted, *(run.c[n] for n in COLUMNS))
        )
    if len(way.seeks or ()) > 2 and len(near := _near(connection, wanted, order, start, limit, way.rest)) == limit:
        return near
    if connection.dialect.name != "sqlite":  # else it may walk along the list for a value that has become rare
        connection.exec_driver_sql("SET LOCAL enable_indexonlyscan = off")
    found = [
        _rows(connection, order, RUN, start, limit, _seek(connection, seek, wanted, *(RUN.c[name] for name in COLUMNS)))
        for seek in way.seeks or ()
    ]
    merged = merge(*found, key=order.value, reverse=order.descends)
    return list(islice({row.id: row for row in merged}.values(), limit))


def _near(
    connection: Connection, wanted: RunFilter, order: Order, start: Place | None, limit: int, terms: Sequence[Term]
) -> list[Row]:
    """What fits among the next few runs: where it is often so, that is sooner found than by many seeks."""
    next_ones = _walk(connection, wanted, *(RUN.c[name] for name in COLUMNS))
    if start:
        next_ones = next_ones.where(order.beyond(RUN, start))
    near = order.sorted(next_ones, RUN).limit(NEAR).subquery("near")
    fit = select(*(near.c[name] for name in COLUMNS)).where(*(term.test(near) for term in terms))
    return [Row(*row) for row in connection.execute(order.sorted(fit, near).limit(limit))]


def _rows(
    connection: Connection, order: Order, run: FromClause, start: Place | None, limit: int, wanted: Select[Any]
) -> list[Row]:
    if start:
        wanted = wanted.where(order.beyond(run, start))
    return [Row(*row) for row in connection.execute(order.sorted(wanted, run).limit(limit))]


def _select(connection: Connection, way: _Way, wanted: RunFilter, *columns: Any) -> Select[Any]:
    """The runs of a way, in no order yet."""
    run, tests = way.run, [term.test(way.run) for term in way.rest]
    if way.seeks is None:
        return _walk(connection, wanted, *columns).where(*tests)
    if not way.seeks:
        return select(*columns).select_from(run).where(false())
    if connection.dialect.name != "sqlite":
        any_of = or_(*(seek.test(run) for seek in way.seeks))
        return select(*columns).select_from(run).where(any_of, *tests, _span(run, wanted))
    # The row's number stands in every index, its id does not.
    at, number = RUN.c.created_at.label("at"), ROW.label("number")
    found = [_seek(connection, seek, wanted, at, number) for seek in way.seeks]
    picked = (union(*found) if len(found) > 1 else found[0]).subquery("picked")
    same = and_(run.c.created_at == picked.c.at, literal_column("listed.rowid") == picked.c.number)
    return _hinted(select(*columns), run, LIST).select_from(picked.join(run, same)).where(*tests)


def _seek(connection: Connection, seek: Seek, wanted: RunFilter, *columns: Any) -> Select[Any]:
    return _hinted(select(*columns), RUN, seek.index).select_from(RUN).where(seek.test(RUN), _span(RUN, wanted))


def _walk(connection: Connection, wanted: RunFilter, *columns: Any) -> Select[Any]:
    return _hinted(select(*columns), RUN, LIST).select_from(RUN).where(_span(RUN, wanted))


def _span(run: FromClause, wanted: RunFilter) -> ColumnElement[bool]:
    since = run.c.created_at >= wanted.since if wanted.since else true()
    return and_(since, run.c.created_at < wanted.until if wanted.until else true())


def _hinted(wanted: Select[Any], run: FromClause, index: str | None) -> Select[Any]:
    return wanted.with_hint(run, f"INDEXED BY {index}", "sqlite") if index else wanted


def _named(connection: Connection, rows: list[Row]) -> list[Row]:
    """The same with the names of candidates and the titles of jobs."""
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
