"""A run under way, followed from a page: readable prose that grows, figures that count."""

import time
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.llm import outcome
from core.llm.live import LiveRun
from core.schema import Event
from pages.widgets import answer, figures, safe

WAIT_S = 0.1  # the longest between two touches of the page, so that a click is heard
READING = {"improve_text": "Reading the text"}
REST_S = 0.04  # the shortest, so that drawing leaves the model its share of the machine


def follow(run: LiveRun, prose: DeltaGenerator, card: DeltaGenerator) -> None:
    """Draw the run as it grows, from its first event on; when it has ended, draw the page anew."""
    for place in (prose, card):
        place.empty()  # what stood there belongs to another run
    time.sleep(REST_S)
    seen: list[Event] = []
    while not run.done:
        came = run.after(len(seen), wait_s=WAIT_S)
        seen += came
        with prose.container():
            draw(seen)
        with card.container():
            figures.during(run)
        if came:
            time.sleep(REST_S)
    st.rerun()


def draw(events: Sequence[Event]) -> None:
    """The prose so far, below what happened on the way; every field has its own place, so that nothing old stays."""
    fields = {name: text.strip() for name, text in outcome.prose(events).items()}
    with st.container():
        for event in events:
            if event.kind == "notice":
                answer.handed_over(event.data["message"], event.data["provider"], event.data["model"])
    feature = events[0].data.get("feature", "") if events else ""
    title = fields.get("title", "")
    if title:
        st.subheader(safe.line(title), anchor=False)
    elif any(fields.values()):
        st.empty()
    else:
        with st.container():
            st.markdown(f"*{READING.get(feature, 'Reading the resume and the posting')} …*")
            st.skeleton(height=120)
    answer.prose(feature, fields.get("summary", ""), fields.get("content", ""))
    for name in ("bullets", "warnings", "next_actions"):
        sentences = [text for text in fields.get(name, "").split("\n") if text.strip()]
        st.markdown(safe.bullets(sentences)) if sentences else st.empty()
    if any(fields.values()) and _provider(events) == "embedded":
        st.caption("Draft of the demo model; it is checked when complete.")
    else:
        st.empty()


def _provider(events: Sequence[Event]) -> str:
    """Who writes now: the leg the run began with, or the one that took over last."""
    named = [str(event.data.get("provider") or "") for event in events if event.kind in ("started", "notice")]
    return named[-1] if named else ""
