"""A forecast says what it cannot know, and the range it states holds the truth about as often as it says."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from core.usage.forecast import FEWEST_DAYS, Forecast, forecast

DOLLAR = 10**9
WEEK = np.array([1.2, 1.2, 1.1, 1.1, 1.0, 0.25, 0.15])  # an office, from Monday on
LAST = date(2026, 11, 30)

Floats = npt.NDArray[np.float64]


def told(past: list[int], *, left: int, so_far: int = 0, budget: int | None = None, hour: int = 0) -> Forecast:
    """The forecast at this hour of the day that is followed by `left` - 1 more of the month, after these whole days."""
    today = LAST - timedelta(days=left - 1)
    at = datetime(today.year, today.month, today.day, hour, tzinfo=UTC)
    return forecast(today - timedelta(days=len(past)), [*past, 0], at=at, so_far=so_far, budget=budget)


def office(first: date, days: int) -> Floats:
    return np.asarray(10 * DOLLAR * WEEK[(np.arange(days) + first.weekday()) % 7], np.float64)


def history(kind: str, first: date, days: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    """What each day cost, as different houses spend."""
    usual = office(first, days)
    match kind:
        case "steady":
            spent = usual * chance.lognormal(-0.02, 0.2, days)
        case "noisy":
            spent = usual * chance.lognormal(-0.18, 0.6, days)
        case "every day alike":
            spent = 10 * DOLLAR * chance.lognormal(-0.045, 0.3, days)
        case "with wild days":
            spent = usual * chance.lognormal(-0.045, 0.3, days) * np.where(chance.random(days) < 0.03, 6, 1)
        case "in spells":
            spell = np.zeros(days)
            for day in range(1, days):
                spell[day] = 0.6 * spell[day - 1] + chance.normal(0, 0.25)
            spent = usual * np.exp(spell)
        case "growing":
            spent = usual * chance.lognormal(-0.045, 0.3, days) * np.exp(0.005 * np.arange(days))
        case _:
            spent = usual * chance.lognormal(-0.045, 0.3, days) * np.exp(np.cumsum(chance.normal(0, 0.03, days)))
    return np.asarray(spent, np.int64)


KINDS = ("steady", "noisy", "every day alike", "with wild days", "in spells", "growing", "drifting")


def test_the_stated_range_holds_the_truth_about_as_often_as_it_says_for_houses_of_every_kind() -> None:
    """Back-tests after two, four and eight weeks; the range says 80 in 100."""
    chance, inside = np.random.default_rng(11), {kind: [] for kind in KINDS}  # type: ignore[var-annotated]
    for days in (14, 28, 60):
        for trial in range(40):
            left = 2 + trial % 20
            first = LAST - timedelta(days=days + left - 1)
            for kind in KINDS:
                spent = history(kind, first, days + left, chance)
                found = told(spent[:days].tolist(), left=left)
                inside[kind].append(found.low[-1] <= spent[days:].sum() <= found.high[-1])
    shares = {kind: float(np.mean(hits)) for kind, hits in inside.items()}
    assert 0.77 <= np.mean(list(shares.values())) <= 0.87, shares
    assert min(shares.values()) >= 0.71 and max(shares.values()) <= 0.94, shares  # 120 tries each: give or take 4


def test_the_run_out_comes_before_the_latest_day_about_as_often_as_it_says() -> None:
    chance, early, late = np.random.default_rng(5), [], []
    for _ in range(120):
        days, left = 56, 20
        first = LAST - timedelta(days=days + left - 1)
        spent = history("steady", first, days + left, chance)
        budget = int(spent[days : days + 9].sum())  # it really runs out on the ninth day
        truth = LAST - timedelta(days=left - 9)
        run_out = told(spent[:days].tolist(), left=left, budget=budget).run_out
        assert run_out and run_out.earliest and run_out.likely
        early.append(truth < run_out.earliest)
        late.append(run_out.latest is not None and truth > run_out.latest)
    assert np.mean(early) <= 0.2 and np.mean(late) <= 0.2


def test_weekends_are_foretold_as_weekends() -> None:
    first = LAST - timedelta(days=56 + 13)
    found = told(office(first, 56).astype(int).tolist(), left=14)
    daily = np.diff([0, *found.likely]) / DOLLAR
    weekday = np.array([day.weekday() for day in found.days])
    assert daily[weekday < 5].min() > 2.5 * daily[weekday >= 5].max()


def test_one_wild_day_moves_the_forecast_little() -> None:
    calm = [10 * DOLLAR] * 40
    wild = [*calm[:-3], 400 * DOLLAR, *calm[-2:]]
    usual, moved = (told(past, left=10).likely[-1] for past in (calm, wild))
    assert usual == pytest.approx(100 * DOLLAR, rel=0.01)
    assert moved == pytest.approx(usual, rel=0.15)


def test_only_what_is_left_of_today_is_still_to_come() -> None:
    ends = [told([10 * DOLLAR] * 30, left=1, so_far=3 * DOLLAR, hour=hour).likely[-1] / DOLLAR for hour in (0, 12, 18)]
    assert ends == pytest.approx([13, 8, 5.5], rel=0.01)


@pytest.mark.parametrize(
    ("past", "history"), [([], 0), ([0] * 30, 0), ([0, 0, 5, 5, 5], 3), ([5] * (FEWEST_DAYS - 1), FEWEST_DAYS - 1)]
)
def test_with_too_few_days_nothing_is_foretold(past: list[int], history: int) -> None:
    found = told(past, left=10, budget=DOLLAR)
    assert (found.known, found.history, found.days, found.run_out) == (False, history, (), None)


RUN_OUTS = {
    "in the middle": (55, 6, 1.0),
    "far beyond the month": (10_000, None, 0.0),
    "tomorrow": (12, 2, 1.0),
}


@pytest.mark.parametrize("what", RUN_OUTS)
def test_a_run_out_is_the_day_on_which_the_budget_is_reached(what: str) -> None:
    budget, day, chance = RUN_OUTS[what]
    run_out = told([10 * DOLLAR] * 30, left=20, budget=budget * DOLLAR).run_out
    expected = None if day is None else LAST - timedelta(days=20 - day)
    assert run_out and (run_out.earliest, run_out.likely, run_out.latest) == (expected,) * 3
    assert run_out.chance == chance


@pytest.mark.parametrize("past", [[], [10 * DOLLAR] * 30])
def test_a_budget_that_is_used_up_runs_out_today_whatever_is_known(past: list[int]) -> None:
    run_out = told(past, left=5, so_far=7, budget=7).run_out
    assert run_out and run_out.likely == LAST - timedelta(days=4)


def test_the_same_history_has_the_same_forecast() -> None:
    past = history("noisy", date(2026, 9, 1), 50, np.random.default_rng(3)).tolist()
    assert told(past, left=9, budget=DOLLAR * 60) == told(past, left=9, budget=DOLLAR * 60)


def test_days_that_do_not_end_today_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="end today"):
        forecast(date(2026, 11, 1), [1, 2], at=datetime(2026, 11, 9, tzinfo=UTC), so_far=0)
