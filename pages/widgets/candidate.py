"""Whose Drive it is: the candidate all pages share, and how to add another."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.access.plans import PLANS
from core.drive import erasure, people
from core.drive.erasure import Belongings
from core.errors import WorkbenchError
from core.schema import FEATURES
from core.wiring import Workbench
from pages.widgets import address, notice, safe, shelf, turns

# The keys the pages that make things share too: whom the work is for, and what we last wrote into the URL.
SHARED, WRITTEN = "work_user", "work_url_user"


def choose(workbench: Workbench) -> Any | None:
    """The candidate on view; None, with the cure on the page, when there is nobody yet."""
    everyone = {user.id: user for user in people.candidates(workbench.store)}
    if not everyone:
        st.info("There is no candidate yet. Add one here; their resume and their jobs come next.")
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
        _change(workbench, everyone[st.session_state[SHARED]])
        _add(workbench)
        if st.session_state["caller"].may("admin"):
            _erase(workbench, everyone[st.session_state[SHARED]])
    return everyone[st.session_state[SHARED]]


def first(workbench: Workbench, everyone: Mapping[int, Any]) -> int:
    """Whom to begin with: the first with a job and a resume, and a plan that has every feature, so that nothing is locked."""
    ready = people.furnished(workbench.store)
    whole = {plan for plan in PLANS if set(FEATURES) <= set(workbench.policy.plan(plan).features)}
    return max(everyone, key=lambda id: (id in ready, everyone[id].plan == PLANS[-1], everyone[id].plan in whole))


def show_in_url() -> None:
    """Name whose Drive it is in the URL."""
    user = st.session_state[WRITTEN] = str(st.session_state[SHARED])
    address.name(user=user)


def _follow_url(workbench: Workbench, everyone: Mapping[int, Any]) -> None:
    """A link wins over what was chosen before, unless it is the URL we wrote ourselves."""
    given = st.query_params.get("user")
    if given is None:
        wanted = shelf.owner(workbench)
    elif given == st.session_state.get(WRITTEN):
        wanted = None
    else:
        wanted = address.number("user")
        if wanted not in everyone:
            st.warning(f"There is no candidate “{safe.plain(given[:20])}”. Pick one from the list.")
    if wanted in everyone:
        st.session_state[SHARED] = wanted
    elif st.session_state.get(SHARED) not in everyone:
        st.session_state[SHARED] = first(workbench, everyone)
    st.session_state[WRITTEN] = given


def _picked() -> None:
    _show(st.session_state["drive_user"], shelf.view())


def _show(user_id: int, view: str) -> None:
    st.session_state[SHARED] = user_id
    st.session_state[WRITTEN] = str(user_id)
    shelf.go(view, user_id)


def _change(workbench: Workbench, user: Any) -> None:
    """Name and plan of the candidate on view, and the way to others."""
    with (
        st.popover(
            "Change name or plan", icon=":material/manage_accounts:", key=turns.key("drive_planning"), on_change="rerun"
        ),
        st.form(f"drive_plan_{user.id}", border=False),
    ):
        st.text_input("Name", user.name, max_chars=200, key=f"drive_name_of_{user.id}")
        st.segmented_control("Plan", PLANS, default=user.plan, required=True, key=f"drive_plan_of_{user.id}")
        st.caption("The plan decides features, models and limits of the next runs.")
        st.form_submit_button("Change", type="primary", on_click=_changed, args=(workbench, user))


def _changed(workbench: Workbench, user: Any) -> None:
    plan = st.session_state[f"drive_plan_of_{user.id}"]
    name = st.session_state[f"drive_name_of_{user.id}"] or ""

    def change() -> None:
        people.rename(workbench.store, user.id, name)
        people.change_plan(workbench.store, user.id, plan)

    if notice.act("drive", change, f"{name.strip()} is on plan {plan} now."):
        turns.over("drive_planning")


def _erase(workbench: Workbench, user: Any) -> None:
    """The way out for good, for admins: what it takes, and the name as its key."""
    opened = st.popover(
        "Erase candidate", icon=":material/person_remove:", key=turns.key(f"drive_erasing_{user.id}"), on_change="rerun"
    )
    if not opened.open:
        return
    found = erasure.belongings(workbench.store, user.id)
    with opened, st.form(f"drive_erase_{user.id}", border=False):
        st.markdown(
            f"**Erase {safe.plain(user.name)}?** This takes {found}, with all their texts, and cannot be undone."
        )
        st.caption("What their runs cost stays in Usage, as nobody's. Files exported from Runs are removed.")
        if refused := st.session_state.pop("drive_erase_refused", None):  # a notice would lie behind this
            st.error(safe.safe(refused), icon=":material/block:")
        st.text_input("Type the name to erase them", key=f"drive_erase_name_{user.id}", max_chars=200)
        st.form_submit_button(
            "Erase for good", type="primary", icon=":material/person_remove:", on_click=_erased, args=(workbench, found)
        )


def _erased(workbench: Workbench, found: Belongings) -> None:
    if not found.is_meant(st.session_state[f"drive_erase_name_{found.user_id}"] or ""):
        st.session_state["drive_erase_refused"] = f"Nothing was erased. To erase {found.name}, type that name."
        return
    caller, exports = st.session_state["caller"], workbench.exports.folder
    try:
        left_nothing = erasure.erase(workbench.store, found.user_id, caller, exports=exports)
    except WorkbenchError as refused:
        notice.tell("drive", refused.message, failed=True)
        return
    done = f"{found.name} is erased: {found}."
    notice.tell("drive", done if left_nothing else f"{done} {erasure.MAY_BE_LEFT}")
    turns.over(f"drive_erasing_{found.user_id}")
    del st.session_state[SHARED]
    st.query_params.clear()


def _add(workbench: Workbench) -> None:
    with (
        st.popover("New candidate", icon=":material/person_add:", key=turns.key("drive_adding"), on_change="rerun"),
        st.form("drive_new_candidate", border=False),
    ):
        st.text_input("Name", key="drive_new_name", max_chars=200)
        st.segmented_control("Plan", PLANS, default="free", required=True, key="drive_new_plan")
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
