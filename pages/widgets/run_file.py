"""The runs of a filter as a file: chosen, made in the background, handed over."""

import streamlit as st

from core.errors import NotFound, WorkbenchError
from core.llm.run_columns import COLUMNS, FORMATS, TEXTS
from core.llm.run_exports import Export
from core.llm.run_filter import RunFilter
from core.wiring import Workbench
from pages.widgets import safe

KEY = "runs_export"  # the secret of the export that this session asked for last
CALLED = {"csv": "CSV", "parquet": "Parquet"}
MEANT = {"csv": "CSV, for spreadsheets", "parquet": "Parquet, for analysis"}
SHEET = 1_048_575  # rows that a spreadsheet opens, below its headings


def draw(workbench: Workbench, wanted: RunFilter) -> None:
    """The popover with its choices."""
    with st.popover("Export", icon=":material/download:"):
        st.caption("All runs that fit the filters, newest first." if wanted.narrows else "All runs, newest first.")
        format = st.radio("Format", FORMATS, format_func=MEANT.__getitem__, key="runs_export_format")
        texts = st.checkbox(
            "With what was asked, sent and answered",
            key="runs_export_texts",
            help="Three more columns that hold candidates' texts. Without them a file holds names and figures only.",
        )
        st.button(
            "Make the file",
            type="primary",
            key="runs_export_start",
            on_click=_start,
            args=(workbench, wanted, format, texts),
        )
        with st.expander("What the columns hold"):
            told = COLUMNS | (TEXTS if texts else {})
            st.markdown("\n".join(f"- `{name}`: {holds}" for name, holds in told.items()))


def progress(workbench: Workbench) -> None:
    """The export of this session, under way or ready; nothing where there is none."""
    if refused := st.session_state.pop(f"{KEY}_refused", None):
        st.warning(safe.line(refused))
    if export := _mine(workbench):
        if export.state == "running":
            _under_way(workbench)
        else:
            _ended(export)


@st.fragment(run_every=1.0)
def _under_way(workbench: Workbench) -> None:
    export = _mine(workbench)
    if export is None or export.state != "running":
        st.rerun()
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(export.share, text=f"Writing the {CALLED[export.format]} file: {export.rows:,} runs so far")
        st.button("Cancel", icon=":material/close:", key="runs_export_cancel", on_click=_cancel, args=(workbench,))


def _ended(export: Export) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if export.state == "ready":
            size = f"{export.bytes / 1e6:,.1f} MB" if export.bytes >= 10**5 else f"{export.bytes / 1e3:,.1f} kB"
            runs = "**1 run** is" if export.rows == 1 else f"**{export.rows:,} runs** are"
            st.markdown(f"{runs} ready as {CALLED[export.format]}, {size}.{_too_many(export)}", width="stretch")
            st.link_button(
                "Download", export.address, icon=":material/download:", type="primary", key="runs_export_get"
            )
            st.caption("Kept for an hour.", width="content")
        elif export.state == "failed":
            st.error(safe.line(export.problem), width="stretch")
        else:
            st.markdown("The export was stopped.", width="stretch")
        st.button("Dismiss", icon=":material/close:", type="tertiary", key="runs_export_done", on_click=_dismiss)


def _too_many(export: Export) -> str:
    if export.format != "csv" or export.rows <= SHEET:
        return ""
    return f" Spreadsheets open the first {SHEET:,} only: choose a shorter period, or Parquet."


def _mine(workbench: Workbench) -> Export | None:
    try:
        return workbench.exports.find(st.session_state[KEY]) if KEY in st.session_state else None
    except NotFound:
        return None


def _start(workbench: Workbench, wanted: RunFilter, format: str, texts: bool) -> None:
    try:
        chosen = next(one for one in FORMATS if one == format)
        st.session_state[KEY] = workbench.exports.start(wanted, format=chosen, texts=texts).secret
    except WorkbenchError as refused:
        st.session_state[f"{KEY}_refused"] = refused.message


def _cancel(workbench: Workbench) -> None:
    if export := _mine(workbench):
        workbench.exports.cancel(export)


def _dismiss() -> None:
    st.session_state.pop(KEY, None)
