"""What differs between two resumes, place by place, before and after side by side."""

from collections.abc import Sequence

import streamlit as st

from core.drive.tailoring import Difference
from core.schema import Change
from pages.widgets import safe, verdict


def draw(rows: Sequence[Difference], before: str, after: str, changes: Sequence[Change] = ()) -> None:
    """One card a place; `before` and `after` are the words above the two texts.

    `changes`, one for each row, put their verdict into the card.
    """
    for number, row in enumerate(rows):
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(f"**{safe.line(row.place)}**")
                if changes:
                    verdict.badge(verdict.of(changes[number]))
            if changes:
                verdict.why(changes[number])
            sides(row, before, after)


def sides(row: Difference, before: str, after: str) -> None:
    """The two texts beside each other, each under its words."""
    old, new = st.columns(2)
    old.caption(before)
    old.markdown(_shown(row.before))
    new.caption(after)
    new.markdown(_shown(row.after))


def _shown(text: str) -> str:
    if not text.strip():
        return "*nothing*"
    return safe.bullets(text.split("\n")) if "\n" in text else safe.line(text)
