"""Text areas whose text outlives them: another page, a closed editor or a reload of the script loses nothing."""

from typing import Any

import streamlit as st


def area(label: str, key: str, default: str = "", **look: Any) -> str:
    """A text area; what stands in it is kept until `drop`, or until `put` says otherwise."""
    kept = f"{key}_kept"
    st.session_state[key] = text = st.session_state.get(kept, default)
    st.text_area(label, key=key, on_change=_keep, args=(key,), **look)
    return str(text)


def put(key: str, text: str) -> None:
    """Let the area show this."""
    st.session_state[f"{key}_kept"] = text


def drop(key: str) -> None:
    """Let the area show its default again."""
    st.session_state.pop(f"{key}_kept", None)


def _keep(key: str) -> None:
    st.session_state[f"{key}_kept"] = st.session_state[key] or ""
