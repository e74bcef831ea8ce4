"""A candidate's documents: the list, one of them with all its revisions, and the bin."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.access import members
from core.drive import exporting, papers, people
from core.drive.papers import DriveDocument
from core.wiring import Workbench
from pages.widgets import address, binned, drafts, export, links, notice, safe, said, shelf, turns
from pages.widgets.binned import Thing

READ, EDIT, REVISIONS = "Read", "Edit", "Revisions"
WIDTHS = (6, 3, 4, 2, 3, 2)


def draw(workbench: Workbench, user: Any) -> None:
    """The open document, or the list."""
    jobs = people.job_titles(workbench.store, user.id)
    wanted = address.number("document")
    if wanted is None:
        _list(workbench, user, jobs)
        return
    shelf.back("documents")
    found = {paper.id: paper for paper in papers.documents(workbench.store, user.id)}
    if wanted in found:
        _open(workbench, user, found[wanted], jobs)
    elif gone := [one for one in _binned(workbench, user) if one.id == wanted]:
        binned.told(workbench, user, gone[0])
    else:
        st.warning(f"{safe.plain(user.name)} has no such document. Pick one from the list, or another candidate.")


# -- the list ------------------------------------------------------------------------------------------


def _list(workbench: Workbench, user: Any, jobs: Mapping[int, str]) -> None:
    found = papers.documents(workbench.store, user.id)
    if not found:
        st.info("There is no document yet. Make one on the page Generate and save it to Drive.")
    else:
        with st.container(border=True, gap="xsmall"):
            _heads()
            for paper in found:
                _row(paper, jobs)
    binned.listing(workbench, user, _binned(workbench, user))


def _heads() -> None:
    names = ("Title", "Kind", "Job", "Revision", "Last change", "From")
    for column, name in zip(st.columns(WIDTHS, vertical_alignment="center"), names, strict=True):
        column.caption(name)


def _row(paper: DriveDocument, jobs: Mapping[int, str]) -> None:
    title, kind, job, revision, changed, origin = st.columns(WIDTHS, vertical_alignment="center")
    title.button(
        safe.plain(paper.title),
        icon=":material/description:",
        type="tertiary",
        key=f"drive_open_document_{paper.id}",
        on_click=partial(shelf.go, "documents", document=paper.id),
    )
    kind.caption(safe.line(said.kind(paper.kind)))
    job.caption(safe.line(jobs.get(paper.job_id or 0, "–")))
    revision.caption(str(paper.revision))
    changed.caption(said.when(paper.updated_at))
    with origin:
        links.run(paper.source_run_id)


def _binned(workbench: Workbench, user: Any) -> list[Thing]:
    return [_thing(paper) for paper in papers.documents(workbench.store, user.id, binned=True)]


def _thing(paper: DriveDocument) -> Thing:
    return Thing("document", paper.id, paper.title)


# -- one document --------------------------------------------------------------------------------------


def _open(workbench: Workbench, user: Any, paper: DriveDocument, jobs: Mapping[int, str]) -> None:
    names = members.names(workbench.store)
    st.subheader(safe.plain(paper.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(said.kind(paper.kind), color="blue")
        if paper.job_id in jobs:
            st.badge(safe.plain(jobs[paper.job_id]), color="gray", icon=":material/work:")
        changed = f"Revision {paper.revision}, {said.when(paper.updated_at)}, by {said.who(paper.created_by, names)}"
        st.caption(safe.line(changed), width="content")
        if paper.source_run_id:
            links.run(paper.source_run_id, "From this run")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.session_state.setdefault(f"drive_mode_{paper.id}", READ)  # a save sets it too
        mode = st.segmented_control(
            "Mode",
            (READ, EDIT, REVISIONS),
            required=True,
            key=f"drive_mode_{paper.id}",
            label_visibility="collapsed",
        )
        _actions(workbench, user, paper)
    if mode == EDIT:
        _edit(workbench, user, paper)
    elif mode == REVISIONS:
        _revisions(workbench, user, paper, names)
    else:
        with st.container(border=True):
            st.markdown(safe.safe(paper.body))


def _actions(workbench: Workbench, user: Any, paper: DriveDocument) -> None:
    with st.container(horizontal=True, width="content"):
        _rename(workbench, user, paper)
        name = partial(exporting.file_name, user.name, paper.title)
        export.word(
            "drive_download_docx",
            partial(exporting.document, paper.body, kind=paper.kind, title=paper.title, author=user.name),
            name(ending="docx"),
        )
        export.markdown("drive_download", lambda: paper.body, name(ending="md"))
        binned.button(
            workbench, user, _thing(paper), help="It leaves this list and the context of new runs. You can take it out."
        )


def _rename(workbench: Workbench, user: Any, paper: DriveDocument) -> None:
    with (
        st.popover("Rename", icon=":material/edit:", key=turns.key("drive_renaming"), on_change="rerun"),
        st.form("drive_rename", border=False),
    ):
        st.text_input("Title", paper.title, max_chars=300, key=f"drive_title_{paper.id}")
        st.form_submit_button("Rename", type="primary", on_click=_renamed, args=(workbench, user, paper))


def _edit(workbench: Workbench, user: Any, paper: DriveDocument) -> None:
    """The text outlives a look at another page: it is kept until it is saved or given up."""
    key = _text_key(paper)
    text = drafts.area(
        "Text", key, paper.body, height=480, help="Markdown. Saving adds a revision; the earlier ones stay."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Save as revision {paper.revision + 1}",
            type="primary",
            icon=":material/save:",
            key="drive_revise",
            on_click=_revised,
            args=(workbench, user, paper),
        )
        if text != paper.body:
            st.button("Discard changes", icon=":material/undo:", key="drive_discard", on_click=drafts.drop, args=(key,))
            st.caption("Not saved yet.", width="content")


def _text_key(paper: DriveDocument) -> str:
    return f"drive_text_{paper.id}_{paper.revision}"


def _revisions(workbench: Workbench, user: Any, paper: DriveDocument, names: Mapping[str, str]) -> None:
    kept = {one.number: one for one in papers.revisions(workbench.store, user.id, paper.id)}
    name = lambda n: f"Revision {n} · {said.when(kept[n].created_at)} · {said.who(kept[n].created_by, names)}"  # noqa: E731
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("Revision", list(kept), format_func=name, key=f"drive_revision_{paper.id}", width=420)
        if number != paper.revision:
            body, again = kept[number].body, f"The text of revision {number} is the newest again."
            st.button(
                "Restore this text as a new revision",
                icon=":material/settings_backup_restore:",
                key="drive_restore_revision",
                on_click=_take,
                args=(workbench, user, paper, body, again),
            )
        if kept[number].source_run_id:
            links.run(kept[number].source_run_id, "From this run")
    with st.container(border=True):
        st.markdown(safe.safe(kept[number].body))


# -- what the buttons do -------------------------------------------------------------------------------


def _renamed(workbench: Workbench, user: Any, paper: DriveDocument) -> None:
    title = st.session_state[f"drive_title_{paper.id}"] or ""
    rename = partial(papers.rename, workbench.store, user.id, paper.id, title)
    if notice.act("drive", rename, f"The document is called “{title.strip()}” now."):
        turns.over("drive_renaming")


def _revised(workbench: Workbench, user: Any, paper: DriveDocument) -> None:
    body = st.session_state[_text_key(paper)] or ""
    if body == paper.body:
        notice.act("drive", lambda: None, "The text is the same as before, so no revision was added.")
    else:
        _take(workbench, user, paper, body, f"Saved as revision {paper.revision + 1}.")


def _take(workbench: Workbench, user: Any, paper: DriveDocument, body: str, done: str) -> None:
    by = st.session_state["caller"].name
    if notice.act("drive", partial(papers.save_revision, workbench.store, user.id, paper.id, body=body, by=by), done):
        st.session_state[f"drive_mode_{paper.id}"] = READ
        drafts.drop(_text_key(paper))
