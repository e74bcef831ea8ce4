"""A run as a line of the list, the orders the list comes in, and places in them from which to go on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal, tuple_

from core.llm.run_filter import Sort
from core.llm.run_terms import RUN

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of runs."""

    created_at: datetime
    id: str
    user_id: int
    job_id: int | None
    status: str
    feature: str
    plan: str
    provider: str | None
    model: str | None
    prompt: str
    caller: str
    error_code: str | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_nanousd: int | None
    cost_status: str
    latency_ms: int | None
    ttft_ms: int | None
    candidate: str = ""
    job: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: the values of a row that it comes after, or before. `key` is what is sorted by, beside time."""

    at: datetime
    id: str
    key: int | None = None

    def __str__(self) -> str:
        micros = (self.at - BEGINNING) // timedelta(microseconds=1)
        return f"{'' if self.key is None else self.key}.{micros}.{self.id}"


def place(said: str | None) -> Place | None:
    """A place as it stands in an address; None where it is none."""
    key, _, rest = (said or "").partition(".")
    micros, _, id = rest.partition(".")
    try:
        at = BEGINNING + timedelta(microseconds=int(micros))
        number = int(key) if key else None
    except (ValueError, OverflowError):
        return None
    return Place(at, id[:64], number) if abs(number or 0) < 2**63 and id.isprintable() else None


def place_of(moment: datetime) -> str:
    """The place to begin at with runs up to that moment, newest first."""
    return str(Place(moment, ""))


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the list. `backwards` is the way from a page to the one before it."""

    sort: Sort
    backwards: bool = False

    @property
    def keyed(self) -> bool:
        return self.sort not in ("newest", "oldest")

    @property
    def descends(self) -> bool:
        return (self.sort == "oldest") == self.backwards

    def columns(self, run: FromClause) -> list[ColumnElement[Any]]:
        keys: dict[Sort, ColumnElement[Any]] = {
            "cost": func.coalesce(run.c.cost_nanousd, -1),
            "latency": func.coalesce(run.c.latency_ms, -1),
            "tokens": run.c.input_tokens + run.c.output_tokens,
        }
        return [*([keys[self.sort]] if self.keyed else []), run.c.created_at, run.c.id]

    def sorted(self, wanted: Select[Any], run: FromClause) -> Select[Any]:
        return self.sorted_by(wanted, *self.columns(run))

    def sorted_by(self, wanted: Select[Any], *columns: ColumnElement[Any]) -> Select[Any]:
        return wanted.order_by(*(column.desc() if self.descends else column.asc() for column in columns))

    def beyond(self, run: FromClause, start: Place) -> ColumnElement[bool]:
        columns = self.columns(run)
        given: list[Any] = [literal(start.at, RUN.c.created_at.type), literal(start.id)]
        if self.keyed:
            given.insert(0, literal(start.key, RUN.c.cost_nanousd.type))
        ours, theirs = tuple_(*columns), tuple_(*given)
        return ours < theirs if self.descends else ours > theirs

    def value(self, row: Row) -> tuple[Any, ...]:
        keys = {
            "cost": -1 if row.cost_nanousd is None else row.cost_nanousd,
            "latency": -1 if row.latency_ms is None else row.latency_ms,
            "tokens": row.input_tokens + row.output_tokens,
        }
        return (keys.get(self.sort), row.created_at, row.id) if self.keyed else (row.created_at, row.id)

    def place(self, row: Row) -> str:
        return str(Place(row.created_at, row.id, self.value(row)[0] if self.keyed else None))
