"""Fresh widgets: a key that counts on gives an empty uploader or a closed popover after its work is done."""

import streamlit as st


def key(name: str) -> str:
    """The widget's key for now."""
    return f"{name}_{st.session_state.get(f'{name}_turn', 0)}"


def over(name: str) -> None:
    """For callbacks: its work is done; the next drawing makes a new one."""
    st.session_state[f"{name}_turn"] = st.session_state.get(f"{name}_turn", 0) + 1
