"""The row at the top of a page from which one of its sections is chosen."""

from collections.abc import Callable, Mapping

import streamlit as st


def switch(label: str, names: Mapping[str, str], *, key: str, here: str, on_change: Callable[[], None]) -> None:
    """One button a section, `here` pressed. After a click `on_change` finds the chosen one under `key`."""
    st.session_state[key] = here
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        required=True,
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
    )
