"""The run on view: started once however often one clicks, kept in the URL, found again after a reload."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st
from pydantic import ValidationError

from core.errors import NotFound, WorkbenchError
from core.llm import history
from core.llm.history import Story
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import safe, words

DOUBLE_CLICK_S = 1.5


@dataclass(slots=True)
class Asked:
    """One press of Generate. The key makes it one run, whatever interrupts the page on the way."""

    key: str
    at: float
    request: AiRequest | None = None


def ask(page: str) -> None:
    """For the button's `on_click`: a run is wanted; `begin` starts it once the form is drawn."""
    st.session_state[f"{page}_wanted"] = Asked(uuid.uuid4().hex, time.monotonic())


def begin(page: str, workbench: Workbench, build: Callable[[], AiRequest], *, ready: bool) -> None:
    """Start what was asked for, unless the page says that it can't be and why.

    A refusal is kept and shown by `refusal`; nothing typed is lost.
    """
    wanted: Asked | None = st.session_state.get(f"{page}_wanted")
    if not ready or wanted is None:
        st.session_state[f"{page}_wanted"] = None  # a press that came too late must not start something later
        return
    st.session_state[f"{page}_refusal"] = None
    try:
        if wanted.request is None:
            wanted.key, wanted.request = _same_press(page, wanted, build())
        run_id = workbench.start(wanted.request, st.session_state["caller"], key=wanted.key)
    except ValidationError as wrong:
        st.session_state[f"{page}_refusal"] = mend(wrong)
    except WorkbenchError as refused:
        st.session_state[f"{page}_refusal"] = refused.message
    else:
        st.session_state[f"{page}_asked"] = wanted
        st.session_state[f"{page}_run"] = run_id
    st.session_state[f"{page}_wanted"] = None


def _same_press(page: str, wanted: Asked, request: AiRequest) -> tuple[str, AiRequest]:
    """The second half of a double click carries the key of the first."""
    last: Asked | None = st.session_state.get(f"{page}_asked")
    if last and last.request == request and wanted.at - last.at < DOUBLE_CLICK_S:
        return last.key, request
    return wanted.key, request


def mend(wrong: ValidationError) -> str:
    """What of a request is not as it has to be, in a sentence."""
    first = wrong.errors(include_input=False, include_url=False)[0]
    where = str(first["loc"][0]) if first["loc"] else "The request"
    return f"{where}: {first['msg']}. Mend it and try again."


def refusal(page: str) -> None:
    """Why the last press started nothing."""
    if message := st.session_state.get(f"{page}_refusal"):
        st.error(safe.safe(message), icon=":material/block:")


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
