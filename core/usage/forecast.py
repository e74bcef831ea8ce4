"""The forecast of a month from the days before: what will be spent, and when a budget runs out.

The usual day is a weighted mean of the last eight weeks, newer days weighing more and outliers capped, times a factor for
each weekday. The rest of the month is simulated many times by a block bootstrap: ratios of past days to what was expected
of them are drawn in runs of consecutive days, so that busy spells stay together. How wide the range is was calibrated on
simulated projects of seven kinds (tests/usage/test_forecast.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST_DAYS = 7  # whole days since the first spend, below which nothing can be said
LOOKED_BACK = 56
HALF_LIFE = 10.0  # days after which a day weighs half
TRIED_FROM = 28  # days from which on forecasts of the past say how good they are
PATHS = 2_000
RANGE = (0.1, 0.9)  # 80 of 100 outcomes lie between
SPELLS = 7  # how many runs of consecutive days the past is divided into
PULL = 3  # each weekday's factor is shrunk towards that of working days, or weekends, as if by so many days
WIDER = 1.28  # a few weeks show too little variation: without it the range held 60 to 75 of 100 outcomes, not 80
FAR = 4.0  # robust standard deviations beyond which a day is an outlier
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class RunOut:
    """The days on which a budget may run out: of 100 outcomes 10 run out by `earliest`, 50 by `likely`, 90 by `latest`.

    None where that lies beyond the month. `chance` is the share of outcomes that run out in it.
    """

    chance: float
    earliest: date | None = None
    likely: date | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will have been spent at the end of each of `days`, from today to the last of the month, in nano-dollars.

    80 of 100 outcomes lie between `low` and `high`. Where too few days are known, `known` is false, the rest is empty
    and `history` says how many whole days there were. `run_out` is None without a budget.
    """

    known: bool
    history: int
    days: tuple[date, ...] = ()
    low: tuple[int, ...] = ()
    likely: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    run_out: RunOut | None = None


def forecast(
    first: date, spent: Sequence[int], *, at: datetime, so_far: int, budget: int | None = None, seed: int = 1
) -> Forecast:
    """The month of `at` (UTC): `spent` is what each day from `first` on cost, today's part included as its last.

    `so_far` is what counts of this month by now, in nano-dollars, as `spent` and `budget` are. The same input gives the
    same forecast. Errors: `ValueError` where `spent` does not end today.
    """
    now = at.astimezone(UTC)
    today = now.date()
    if first + timedelta(days=len(spent) - 1) != today:
        raise ValueError("the days do not end today")
    past = _known(np.asarray(spent[:-1], np.float64))
    if budget is not None and so_far >= budget:
        return Forecast(True, len(past), run_out=RunOut(1.0, today, today, today))
    if len(past) < FEWEST_DAYS:
        return Forecast(False, len(past))
    days = _to_month_end(today)
    elapsed = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / DAY_S
    paths = _paths(past, today, len(days), np.random.default_rng(seed))
    paths[:, 0] *= 1 - elapsed
    totals = so_far + paths.cumsum(axis=1)
    low, likely, high = (tuple(map(int, line)) for line in np.quantile(totals, (RANGE[0], 0.5, RANGE[1]), axis=0))
    return Forecast(
        True, len(past), days, low, likely, high, None if budget is None else _run_out(days, totals, budget)
    )


def _known(past: Floats) -> Floats:
    """The days that count: at most eight weeks, none before the first spend."""
    spending = np.flatnonzero(past)
    return past[max(spending[0], len(past) - LOOKED_BACK) :] if len(spending) else past[:0]


def _to_month_end(today: date) -> tuple[date, ...]:
    after = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return tuple(today + timedelta(days=ahead) for ahead in range((after - today).days))


# -- the usual day -----------------------------------------------------------------------------------------


def _paths(past: Floats, today: date, ahead: int, chance: np.random.Generator) -> Floats:
    """What each of the days ahead may cost, [paths × days]."""
    weekday = (np.arange(len(past)) + (today - timedelta(days=len(past))).weekday()) % 7
    tamed, wilder = _tamed(past, weekday, FAR), _tamed(past, weekday, 3 * FAR)
    shape = _shape(tamed, weekday)
    expected = shape[weekday]
    level = _level(tamed, expected) or 1.0
    leaning, missed_by = _missed(tamed, expected, ahead)
    drawn = _draws(tamed / level, wilder / level, expected, ahead, chance) * _ahead(shape, today, ahead)
    return level * (1 + leaning) * _widened(drawn, missed_by)


def _tamed(past: Floats, weekday: npt.NDArray[np.int64], far: float) -> Floats:
    """The days with outliers capped, for working days and weekends apart."""
    tamed = past.copy()
    for kind in (weekday < 5, weekday >= 5):
        some = past[kind]
        if len(some) >= 4:
            middle = float(np.median(some))
            spread = max(1.4826 * float(np.median(np.abs(some - middle))), 0.1 * middle)
            tamed[kind] = np.minimum(some, middle + far * spread) if spread else some
    return tamed


def _shape(past: Floats, weekday: npt.NDArray[np.int64]) -> Floats:
    """The factor of each weekday, shrunk towards that of its kind while there are few weeks. The mean is 1."""
    usual = float(past.mean())
    if len(past) < 14 or not usual:
        return np.ones(7)
    weekend = (np.arange(7) >= 5).astype(np.int64)
    kinds = _shares(weekend[weekday], past / usual, np.ones(2), 1)
    shape = _shares(weekday, past / usual, kinds[weekend], PULL)
    return np.asarray(shape / shape.mean(), np.float64)


def _shares(of: npt.NDArray[np.int64], days: Floats, towards: Floats, pull: float) -> Floats:
    """The mean of each group of days, shrunk towards a given value as if by `pull` days of it."""
    counts = np.bincount(of, minlength=len(towards))
    return np.asarray((np.bincount(of, days, minlength=len(towards)) + pull * towards) / (counts + pull), np.float64)


def _ahead(shape: Floats, today: date, ahead: int) -> Floats:
    return shape[(np.arange(ahead) + today.weekday()) % 7]


def _level(past: Floats, expected: Floats) -> float:
    """The usual day, from past days and the weekday factors expected of them."""
    weights = _weights(len(past))
    return float((past * weights).sum() / (expected * weights).sum())


def _weights(days: int) -> Floats:
    """How much each day says about the days to come."""
    return np.asarray(0.5 ** (np.arange(days)[::-1] / HALF_LIFE), np.float64)


# -- what may come -----------------------------------------------------------------------------------------


def _draws(past: Floats, wilder: Floats, expected: Floats, ahead: int, chance: np.random.Generator) -> Floats:
    """Each day ahead as a ratio to what is expected of it, [paths × days]: days and the level are both resampled."""
    known, weights = len(past), _weights(len(past))
    again = _spells(known, known, chance)
    levels = (past[again] * weights).sum(axis=1) / (expected[again] * weights).sum(axis=1)
    fitted = 1 + 6 * known / (known + 7)  # the level and the weekdays were fitted to these very days
    wider = np.sqrt(known / max(known - fitted, 1))
    levels = np.maximum(1 + wider * (levels - levels.mean()), 0.05)
    beside = wilder / expected
    beside *= (
        wilder.sum() / expected.sum() / max(float(beside.mean()), 1e-9) / max(float(past.sum() / expected.sum()), 1e-9)
    )
    middle = float(beside.mean())
    days = np.maximum(middle + wider * (beside - middle), 0)
    return np.asarray(levels[:, None] * days[_spells(known, ahead, chance)], np.float64)


def _spells(known: int, wanted: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    """Indexes of known days, [paths × wanted], in runs of consecutive days that wrap around at the end."""
    length = max(1, known // SPELLS)
    begins = chance.integers(0, known, (PATHS, -(-wanted // length), 1))
    places = (begins + np.arange(length)) % known
    return np.asarray(places.reshape(PATHS, -1)[:, :wanted], np.int64)


def _missed(past: Floats, expected: Floats, ahead: int) -> tuple[float, float]:
    """The bias and the spread around it of such forecasts made on past days, as shares; both 0 where none can be tried.

    The bias is shrunk: it counts as far as it stands out from the errors.
    """
    ahead = min(ahead, len(past) // 3)
    tried = range(len(past) // 3, len(past) - ahead + 1) if len(past) >= TRIED_FROM else range(0)
    missed = [
        past[end : end + ahead].sum() / expected[end : end + ahead].sum() / level - 1
        for end in tried
        if (level := _level(past[:end], expected[:end]))
    ]
    if not missed:
        return 0.0, 0.0
    side, square = float(np.mean(missed)), float(np.mean(np.square(missed)))
    leaning = side * side**2 / square if square else 0.0
    return leaning, float(np.sqrt(np.mean(np.square(np.array(missed) - leaning))))


def _widened(drawn: Floats, missed_by: float) -> Floats:
    """The paths with their spread multiplied by `WIDER`, and widened to `missed_by` where past errors were larger."""
    sums = drawn.sum(axis=1)
    middle = float(sums.mean())
    spread = float(sums.std()) / middle if middle else 0.0
    if not spread:
        return drawn
    wanted = middle + (sums - middle) * WIDER * max(missed_by, spread) / spread
    return np.asarray(drawn * np.maximum(wanted / np.maximum(sums, 1e-9), 0.05)[:, None], np.float64)


def _run_out(days: tuple[date, ...], totals: Floats, budget: int) -> RunOut:
    gone = (totals >= budget).mean(axis=0)  # it only grows from day to day
    by = [next((day for day, share in zip(days, gone, strict=True) if share >= part), None) for part in (0.1, 0.5, 0.9)]
    return RunOut(float(gone[-1]), *by)
