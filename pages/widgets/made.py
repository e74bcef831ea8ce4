"""What was made for the chosen job and kept: a line a paper, the newest of each kind first."""

from functools import partial
from typing import Any

import streamlit as st

from core.drive import exporting, made, papers
from core.drive import resume as resumes
from core.drive.made import Made
from core.errors import NotFound
from core.wiring import Workbench
from pages.widgets import export, links, safe, said, words
from pages.widgets.context import Context

TOLD = 168  # pixels, so that the two files stand beside it


def draw(page: str, workbench: Workbench, picked: Context) -> None:
    """The list for the job that is picked; nothing where none is."""
    if picked.job is None:
        return
    newest, earlier = made.for_job(workbench.store, picked.user.id, picked.job.id)
    with st.container(border=True, gap="small", key=f"{page}_made"):
        st.markdown("**Made for this job**")
        if not newest:
            st.caption("Nothing is kept yet. Make a document or the job pack, then save it to Drive.")
        for one in newest:
            _line(page, workbench, picked, one)
        if earlier:
            with st.expander(f"Earlier ({len(earlier)})", icon=":material/history:"):
                for one in earlier:
                    _line(page, workbench, picked, one)


def _line(page: str, workbench: Workbench, picked: Context, one: Made) -> None:
    """What it is, with the way to it; when it was kept, who wrote it and for how much; its files."""
    where = {"document": one.document_id} if one.document_id else {"version": one.resume_version_id}
    icon = ":material/description:" if one.document_id else ":material/badge:"
    with st.container(gap=None):
        links.to("drive.py", one.label, icon=icon, help="Open in Drive", user=picked.user.id, **where)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
            st.caption(_told(one), width=TOLD)
            _files(page, workbench, picked, one)


def _told(one: Made) -> str:
    kind = said.kind(one.kind) if one.document_id else "Resume version"
    written = [words.model(one.provider, one.model), words.spend(one.cost_nanousd, one.cost_status)]
    return safe.line(" · ".join([kind, said.when(one.at), *(written if one.run_id else ())]))


def _files(page: str, workbench: Workbench, picked: Context, one: Made) -> None:
    key = f"{page}_made_{one.document_id or ''}_{one.resume_version_id or ''}"
    name = partial(exporting.paper_name, picked.user.name, one.kind, one.label, picked.job.company or picked.job.title)
    export.word(f"{key}_docx", partial(_docx, workbench, picked, one), name(ending="docx"), small=True)
    export.markdown(f"{key}_md", partial(_markdown, workbench, picked.user.id, one), name(ending="md"), small=True)


def _docx(workbench: Workbench, picked: Context, one: Made) -> bytes:
    if one.document_id:
        text = _markdown(workbench, picked.user.id, one)
        return exporting.document(text, kind=one.kind, title=one.label, author=picked.user.name)
    return exporting.resume(_content(workbench, picked.user.id, one))


def _markdown(workbench: Workbench, user_id: int, one: Made) -> str:
    if one.document_id:
        return papers.revisions(workbench.store, user_id, one.document_id)[0].body
    return resumes.to_markdown(_content(workbench, user_id, one))


def _content(workbench: Workbench, user_id: int, one: Made) -> dict[str, Any]:
    version = papers.resume_version(workbench.store, user_id, one.resume_version_id)
    if version is None:
        raise NotFound("This resume version was erased meanwhile. Load the page again.")
    return version.content
