"""The shapes of what the dashboard, the terminal and the what-if get to know."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.usage.filters import Value

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

MEASURES = (
    *("runs", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
    *("cost_nanousd", "exact", "estimated", "unknown"),
)


class Percentiles(NamedTuple):
    """Milliseconds below which so many of a hundred lie, within 1 %; None where nothing was measured."""

    p50: int | None = None
    p95: int | None = None
    p99: int | None = None


NOT_MEASURED = Percentiles()


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over runs, or over legs where legs were asked for; `runs` counts them.

    Input includes cached, output includes reasoning. `exact`, `estimated` and `unknown` count the runs by how sure
    their cost is; `cost_nanousd` is what the known ones cost, None when there are only unknown ones.
    """

    runs: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost_nanousd: int | None = 0
    exact: int = 0
    estimated: int = 0
    unknown: int = 0
    latency: Percentiles = NOT_MEASURED
    ttft: Percentiles = NOT_MEASURED

    @property
    def coverage(self) -> float | None:
        """The share of runs whose cost is exact; None without runs."""
        return self.exact / self.runs if self.runs else None

    @property
    def cache_share(self) -> float | None:
        """The share of input tokens that the provider had cached."""
        return self.cached_tokens / self.input_tokens if self.input_tokens else None


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its values, in the order of the dimensions asked for, and its total.

    A time is the local start of its hour (a naive datetime), day, week (Monday) or month (a date).
    """

    values: tuple[Value | date | datetime, ...]
    total: Total


@dataclass(frozen=True, slots=True)
class Series:
    """Measures over time: one row a group, one column a moment.

    `times` are local starts, ascending and without gaps: dates, or naive datetimes by the hour. `groups` are the
    values of the dimension, most expensive first, then most runs; without one, a single None.
    """

    times: tuple[date | datetime, ...]
    groups: tuple[Value, ...]
    sums: dict[str, Ints]  # by measure, [groups × times]; cost_nanousd is a sum over known costs

    def of(self, measure: str) -> Ints:
        """One of `MEASURES`, [groups × times]."""
        return self.sums[measure]

    @property
    def usd(self) -> npt.NDArray[np.float64]:
        """Dollars for drawing, [groups × times]; not a number where there are only runs of unknown cost."""
        known = self.sums["exact"] + self.sums["estimated"]
        dollars = self.sums["cost_nanousd"] / 1e9
        dollars[(known == 0) & (self.sums["unknown"] > 0)] = np.nan
        return dollars


@dataclass(frozen=True, slots=True)
class Speed:
    """Percentiles over time, in milliseconds, not a number where nothing was measured.

    `latency` and `ttft` hold p50, p95 and p99, each [groups × times] as in `Series`.
    """

    times: tuple[date | datetime, ...]
    groups: tuple[Value, ...]
    latency: dict[str, npt.NDArray[np.float64]]
    ttft: dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Heat:
    """Runs by weekday and hour of the zone: [7, Monday first × 24]."""

    runs: Ints


@dataclass(frozen=True, slots=True)
class UserRow:
    """What was spent for one candidate; `user_id` 0 and no name are those that were erased, together.

    `cost_nanousd` is what the runs of known cost did, None when there are none.
    """

    user_id: int
    name: str | None
    runs: int
    cost_nanousd: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why legs did not answer: `legs` of this model ended so, `fallbacks` of their runs were answered by a later leg.

    `total` is what these legs used and cost; its `runs` counts legs.
    """

    error_code: str | None
    status: str
    provider: str
    model: str | None
    legs: int
    fallbacks: int
    total: Total
