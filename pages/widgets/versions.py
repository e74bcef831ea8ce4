"""A candidate's resume versions: the list, one of them as a page, and what tailoring changed."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.drive import exporting, papers, people, tailoring
from core.drive import resume as resumes
from core.wiring import Workbench
from pages.widgets import address, binned, difference, export, links, safe, said, shelf, upload, wording
from pages.widgets.binned import Thing

READ, CHANGES, EDIT = "Read", "Changes", "Edit as new version"
WIDTHS = (6, 2, 2, 4, 3, 2)
COLOURS = {"base": "blue", "tailored": "green", "manual": "gray"}

Versions = Mapping[int, Any]


def draw(workbench: Workbench, user: Any) -> None:
    """The open version, or the list, the bin and the way to import one."""
    found = {version.id: version for version in papers.resume_versions(workbench.store, user.id)}
    gone = {version.id: version for version in papers.resume_versions(workbench.store, user.id, binned=True)}
    jobs = people.job_titles(workbench.store, user.id)
    wanted = address.number("version")
    if wanted is None:
        _list(found, found | gone, jobs)
        binned.listing(workbench, user, [_thing(version) for version in gone.values()])
        upload.resume(workbench, user, first=not found)
        return
    shelf.back("resumes")
    if wanted in found:
        _open(workbench, user, found[wanted], found | gone, jobs)
    elif wanted in gone:
        binned.told(workbench, user, _thing(gone[wanted]))
    else:
        st.warning(f"{safe.plain(user.name)} has no such resume version. Pick one from the list, or another candidate.")


# -- the list ------------------------------------------------------------------------------------------


def _list(found: Versions, every: Versions, jobs: Mapping[int, str]) -> None:
    if not found:
        st.info("There is no resume yet. Import one below: DOCX, PDF, Markdown, text or JSON Resume.")
        return
    with st.container(border=True, gap="xsmall"):
        names = ("Version", "Kind", "Made from", "Job", "Added", "From")
        for column, name in zip(st.columns(WIDTHS, vertical_alignment="center"), names, strict=True):
            column.caption(name)
        for version in found.values():
            _row(version, every, jobs)


def _row(version: Any, every: Versions, jobs: Mapping[int, str]) -> None:
    name, kind, parent, job, added, origin = st.columns(WIDTHS, vertical_alignment="center")
    name.button(
        safe.plain(_named(version)),
        icon=":material/badge:",
        type="tertiary",
        key=f"drive_open_version_{version.id}",
        on_click=partial(shelf.go, "resumes", version=version.id),
    )
    kind.badge(version.kind, color=COLOURS.get(version.kind, "gray"))  # type: ignore[arg-type]
    parent.caption(f"v{every[version.parent_id].number}" if version.parent_id in every else "–")
    job.caption(safe.line(jobs.get(version.job_id or 0, "–")))
    added.caption(said.when(version.created_at))
    with origin:
        links.run(version.source_run_id)


def _named(version: Any) -> str:
    return f"v{version.number} · {version.label}"


def _thing(version: Any) -> Thing:
    return Thing("resume_version", version.id, _named(version))


# -- one version ---------------------------------------------------------------------------------------


def _open(workbench: Workbench, user: Any, version: Any, every: Versions, jobs: Mapping[int, str]) -> None:
    parent = every.get(version.parent_id or 0)
    st.subheader(safe.plain(_named(version)), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(version.kind, color=COLOURS.get(version.kind, "gray"))  # type: ignore[arg-type]
        if version.job_id in jobs:
            st.badge(safe.plain(jobs[version.job_id]), color="gray", icon=":material/work:")
        made = f" from v{parent.number}" if parent else ""
        st.caption(f"Added {said.when(version.created_at)}{made}", width="content")
        if version.source_run_id:
            links.run(version.source_run_id, "From this run")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        mode = st.segmented_control(
            "Mode",
            (READ, CHANGES, EDIT) if parent else (READ, EDIT),
            default=READ,
            required=True,
            key=f"drive_version_mode_{version.id}",
            label_visibility="collapsed",
        )
        _actions(workbench, user, version)
    if mode == EDIT:
        wording.draw(workbench, version)
    elif mode == CHANGES and parent:
        _changes(parent, version)
    else:
        with st.container(border=True):
            st.markdown(safe.safe(resumes.to_markdown(version.content)))


def _actions(workbench: Workbench, user: Any, version: Any) -> None:
    name = partial(exporting.paper_name, user.name, "tailor_resume", "", f"v{version.number}")
    with st.container(horizontal=True, width="content"):
        export.word("drive_version_docx", partial(exporting.resume, version.content), name(ending="docx"))
        export.markdown("drive_version_markdown", lambda: resumes.to_markdown(version.content), name(ending="md"))
        st.download_button(
            "JSON Resume",
            data=lambda: json.dumps(version.content, ensure_ascii=False, indent=2),
            file_name=name(ending="json"),
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="drive_version_json",
        )
        binned.button(
            workbench,
            user,
            _thing(version),
            help="It leaves this list and the choice of new runs. What was made from it stays. You can take it out.",
        )


def _changes(parent: Any, version: Any) -> None:
    """Place by place what the version says otherwise than the one it was made from."""
    rows = tailoring.diff(parent.content, version.content)
    if not rows:
        st.info(f"v{version.number} reads the same as v{parent.number}.")
    difference.draw(rows, f"Before, v{parent.number}", f"After, v{version.number}")
