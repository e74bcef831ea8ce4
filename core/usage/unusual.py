"""Days that cost far more than is usual for them, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

import numpy as np
import numpy.typing as npt

from core.usage.filters import Filter, Value
from core.usage.queries import Questions

WEEKS = 8
FEWEST_WEEKS = 4  # same weekdays, below which all days of four weeks are the measure
FEWEST_DAYS = 7
FAR = 5.0  # robust deviations
TIMES = 1.5  # how many times the usual it must be
LEAST = 10**9  # nano-dollars of excess nobody needs to hear about below
DIMENSIONS = ("feature", "model", "caller")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Who or what brought a share of the excess. `dimension` is one of the filter's, `user` among them."""

    dimension: str
    value: Value
    share: float


@dataclass(frozen=True, slots=True)
class Unusual:
    """A day far above its usual, in nano-dollars; `weekdays` says whether it was measured by its own weekdays."""

    day: date
    spent: int
    usual: int
    runs: int
    usual_runs: int
    weekdays: bool
    parts: tuple[Part, ...] = ()

    @property
    def more_runs(self) -> float:
        """How much of the rise comes from more runs, the rest from dearer ones: 0 to 1."""
        more = max(0.0, log(max(self.runs, 1) / max(self.usual_runs, 1)))
        each, usual = self.spent / max(self.runs, 1), self.usual / max(self.usual_runs, 1)
        dearer = max(0.0, log(each / usual)) if each > 0 and usual > 0 else 0.0
        return more / (more + dearer) if more + dearer else 1.0


def unusual(figures: Questions, day: date) -> Unusual | None:
    """The day (UTC, perhaps not over yet) if it is far above its usual, without its parts; None where it is not."""
    series = figures.series(Filter.days(day - timedelta(weeks=WEEKS), day), None, "day")
    spent, runs = series.of("cost_nanousd"), series.of("runs")
    if not len(spent):
        return None
    places, weekdays = _compared(runs[0])
    if not places:
        return None
    past = spent[0][places].astype(np.float64)
    usual = float(np.median(past))
    spread = max(1.4826 * float(np.median(np.abs(past - usual))), 0.1 * usual)
    today = int(spent[0][-1])
    if today - usual < max(FAR * spread, (TIMES - 1) * usual, LEAST):
        return None
    return Unusual(day, today, round(usual), int(runs[0][-1]), round(float(np.median(runs[0][places]))), weekdays)


def parts(figures: Questions, found: Unusual) -> tuple[Part, ...]:
    """What brought most of the excess: of each dimension the value that rose most, the largest share first."""
    span = Filter.days(found.day - timedelta(weeks=WEEKS), found.day)
    excess = found.spent - found.usual
    brought = [_risen(figures, span, name, excess) for name in DIMENSIONS]
    brought.append(_candidate(figures, found.day, excess))
    told = [part for part in brought if part and part.share >= 0.5]
    return tuple(sorted(told, key=lambda part: -part.share))


def _compared(runs: Ints) -> tuple[list[int], bool]:
    """The days to measure the last one by, and whether they are its weekdays; none where too few are known."""
    last = len(runs) - 1
    began = int(np.flatnonzero(runs)[0])
    same = [place for place in range(last - 7, -1, -7) if place >= began]
    if len(same) >= FEWEST_WEEKS:
        return same, True
    before = list(range(max(began, last - 28), last))
    return (before, False) if len(before) >= FEWEST_DAYS else ([], False)


def _risen(figures: Questions, span: Filter, dimension: str, excess: int) -> Part | None:
    """The value of this dimension that rose most; None where there is but one."""
    series = figures.series(span, dimension, "day")
    if len(series.groups) < 2:
        return None
    spent = series.of("cost_nanousd")
    places, _ = _compared(series.of("runs").sum(axis=0))
    rise = spent[:, -1] - np.median(spent[:, places], axis=1)
    top = int(np.argmax(rise))
    return Part(dimension, series.groups[top], min(1.0, float(rise[top]) / excess))


def _candidate(figures: Questions, day: date, excess: int) -> Part | None:
    """The candidate who rose most above their mean day of four weeks."""
    today = figures.users(Filter.days(day, day), 3)
    before = Filter.days(day - timedelta(days=28), day - timedelta(days=1))
    best: Part | None = None
    for one in today:
        if one.user_id and one.cost_nanousd:
            usual = (figures.totals(before.narrowed("user", {one.user_id})).cost_nanousd or 0) / 28
            share = min(1.0, (one.cost_nanousd - usual) / excess)
            best = Part("user", one.user_id, share) if best is None or share > best.share else best
    return best


def named(part: Part) -> str:
    """`the feature cover_letter`, `candidate 17`."""
    if part.dimension == "user":
        return f"candidate {part.value}"
    return f"the {part.dimension} {part.value}" if part.value is not None else f"no {part.dimension}"


def listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
