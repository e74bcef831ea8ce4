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
    figure = charts.ranked([("Ada", 1, 0.0)], hover="$%{x}", prefix="$")
    assert figure.layout.xaxis.rangemode == "tozero"
