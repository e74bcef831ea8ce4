"""The rest of the form both pages share: a prompt's own inputs, instructions, the two buttons."""

from collections.abc import Mapping

import streamlit as st

from core.llm.prompt import Input, Prompt
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import drafts, press, view

HEIGHT = 68  # pixels, two lines; a person can pull it longer
LONG = 2_000  # characters; a field that takes more is for whole texts
LONG_HEIGHT = 280  # pixels, over ten lines
MOST_INSTRUCTIONS = 4_000
MOST_INPUT = 40_000


def inputs(page: str, prompt: Prompt) -> dict[str, str]:
    """One field for each input of the prompt, two in a row, whole texts on their own; what is empty is left out."""
    fields = list(prompt.inputs.items())
    short = [one for one in fields if _most(one[1]) < LONG]
    given = {name: _field(f"{page}_input_{name}", field) for name, field in fields if _most(field) >= LONG}
    for first in range(0, len(short), 2):
        pair = short[first : first + 2]
        for place, (name, field) in zip(st.columns(len(pair)), pair, strict=True):
            with place:
                given[name] = _field(f"{page}_input_{name}", field)
    return {name: given[name] for name, _ in fields if given[name].strip()}


def _field(key: str, field: Input) -> str:
    label = field.label if field.required else f"{field.label} (optional)"
    height = LONG_HEIGHT if _most(field) >= LONG else HEIGHT
    text = drafts.area(label, key, height=height, help=field.help or None)
    _say_if_over(text, _most(field))
    return text


def instructions(page: str) -> str:
    text = drafts.area(
        "Instructions (optional)",
        f"{page}_instructions",
        placeholder="For example: stress the team lead experience, keep it under a page.",
        height=HEIGHT,
    )
    _say_if_over(text, MOST_INSTRUCTIONS)
    return text


def _most(field: Input) -> int:
    return field.max_chars or MOST_INPUT


def _say_if_over(text: str, most: int) -> None:
    """A paste is never cut silently: it stands there in full, with what to do about it."""
    if len(text) > most:
        st.error(f"{len(text):,} of {most:,} characters: shorten it.", icon=":material/content_cut:")


def fits(prompt: Prompt, inputs: Mapping[str, str], instructions: str) -> bool:
    """Whether every text is short enough to be sent."""
    over = [name for name, text in inputs.items() if len(text) > _most(prompt.inputs[name])]
    return not over and len(instructions) <= MOST_INSTRUCTIONS


def remember(page: str, request: AiRequest) -> None:
    drafts.put(f"{page}_instructions", request.instructions)
    for name, text in request.inputs.items():
        drafts.put(f"{page}_input_{name}", text)


def buttons(page: str, workbench: Workbench, label: str, run_id: str | None, *, ready: bool) -> bool:
    """Start and Stop. Stop works while the answer streams, because it is drawn before. Whether it can be pressed."""
    live = workbench.find(run_id) if run_id else None
    running = live is not None and not live.done
    with st.container(horizontal=True):
        st.button(
            label,
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            key=f"{page}_go",
            on_click=press.ask,
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
    return running


def settle(workbench: Workbench, run_id: str | None, *, running: bool) -> None:
    """At the page's end: draw it anew where the run ended after its buttons were drawn as if it still went on."""
    if running and ((live := workbench.find(run_id or "")) is None or live.done):
        st.rerun()
