"""A paper as a file: Word to send, Markdown to work on."""

from collections.abc import Callable

import streamlit as st

from core.drive import exporting


def word(key: str, data: Callable[[], bytes], name: str, *, small: bool = False) -> None:
    """The button that downloads a Word file; `data` is asked for in a thread of its own, once somebody presses."""
    _button("Word", key, data, name, exporting.MIME, ":material/description:", small)


def markdown(key: str, data: Callable[[], str], name: str, *, small: bool = False) -> None:
    """The same for Markdown."""
    _button("Markdown", key, data, name, "text/markdown", ":material/download:", small)


def _button(
    label: str, key: str, data: Callable[[], str | bytes], name: str, mime: str, icon: str, small: bool
) -> None:
    """A small one stands in a list: words alone."""
    st.download_button(
        label,
        data=data,
        file_name=name,
        mime=mime,
        icon=None if small else icon,
        on_click="ignore",
        key=key,
        help=None if small else f"As a {label} file.",
        type="tertiary" if small else "secondary",
    )
