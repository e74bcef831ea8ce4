"""The table of runs: a click on a run opens it, a click on a heading sorts all runs by it; columns as chosen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from core.llm.run_filter import Sort
from core.llm.run_order import Row
from pages.widgets import grid, run_filters, said, words

Names = Mapping[str, str]  # callers as people know them
Open = Callable[[str], None]

# Which headings sort by what, and which arrow they carry then.
SORTS: Mapping[str, Sort] = {"time": "newest", "cost": "cost", "latency": "latency", "in": "tokens", "out": "tokens"}
ARROWS = {"oldest": " ↑"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what is in its cells, how wide it is in pixels. `help` says more."""

    label: str
    kind: type
    cell: Callable[[Row, Names], Any]
    width: int
    help: str | None = None
    format: str | None = None


def _known(cell: Callable[[Row], Any]) -> Callable[[Row, Names], Any]:
    """What is not known yet, or never will be, is left empty: it is no zero."""
    return lambda row, _: cell(row) if row.status not in ("running", "abandoned") else None


def _over(value: int | None, unit: float) -> float | None:
    return None if value is None else value / unit


COLUMNS = {
    "time": Column("Time", datetime, lambda row, _: row.created_at, 132, format="D MMM YYYY, HH:mm"),
    "status": Column("Status", list, lambda row, _: [words.STATUSES.get(row.status, (row.status,))[0]], 88),
    "feature": Column("Feature", str, lambda row, _: words.feature(row.feature), 110),
    "candidate": Column("Candidate", str, lambda row, _: row.candidate, 130),
    "job": Column("Job", str, lambda row, _: row.job, 110),
    "model": Column("Model", str, lambda row, _: words.model(row.provider, row.model), 142),
    "in": Column("In", int, _known(lambda row: row.input_tokens), 58, "Tokens the model was told", "localized"),
    "out": Column("Out", int, _known(lambda row: row.output_tokens), 58, "Tokens the model wrote", "localized"),
    "cost": Column(
        "Cost", float, _known(lambda row: _over(row.cost_nanousd, 1e9)), 80, "Empty: the model has no price", "$%.6f"
    ),
    "certainty": Column("Cost is", str, _known(lambda row: row.cost_status), 80, "Exact, estimated here, or unknown"),
    "latency": Column("Took", float, _known(lambda row: _over(row.latency_ms, 1e3)), 56, format="%.1f s"),
    "first": Column("First token", float, _known(lambda row: _over(row.ttft_ms, 1e3)), 82, format="%.1f s"),
    "prompt": Column("Prompt", str, lambda row, _: row.prompt, 130),
    "caller": Column("Caller", str, lambda row, names: said.who(row.caller, names), 130),
    "plan": Column("Plan", str, lambda row, _: row.plan, 76),
    "provider": Column("Provider", str, lambda row, _: row.provider, 90),
    "error": Column("Error", str, lambda row, _: words.cause(row.error_code) if row.error_code else None, 160),
    "cached": Column("Cached", int, _known(lambda row: row.cached_tokens), 76, "Of the tokens in", "localized"),
    "reasoning": Column("Reasoning", int, _known(lambda row: row.reasoning_tokens), 86, "Of the tokens out", "localized"),
    "run": Column("Run", str, lambda row, _: row.id, 290),
}  # fmt: skip
USUAL = ("time", "status", "feature", "candidate", "job", "model", "in", "out", "cost", "latency")


def choose() -> list[str]:
    """The picker of columns; returns those chosen, as the URL has them."""
    asked = [name for name in st.query_params.get("columns", "").split(".") if name in COLUMNS]
    shown = asked or list(USUAL)
    st.session_state["runs_columns"] = shown
    with st.popover("Columns", icon=":material/view_column:"):
        st.multiselect(
            "Columns, in this order",
            list(COLUMNS),
            format_func=lambda name: COLUMNS[name].label,
            key="runs_columns",
            on_change=_chosen,
            width=420,
        )
        st.button("As usual", type="tertiary", key="runs_columns_usual", on_click=_as_usual)
    return shown


def draw(rows: Sequence[Row], shown: Sequence[str], names: Names, sort: Sort, open_run: Open) -> None:
    """The rows with these columns."""
    key = f"runs_table_{st.session_state.get('runs_clicks', 0)}"
    grid.draw(
        [{name: COLUMNS[name].cell(row, names) for name in shown} for row in rows],
        {name: COLUMNS[name].kind for name in shown},
        height="content",
        column_config={name: _config(name, sort) for name in shown},
        key=key,
        placeholder="–",
        alt="Runs; choose a cell to open its run",
        selection_mode=["single-cell", "single-column"],
        on_select=lambda: _clicked(key, [row.id for row in rows], sort, open_run),
    )


def _config(name: str, sort: Sort) -> Any:
    column, config = COLUMNS[name], st.column_config
    sorts = SORTS.get(name) == ("newest" if sort == "oldest" else sort)
    label = column.label + (ARROWS.get(sort, " ↓") if sorts else "")
    told: dict[str, Any] = {"width": column.width, "help": column.help}
    if name == "status":
        labels, colours = zip(*((label, colour) for label, colour, _ in words.STATUSES.values()), strict=True)
        return config.MultiselectColumn(label, options=labels, color=colours, **told)
    if column.kind is datetime:
        return config.DatetimeColumn(label, format=column.format, **told)
    if column.kind in (int, float):
        return config.NumberColumn(label, format=column.format, **told)
    return config.TextColumn(label, **told)


def _clicked(key: str, ids: Sequence[str], sort: Sort, open_run: Open) -> None:
    chosen = st.session_state[key]["selection"]
    if chosen["columns"]:
        wanted = SORTS.get(chosen["columns"][0])
        if wanted:
            run_filters.order_by("oldest" if wanted == sort == "newest" else wanted)
        st.session_state["runs_clicks"] = st.session_state.get("runs_clicks", 0) + 1  # the next click is a first one
    elif chosen["cells"] and chosen["cells"][0][0] < len(ids):
        open_run(ids[chosen["cells"][0][0]])


def _chosen() -> None:
    chosen = st.session_state["runs_columns"]
    if chosen and tuple(chosen) != USUAL:
        st.query_params["columns"] = ".".join(chosen)
    else:
        _as_usual()


def _as_usual() -> None:
    st.query_params.pop("columns", None)
