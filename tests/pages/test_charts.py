"""Charts: what can be clicked is a point of Plotly's, and no axis says what is not so."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from pages.widgets import charts

DAYS = [date(2026, 11, day) for day in (1, 2, 3)]


def test_each_moment_of_a_line_is_a_dot_that_hands_over_its_time() -> None:
    (line,) = charts.lines(DAYS, [("p50", None, [1.0, np.nan, 2.0])], hover="%{y}").data
    assert "markers" in line.mode and line.marker.size > 0, "Plotly selects dots only, and shows no line of one moment"
    assert [list(one) for one in line.customdata] == [[None, str(day)] for day in DAYS]


@pytest.mark.parametrize(
    ("values", "reach"),
    [
        ([0.05, 0.06, np.nan], 0.1),
        ([0.2, 0.5, 0.1], 0.6),
        ([1.0, 1.0, 1.0], 1.02),
        ([0.0, 0.0, 0.0], 0.1),
        ([np.nan] * 3, 1.02),
    ],
)
def test_an_axis_of_shares_begins_at_none_and_ends_a_little_beyond_the_largest(values: Any, reach: float) -> None:
    axis = charts.lines(DAYS, [("share", None, values)], hover="%{y}", share=True).layout.yaxis
    assert list(axis.range) == pytest.approx([0, reach])


def test_every_square_of_the_heat_map_has_a_dot_that_speaks_and_hands_over_its_hour() -> None:
    counts = np.arange(48).reshape(2, 24)
    squares, dots = charts.heat(counts, rows=("Mon", "Tue"), unit="runs").data
    assert squares.hoverinfo == "skip" and dots.hoverinfo != "skip", "Plotly passes clicks to what speaks alone"
    told = {(y, x): list(handed) for x, y, handed in zip(dots.x, dots.y, dots.customdata, strict=True)}
    assert len(told) == 48
    assert told["Mon", "00"] == [0, 0, 0] and told["Tue", "05"] == [1, 5, 29]
    assert "%{customdata[2]:,} runs" in dots.hovertemplate


def test_ranked_bars_of_nothing_reach_no_negative_dollars() -> None:
    figure = charts.ranked([("Ada", 1, 0.0)], hover="$%{x}")
    assert figure.layout.xaxis.rangemode == "tozero"


@pytest.mark.parametrize(
    ("most", "digits"),
    [(0.0, 2), (0.004, 4), (0.034, 3), (0.068, 2), (0.31, 2), (2.1, 2), (9.9, 2), (10.0, 0), (1500.0, 0)],
)
def test_an_axis_of_dollars_writes_every_mark_with_the_same_digits(most: float, digits: int) -> None:
    stacked = charts.bars(DAYS, [("a", "a", [most / 2, 0, np.nan]), ("b", "b", [most / 2, 0, 0])], hover="", money=True)
    along = charts.ranked([("Ada", 1, most), ("Ben", 2, most / 3)], hover="$%{x}").layout.xaxis
    assert stacked.layout.yaxis.tickformat == along.tickformat == f",.{digits}f"
    assert stacked.layout.yaxis.tickprefix == along.tickprefix == "$"


def test_no_grid_crosses_the_squares_of_the_heat_map_and_they_fill_it() -> None:
    layout = charts.heat(np.zeros((7, 24), dtype=int), rows=("Mon",) * 7, unit="runs").layout
    assert layout.xaxis.showgrid is False and layout.yaxis.showgrid is False
    assert tuple(layout.xaxis.range) == (-0.5, 23.5) and tuple(layout.yaxis.range) == (6.5, -0.5)


@pytest.mark.parametrize(("budget", "drawn"), [(6.0, True), (25.0, True), (25.1, False), (500.0, False)])
def test_a_budget_far_above_what_is_spent_is_told_and_not_drawn(budget: float, drawn: bool) -> None:
    figure = charts.burn_down((DAYS, [1, 2, 3]), (DAYS[2:], [3], [4], [5]), budget)
    assert ("Budget" in [trace.name for trace in figure.data]) is drawn
    told = [note.text for note in figure.layout.annotations]
    assert told == ([] if drawn else [f"Budget ${budget:,.2f}, above this chart ↑"])
    reach = figure.layout.yaxis.range[1]
    assert reach > 5 and (reach > budget) is drawn


def test_a_month_without_a_dollar_spent_shows_its_budget() -> None:
    figure = charts.burn_down((DAYS, [0, 0, 0]), ([], [], [], []), 500.0)
    assert [trace.name for trace in figure.data] == ["Spent", "Budget"] and figure.layout.yaxis.range[1] > 500
