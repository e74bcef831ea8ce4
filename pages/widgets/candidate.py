"""Whose Drive it is: the candidate all pages share, and how to add another."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.drive import people
from core.wiring import Workbench
from pages.widgets import notice, safe, shelf, turns

# The keys the pages that make things share too: whom the work is for, and what we last wrote into the URL.
SHARED, WRITTEN = "work_user", "work_url_user"


def choose(workbench: Workbench) -> Any | None:
    """The candidate on view; None, with the cure on the page, when there is nobody yet."""
    everyone = {user.id: user for user in people.candidates(workbench.store)}
    if not everyone:
        st.info("There is no candidate yet. Add one here, or load six with `python -m core demo load`.")
        _add(workbench)
        return None
    _follow_url(workbench, everyone)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state["drive_user"] = st.session_state[SHARED]
        st.selectbox(
            "Candidate",
            list(everyone),
            format_func=lambda id: f"{everyone[id].name} · {everyone[id].plan}",
            key="drive_user",
            on_change=_picked,
            width=420,
        )
        _add(workbench)
    return everyone[st.session_state[SHARED]]


def _follow_url(workbench: Workbench, everyone: Mapping[int, Any]) -> None:
    """A link wins over what was chosen before, unless it is the URL we wrote ourselves."""
    given = st.query_params.get("user")
    if given is None:
        wanted = shelf.owner(workbench)
    elif given == st.session_state.get(WRITTEN):
        wanted = None
    else:
        wanted = int(given) if given.isdecimal() and len(given) < 16 else 0
        if wanted not in everyone:
            st.warning(f"There is no candidate “{safe.plain(given[:20])}”. Pick one from the list.")
    if wanted in everyone:
        st.session_state[SHARED] = wanted
    elif st.session_state.get(SHARED) not in everyone:
        st.session_state[SHARED] = next(iter(everyone))
    st.session_state[WRITTEN] = st.query_params["user"] = str(st.session_state[SHARED])


def _picked() -> None:
    _show(st.session_state["drive_user"], shelf.view())


def _show(user_id: int, view: str) -> None:
    st.session_state[SHARED] = user_id
    st.session_state[WRITTEN] = str(user_id)
    shelf.go(view, user_id)


def _add(workbench: Workbench) -> None:
    with (
        st.popover("New candidate", icon=":material/person_add:", key=turns.key("drive_adding"), on_change="rerun"),
        st.form("drive_new_candidate", border=False),
    ):
        st.text_input("Name", key="drive_new_name", max_chars=200)
        st.segmented_control("Plan", people.PLANS, default="free", required=True, key="drive_new_plan")
        st.form_submit_button("Add", type="primary", icon=":material/add:", on_click=_added, args=(workbench,))


def _added(workbench: Workbench) -> None:
    name, made = st.session_state["drive_new_name"] or "", []

    def add() -> None:
        user = people.add_candidate(workbench.store, name=name, plan=st.session_state["drive_new_plan"], profile={})
        made.append(user.id)

    if notice.act("drive", add, f"{name.strip()} was added. Import their resume next."):
        turns.over("drive_adding")
        st.session_state["drive_new_name"] = ""
        _show(made[0], "resumes")
