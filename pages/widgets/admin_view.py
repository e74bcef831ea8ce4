"""Which section of Admin is open. The URL says it, so that a link and a reload find it."""

import streamlit as st

from pages.widgets import admin_secret, sections

VIEWS = {"tokens": "API tokens", "plans": "Plans and limits", "models": "Models", "prices": "Prices"}
ANALYSTS = ("prices",)  # the sections that analysts see; only admins change anything there


def views() -> tuple[str, ...]:
    """The sections that the person at the page may see; none for most."""
    caller = st.session_state["caller"]
    return tuple(VIEWS) if caller.may("admin") else ANALYSTS if caller.role == "analyst" else ()


def view() -> str:
    """The section to draw: the one the URL names, else the first."""
    named = st.query_params.get("view", "")
    return named if named in views() else views()[0]


def switch() -> None:
    """The row of sections."""
    names = {name: VIEWS[name] for name in views()}
    sections.switch("Section", names, key="admin_view", here=view(), on_change=_switched)


def _switched() -> None:
    st.query_params["view"] = st.session_state["admin_view"]
    admin_secret.forget()
