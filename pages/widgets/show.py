"""The run on view, wherever it stands: growing, finished, of another process, or lost."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import NotFound
from core.llm.history import Story
from core.schema import FEATURES
from core.wiring import Workbench
from pages.widgets import answer, changes, figures, keep, live, safe, view, words

SCORED = tuple(name for name in FEATURES if name != "improve_text")  # what compares a resume with a job


def run(page: str, workbench: Workbench, run_id: str, card: DeltaGenerator, beside: DeltaGenerator) -> Story | None:
    """Draw the run; its story when it has ended. `card` takes the figures, `beside` what stands below them.

    What has ended is drawn without an empty place in between: the page keeps its height and its scroll.
    """
    found = workbench.find(run_id)
    with st.container(border=True, key=f"{page}_answer"):
        if found and not found.done:
            beside.empty()
            live.follow(found, st.empty(), card.empty())
        try:
            story = view.story(workbench, run_id)
        except NotFound as gone:
            st.info(gone.message)
            return None
        if story.result.status == "running":
            _elsewhere(page)
            return None
        with st.container():
            _ended(page, workbench, story)
    with card.container():
        figures.after(story.result)
        st.caption(safe.line(f"{words.feature(story.run.feature)} for {story.candidate} · {story.run.prompt}"))
    with beside.container():
        if story.run.feature in SCORED:
            answer.score(story.result.details)
    return story


def _ended(page: str, workbench: Workbench, story: Story) -> None:
    """The answer, what may be ticked in it, and the row that keeps what is ticked."""
    answer.draw(story.run.feature, story.result)
    resume = changes.draw(page, workbench, story) if story.run.feature == "tailor_resume" else None
    keep.draw(page, workbench, story, resume)


@st.fragment(run_every=2.0)
def _elsewhere(page: str) -> None:
    """A run of another process is read from its record until it has ended."""
    st.info("This run is under way in another process of the workbench. It appears here when it has ended.")
    ticks = st.session_state.get(f"{page}_ticks", 0) + 1
    st.session_state[f"{page}_ticks"] = ticks
    if ticks > 1:
        st.session_state[f"{page}_ticks"] = 0
        st.rerun()
