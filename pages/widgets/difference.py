"""What differs between two resumes, place by place, before and after side by side."""

from collections.abc import Sequence

import streamlit as st

from core.drive.tailoring import Difference
from pages.widgets import safe


def draw(rows: Sequence[Difference], before: str, after: str) -> None:
    """One card a place; `before` and `after` are the words above the two texts."""
    for row in rows:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{safe.line(row.place)}**")
            old, new = st.columns(2)
            old.caption(before)
            old.markdown(_shown(row.before))
            new.caption(after)
            new.markdown(_shown(row.after))


def _shown(text: str) -> str:
    if not text.strip():
        return "*nothing*"
    return safe.bullets(text.split("\n")) if "\n" in text else safe.line(text)
