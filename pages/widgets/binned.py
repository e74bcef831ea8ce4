"""The bin on the page Drive: how a thing gets in, and the ways out again."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from core.drive import bin
from core.drive.bin import Kind
from core.wiring import Workbench
from pages.widgets import notice, safe, shelf

WHERE: dict[Kind, str] = {"document": "documents", "resume_version": "resumes", "job": "jobs"}


class Thing(NamedTuple):
    """What may go into the bin, by the name that lists show."""

    kind: Kind
    id: int
    name: str


def button(workbench: Workbench, user: Any, thing: Thing, *, help: str) -> None:
    """Put an open thing in the bin; `help` says what that means for what was made with it."""
    st.button(
        "Move to bin",
        icon=":material/delete:",
        key="drive_bin",
        help=help,
        on_click=_put,
        args=(workbench, user, thing),
    )


def listing(workbench: Workbench, user: Any, things: Sequence[Thing]) -> None:
    """What is in the bin, below a list; nothing where it is empty."""
    if not things:
        return
    with st.expander(f"Bin ({len(things)})", icon=":material/delete:"):
        for thing in things:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(safe.plain(thing.name), width="content")
                _take_out(workbench, user, thing)


def told(workbench: Workbench, user: Any, thing: Thing) -> None:
    """In place of a thing to which a link led: where it is."""
    st.warning(f"“{safe.plain(thing.name)}” is in the bin. Take it out to open it.", icon=":material/delete:")
    _take_out(workbench, user, thing)


def _take_out(workbench: Workbench, user: Any, thing: Thing) -> None:
    st.button(
        "Take out of the bin",
        icon=":material/restore_from_trash:",
        key=f"drive_unbin_{thing.id}",
        on_click=notice.act,
        args=("drive", partial(bin.take_out, workbench.store, user.id, thing.kind, thing.id), _back(thing)),
    )


def _put(workbench: Workbench, user: Any, thing: Thing) -> None:
    gone = notice.act(
        "drive",
        partial(bin.put, workbench.store, user.id, thing.kind, thing.id),
        f"“{thing.name}” is in the bin.",
        undo=partial(bin.take_out, workbench.store, user.id, thing.kind, thing.id),
        undone=_back(thing),
    )
    if gone:
        shelf.go(WHERE[thing.kind])


def _back(thing: Thing) -> str:
    return f"“{thing.name}” is back."
