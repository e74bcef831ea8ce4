"""Proposed changes of a resume: tick what is true, confirm what code blocked, save them as a new version for the job."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.drive import save
from core.drive.tailoring import Difference
from core.errors import WorkbenchError
from core.llm import run_papers
from core.llm.history import Story
from core.schema import Change
from core.wiring import Workbench
from pages.widgets import difference, keep, safe, ticks, verdict

OPS = {"replace": "Reword", "remove": "Remove", "reorder": "Reorder"}
CONFIRM = "I asked the candidate: what was blocked here is true."


def draw(page: str, workbench: Workbench, story: Story) -> str | None:
    """Each change with its verdict and tick box, the refused ones with why, and the form that saves a version.

    Returns the resume with the changes that are kept and no other, as Markdown; None where its source is gone.
    """
    result = story.result
    resume: str | None = None
    kept: list[Change] = []
    source = run_papers.source(workbench.store, story)
    if result.changes and source is None:
        st.info("The resume version these changes were made for is gone, so they cannot be saved as a new one.")
    elif result.changes and source is not None:
        changes = save.judged(source.content, result.changes)
        st.markdown(f"**Changes to v{source.number} · {safe.plain(source.label)}**")
        verdict.legend(Counter(verdict.of(change) for change in changes))
        kept = _ticked(page, story, changes, save.in_words(source.content, changes))
        ticks.of(page)[story.run.id] = kept
        _save(page, workbench, story, source, kept)
        resume = save.tailored(source.content, kept)
    name = "The resume" if resume is None else f"The resume with {len(kept)} of {len(result.changes)} changes"
    with st.expander(name, icon=":material/article:", key=f"{page}_preview"):
        st.markdown(safe.safe(result.answer.content if resume is None else resume))
    if rejected := result.details.rejected:
        with st.expander(f"Refused changes ({len(rejected)})", icon=":material/block:"):
            st.caption("They point where nothing may be changed, or do not match the resume. They cannot be saved.")
            for one in rejected:
                said = one.change.value or one.change.original
                st.markdown(f"- {safe.line(one.why)} *{OPS[one.change.op]}:* {safe.line(said)}")
    return resume


def _ticked(page: str, story: Story, changes: Sequence[Change], read: Sequence[Difference]) -> list[Change]:
    """The changes that are kept: ticked, and where they were blocked confirmed too. The verified are ticked at first."""
    kept = []
    for number, (change, words) in enumerate(zip(changes, read, strict=True)):
        with st.container(border=True, gap="xsmall"):
            if _tick(f"{page}_keep_{story.run.id}_{number}", change, words.place):
                kept.append(change)
            difference.sides(words, "Now", "New")
            if change.reason:
                st.caption(f"Why: {safe.line(change.reason)}")
    return kept


def _tick(key: str, change: Change, place: str) -> bool:
    """The head of a change: its box, its verdict and why, and for a blocked one that is ticked the confirmation."""
    given = verdict.of(change)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        label = f"{OPS[change.op]} · {safe.plain(place)}"
        ticked = st.checkbox(label, value=given == "verified", key=key, persist_state="session")
        verdict.badge(given)
    verdict.why(change)
    if given != "blocked" or not ticked:
        return ticked
    confirmed = st.checkbox(CONFIRM, key=f"{key}_confirmed", persist_state="session")
    if not confirmed:
        st.caption("Until this is confirmed, the change is left out.")
    return confirmed


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
    confirmed = [change.path for change in kept if verdict.of(change) == "blocked"]
    try:
        version = save.keep_version(
            workbench.store,
            run.user_id,
            source.id,
            kept,
            confirmed=confirmed,
            label=label or "",
            job_id=run.job_id,
            run_id=run.id,
        )
    except WorkbenchError as refused:
        st.error(safe.safe(refused.message))
        return
    keep.tell(page, run.id, f"Saved as resume version {version.number}: {version.label}.", version=version.id)
    st.rerun()
