"""A page from the next few runs of an order alone: where matches are common, this is faster than finding all of them first.

By cost, duration and tokens the next runs come from the order's own index, which holds its upper end.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, literal_column, select
from sqlalchemy.types import BigInteger

from core.llm import run_ways
from core.llm.run_filter import RunFilter
from core.llm.run_order import Order, Place, Row
from core.llm.run_terms import RUN, Term
from core.llm.run_ways import COLUMNS, LINE
from core.store.models import ORDERS


def rows(
    connection: Connection,
    wanted: RunFilter,
    order: Order,
    start: Place | None,
    terms: Sequence[Term],
    *,
    many: int,
    limit: int,
) -> list[Row]:
    """The first `limit` matching runs among the next `many` after a place: none where the order's index does not hold these."""
    found = _near(connection, wanted, order, start, terms, many)
    if found is None:
        return []
    if connection.dialect.name == "sqlite" or not order.keyed:
        return run_ways.read(connection, found.limit(limit))
    connection.exec_driver_sql("SET LOCAL enable_sort = off")  # else it may sort all that the order's index holds
    matching = run_ways.read(connection, found.limit(limit))
    connection.exec_driver_sql("SET LOCAL enable_sort = on")
    return matching


def _near(
    connection: Connection, wanted: RunFilter, order: Order, start: Place | None, terms: Sequence[Term], many: int
) -> Select[Any] | None:
    """The matching runs among the next `many` after a place; None where the order's index does not hold these."""
    if not order.keyed:
        next_ones = run_ways.walk(wanted, *(RUN.c[name] for name in COLUMNS))
        if start:
            next_ones = next_ones.where(order.beyond(RUN, start))
        run = order.sorted(next_ones, RUN).limit(many).subquery("near")
        return order.sorted(_fitting(run, wanted, terms), run)
    if start and start.key is not None and start.key < ORDERS[order.sort][1]:
        return None
    if connection.dialect.name == "sqlite":
        return _on_sqlite(wanted, order, start, terms, many)
    return _on_postgresql(wanted, order, start, terms, many)


def _on_postgresql(
    wanted: RunFilter, order: Order, start: Place | None, terms: Sequence[Term], many: int
) -> Select[Any]:
    """PostgreSQL stops reading when the caller's limit is reached."""
    key = _key(order)
    next_ones = select(*(RUN.c[name] for name in COLUMNS), key.label("key")).where(*_from(order, start))
    if start:
        next_ones = next_ones.where(order.beyond(RUN, start))
    run = order.sorted_by(next_ones, key, RUN.c.created_at, RUN.c.id).limit(many).subquery("near")
    return order.sorted_by(_fitting(run, wanted, terms), run.c.key, run.c.created_at, run.c.id)


def _on_sqlite(wanted: RunFilter, order: Order, start: Place | None, terms: Sequence[Term], many: int) -> Select[Any]:
    """All of the next `many`, and all that share the last one's value: the index alone does not order those by time and id."""
    key, index = _key(order), f"ix_ai_run_by_{order.sort}"
    span = _from(order, start)
    last = order.sorted_by(run_ways.hinted(select(key), RUN, index).select_from(RUN).where(*span), key)
    bound = func.coalesce(last.limit(1).offset(many - 1).scalar_subquery(), literal(_end(order)))
    next_ones = run_ways.hinted(select(*LINE), RUN, index).select_from(RUN)
    next_ones = next_ones.where(key >= bound if order.descends else key <= bound, *span)
    run = RUN.alias("listed")
    found = run_ways.listed(next_ones, run, [run.c[name] for name in COLUMNS])
    if start:
        found = found.where(order.beyond(run, start))
    return order.sorted(found.where(*(term.test(run) for term in terms), run_ways.span(run, wanted)), run)


def _fitting(run: Any, wanted: RunFilter, terms: Sequence[Term]) -> Select[Any]:
    columns = (run.c[name] for name in COLUMNS)
    return select(*columns).where(*(term.test(run) for term in terms), run_ways.span(run, wanted))


def _from(order: Order, start: Place | None) -> list[ColumnElement[bool]]:
    """The bound by value, and the condition of the partial index, which stands last: SQLite seeks by the first of several."""
    key, (said, least) = _key(order), ORDERS[order.sort]
    condition: ColumnElement[bool] = literal_column(f"{said} >= {least}")
    if not start:
        return [condition]
    return [key <= start.key if order.descends else key >= start.key, condition]


def _key(order: Order) -> ColumnElement[int]:
    """The order's key, written exactly as in its index."""
    return literal_column(ORDERS[order.sort][0], BigInteger)


def _end(order: Order) -> int:
    return 0 if order.descends else 2**62
