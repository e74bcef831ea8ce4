"""Questions to the figures: sums, series, percentiles, and who and what is behind them."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, get_args

import numpy as np
from sqlalchemy import select

from core.schema import AttemptStatus
from core.store import EVERYONE, Store, User
from core.usage import kept_counts, shapes
from core.usage.blocks import Moved
from core.usage.books import Books, State
from core.usage.figures import Cause, Heat, Row, Series, Speed, Total, UserRow
from core.usage.filters import LEG_DIMENSIONS, RUN_DIMENSIONS, TIMES, Every, Filter, known
from core.usage.kept_counts import Papers
from core.usage.margins import CAUSE
from core.usage.selection import HOURS_A_DAY, Selection

FAILED = tuple(status for status in get_args(AttemptStatus) if status != "ok")

P = ParamSpec("P")
T = TypeVar("T")


def _asked(
    method: "Callable[Concatenate[Questions, State, P], T]",
) -> "Callable[Concatenate[Questions, P], T]":
    """Answer from one state; where a day has changed before it could be read, look at everything once more."""

    @wraps(method)
    def asked(self: "Questions", /, *given: P.args, **named: P.kwargs) -> T:
        state = self._state()
        while True:
            try:
                return method(self, state, *given, **named)
            except Moved:
                state = self._state(moved=True)

    return asked


class Questions:
    """What can be asked.

    A filter or a grouping by a dimension of legs (`LEG_DIMENSIONS`) counts legs, each under its own provider, model,
    cost and outcome; otherwise runs are counted, each whole under its own. Runs under way count, with unknown cost.
    Errors: `Invalid` for a dimension that does not exist, `StorageDown`.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def _state(self, *, moved: bool = False) -> State:
        return self._books.look()

    @_asked
    def totals(self, state: State, filter: Filter) -> Total:
        """The sum of everything in the filter, with its percentiles."""
        return next((row.total for row in self._rows(state, filter, (), percentiles=True)), Total())

    @_asked
    def rows(self, state: State, filter: Filter, by: Sequence[str] = (), *, percentiles: bool = True) -> list[Row]:
        """One row for each combination that occurs of these dimensions and times (`hour`, `day`, `week`, `month`).

        `user` is a dimension here too. Earliest first where there are times, then most expensive, then most runs.
        Without `percentiles` it is faster, unless everything or `model` is asked for.
        """
        return self._rows(state, filter, tuple(by), percentiles=percentiles)

    @_asked
    def series(self, state: State, filter: Filter, by: str | None = None, every: Every = "day") -> Series:
        """All measures over time, by one dimension or in all."""
        dimensions = (by,) if by else ()
        selection = self._selection(state, filter, dimensions, every)
        return shapes.series(selection, dimensions, every)

    @_asked
    def speed(self, state: State, filter: Filter, by: str | None = None, every: Every = "day") -> Speed:
        """Percentiles of latency and of the time to first token over time, in all or by `model`."""
        known(by or "model", ("model",))
        selection = self._selection(state, filter, (), every)
        return shapes.speed(selection, by, every)

    @_asked
    def heat(self, state: State, filter: Filter) -> Heat:
        """Runs by weekday and hour of the filter's zone."""
        table = self._selection(state, filter, ()).hours()
        runs = np.zeros(7 * HOURS_A_DAY, np.int64)
        np.add.at(runs, (table["time"] + 3 * HOURS_A_DAY) % len(runs), table["runs"])  # 1970 began on a Thursday
        return Heat(runs.reshape(7, HOURS_A_DAY))

    @_asked
    def users(self, state: State, filter: Filter, most: int = 10) -> list[UserRow]:
        """The candidates who cost most, then those with most runs."""
        groups = self._selection(state, filter, ()).spent()
        order = shapes.dearest(groups.sums)
        order = order[groups.sums["runs"][order] > 0][:most]
        names = _names(self._books.store, [int(groups.codes[0][at]) for at in order])
        return [shapes.user(groups, at, names) for at in order]

    @_asked
    def causes(self, state: State, filter: Filter, most: int = 20) -> list[Cause]:
        """Why legs failed, were stopped or found nobody, most legs first."""
        failed = filter
        if filter.where and "attempt_status" not in filter.where:  # without a filter the sums are at hand
            failed = filter.narrowed("attempt_status", FAILED)
        selection = self._selection(state, failed, CAUSE)
        return shapes.causes(selection.sums(CAUSE), selection.values(CAUSE))[:most]

    @_asked
    def fallback_share(self, state: State, filter: Filter) -> float | None:
        """Of the runs that were answered, the share that a later leg answered; None when none was answered."""
        rows = {row.values[0]: row.total.runs for row in self._rows(state, filter, ("status",), percentiles=False)}
        answered = rows.get("ok", 0) + rows.get("fallback", 0)
        return rows.get("fallback", 0) / answered if answered else None

    def kept(self, filter: Filter, by: Sequence[str]) -> tuple[Papers, kept_counts.Groups]:
        """What was kept of the runs in the filter by now: of all, and by dimensions of runs."""
        papers = self._books.papers
        return kept_counts.count(papers.look(filter.start), papers.ring, filter, by)

    def values(self, dimension: str) -> list[str | None]:
        """Every value that runs or legs ever had on a dimension, in alphabetical order, None last."""
        kind = "run" if known(dimension, (*RUN_DIMENSIONS, *LEG_DIMENSIONS)) in RUN_DIMENSIONS else "leg"
        self._books.blocks.learn_all(kind)
        found = [value for (value,) in self._books.blocks.rings[kind].values(dimension)]
        return sorted(found, key=lambda value: (value is None, value))

    @_asked
    def first_day(self, state: State) -> date | None:
        """The first UTC day that has a run; None before the first."""
        return self._books.first_day(state)

    # -- their parts -------------------------------------------------------------------------------

    def _selection(
        self, state: State, filter: Filter, dimensions: Sequence[str], every: Every | None = None
    ) -> Selection:
        return Selection(self._books, state, filter, dimensions, every)

    def _rows(self, state: State, filter: Filter, by: tuple[str, ...], *, percentiles: bool) -> list[Row]:
        for dimension in by:
            known(dimension, (*RUN_DIMENSIONS, *LEG_DIMENSIONS, "user", *TIMES))
        dimensions = tuple(name for name in by if name not in TIMES)
        selection = self._selection(state, filter, dimensions, "hour" if "hour" in by else None)
        return shapes.rows(selection, by, percentiles=percentiles)


class Snapshot(Questions):
    """All figures as they stood at one moment, so that those of one page agree with each other."""

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self._standing = books.look()

    def _state(self, *, moved: bool = False) -> State:
        if moved:
            self._standing = self._books.look()
        return self._standing


class Usage(Questions):
    """What all runs of one database used and cost, as it stands at each question; one for the process, from any thread.

    Runs that ended a moment ago are in it. `now` gives a state to ask several questions of.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(Books(store))

    def now(self) -> Snapshot:
        """Everything as it stands now: ask once for all figures of a page."""
        return Snapshot(self._books)


def _names(store: Store, ids: Sequence[int]) -> dict[int, str]:
    with store.reading(EVERYONE) as session:
        return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}
