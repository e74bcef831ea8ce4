"""A press of a button that starts runs: once however often one clicks, whatever interrupts the page on the way."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st
from pydantic import ValidationError

from core.errors import WorkbenchError
from core.schema import AiRequest
from pages.widgets import safe

DOUBLE_CLICK_S = 1.5


@dataclass(slots=True)
class Press:
    """One press and the requests it came to. What is started under its key is found again, never started twice.

    Of a job pack `features` are the documents it is for, `again` in place of those on view.
    """

    features: tuple[str, ...] = ()
    again: bool = False
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: float = field(default_factory=time.monotonic)
    requests: Sequence[AiRequest] | None = None


def ask(name: str, features: Sequence[str] = (), again: bool = False) -> None:
    """For the button's `on_click`: runs are wanted; `begin` starts them once the form is drawn."""
    st.session_state[f"{name}_wanted"] = Press(tuple(features), again)


def begin(
    page: str,
    name: str,
    build: Callable[[Press], Sequence[AiRequest]],
    start: Callable[[Press, Sequence[AiRequest]], None],
    *,
    ready: bool,
) -> None:
    """Build and start what was asked for under this name, unless the page says that it can't be and why.

    A refusal is kept and shown by `refusal`; nothing typed is lost.
    """
    wanted: Press | None = st.session_state.get(f"{name}_wanted")
    if not ready or wanted is None:
        st.session_state[f"{name}_wanted"] = None  # a press that came too late must not start something later
        return
    st.session_state[f"{page}_refusal"] = None
    try:
        if wanted.requests is None:
            requests = build(wanted)
            wanted.key, wanted.requests = _key(name, wanted, requests), requests
        start(wanted, wanted.requests)
    except ValidationError as wrong:
        st.session_state[f"{page}_refusal"] = _mend(wrong)
    except WorkbenchError as refused:
        st.session_state[f"{page}_refusal"] = refused.message
    else:
        st.session_state[f"{name}_asked"] = wanted
    st.session_state[f"{name}_wanted"] = None


def refusal(page: str) -> None:
    """Why the last press started nothing."""
    if message := st.session_state.get(f"{page}_refusal"):
        st.error(safe.safe(message), icon=":material/block:")


def _key(name: str, wanted: Press, requests: Sequence[AiRequest]) -> str:
    """The second half of a double click carries the key of the first."""
    last: Press | None = st.session_state.get(f"{name}_asked")
    if last and last.requests == requests and wanted.at - last.at < DOUBLE_CLICK_S:
        return last.key
    return wanted.key


def _mend(wrong: ValidationError) -> str:
    """What of a request is not as it has to be, in a sentence."""
    first = wrong.errors(include_input=False, include_url=False)[0]
    where = str(first["loc"][0]) if first["loc"] else "The request"
    return f"{where}: {first['msg']}. Mend it and try again."
