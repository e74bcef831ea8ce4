"""Percentiles are within one per cent of the record's, in all, by model, under any filter and over time."""

import random
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.store import Store
from core.usage import fold, percentiles
from core.usage.filters import Filter
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history

BERLIN = ZoneInfo("Europe/Berlin")
SPAN = Filter.days(date(2026, 3, 26), date(2026, 4, 1), BERLIN)
INSIDE = Filter.days(date(2026, 3, 28), date(2026, 3, 29), BERLIN)  # it cuts the days that are added up together


@pytest.mark.parametrize("milliseconds", [0, 1, 7, 49, 50, 51, 99, 1_000, 123_456, 3_600_000, 2**31 - 1])
def test_a_bucket_stands_for_its_durations_within_one_per_cent(milliseconds: int) -> None:
    bucket = percentiles.buckets(np.array([milliseconds]))
    assert abs(int(percentiles.MIDDLES[bucket[0]]) - milliseconds) <= 0.01 * milliseconds + (milliseconds >= 50)


def test_what_was_not_measured_counts_for_nothing() -> None:
    assert percentiles.buckets(np.array([-1])).tolist() == [0]
    nothing = np.zeros(1, np.int64)
    assert np.isnan(percentiles.of_groups(nothing, nothing, np.ones(1, np.int64), 1)[50]).all()


@pytest.mark.parametrize("many", [3, 1_000_000], ids=["few groups", "many groups"])
def test_each_group_has_percentiles_of_its_own(many: int) -> None:
    group = np.array([many - 1, 0, 0, many - 1, 0])
    buckets = percentiles.buckets(np.array([40, 10, 20, 30, -1]))
    found = percentiles.of_groups(group, buckets, np.array([1, 6, 4, 9, 5]), many)
    assert [found[50][0], found[95][0]] == [10, 20]
    assert [found[50][-1], found[95][-1]] == [30, 40]
    assert np.isnan(found[50][1:-1]).all()


@pytest.fixture
def runs(sqlite_store: Store) -> list[dict[str, Any]]:
    """600 runs of which some are added up and some wait."""
    chance = random.Random(3)
    user_id = person(sqlite_store)
    made = [history.run(chance, user_id) for _ in range(600)]
    history.fill(sqlite_store, made)
    fold.fold(sqlite_store, most=400)
    return made


@pytest.mark.parametrize(
    "by", [(), ("model",), ("feature",), ("plan", "status"), ("attempt_model",), ("user",), ("day",)]
)
@pytest.mark.parametrize("where", [{}, {"plan": ["pro"]}, {"status": ["ok"], "caller": ["cli"]}], ids=str)
@pytest.mark.parametrize("period", [SPAN, INSIDE], ids=["all", "inside"])
def test_percentiles_of_any_group_are_those_of_the_record(
    sqlite_store: Store, runs: list[dict[str, Any]], by: tuple[str, ...], where: dict[str, Any], period: Filter
) -> None:
    filter = Filter(period.start, period.end, BERLIN, where)
    groups = history.grouped(history.chosen(runs, filter, legs="attempt_model" in by), by, BERLIN)
    rows = Usage(sqlite_store).rows(filter, by)
    assert len(rows) == len(groups) > 0
    for row in rows:
        for measured, column in ((row.total.latency, "latency_ms"), (row.total.ttft, "ttft_ms")):
            for found, percent in zip(measured, (50, 95, 99), strict=True):
                near(found, history.nearest([one[column] for one in groups[row.values]], percent))


@pytest.mark.parametrize("by", [None, "model"])
def test_percentiles_over_time_are_those_of_each_local_day(
    sqlite_store: Store, runs: list[dict[str, Any]], by: str | None
) -> None:
    speed = Usage(sqlite_store).speed(SPAN, by)
    names = ("day", by) if by else ("day",)
    groups = history.grouped(history.chosen(runs, SPAN), names, BERLIN)
    for row, group in enumerate(speed.groups):
        for column, day in enumerate(speed.times):
            members = groups.get((day, group) if by else (day,), [])
            for name in ("latency", "ttft"):
                found = getattr(speed, name)["p95"][row, column]
                expected = history.nearest([one[f"{name}_ms"] for one in members], 95)
                near(None if np.isnan(found) else int(found), expected)


def near(found: int | None, expected: int | None) -> None:
    if expected is None:
        assert found is None
    else:
        assert found is not None and abs(found - expected) <= 0.01 * expected + 1


def test_a_run_under_way_has_no_speed(sqlite_store: Store) -> None:
    user_id = person(sqlite_store)
    one = history.run(random.Random(1), user_id, at=history.START + timedelta(hours=1)) | {"legs": []}
    running = one | {"status": "running", "cost_status": "unknown", "cost_nanousd": None, "latency_ms": None}
    running |= {"ttft_ms": None, "lease_until": history.START, **dict.fromkeys(history.TOKENS, 0)}
    history.fill(sqlite_store, [running], noted=False)
    total = Usage(sqlite_store).totals(Filter.days(history.START.date(), history.START.date(), UTC))
    assert (total.runs, total.unknown, total.cost_nanousd, total.latency.p50) == (1, 1, None, None)
