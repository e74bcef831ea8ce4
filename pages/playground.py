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
        routing.lacks(workbench, prompt.feature, picked.user.plan)
    model, parameters = editor.settings(workbench, prompt or edited.shipped)
    inputs = form.inputs(PAGE, prompt or edited.shipped)
    instructions = form.instructions(PAGE)
    build = partial(
        AiRequest,
        feature=(prompt or edited.shipped).feature,
        instructions=instructions,
        inputs=inputs,
        model=model,
        parameters=parameters,
        prompt=None if edited.changed else edited.shipped.label,
        draft=edited.source if edited.changed else None,
        **picked.fields(),
    )
    view.begin(PAGE, workbench, build, ready=allowed)
    run_id = st.session_state.get("playground_run")
    form.buttons(PAGE, workbench, "Run", run_id, ready=allowed)
    view.refusal(PAGE)

with right:
    card = st.container(border=True).empty()
    if allowed:
        messages.draw(workbench, build)
    beside = st.empty()

if run_id:
    with left:
        story = show.run(PAGE, workbench, run_id, card, beside)
    if story:
        with right:
            raw.draw(story)
else:
    route = routing.likely(workbench, (prompt or edited.shipped).feature, picked.user.plan, model)
    with card.container():
        figures.before(route, workbench.providers, picked.tokens, picked.user.plan)
