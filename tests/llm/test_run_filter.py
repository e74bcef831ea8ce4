"""A filter and its address say the same, and an address that means nothing means all."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.llm import run_filter
from core.llm.run_filter import RunFilter

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    "wanted",
    [
        RunFilter(),
        RunFilter(status=("ok", "fallback"), feature=("match",), cost_status=("unknown",)),
        RunFilter(model=("gpt-6-luna", "none"), provider=("rules",), error_code=("any",)),
        RunFilter(user=(7,), job=(3, 4), search="50% & more?", prompt=("match@draft-1a",), caller=("token:a b",)),
        RunFilter(since=datetime(2026, 3, 1, 23, tzinfo=UTC), until=datetime(2026, 3, 9, 23, tzinfo=UTC)),
        RunFilter(since=datetime(2026, 3, 1, 13, 15, tzinfo=UTC), until=datetime(2026, 3, 1, 14, 15, tzinfo=UTC)),
        RunFilter(until=datetime(2026, 3, 30, 22, tzinfo=UTC)),
    ],
)
def test_an_address_means_the_filter_it_was_written_for(wanted: RunFilter) -> None:
    assert run_filter.read(run_filter.write(wanted, MADRID), MADRID) == wanted


def test_days_are_those_of_the_viewer_and_both_included() -> None:
    wanted = run_filter.read({"from": ["2026-03-29"], "to": ["2026-03-29"]}, MADRID)  # the clocks change that day
    assert wanted.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert wanted.until == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert run_filter.write(wanted, MADRID) == {"from": ["2026-03-29"], "to": ["2026-03-29"]}
    assert run_filter.first_day(wanted, MADRID) == run_filter.last_day(wanted, MADRID)


def test_moments_with_an_offset_are_taken_as_they_are() -> None:
    wanted = run_filter.read({"from": ["2026-03-01T10:00+02:00"], "to": ["2026-03-01T09:00Z"]}, MADRID)
    assert (wanted.since, wanted.until) == (datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC))


def test_an_empty_value_means_that_a_run_has_none() -> None:
    assert run_filter.read({"model": ["", "gpt-6-luna"]}).model == ("none", "gpt-6-luna")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"status": ["nonsense"]},
        {"feature": [""]},
        {"cost_status": ["cheap"]},
        {"user": ["abc", "-1", "0", "99999999999999999999", "²"]},
        {"from": ["yesterday"], "to": ["2026-13-01"]},
        {"to": ["9999-12-31"]},
        {"caller": ["a\x00b"], "search": ["\n"]},
        {"unknown": ["x"]},
    ],
)
def test_an_address_that_means_nothing_means_all(nonsense: dict[str, Any]) -> None:
    assert run_filter.read(nonsense, MADRID) == RunFilter()


def test_a_filter_is_bounded() -> None:
    wanted = run_filter.read({"caller": [f"token:{n}" for n in range(99)], "search": ["x" * 999]})
    assert (len(wanted.caller), len(wanted.search)) == (run_filter.MOST, run_filter.LONGEST)
