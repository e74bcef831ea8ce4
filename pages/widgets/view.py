"""The run on view: started, kept in the URL, found again after a reload."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from core.errors import NotFound
from core.llm import history
from core.llm.history import Story
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import press, safe, words
from pages.widgets.press import Press


def begin(page: str, workbench: Workbench, build: Callable[[], AiRequest], *, ready: bool) -> None:
    """Start the run that was asked for, and take it into view."""

    def start(wanted: Press, requests: Sequence[AiRequest]) -> None:
        st.session_state[f"{page}_run"] = workbench.start(requests[0], st.session_state["caller"], key=wanted.key)

    press.begin(page, page, lambda _: [build()], start, ready=ready)


def recall(page: str, workbench: Workbench, remember: Callable[[AiRequest], None]) -> str | None:
    """The run on view: the URL's, else the one this page had. A run met for the first time fills in the form."""
    mine: str | None = st.session_state.get(f"{page}_run")
    given = st.query_params.get("run")
    if given and given != mine:
        try:
            remember(history.as_asked(history.story(workbench.store, given).run))
        except NotFound as unknown:
            st.warning(f"{unknown.message} Choose what to make below, or look for the run under Runs.")
            del st.query_params["run"]
            return mine
        st.session_state[f"{page}_run"] = mine = given
    return mine


def matches(page: str, workbench: Workbench, run_id: str, **asked: object) -> bool:
    """Whether the run on view is about what the form says, given as `user_id`, `job_id` and `feature`.

    If it is not, one line stands for it, with the way back to it: nobody shall take an old answer for a new one.
    """
    try:
        told = history.story(workbench.store, run_id)
    except NotFound:
        return True  # the page says so itself
    if {name: getattr(told.run, name) for name in asked} == asked:
        return True
    what = f"{words.feature(told.run.feature)} for {told.candidate}" + (f", {told.job}" if told.job else "")
    under_way = told.run.status == "running"
    with st.container(border=True, key=f"{page}_last"):
        line, show, dismiss = st.columns([6, 2, 2], vertical_alignment="center")
        line.markdown(safe.line(f"{'Under way' if under_way else 'Last result'}: {what}"))
        show.button("Show", icon=":material/visibility:", key=f"{page}_show", on_click=_show, args=(page,))
        dismiss.button(
            "Dismiss", icon=":material/close:", type="tertiary", key=f"{page}_dismiss", on_click=_dismiss, args=(page,)
        )
    return False


def _show(page: str) -> None:
    """The run is met anew, which fills in the form as it was."""
    st.query_params["run"] = st.session_state.pop(f"{page}_run")


def _dismiss(page: str) -> None:
    st.session_state.pop(f"{page}_run", None)
    st.query_params.pop("run", None)


def story(workbench: Workbench, run_id: str) -> Story:
    """Its record, with the answer this process still holds when the database refused it."""
    told = history.story(workbench.store, run_id)
    live = workbench.find(run_id)
    if live and live.result:
        return Story(told.run, told.candidate, told.job, told.attempts, live.result, told.kept)
    return told


def stop(workbench: Workbench, run_id: str) -> None:
    """For the Stop button's `on_click`."""
    with suppress(NotFound):  # it ended meanwhile
        workbench.cancel(run_id)
