"""The sections of the Usage page; a click on a chart narrows the page or opens the runs behind it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import streamlit as st

from core.usage.figures import Row, Series
from core.usage.filters import Value
from core.usage.queries import Snapshot
from pages.widgets import charts, grid, safe, usage_filters, usage_links, usage_period, words
from pages.widgets.usage_cards import fallback_share
from pages.widgets.usage_filters import Asked

MOST = 7  # groups drawn apart; the rest are drawn together
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ROWS = 10

Names = dict[str, str]


def overview(figures: Snapshot, asked: Asked, names: Names) -> None:
    """Spend over time, what the tokens were, when it is spent, and the groups in figures."""
    say = usage_filters.say(asked.split, names)
    series = figures.series(asked.filter, asked.split, asked.every)
    _heading(f"Spend by {usage_filters.LABELS[asked.split].lower()}", "Click a bar to see that part alone.")
    if np.any(np.nan_to_num(np.asarray(series.usd, dtype=float))):
        groups = _grouped(series, series.usd, say)
        figure = charts.bars(series.times, groups, hover="$%{y:,.4f}", money=True)
        charts.draw(figure, "usage_spend", alt="Spend over time", on_click=_narrow(asked.split))
    else:
        st.caption("Nothing to draw: no run of this period has a known cost above $0.")
    left, right = st.columns(2)
    total = figures.series(asked.filter, None, asked.every)
    with left:
        _heading("Tokens", f"Cached are part of the input, reasoning of the output. {_closer(asked)}")
        if total.of("input_tokens").any() or total.of("output_tokens").any():
            charts.draw(_token_mix(total), "usage_tokens", alt="Tokens over time", on_click=_zoom(asked))
        else:
            st.caption("Nothing to draw: no run of this period used a token.")
    with right:
        _cached(total, asked)
    _heading(
        "Runs by weekday and hour",
        "In your time zone; the stronger the colour, the more. Click an hour to open its busiest runs.",
    )
    heat = figures.heat(asked.filter)
    figure = charts.heat(heat.runs, rows=DAYS, unit="runs")
    charts.draw(figure, "usage_heat", alt="Runs by weekday and hour", on_click=_hour(figures, asked))
    _table(
        figures.rows(asked.filter, (asked.split,), percentiles=True),
        usage_filters.LABELS[asked.split],
        say,
        asked.split,
    )


def speed(figures: Snapshot, asked: Asked, names: Names) -> None:
    """Percentiles of latency and of the first token over time, and by the split."""
    over_time = figures.speed(asked.filter, None, asked.every)
    for title, key, measured in (
        ("Latency", "usage_latency", over_time.latency),
        ("First token", "usage_ttft", over_time.ttft),
    ):
        _heading(title, f"Seconds; of a hundred runs 50, 95 and 99 were faster. {_closer(asked)}")
        groups = [(name, None, measured[name][0] / 1000) for name in ("p50", "p95", "p99")]
        figure = charts.lines(over_time.times, groups, hover="%{y:.2f} s", suffix=" s")
        charts.draw(figure, key, alt=f"{title} over time", on_click=_zoom(asked))
    say = usage_filters.say(asked.split, names)
    rows = figures.rows(asked.filter, (asked.split,), percentiles=True)
    grid.draw(
        [
            {
                usage_filters.LABELS[asked.split]: say(row.values[0]),
                "Runs": row.total.runs,
                **{f"Latency {name}": _s(getattr(row.total.latency, name)) for name in ("p50", "p95", "p99")},
                **{f"First token {name}": _s(getattr(row.total.ttft, name)) for name in ("p50", "p95", "p99")},
            }
            for row in rows
        ],
        hide_index=True,
        column_config={"Runs": st.column_config.NumberColumn(format="localized")}
        | {
            f"{what} {name}": st.column_config.NumberColumn(format="%.2f s")
            for what in ("Latency", "First token")
            for name in ("p50", "p95", "p99")
        },
    )


def people(figures: Snapshot, asked: Asked, names: Names) -> None:
    """Who it was spent for, and who asked."""
    left, right = st.columns(2)
    with left:
        _heading("Candidates", "Most spent first. Click one to see their runs alone.")
        users = figures.users(asked.filter, ROWS)
        groups = [
            (safe.plain(one.name or "erased candidates"), one.user_id or None, (one.cost_nanousd or 0) / 1e9)
            for one in users
        ]
        _ranked(groups, "usage_users", "Spend by candidate", _candidate)
    with right:
        _heading("Callers", "Pages, tokens and the command line. Click one to see its runs alone.")
        say = usage_filters.say("caller", names)
        rows = _dearest(figures.rows(asked.filter, ("caller",)))[:ROWS]
        groups = [(say(_value(row)), _value(row), (row.total.cost_nanousd or 0) / 1e9) for row in rows]
        _ranked(groups, "usage_callers", "Spend by caller", _narrow("caller"))


def errors(figures: Snapshot, asked: Asked, names: Names) -> None:
    """How runs ended, how often another model had to answer, and why."""
    by_status = figures.series(asked.filter, "status", asked.every)
    left, right = st.columns(2)
    with left:
        _heading("How runs ended", "Click a bar to see that status alone.")
        groups = _grouped(by_status, by_status.of("runs"), usage_filters.say("status", names))
        figure = charts.bars(by_status.times, groups, hover="%{y:,} runs")
        charts.draw(figure, "usage_status", alt="Runs by status over time", on_click=_narrow("status"))
    with right:
        _heading("Fallback share", f"Answered runs that another model, or the rules, answered. {_closer(asked)}")
        figure = charts.lines(
            by_status.times, [("fallback", None, fallback_share(by_status))], hover="%{y:.1%}", share=True
        )
        charts.draw(figure, "usage_fallback", alt="Fallback share over time", on_click=_zoom(asked))
    _heading("Causes", "Calls of a model that brought no answer, by what stopped them.")
    causes = figures.causes(asked.filter)
    if not causes:
        st.success("Every call of this period was answered.", icon=":material/check:")
        return
    grid.draw(
        [
            {
                "Cause": words.cause(cause.error_code),
                "Model": words.model(cause.provider, cause.model),
                "Calls": cause.legs,
                "Another answered": cause.fallbacks,
                "Spent on it": None if cause.total.cost_nanousd is None else cause.total.cost_nanousd / 1e9,
            }
            for cause in causes
        ],
        hide_index=True,
        column_config={
            "Calls": st.column_config.NumberColumn(format="localized"),
            "Another answered": st.column_config.NumberColumn(
                format="localized", help="Their runs were answered by another model, or by the rules."
            ),
            "Spent on it": st.column_config.NumberColumn(format="$%.6f", help="Empty: the model has no price."),
        },
    )


# -- the parts of a section ------------------------------------------------------------------------------


def _cached(total: Series, asked: Asked) -> None:
    _heading("Cache hit share", f"Input tokens that the provider had cached. {_closer(asked)}")
    sent = total.of("input_tokens")[0]
    hits = total.of("cached_tokens")[0] / np.where(sent == 0, np.nan, sent)
    if np.isfinite(hits).any():
        figure = charts.lines(total.times, [("cached", None, hits)], hover="%{y:.1%}", share=True)
        charts.draw(figure, "usage_cached", alt="Cache hit share over time", on_click=_zoom(asked))
    else:
        st.caption("Nothing to draw: no run of this period sent a token.")


def _heading(title: str, help: str) -> None:
    st.subheader(title, anchor=False, help=help)


def _grouped(series: Series, values: Any, say: Callable[[Value], str]) -> list[charts.Group]:
    """One group a value, the least of many drawn together as `others`, which leads nowhere."""
    groups = [(say(value), value if value is not None else "", values[i]) for i, value in enumerate(series.groups)]
    if len(groups) <= MOST + 1:
        return groups
    return [*groups[:MOST], ("others", None, np.nansum(values[MOST:], axis=0))]


def _token_mix(total: Series) -> Any:
    sent, cached = total.of("input_tokens")[0], total.of("cached_tokens")[0]
    written, thought = total.of("output_tokens")[0], total.of("reasoning_tokens")[0]
    groups = [
        ("input", None, sent - cached),
        ("cached input", None, cached),
        ("output", None, written - thought),
        ("reasoning", None, thought),
    ]
    return charts.bars(total.times, groups, hover="%{y:,}")


def _ranked(groups: Sequence[charts.Group], key: str, alt: str, on_click: Callable[[Any], None]) -> None:
    if any(value for _, _, value in groups):
        charts.draw(charts.ranked(groups, hover="$%{x:,.4f}"), key, alt=alt, on_click=on_click)
    else:
        st.caption("Nothing of known cost above $0 in this period." if groups else "Nobody in this period.")


def _table(rows: Sequence[Row], label: str, say: Callable[[Value], str], key: str) -> None:
    """The groups in figures, dearest first."""
    money, number = st.column_config.NumberColumn, st.column_config.NumberColumn
    grid.draw(
        [
            {
                label: say(_value(row)),
                "Runs": row.total.runs,
                "Spend": _dollars(row.total.cost_nanousd),
                "Per run": _dollars(row.total.cost_nanousd, row.total.exact + row.total.estimated),
                "In": row.total.input_tokens,
                "Cached": row.total.cached_tokens,
                "Out": row.total.output_tokens,
                "Reasoning": row.total.reasoning_tokens,
                "Exact": None if row.total.coverage is None else 100 * row.total.coverage,
                "Unknown": row.total.unknown,
                "p95": _s(row.total.latency.p95),
            }
            for row in _dearest(rows)
        ],
        hide_index=True,
        key=f"usage_table_{key}",
        column_config={
            "Spend": money(format="$%.4f", help="Empty: no price is known."),
            "Per run": money(format="$%.6f", help="Spend by runs of known cost."),
            "Exact": number(format="%.1f%%", help="Share of runs whose cost is exact"),
            "p95": number("Latency p95", format="%.1f s"),
            "Unknown": number(format="localized", help="Runs whose cost is unknown and not in the spend"),
            **{name: number(format="localized") for name in ("Runs", "In", "Cached", "Out", "Reasoning")},
        },
    )
    if key == "model" and any(row.values[0] is None and row.total.cost_nanousd for row in rows):
        st.caption(
            "“No model” are runs that the rules answered or that were refused. What they cost are calls of models that "
            "failed before the rules answered; Errors says why."
        )


def _dearest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-(row.total.cost_nanousd or 0), -row.total.runs))


def _value(row: Row) -> Value:
    value = row.values[0]
    return value if value is None or isinstance(value, str | int) else str(value)


def _dollars(nanousd: int | None, among: int = 1) -> float | None:
    return None if nanousd is None or not among else nanousd / 1e9 / among


def _s(duration_ms: int | None) -> float | None:
    return None if duration_ms is None else duration_ms / 1000


# -- what a click does -----------------------------------------------------------------------------------


def _narrow(dimension: str) -> Callable[[Any], None]:
    def clicked(handed: Any) -> None:
        if handed[0] is not None:
            usage_filters.only(dimension, handed[0] or None)

    return clicked


def _zoom(asked: Asked) -> Callable[[Any], None]:
    """A point of time: its days alone; the runs of an hour, which is the closest look the page has."""

    def clicked(handed: Any) -> None:
        if asked.every == "hour":
            st.session_state["usage_open"] = usage_links.hour(asked.filter, datetime.fromisoformat(handed[1]))
        else:
            first = date.fromisoformat(handed[1][:10])
            usage_period.choose(*usage_period.around(first, asked.every))

    return clicked


def _closer(asked: Asked) -> str:
    """What a click on a point of time does."""
    return "Click an hour to open its runs." if asked.every == "hour" else f"Click a {asked.every} to see it alone."


def _candidate(handed: Any) -> None:
    if handed[0]:
        st.query_params["user"] = str(handed[0])


def _hour(figures: Snapshot, asked: Asked) -> Callable[[Any], None]:
    """The busiest such hour of the period: its runs are opened."""

    def clicked(handed: Any) -> None:
        weekday, hour = int(handed[0]), int(handed[1])
        hours = figures.rows(asked.filter, ("hour",))
        same = [row for row in hours if (row.values[0].weekday(), row.values[0].hour) == (weekday, hour)]
        if same:
            at = max(same, key=lambda row: row.total.runs).values[0]
            st.session_state["usage_open"] = usage_links.hour(asked.filter, at)

    return clicked
