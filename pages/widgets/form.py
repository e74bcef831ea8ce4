"""The rest of the form both pages share: a prompt's own inputs, instructions, the two buttons."""

import streamlit as st

from core.llm.prompt import Prompt
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import view

LONG = 300  # characters; what may be longer gets more than one line


def inputs(page: str, prompt: Prompt) -> dict[str, str]:
    """One field for each input of the prompt; what is left empty is left out."""
    given = {}
    for name, field in prompt.inputs.items():
        draw = st.text_area if (field.max_chars or LONG + 1) > LONG else st.text_input
        label = field.label if field.required else f"{field.label} (optional)"
        text = draw(
            label,
            max_chars=field.max_chars,
            help=field.help or None,
            key=f"{page}_input_{name}",
            persist_state="session",
        )
        if text and text.strip():
            given[name] = text
    return given


def instructions(page: str) -> str:
    text = st.text_area(
        "Instructions (optional)",
        key=f"{page}_instructions",
        placeholder="For example: stress the team lead experience, keep it under a page.",
        max_chars=4_000,
        height=68,
        persist_state="session",
    )
    return text or ""


def remember(page: str, request: AiRequest) -> None:
    st.session_state[f"{page}_instructions"] = request.instructions
    for name, text in request.inputs.items():
        st.session_state[f"{page}_input_{name}"] = text


def buttons(page: str, workbench: Workbench, label: str, run_id: str | None, *, ready: bool) -> None:
    """Start and Stop. Stop works while the answer streams, because it is drawn before."""
    live = workbench.find(run_id) if run_id else None
    running = live is not None and not live.done
    with st.container(horizontal=True):
        st.button(
            label,
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            key=f"{page}_go",
            on_click=view.ask,
            args=(page,),
            disabled=running or not ready,
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"{page}_stop",
            on_click=view.stop,
            args=(workbench, run_id or ""),
            disabled=not running,
        )
