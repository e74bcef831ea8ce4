"""What is open in Drive. The URL says it, so that a link, a reload and the way back all find it."""

import streamlit as st

from core.drive import papers
from core.wiring import Workbench
from pages.widgets import address, sections

VIEWS = {"documents": "Documents", "resumes": "Resume versions", "jobs": "Jobs", "memory": "Memory"}
PAPERS = {"document": "documents", "version": "resumes", "posting": "jobs"}  # a paper's parameter and its view


def view() -> str:
    """The view to draw: that of the open paper, else the one named, else documents."""
    for name, where in PAPERS.items():
        if name in st.query_params:
            return where
    named = st.query_params.get("view", "")
    return named if named in VIEWS else "documents"


def go(view: str, user_id: int | None = None, **paper: int) -> None:
    """For callbacks: show a view, or one paper in it; of another candidate where one is given."""
    user = st.query_params.get("user", "") if user_id is None else user_id
    where = {"user": user, **({} if paper else {"view": view}), **paper}
    st.query_params.from_dict({name: str(value) for name, value in where.items() if value != ""})


def owner(workbench: Workbench) -> int | None:
    """Whose the open paper is, for a link that names only the paper."""
    if document := address.number("document"):
        return papers.owner(workbench.store, document_id=document)
    if version := address.number("version"):
        return papers.owner(workbench.store, resume_version_id=version)
    return None


def switch() -> None:
    """The row of views."""
    sections.switch("View", VIEWS, key="drive_view", here=view(), on_change=_switched)


def back(view: str) -> None:
    """The way from an open paper to its list."""
    st.button(
        f"All {VIEWS[view].lower()}",
        icon=":material/arrow_back:",
        type="tertiary",
        key=f"drive_back_{view}",
        on_click=go,
        args=(view,),
    )


def _switched() -> None:
    go(st.session_state["drive_view"])
