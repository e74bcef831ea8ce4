"""What an action came to, said once above the page, with the way back where there is one."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.errors import WorkbenchError
from pages.widgets import safe

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Notice:
    """`undo` takes the action back; `undone` is what to say then."""

    message: str
    failed: bool = False
    undo: Work | None = None
    undone: str = ""


def act(page: str, work: Work, done: str, *, undo: Work | None = None, undone: str = "") -> bool:
    """For callbacks: do it, and say what came of it on the next drawing of the page."""
    try:
        work()
    except WorkbenchError as refused:
        tell(page, refused.message, failed=True)
        return False
    st.session_state[f"{page}_notice"] = Notice(done, undo=undo, undone=undone)
    return True


def tell(page: str, message: str, *, failed: bool = False) -> None:
    """For callbacks: say this on the next drawing of the page."""
    st.session_state[f"{page}_notice"] = Notice(message, failed)


def draw(page: str) -> None:
    """The notice, if there is one; the next click takes it away."""
    notice: Notice | None = st.session_state.pop(f"{page}_notice", None)
    if notice is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if notice.failed:
            st.error(safe.safe(notice.message), icon=":material/block:")
        else:
            st.success(safe.line(notice.message), icon=":material/check_circle:")
        if notice.undo:
            st.button(
                "Undo",
                icon=":material/undo:",
                key=f"{page}_undo",
                on_click=act,
                args=(page, notice.undo, notice.undone),
            )
