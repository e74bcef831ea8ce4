"""Which section of Admin is open. The URL says it, so that a link and a reload find it."""

import streamlit as st

from pages.widgets import admin_secret

VIEWS = {"tokens": "API tokens", "plans": "Plans and limits", "models": "Models"}


def view() -> str:
    """The section to draw: the one the URL names, else the first."""
    named = st.query_params.get("view", "")
    return named if named in VIEWS else next(iter(VIEWS))


def switch() -> None:
    """The row of sections."""
    st.session_state["admin_view"] = view()
    st.segmented_control(
        "Section",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        key="admin_view",
        on_change=_switched,
        label_visibility="collapsed",
    )


def _switched() -> None:
    st.query_params["view"] = st.session_state["admin_view"]
    admin_secret.forget()
