"""Plotly figures in the house's look. Each takes plain numbers and says by `customdata` what a click on it means."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

COLOURS = ("#3b5bdb", "#0ca678", "#f08c00", "#ae3ec9", "#1098ad", "#e03131", "#74b816", "#868e96")
REST = "#adb5bd"
BAND = "rgba(59,91,219,0.26)"
HEIGHT = 270
FAR = 5  # times the highest sum: a budget beyond that is not drawn

Group = tuple[str, Any, Any]  # its name on screen, what a click hands over, its numbers


def draw(figure: go.Figure, key: str, *, alt: str, on_click: Callable[[Any], None] | None = None) -> None:
    """Show a figure; a click calls `on_click` with the `customdata` of the point."""
    if on_click is None:
        st.plotly_chart(figure, key=key, alt=alt, config=_CONFIG)
        return

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and points[0].get("customdata"):
            on_click(points[0]["customdata"])

    st.plotly_chart(figure, key=key, alt=alt, config=_CONFIG, on_select=clicked, selection_mode="points")


def bars(times: Sequence[Any], groups: Sequence[Group], *, hover: str, money: bool = False) -> go.Figure:
    """Stacked bars over time. `hover` formats a value, e.g. `$%{y:.4f}`; `money` says that they are dollars."""
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": times,
            "y": values,
            "customdata": [[handed, str(at)] for at in times],
            "hovertemplate": f"{hover}<extra>{name}</extra>",
            "marker": {"color": _colour(i, len(groups), name), "line": {"width": 0}},
        }
        for i, (name, handed, values) in enumerate(groups)
    ]
    axis: dict[str, Any] = {"rangemode": "tozero"}
    if money:
        axis |= _dollars(max((float(sum(at)) for at in zip(*_known(groups), strict=True)), default=0))
    return _figure(traces, {"barmode": "stack", "bargap": 0.15, "xaxis": _moments(times), "yaxis": axis})


def lines(
    times: Sequence[Any], groups: Sequence[Group], *, hover: str, suffix: str = "", share: bool = False
) -> go.Figure:
    """Lines over time; gaps stay gaps. `share` draws shares of one as per cent, from 0 up to as far as they reach.

    Each moment is a dot too: Plotly lets dots be clicked, not lines, and one moment between gaps is no line.
    """
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": times,
            "y": values,
            "customdata": [[handed, str(at)] for at in times],
            "hovertemplate": f"{hover}<extra>{name}</extra>",
            "line": {"color": COLOURS[i % len(COLOURS)], "width": 2},
            "marker": {"size": 4},
            "connectgaps": False,
        }
        for i, (name, handed, values) in enumerate(groups)
    ]
    axis: dict[str, Any] = {"rangemode": "tozero", "ticksuffix": suffix}
    if share:
        axis = {"range": [0, _reach(groups)], "tickformat": ".0%"}
    return _figure(traces, {"xaxis": _moments(times), "yaxis": axis})


def ranked(groups: Sequence[Group], *, hover: str) -> go.Figure:
    """Horizontal bars of dollars, the largest on top; each group's numbers are one value."""
    names = [name for name, _, _ in groups]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(groups))),
        "x": [value for _, _, value in groups],
        "customdata": [[handed, ""] for _, handed, _ in groups],
        "text": names,
        "hovertemplate": f"{hover}<extra>%{{text}}</extra>",
        "textposition": "none",
        "marker": {"color": COLOURS[0], "line": {"width": 0}},
    }
    axis = {"autorange": "reversed", "tickvals": list(range(len(groups))), "ticktext": names, "automargin": True}
    along = {"rangemode": "tozero"} | _dollars(max((value for _, _, value in groups), default=0))
    layout = {"yaxis": axis, "xaxis": along, "hovermode": "closest", "showlegend": False}
    return _figure([trace], layout, height=max(120, 34 * len(groups) + 50))


def heat(values: Any, *, rows: Sequence[str], unit: str) -> go.Figure:
    """Weekday by hour, darker is more; each square hands over its weekday, its hour and its number."""
    counts = np.asarray(values)
    hours = [f"{hour:02d}" for hour in range(24)]
    squares = {
        "type": "heatmap",
        "z": counts,
        "x": hours,
        "y": list(rows),
        "hoverinfo": "skip",
        "colorscale": [[0, "rgba(59,91,219,0.04)"], [1, "rgba(59,91,219,1)"]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    dots = {  # Plotly lets points be clicked, not squares: an unseen point lies on each and speaks for it
        "type": "scatter",
        "mode": "markers",
        "x": hours * len(rows),
        "y": [name for name in rows for _ in hours],
        "customdata": [[day, hour, int(counts[day][hour])] for day in range(len(rows)) for hour in range(24)],
        "marker": {"opacity": 0, "size": 22, "symbol": "square"},
        "hovertemplate": f"%{{y}} %{{x}}:00 · %{{customdata[2]:,}} {unit}<extra></extra>",
        "hoverlabel": {"bgcolor": COLOURS[0], "font": {"color": "#ffffff"}},
    }
    bare = {"showgrid": False, "ticks": "", "zeroline": False}  # a grid would cross the squares
    down = bare | {"range": [len(rows) - 0.5, -0.5]}
    along = bare | {"type": "category", "range": [-0.5, 23.5]}
    layout = {"yaxis": down, "xaxis": along, "hovermode": "closest", "showlegend": False}
    return _figure([squares, dots], layout)


def shares(parts: Sequence[Group], *, hover: str) -> go.Figure:
    """One bar made of parts, from left to right; each group's numbers are one value, its handed value the colour."""
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": [value],
            "y": [""],
            "hovertemplate": f"{hover}<extra>{name}</extra>",
            "marker": {"color": colour, "line": {"width": 0}},
        }
        for name, colour, value in parts
    ]
    whole = sum(value for _, _, value in parts)
    bare = {"visible": False, "fixedrange": True}
    layout = {"barmode": "stack", "bargap": 0, "xaxis": bare | {"range": [0, whole or 1]}, "yaxis": bare}
    none = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False, "hovermode": "closest"}
    return _figure(traces, layout | none, height=14)


def burn_down(
    spent: tuple[Sequence[Any], Sequence[float]],
    ahead: tuple[Sequence[Any], Sequence[float], Sequence[float], Sequence[float]],
    budget: float,
) -> go.Figure:
    """What was spent by each day, what is expected (days, low, likely, high) and the budget, all in dollars.

    A budget far above all of it is said above the chart, not drawn: its line would press the rest into one.
    """
    days, low, likely, high = ahead
    hidden = {"type": "scatter", "mode": "lines", "x": days, "line": {"width": 0}, "hoverinfo": "skip"}
    line = {
        "type": "scatter",
        "mode": "lines+markers" if len(spent[0]) == 1 else "lines",
        "hovertemplate": "$%{y:,.2f}",
    }
    whole = [*dict.fromkeys([*spent[0], *days])]
    traces: list[dict[str, Any]] = [
        hidden | {"y": high, "showlegend": False},
        hidden | {"y": low, "name": "Likely range", "fill": "tonexty", "fillcolor": BAND},
        line | {"name": "Likely", "x": days, "y": likely, "line": {"color": COLOURS[0], "width": 2, "dash": "dot"}},
        line | {"name": "Spent", "x": spent[0], "y": spent[1], "line": {"color": COLOURS[0], "width": 2.5}},
        line
        | {"name": "Budget", "x": [whole[0], whole[-1]], "y": [budget] * 2, "mode": "lines"}
        | {"line": {"color": COLOURS[5], "width": 1.5, "dash": "dash"}},
    ]
    highest = max([*spent[1], *high, 0.0])
    far = highest > 0 and budget > FAR * highest
    top = 1.08 * (FAR / 2 * highest if far else max(budget, highest, 0.000001))
    layout: dict[str, Any] = {"xaxis": _moments(whole), "yaxis": {"range": [0, top]} | _dollars(top)}
    if far:
        traces.pop()
        note = {"text": f"Budget ${budget:,.2f}, above this chart ↑", "showarrow": False, "font": {"color": COLOURS[5]}}
        layout["annotations"] = [note | {"xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right"}]
    return _figure(traces if days else traces[3:], layout, height=320)


_CONFIG = {"displayModeBar": False, "responsive": True}


def _figure(traces: list[dict[str, Any]], layout: dict[str, Any], *, height: int = HEIGHT) -> go.Figure:
    base = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "legend": {"orientation": "h", "y": -0.14, "x": 0, "title": {"text": ""}, "traceorder": "normal"},
        "hovermode": "x unified",
        "showlegend": sum(1 for trace in traces if trace.get("name")) > 1,
        "clickmode": "event+select",
        "dragmode": False,
    }
    return go.Figure({"data": traces, "layout": base | layout})


def _moments(times: Sequence[Any]) -> dict[str, Any]:
    """An axis of time: hours where there are hours, else days without their year."""
    return {"tickformat": "%H:%M" if times and isinstance(times[0], datetime) else "%-d %b"}


def _reach(groups: Sequence[Group]) -> float:
    """How far an axis of shares goes: a little beyond the largest, so that small ones can be told apart."""
    numbers = np.concatenate([np.asarray(values, dtype=float) for _, _, values in groups])
    known = numbers[np.isfinite(numbers)]
    return float(min(1.02, max(0.1, 1.2 * known.max()))) if known.size else 1.02


def _known(groups: Sequence[Group]) -> list[Any]:
    return [np.nan_to_num(np.asarray(values, dtype=float)) for _, _, values in groups]


def _dollars(most: float) -> dict[str, Any]:
    """An axis of dollars up to `most`: `$0.50` and no `$0.5`, no cents where every mark is whole."""
    digits = 0 if most >= 10 else 2 if most >= 0.05 else 1 - math.floor(math.log10(most)) if most > 0 else 2
    return {"tickprefix": "$", "tickformat": f",.{digits}f"}


def _colour(index: int, count: int, name: str) -> str:
    return REST if name == "others" and index == count - 1 else COLOURS[index % len(COLOURS)]
