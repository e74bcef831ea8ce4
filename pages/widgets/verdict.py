"""What code found of a change: a badge, the sentences that say why, and how many there are of each."""

from collections.abc import Mapping

import streamlit as st

from core.schema import Change, Verdict
from pages.widgets import safe

LOOKS: Mapping[Verdict, tuple[str, str, str]] = {
    "verified": ("Verified", "green", ":material/check_circle:"),
    "needs review": ("Needs review", "orange", ":material/rate_review:"),
    "blocked": ("Blocked", "red", ":material/block:"),
}
MEANS: Mapping[Verdict, str] = {
    "verified": "Every claim of the new text stands in its own entry of the resume. Ticked beforehand.",
    "needs review": "A claim is not told in its own entry, or is told otherwise. Read it, then tick it if it is true.",
    "blocked": "A claim has no evidence, or touches a title, a date or a degree. It needs your tick and your confirmation.",
}


def of(change: Change) -> Verdict:
    """The verdict; a change that could not be judged wants a look."""
    return change.verdict or "needs review"


def badge(given: Verdict) -> None:
    label, colour, icon = LOOKS[given]
    st.badge(label, color=colour, icon=icon, help=MEANS[given])  # type: ignore[arg-type]


def why(change: Change) -> None:
    """The reasons in its verdict's colour; nothing for a verified one."""
    if change.why:
        st.markdown(f":{LOOKS[of(change)][1]}[{safe.plain(change.why)}]")


def legend(counts: Mapping[Verdict, int]) -> None:
    """A badge with the number of each verdict that occurs."""
    with st.container(horizontal=True, gap="xsmall"):
        for name, (label, colour, icon) in LOOKS.items():
            if count := counts.get(name, 0):
                st.badge(f"{count} {label.lower()}", color=colour, icon=icon, help=MEANS[name])  # type: ignore[arg-type]
