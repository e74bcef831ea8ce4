"""Save an answer to Drive: as a new document or as the next revision of one. And download it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.drive import answer_text, papers, save
from core.drive.papers import DriveDocument
from core.errors import WorkbenchError
from core.llm import history, run_papers
from core.llm.history import Story
from core.schema import Doubt
from core.wiring import Workbench
from pages.widgets import export, links, safe, ticks

NEW, REVISION = "New document", "New revision"


def draw(page: str, workbench: Workbench, story: Story, resume: str | None = None) -> None:
    """The row below an answer: save, download, and what was kept already.

    `resume` is a tailored resume as it is ticked; it is what is kept then, whatever the answer proposed.
    """
    answer, run = story.result.answer, story.run
    if not (answer.summary.strip() or answer.content.strip()):
        return
    body = answer_text.to_markdown(run.feature, answer) if resume is None else resume
    with st.container(horizontal=True):
        if st.button("Save to Drive", icon=":material/save:", key=f"{page}_save"):
            st.session_state[f"{page}_saving"] = run.id
        name, ticked = partial(run_papers.name, workbench.store, story), ticks.of(page)
        export.word(
            f"{page}_download_docx",
            lambda: run_papers.paper(workbench.store, story, ticked=ticked.get(run.id)).docx(),
            name(ending="docx"),
        )
        export.markdown(
            f"{page}_download",
            lambda: answer_text.to_markdown(run.feature, answer, title=True) if resume is None else resume,
            name(ending="md"),
        )
    if resume is None and (doubts := story.result.details.doubts):
        st.caption(f":material/rate_review: {_unproven(len(doubts))} Check before anything is sent.")
    _told(page, workbench, story)
    if st.session_state.get(f"{page}_saving") == run.id:
        _open(page, workbench, story, body)


def tell(page: str, run_id: str, message: str, **where: int) -> None:
    """Say on the next drawing of the page what was kept; `where` is its place in Drive, e.g. `document=3`."""
    st.session_state[f"{page}_kept"] = (run_id, message, where)
    st.session_state[f"{page}_toast"] = message


def _told(page: str, workbench: Workbench, story: Story) -> None:
    """What was kept from this run, a moment ago or before, with the way to it."""
    user_id = story.run.user_id
    if message := st.session_state.pop(f"{page}_toast", None):
        st.toast(safe.line(message), icon=":material/check_circle:")
    run_id, message, where = st.session_state.get(f"{page}_kept") or ("", "", {})
    if run_id == story.run.id:
        st.success(safe.line(message), icon=":material/check_circle:")
        links.to("drive.py", "Open in Drive", icon=":material/folder_open:", user=user_id, **where)
    elif story.kept:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Kept from this run:", width="content")
            for one in history.kept(workbench.store, story.run.id):
                paper = {"document": one.document_id} if one.document_id else {"version": one.resume_version_id}
                links.to("drive.py", one.label, icon=":material/description:", user=user_id, **paper)


def _open(page: str, workbench: Workbench, story: Story, body: str) -> None:
    def close() -> None:
        st.session_state[f"{page}_saving"] = None

    @st.dialog("Save to Drive", width=820, on_dismiss=close)
    def form() -> None:
        _form(page, workbench, story, body)

    form()


def _form(page: str, workbench: Workbench, story: Story, text: str) -> None:
    run, answer = story.run, story.result.answer
    documents = papers.documents(workbench.store, run.user_id)
    how = st.segmented_control(
        "Save as", [NEW, REVISION], default=NEW, required=True, key=f"{page}_save_as", disabled=not documents
    )
    title, target = answer.title, None
    if how == REVISION and documents:
        names = {paper.id: f"{paper.title} · revision {paper.revision}" for paper in documents}
        target = st.selectbox("Document", list(names), format_func=names.__getitem__, key=f"{page}_save_document")
    else:
        title = st.text_input("Title", answer.title, max_chars=300, key=f"{page}_title_{run.id}")
    body = st.text_area(
        "Text",
        text,
        height=360,
        key=f"{page}_body_{run.id}",
        help="Markdown. Change what you want before it is saved.",
    )
    checked = _checked(page, run.id, save.unchecked(body or "", story.result.details.doubts))
    if not st.button("Save", type="primary", icon=":material/save:", key=f"{page}_save_now", disabled=not checked):
        return
    try:
        paper = _keep(workbench, story, title or "", body or "", target)
    except WorkbenchError as refused:
        st.error(safe.safe(refused.message))
        return
    st.session_state[f"{page}_saving"] = None
    tell(page, run.id, _said(paper, documents if target else ()), document=paper.id)
    st.rerun()


def _said(paper: DriveDocument, before: Sequence[DriveDocument]) -> str:
    """What was saved; a revision that said the same as the newest was none."""
    if any((one.id, one.revision) == (paper.id, paper.revision) for one in before):
        return f"{paper.title} holds this text already, as revision {paper.revision}: no revision was added."
    return f"Saved to Drive: {paper.title}, revision {paper.revision}."


def _checked(page: str, run_id: str, doubts: Sequence[Doubt]) -> bool:
    """Whether a person vouches for the claims without evidence that the text still holds; yes where there are none."""
    if not doubts:
        return True
    said = [f"{', '.join(f'“{claim}”' for claim in doubt.claims)} in “{doubt.sentence}”" for doubt in doubts]
    st.warning(
        f"Nothing in the context holds these claims. Take them out, or ask the candidate.\n\n{safe.bullets(said)}",
        icon=":material/rate_review:",
    )
    return st.checkbox("I checked these claims", key=f"{page}_checked_{run_id}")


def _unproven(count: int) -> str:
    return (
        f"{count} sentences claim what nothing in the context holds."
        if count > 1
        else "One sentence claims what nothing in the context holds."
    )


def _keep(workbench: Workbench, story: Story, title: str, body: str, document_id: int | None) -> DriveDocument:
    run, by = story.run, st.session_state["caller"].name
    if document_id is None:
        return save.keep_document(
            workbench.store,
            run.user_id,
            title=title,
            body=body,
            kind=run.feature,
            by=by,
            job_id=run.job_id,
            run_id=run.id,
        )
    return papers.save_revision(workbench.store, run.user_id, document_id, body=body, by=by, run_id=run.id)
