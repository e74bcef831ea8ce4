"""Proposed changes of a resume: tick what is true, save the rest as a new version for the job."""

from typing import Any

import streamlit as st

from core.drive import papers, save
from core.errors import WorkbenchError
from core.llm.history import Story
from core.schema import Change
from core.wiring import Workbench
from pages.widgets import keep, safe

OPS = {"replace": "Reword", "remove": "Remove", "reorder": "Reorder"}


def draw(page: str, workbench: Workbench, story: Story) -> str | None:
    """Each change with its tick box, the refused ones with why, and the form that saves a version.

    Returns the resume with the ticked changes and no other, as Markdown; None where its source is gone.
    """
    result = story.result
    resume: str | None = None
    kept: list[Change] = []
    source = _source(workbench, story)
    if result.changes and source is None:
        st.info("The resume version these changes were made for is gone, so they cannot be saved as a new one.")
    elif result.changes and source is not None:
        st.markdown(f"**Changes to v{source.number} · {safe.plain(source.label)}**")
        kept = _ticked(page, story, source)
        _save(page, workbench, story, source, kept)
        resume = save.tailored(source.content, kept)
    name = "The resume" if resume is None else f"The resume with {len(kept)} of {len(result.changes)} changes"
    with st.expander(name, icon=":material/article:", key=f"{page}_preview"):
        st.markdown(safe.safe(result.answer.content if resume is None else resume))
    if rejected := result.details.rejected:
        with st.expander(f"Refused changes ({len(rejected)})", icon=":material/block:"):
            st.caption("Proposed, but not true to the resume. They are in no saved version.")
            for one in rejected:
                said = one.change.value or one.change.original
                st.markdown(f"- {safe.line(one.why)} *{OPS[one.change.op]}:* {safe.line(said)}")
    return resume


def _source(workbench: Workbench, story: Story) -> Any | None:
    """The version the run worked from: the one asked for, or the newest one of that day, which its context names."""
    told = [piece["source"].get("id") for piece in story.run.context if piece["chip"] == "resume"]
    wanted = told[0] if told else story.run.request.get("resume_version_id")
    versions = papers.resume_versions(workbench.store, story.run.user_id)
    return next((version for version in versions if version.id == wanted), None)


def _ticked(page: str, story: Story, source: Any) -> list[Change]:
    """The changes that are ticked; all are at first."""
    kept = []
    read = save.in_words(source.content, story.result.changes)
    for number, (change, words) in enumerate(zip(story.result.changes, read, strict=True)):
        with st.container(border=True, gap="xsmall"):
            key = f"{page}_keep_{story.run.id}_{number}"
            label = f"{OPS[change.op]} · {safe.plain(words.place)}"
            if st.checkbox(label, value=True, key=key, persist_state="session"):
                kept.append(change)
            before, after = st.columns(2)
            before.caption("Now")
            before.markdown(_shown(words.before))
            after.caption("New")
            after.markdown(_shown(words.after))
            if change.reason:
                st.caption(f"Why: {safe.line(change.reason)}")
    return kept


def _shown(text: str) -> str:
    if not text.strip():
        return "*nothing*"
    return safe.bullets(text.split("\n")) if "\n" in text else safe.line(text)


def _save(page: str, workbench: Workbench, story: Story, source: Any, kept: list[Change]) -> None:
    run, key = story.run, f"{page}_label_{story.run.id}"
    given = f"For {story.job}" if story.job else f"{source.label}, tailored"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.text_input("Label of the new version", given, max_chars=200, key=key, persist_state="session")
        pressed = st.button(
            f"Save version ({len(kept)} of {len(story.result.changes)})",
            icon=":material/save:",
            key=f"{page}_save_version",
            disabled=not kept,
            type="primary",
        )
    if not pressed:
        return
    try:
        version = save.keep_version(
            workbench.store, run.user_id, source.id, kept, label=label or "", job_id=run.job_id, run_id=run.id
        )
    except WorkbenchError as refused:
        st.error(safe.safe(refused.message))
        return
    keep.tell(page, run.id, f"Saved as resume version {version.number}: {version.label}.", version=version.id)
    st.rerun()
