"""Playground: edit a prompt on real context, see what is sent, watch the answer arrive, read it raw."""

from functools import partial

import streamlit as st

from core import wiring
from core.schema import AiRequest
from pages.widgets import editor, form, messages, raw, room, routing

PAGE = "playground"


def remember(request: AiRequest) -> None:
    """Take up the prompt, the model and the parameters of this request."""
    editor.remember(workbench, request)


workbench = wiring.current()
here = room.enter(PAGE, "Playground", workbench, remember)
picked = here.picked

with here.form:
    gone = st.container()
    edited = editor.draw(workbench)
    prompt = edited.prompt
    allowed = prompt is not None and prompt.feature in workbench.policy.plan(picked.user.plan).features
    if prompt and not allowed:
        routing.lacks(workbench, prompt.feature, picked.user)
    model, parameters = editor.settings(workbench, prompt or edited.shipped)
    inputs = form.inputs(PAGE, prompt or edited.shipped)
    instructions = form.instructions(PAGE)
    feature = (prompt or edited.shipped).feature
    ready = allowed and form.fits(prompt or edited.shipped, inputs, instructions)
    route = routing.likely(workbench, feature, picked.user.plan, model)
    if allowed and routing.writes_little(workbench, route):
        st.info(routing.FACTS_ONLY + " Choose another model to try a prompt.", icon=":material/info:")
    build = partial(
        AiRequest,
        feature=feature,
        instructions=instructions,
        inputs=inputs,
        model=model,
        parameters=parameters,
        prompt=None if edited.changed else edited.shipped.label,
        draft=edited.source if edited.changed else None,
        **picked.fields(),
    )
    room.ask(here, "Run", build, ready=ready)
    with gone:
        editor.say_what_is_gone()

with here.right:
    card = st.container(border=True)
    if allowed:
        messages.draw(workbench, build, route.legs[0] if route else None)
    beside = st.container()

if told := room.answer(here, feature, route, card, beside, build if ready else None):
    with here.right:
        raw.draw(told)
form.settle(workbench, here.run_id, running=here.running)
