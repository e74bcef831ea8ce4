"""Generate: pick a candidate, a job and a feature; watch the answer arrive; keep it."""

from functools import partial

import streamlit as st

from core import wiring
from core.schema import FEATURES, AiRequest
from pages.widgets import context, figures, form, routing, show, view, words

PAGE = "generate"


def remember(request: AiRequest) -> None:
    """Fill in the form as it was for this request."""
    context.remember(PAGE, request)
    form.remember(PAGE, request)
    st.session_state["generate_feature"] = request.feature


workbench = wiring.current()
st.title("Generate", anchor=False)
run_id = view.recall(PAGE, workbench, remember)
left, right = st.columns([13, 7], gap="medium")

with left, st.container(border=True):
    picked = context.pick(PAGE, workbench)
    if picked is None:
        st.stop()
    plan = workbench.policy.plan(picked.user.plan)
    st.session_state.setdefault("generate_feature", FEATURES[0])
    chosen = st.pills(
        "Make",
        FEATURES,
        required=True,
        format_func=lambda name: words.feature(name) + ("" if name in plan.features else " :material/lock:"),
        key="generate_feature",
        persist_state="session",
        wrap=True,
    )
    feature = chosen or FEATURES[0]
    allowed = feature in plan.features
    if allowed:
        st.caption(words.FEATURES[feature][1])
    else:
        routing.lacks(workbench, feature, picked.user)
    prompt = workbench.prompts.for_feature(feature)
    inputs = form.inputs(PAGE, prompt)
    instructions = form.instructions(PAGE)
    ready = allowed and form.fits(prompt, inputs, instructions)
    build = partial(AiRequest, feature=feature, instructions=instructions, inputs=inputs, **picked.fields())
    view.begin(PAGE, workbench, build, ready=ready)
    run_id = st.session_state.get("generate_run")
    running = form.buttons(PAGE, workbench, "Generate", run_id, ready=ready)
    view.refusal(PAGE)

with right:
    card = st.container(border=True)
    beside = st.container()

with left:
    shown = run_id and view.matches(
        PAGE, workbench, run_id, user_id=picked.user.id, job_id=picked.job_id, feature=feature
    )
    if run_id and shown:
        show.run(PAGE, workbench, run_id, card, beside)
if not shown:
    route = routing.likely(workbench, feature, picked.user.plan)
    with card.container():
        figures.before(route, workbench, picked.tokens, picked.user.plan)
form.settle(workbench, run_id, running=running)
