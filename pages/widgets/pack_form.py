"""The job pack's part of the form: which documents, what they share, and the two buttons."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from pydantic import ValidationError

from core.errors import WorkbenchError
from core.llm import packs
from core.llm.prompt import Prompt
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import context, form, pack, press, routing, view, words
from pages.widgets.room import Room

WHAT = "Makes the documents of one application side by side. Each is a run of its own."


def draw(room: Room, page: str) -> list[AiRequest]:
    """Ticks, instructions, inputs, Start and Stop; starts what was asked for. Returns what a press would ask for."""
    workbench, picked = room.workbench, room.picked
    features = workbench.policy.plan(picked.user.plan).features
    offered = [name for name in packs.PACK if name in features]
    st.caption(WHAT)
    ticked = _ticks(page, offered)
    for name in packs.PACK:
        if name not in features:
            routing.lacks(workbench, name, picked.user)
    prompts = [workbench.prompts.for_feature(name) for name in ticked]
    instructions = form.instructions(page)
    inputs = _inputs(page, prompts)
    fits = all(
        form.fits(prompt, {name: inputs[name] for name in prompt.inputs if name in inputs}, instructions)
        for prompt in prompts
    )
    if picked.job is None:
        st.info("A job pack is made for one job. Pick the job above.", icon=":material/work:")
    build = partial(_requests, room, inputs, instructions)
    ready = picked.job is not None and fits
    pack.begin(page, workbench, build, ready=ready)
    context.show_in_url(None)
    pack.show_in_url(page)
    _buttons(room, page, ticked, ready=ready and bool(ticked))
    press.refusal(page)
    try:
        return build(ticked) if ready and ticked else []
    except (WorkbenchError, ValidationError):  # said when the button is pressed
        return []


def _requests(room: Room, inputs: dict[str, str], instructions: str, features: Sequence[str]) -> list[AiRequest]:
    prompts = room.workbench.prompts
    return packs.requests(features, prompts, inputs=inputs, instructions=instructions, **room.picked.fields())


def _inputs(page: str, prompts: Sequence[Prompt]) -> dict[str, str]:
    """The fields that single documents have beside the rest, out of the way until somebody wants them."""
    labels = [field.label for prompt in prompts for field in prompt.inputs.values()]
    if not labels:
        return {}
    with st.expander(f"More: {', '.join(labels).lower()}", icon=":material/tune:"):
        return {name: text for prompt in prompts for name, text in form.inputs(page, prompt).items()}


def _ticks(page: str, offered: Sequence[str]) -> tuple[str, ...]:
    """The documents that are ticked; all that the plan has until a person chooses."""
    off: set[str] = st.session_state.setdefault(f"{page}_pack_off", set())
    key = f"{page}_pack_features"
    st.session_state[key] = [name for name in offered if name not in off]
    st.pills(
        "Documents",
        offered,
        selection_mode="multi",
        format_func=words.feature,
        key=key,
        on_change=_ticked,
        args=(page, key, tuple(offered)),
        wrap=True,
    )
    return tuple(name for name in offered if name not in off)


def _ticked(page: str, key: str, offered: tuple[str, ...]) -> None:
    on = set(st.session_state[key])
    st.session_state[f"{page}_pack_off"] = (st.session_state[f"{page}_pack_off"] - set(offered)) | (set(offered) - on)


def _buttons(room: Room, page: str, ticked: Sequence[str], *, ready: bool) -> None:
    """Start and Stop. Stop works while the documents are written, because it is drawn before."""
    under_way = writing(room.workbench, page)
    room.running = bool(under_way)
    with st.container(horizontal=True):
        st.button(
            "Make the pack" if len(ticked) != 1 else "Make the document",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            key=f"{page}_pack_go",
            on_click=press.ask,
            args=(f"{page}_pack", ticked),
            disabled=room.running or not ready,
        )
        st.button(
            "Stop all",
            icon=":material/stop:",
            key=f"{page}_pack_stop",
            on_click=_stop,
            args=(room.workbench, under_way),
            disabled=not room.running,
        )


def writing(workbench: Workbench, page: str) -> tuple[str, ...]:
    """The runs of the pack that are under way here."""
    live = [run for one in pack.entries(page) if one.run_id and (run := workbench.find(one.run_id))]
    return tuple(run.id for run in live if not run.done)


def _stop(workbench: Workbench, run_ids: tuple[str, ...]) -> None:
    for run_id in run_ids:
        view.stop(workbench, run_id)
