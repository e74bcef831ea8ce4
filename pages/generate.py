"""Generate: pick a candidate, a job and a feature; watch the answer arrive; keep it."""

from functools import partial

import streamlit as st

from core import wiring
from core.schema import FEATURES, AiRequest
from pages.widgets import form, room, routing, words

PAGE = "generate"


def remember(request: AiRequest) -> None:
    """Choose the feature of this request."""
    st.session_state["generate_feature"] = request.feature


workbench = wiring.current()
here = room.enter(PAGE, "Generate", workbench, remember)
picked = here.picked

with here.form:
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
    room.ask(here, "Generate", build, ready=ready)

with here.right:
    card = st.container(border=True)
    beside = st.container()

room.answer(here, feature, routing.likely(workbench, feature, picked.user.plan), card, beside)
form.settle(workbench, here.run_id, running=here.running)
