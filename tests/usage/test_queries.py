"""What the page shows, beside what a person would count."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.errors import Invalid
from core.store import Store
from core.usage import books, fold, shapes, zones
from core.usage.filters import Every, Filter
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
FIRST, LAST = date(2026, 3, 26), date(2026, 4, 1)


@pytest.fixture
def runs(sqlite_store: Store) -> list[dict[str, Any]]:
    chance = random.Random(11)
    users = [person(sqlite_store, name=name) for name in ("Ada Moreno", "Bo Lindqvist")]
    made = [history.run(chance, chance.choice(users)) for _ in range(300)]
    history.fill(sqlite_store, made)
    fold.fold(sqlite_store, most=200)
    return made


@pytest.mark.parametrize("zone", [UTC, BERLIN, KATHMANDU], ids=str)
@pytest.mark.parametrize(
    ("by", "every"), [(None, "day"), ("model", "day"), ("status", "week"), ("prompt", "hour"), ("error_code", "month")]
)
def test_a_series_holds_each_moment_of_the_zone(
    sqlite_store: Store, runs: list[dict[str, Any]], by: str | None, every: Every, zone: Any
) -> None:
    filter = Filter.days(FIRST, LAST, zone)
    series = Usage(sqlite_store).series(filter, by, every)
    expected = history.grouped(
        history.chosen(runs, filter, legs=by == "error_code"), (every, by) if by else (every,), zone
    )
    found = {
        (time, group) if by else (time,): int(series.of("runs")[row, column])
        for row, group in enumerate(series.groups)
        for column, time in enumerate(series.times)
        if series.of("runs")[row, column]
    }
    assert found == {values: len(rows) for values, rows in expected.items()}
    steps = {second - first for first, second in zip(series.times, series.times[1:], strict=False)}
    assert len(steps) <= 1
    assert series.of("cost_nanousd").sum() == sum(
        history.added(rows)["cost_nanousd"] or 0 for rows in expected.values()
    )


@pytest.mark.parametrize("where", [{}, {"feature": ["match"]}, {"attempt_status": ["ok"]}], ids=str)
def test_without_room_to_keep_anything_the_figures_are_the_same(
    sqlite_store: Store, runs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, where: dict[str, Any]
) -> None:
    filter = Filter.days(FIRST, LAST, BERLIN, where)

    def asked() -> list[Any]:
        usage = Usage(sqlite_store)
        return [usage.rows(filter, by) for by in (("model",), ("day", "feature"), ("user",))] * 2 + [
            usage.users(filter)
        ]

    expected = asked()
    for name in ("PARTS_BYTES", "KEYED_BYTES", "DETAILS_BYTES", "CELLS_BYTES"):
        monkeypatch.setattr(books, name, 0)
    assert asked() == expected


def test_a_day_in_berlin_begins_and_ends_there(sqlite_store: Store) -> None:
    """The clocks go forward on 29 March 2026: that day has 23 hours."""
    user_id, chance = person(sqlite_store), random.Random(1)
    moments = {
        datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC): date(2026, 3, 28),
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC): date(2026, 3, 29),
        datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC): date(2026, 3, 29),
        datetime(2026, 3, 29, 22, 0, tzinfo=UTC): date(2026, 3, 30),
    }
    history.fill(sqlite_store, [history.run(chance, user_id, at=moment) for moment in moments])
    fold.fold_all(sqlite_store)
    for day in {*moments.values()}:
        expected = [*moments.values()].count(day)
        assert Usage(sqlite_store).totals(Filter.days(day, day, BERLIN)).runs == expected
    rows = Usage(sqlite_store).rows(Filter.days(FIRST, LAST, BERLIN), ("day",))
    assert {row.values[0]: row.total.runs for row in rows} == {
        day: [*moments.values()].count(day) for day in moments.values()
    }


@pytest.mark.parametrize("where", [{}, {"plan": ["pro"]}], ids=str)
def test_the_heat_map_is_by_the_weekday_and_hour_of_the_clock(
    sqlite_store: Store, runs: list[dict[str, Any]], where: dict[str, Any]
) -> None:
    filter = Filter.days(FIRST, LAST, KATHMANDU, where)
    heat = np.zeros((7, 24), np.int64)
    for one in history.chosen(runs, filter):
        shown = one["created_at"].astimezone(KATHMANDU)
        heat[shown.weekday(), shown.hour] += 1
    assert (Usage(sqlite_store).heat(filter).runs == heat).all()


def test_users_come_with_names_most_expensive_first(sqlite_store: Store, runs: list[dict[str, Any]]) -> None:
    filter = Filter.days(FIRST, LAST)
    users = Usage(sqlite_store).users(filter)
    by_user = history.grouped(history.chosen(runs, filter), ("user",), UTC)
    spent = {user: history.added(rows) for (user,), rows in by_user.items()}
    assert {row.user_id: (row.runs, row.cost_nanousd) for row in users} == {
        user: (sums["runs"], sums["cost_nanousd"]) for user, sums in spent.items()
    }
    assert {row.name for row in users} == {"Ada Moreno", "Bo Lindqvist"}
    costs = [row.cost_nanousd or 0 for row in users]
    assert costs == sorted(costs, reverse=True)
    assert len(Usage(sqlite_store).users(filter, most=1)) == 1


def test_causes_name_what_stopped_legs(sqlite_store: Store, runs: list[dict[str, Any]]) -> None:
    filter = Filter.days(FIRST, LAST)
    failed = [leg for leg in history.chosen(runs, filter, legs=True) if leg["attempt_status"] != "ok"]
    names = ("error_code", "attempt_status", "attempt_provider", "attempt_model")
    expected = {values: len(rows) for values, rows in history.grouped(failed, names, UTC).items()}
    causes = Usage(sqlite_store).causes(filter, most=100)
    assert {(one.error_code, one.status, one.provider, one.model): one.legs for one in causes} == expected
    assert sum(one.fallbacks for one in causes) == sum(leg["status"] == "fallback" for leg in failed)


def test_the_fallback_share_is_of_answered_runs(sqlite_store: Store, runs: list[dict[str, Any]]) -> None:
    counts = [one["status"] for one in runs]
    share = counts.count("fallback") / (counts.count("ok") + counts.count("fallback"))
    assert Usage(sqlite_store).fallback_share(Filter.days(FIRST, LAST)) == pytest.approx(share)


def test_nothing_at_all_is_nothing_and_costs_nothing(sqlite_store: Store) -> None:
    filter, usage = Filter.days(FIRST, LAST, BERLIN), Usage(sqlite_store)
    assert (usage.totals(filter).runs, usage.totals(filter).cost_nanousd) == (0, 0)
    assert usage.rows(filter, ("model",)) == usage.users(filter) == usage.causes(filter) == []
    assert usage.series(filter, "model").groups == ()
    assert len(usage.series(filter).times) == 7
    assert usage.heat(filter).runs.sum() == 0
    assert usage.fallback_share(filter) is usage.first_day() is None
    assert np.isnan(usage.speed(filter).latency["p50"]).all()


def test_unknown_costs_alone_are_unknown(sqlite_store: Store) -> None:
    chance, user_id = random.Random(1), person(sqlite_store)
    one = history.run(chance, user_id) | {"legs": [], "cost_status": "unknown", "cost_nanousd": None}
    history.fill(sqlite_store, [one | {"status": "ok", "model": "new"}])
    usage, filter = Usage(sqlite_store), Filter.days(FIRST, LAST)
    assert [row.total.cost_nanousd for row in usage.rows(filter, ("model",))] == [None]
    assert np.isnan(usage.series(filter).usd[~(usage.series(filter).of("runs") == 0)]).all()


def test_the_values_to_choose_from_are_all_that_occurred(sqlite_store: Store, runs: list[dict[str, Any]]) -> None:
    usage = Usage(sqlite_store)
    assert usage.values("plan") == ["free", "pro"]
    assert usage.values("model")[-1] is None
    assert usage.values("error_code") == ["provider_cut", "provider_slow", None]
    assert usage.first_day() == min(one["created_at"] for one in runs).date()


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2026, 1, 1), date(2026, 2, 28), (date(2025, 11, 1), date(2025, 12, 31))),
        (date(2026, 3, 27), date(2026, 4, 2), (date(2026, 3, 20), date(2026, 3, 26))),
        (date(2026, 3, 29), date(2026, 3, 29), (date(2026, 3, 28), date(2026, 3, 28))),
    ],
)
def test_the_period_before_is_as_many_months_or_days(first: date, last: date, before: tuple[date, date]) -> None:
    previous, expected = Filter.days(first, last, BERLIN).previous(), Filter.days(*before, BERLIN)
    assert (previous.start, previous.end) == (expected.start, expected.end)


@pytest.mark.parametrize(
    ("days", "hour", "ends_hours_early"),
    [(1, 9, 14), (1, 24, 0), (7, 9, 14), (30, 9, 0)],
)
def test_a_short_period_that_goes_on_is_compared_with_as_much_of_the_one_before(
    days: int, hour: int, ends_hours_early: int
) -> None:
    last = date(2026, 3, 20)
    asked = Filter.days(last - timedelta(days=days - 1), last, UTC)
    now = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(hours=hour, minutes=52)
    before, whole = asked.previous(now), asked.previous()
    assert before.start == whole.start
    assert whole.end - before.end == timedelta(hours=ends_hours_early)


def test_the_first_minutes_of_a_day_are_compared_with_the_first_quarter_hour_of_the_one_before() -> None:
    asked = Filter.days(date(2026, 3, 20), date(2026, 3, 20), UTC)
    before = asked.previous(datetime(2026, 3, 20, 0, 0, tzinfo=UTC))
    assert (before.start, before.end) == (
        asked.start - timedelta(days=1),
        asked.start - timedelta(hours=23, minutes=45),
    )


def test_the_period_before_part_of_a_day_is_as_long() -> None:
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    previous = Filter(noon, noon + timedelta(hours=3)).previous()
    assert (previous.start, previous.end) == (noon - timedelta(hours=3), noon)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": datetime(2026, 3, 1, 0, 7, tzinfo=UTC)},
        {"start": datetime(2026, 3, 1)},  # noqa: DTZ001 - that is what is wrong
        {"start": datetime(2026, 5, 1, tzinfo=UTC)},
        {"where": {"colour": ["red"]}},
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 4, 1, tzinfo=UTC)}
    with pytest.raises(Invalid):
        Filter(**right | wrong)


def test_a_clock_ahead_by_less_than_an_hour_is_kept(sqlite_store: Store) -> None:
    """Lord Howe Island moves its clocks by half an hour, on 4 April 2026 at 15:00 UTC."""
    shown = zones.local(zones.number(date(2026, 4, 4)), zones.number(date(2026, 4, 4)), ZoneInfo("Australia/Lord_Howe"))
    behind = shown - np.arange(zones.A_DAY) - zones.number(date(2026, 4, 4)) * zones.A_DAY
    assert behind.tolist() == [44] * 60 + [42] * 36


@pytest.mark.parametrize("where", [{}, {"user": []}, {"user": [], "attempt_status": ["ok", "failed"]}], ids=str)
def test_a_figure_is_asked_of_one_state(
    sqlite_store: Store, runs: list[dict[str, Any]], where: dict[str, list[Any]]
) -> None:
    user_id = runs[0]["user_id"]
    where = {name: values or [user_id] for name, values in where.items()}
    filter, usage = Filter.days(FIRST, LAST, UTC, where), Usage(sqlite_store)
    before = usage.now()
    total = before.totals(filter)
    history.fill(sqlite_store, [history.run(random.Random(3), runs[0]["user_id"])])
    assert before.totals(filter) == total
    assert usage.totals(filter).runs == total.runs + 1


@pytest.mark.parametrize("kind", [np.int64, np.uint32, np.uint8])
def test_what_cost_most_comes_first_however_narrow_the_columns_are(kind: type) -> None:
    sums = {"cost_nanousd": np.array([0, 5, 7, 0], kind), "runs": np.array([1, 1, 1, 9], kind)}
    assert shapes.dearest(sums).tolist() == [2, 1, 3, 0]
