"""Playground: edit a prompt on real context, see what is sent, watch the answer arrive, read it raw."""

from functools import partial

import streamlit as st

from core import wiring
from core.schema import AiRequest
from pages.widgets import context, editor, figures, form, messages, raw, routing, show, view

PAGE = "playground"


def remember(request: AiRequest) -> None:
    """Fill in the form as it was for this request."""
    context.remember(PAGE, request)
    form.remember(PAGE, request)
    editor.remember(workbench, request)


workbench = wiring.current()
st.title("Playground", anchor=False)
run_id = view.recall(PAGE, workbench, remember)
left, right = st.columns([13, 7], gap="medium")

with left, st.container(border=True):
    picked = context.pick(PAGE, workbench)
    if picked is None:
        st.stop()
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
    view.begin(PAGE, workbench, build, ready=ready)
    run_id = st.session_state.get("playground_run")
    running = form.buttons(PAGE, workbench, "Run", run_id, ready=ready)
    view.refusal(PAGE)

with right:
    card = st.container(border=True)
    if allowed:
        messages.draw(workbench, build, route.legs[0] if route else None)
    beside = st.container()

with left:
    shown = run_id and view.matches(
        PAGE, workbench, run_id, user_id=picked.user.id, job_id=picked.job_id, feature=feature
    )
    told = show.run(PAGE, workbench, run_id, card, beside) if run_id and shown else None
if told:
    with right:
        raw.draw(told)
if not shown:
    with card.container():
        figures.before(route, workbench, picked.tokens, picked.user.plan)
form.settle(workbench, run_id, running=running)
