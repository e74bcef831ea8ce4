"""Which proposed changes of a resume stand ticked, for whatever saves or downloads it, wherever on the page that is."""

import streamlit as st

from core.schema import Change


def of(page: str) -> dict[str, list[Change]]:
    """By run the changes that are ticked, of the runs somebody has looked at; `changes` keeps it up to date."""
    kept: dict[str, list[Change]] = st.session_state.setdefault(f"{page}_ticks_of", {})
    return kept
