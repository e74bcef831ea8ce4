"""What was changed in a prompt, line by line, beside the shipped one."""

from difflib import unified_diff

import streamlit as st

AROUND = 2  # unchanged lines shown on either side of a change


def draw(shipped: str, edited: str, name: str) -> None:
    """A closed expander with the lines taken out and put in; nothing where both read the same."""
    if shown := changed(shipped, edited):
        with st.expander(f"Changes to {name}", icon=":material/difference:"):
            st.code(shown, language="diff", wrap_lines=True)


def changed(shipped: str, edited: str) -> str:
    """The changed lines with those around them, `-` before what was and `+` before what is."""
    lines = unified_diff(shipped.splitlines(), edited.splitlines(), n=AROUND, lineterm="")
    return "\n".join([*lines][2:])  # without the two file names
