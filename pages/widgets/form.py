"""The rest of the form both pages share: a prompt's own inputs, instructions, the two buttons."""

import streamlit as st

from core.llm.prompt import Input, Prompt
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import view

HEIGHT = 68  # pixels, two lines; a person can pull it longer


def inputs(page: str, prompt: Prompt) -> dict[str, str]:
    """One field for each input of the prompt, two in a row; what is left empty is left out."""
    given, fields = {}, list(prompt.inputs.items())
    for first in range(0, len(fields), 2):
        for place, (name, field) in zip(st.columns(2), fields[first : first + 2], strict=False):
            with place:
                text = _field(f"{page}_input_{name}", field)
            if text.strip():
                given[name] = text
    return given


def _field(key: str, field: Input) -> str:
    text = st.text_area(
        field.label if field.required else f"{field.label} (optional)",
        height=HEIGHT,
        max_chars=field.max_chars,
        help=field.help or None,
        key=key,
        persist_state="session",
    )
    return text or ""


def instructions(page: str) -> str:
    text = st.text_area(
        "Instructions (optional)",
        key=f"{page}_instructions",
        placeholder="For example: stress the team lead experience, keep it under a page.",
        max_chars=4_000,
        height=HEIGHT,
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
