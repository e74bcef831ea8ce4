"""A long calculation: begun, followed, stopped, and what came of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import WorkbenchError
from core.usage import errands
from core.usage.errands import Errand
from core.wiring import Workbench
from pages.widgets import safe

STOPPED = "It was stopped. Nothing was changed."


def begin(workbench: Workbench, key: str, kind: str, given: Mapping[str, Any], about: Any = None) -> None:
    """For callbacks: start it under this key, in place of the one before; `about` comes back with its result."""
    if held := find(key):
        held.cancel()
    try:
        st.session_state[key] = errands.start(workbench.settings.database, kind, given), about
    except WorkbenchError as refused:
        st.session_state["whatif_refused"] = refused.message


def find(key: str) -> Errand | None:
    """The one under this key."""
    held: tuple[Errand, Any] | None = st.session_state.get(key)
    return held[0] if held else None


def result(key: str, doing: str, stopped: str = STOPPED) -> tuple[Any, Any] | None:
    """What came of it and what it is about, once it is ready; until then its progress is drawn, or why there is none.

    `stopped` is what is said of one that was cancelled.
    """
    if refused := st.session_state.pop("whatif_refused", None):
        st.warning(safe.line(refused))
    held: tuple[Errand, Any] | None = st.session_state.get(key)
    if held is None:
        return None
    errand, about = held
    if errand.state == "running":
        _under_way(key, doing)
        return None
    if errand.state == "ready":
        return errand.result, about
    if errand.state == "failed":
        st.error(safe.line(errand.problem), icon=":material/block:")
    else:
        st.info(stopped, icon=":material/stop_circle:")
    return None


def forget(key: str) -> None:
    """For callbacks: put the result away."""
    if held := find(key):
        held.cancel()
    st.session_state.pop(key, None)


@st.fragment(run_every=0.5)
def _under_way(key: str, doing: str) -> None:
    errand = find(key)
    if errand is None or errand.state != "running":
        st.rerun()
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(
            errand.share,
            text=f"{doing}: {errand.runs:,} so far, about {errand.share:.0%}" if errand.runs else f"{doing} …",
        )
        st.button("Cancel", icon=":material/close:", key=f"{key}_cancel", on_click=errand.cancel)
