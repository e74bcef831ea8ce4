"""Generate: pick a candidate, a job and a feature, or the whole job pack; watch it arrive; keep it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import wiring
from core.llm import packs
from core.schema import FEATURES, AiRequest, Feature
from pages.widgets import context, form, made, pack, pack_board, pack_form, room, routing, words

PAGE = "generate"
CHOICES = (*FEATURES, packs.NAME)


def remember(request: AiRequest) -> None:
    """Choose the feature of this request."""
    st.session_state["generate_feature"] = request.feature


def remember_pack(request: AiRequest, features: Sequence[str]) -> None:
    """Choose the job pack of these documents, as one of its requests asked for it."""
    context.remember(PAGE, request)
    form.remember(PAGE, request)
    st.session_state["generate_feature"] = packs.NAME
    st.session_state["generate_pack_off"] = set(packs.PACK) - set(features)


def one(feature: Feature) -> None:
    """The form of one document, and its answer."""
    allowed = feature in plan.features
    with here.form:
        if allowed:
            st.caption(words.MAKES[feature])
        else:
            routing.lacks(workbench, feature, picked.user)
        prompt = workbench.prompts.for_feature(feature)
        inputs = form.inputs(PAGE, prompt)
        instructions = form.instructions(PAGE)
        ready = allowed and form.fits(prompt, inputs, instructions)
        build = partial(AiRequest, feature=feature, instructions=instructions, inputs=inputs, **picked.fields())
        pack.leave_url()
        room.ask(here, "Generate", build, ready=ready)
    with here.right:
        card = st.container(border=True)
        beside = st.container()
        made.draw(PAGE, workbench, picked)
    room.answer(
        here, feature, routing.likely(workbench, feature, picked.user.plan), card, beside, build if ready else None
    )
    form.settle(workbench, here.run_id, running=here.running)


def several() -> None:
    """The form of the job pack, and its documents."""
    with here.form:
        requests = pack_form.draw(here, PAGE)
    with here.right:
        card = st.container(border=True)
        beside = st.container()
        made.draw(PAGE, workbench, picked)
    pack_board.follow(here, PAGE, pack_board.draw(here, PAGE, card, beside, requests))


workbench = wiring.current()
lost = pack.recall(PAGE, workbench, remember_pack)
here = room.enter(PAGE, "Generate", workbench, remember)
picked = here.picked
if lost:
    st.warning(lost)

with here.form:
    plan = workbench.policy.plan(picked.user.plan)
    st.session_state.setdefault("generate_feature", FEATURES[0])
    chosen = st.pills(
        "Make",
        CHOICES,
        required=True,
        format_func=lambda name: (
            words.feature(name) + ("" if name in plan.features or name == packs.NAME else " :material/lock:")
        ),
        key="generate_feature",
        persist_state="session",
        wrap=True,
    )
if chosen == packs.NAME:
    several()
else:
    one(chosen or FEATURES[0])
