"""The room that Generate and Playground share: a form, its run's figures beside it, the answer below."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from pydantic import ValidationError
from streamlit.delta_generator import DeltaGenerator

from core.llm.history import Story
from core.llm.router import Route
from core.schema import AiRequest
from core.wiring import Workbench
from pages.widgets import context, figures, form, press, show, view
from pages.widgets.context import Context


@dataclass(slots=True)
class Room:
    """One page as it is drawn: its two columns, the frame of its form, what the form's head picked."""

    page: str
    workbench: Workbench
    left: DeltaGenerator
    right: DeltaGenerator
    form: DeltaGenerator
    picked: Context
    running: bool = False

    @property
    def run_id(self) -> str | None:
        return st.session_state.get(f"{self.page}_run")


def enter(page: str, title: str, workbench: Workbench, remember: Callable[[AiRequest], None]) -> Room:
    """Title, columns and the head of the form; the page ends here where there is no candidate.

    `remember` fills in the fields that only this page has as they were for a request.
    """

    def refill(request: AiRequest) -> None:
        context.remember(page, request)
        form.remember(page, request)
        remember(request)

    st.title(title, anchor=False)
    view.recall(page, workbench, refill)
    left, right = st.columns([13, 7], gap="medium")
    frame = left.container(border=True)
    with frame:
        picked = context.pick(page, workbench)
    if picked is None:
        st.stop()
    return Room(page, workbench, left, right, frame, picked)


def ask(room: Room, verb: str, build: Callable[[], AiRequest], *, ready: bool) -> None:
    """At the form's end: start what was asked for, the two buttons, and why nothing was started."""
    view.begin(room.page, room.workbench, build, ready=ready)
    context.show_in_url(room.run_id)
    room.running = form.buttons(room.page, room.workbench, verb, room.run_id, ready=ready)
    press.refusal(room.page)


def answer(
    room: Room,
    feature: str,
    route: Route | None,
    card: DeltaGenerator,
    beside: DeltaGenerator,
    build: Callable[[], AiRequest] | None,
) -> Story | None:
    """The run on view, if it is what the form asks for; else, in `card`, what a run would take.

    `build` makes the request of the form; None while the form is not ready.
    """
    picked, run_id = room.picked, room.run_id
    asked = {"user_id": picked.user.id, "job_id": picked.job_id, "feature": feature}
    with room.left:
        if run_id and view.matches(room.page, room.workbench, run_id, **asked):
            return show.run(room.page, room.workbench, run_id, card, beside)
    with card.container():
        try:
            requests = [build()] if build else []
        except ValidationError:  # said when the button is pressed
            requests = []
        figures.before(route, room.workbench, picked.tokens, picked.user.plan, requests)
    return None
