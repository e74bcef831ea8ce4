"""What the workbench remembers of a candidate, job by job; each note can be deleted and put back."""

from functools import partial
from itertools import groupby
from typing import Any

import streamlit as st

from core.drive import people
from core.tools import memory
from core.tools.memory import Note
from core.wiring import Workbench
from pages.widgets import links, notice, safe, said

PURPOSE = (
    "Memory tells the next run what was asked for the same job before and what was kept of it: its newest "
    f"{memory.MOST_ENTRIES} notes go into the context, under a chip you can switch off. "
    f"A note expires after {memory.LASTS.days} days."
)


def draw(workbench: Workbench, user: Any) -> None:
    """What memory is for, then the notes, those of one job together, newest first."""
    st.caption(PURPOSE)
    found = memory.about(workbench.store, user.id)
    if not found:
        st.info("Nothing is remembered yet. The first run on the page Generate leaves a note here.")
        return
    jobs = {job.id: job for binned in (False, True) for job in people.jobs(workbench.store, user.id, binned=binned)}
    newest = {note.job_id: number for number, note in reversed(list(enumerate(found)))}
    for job_id, notes in groupby(sorted(found, key=lambda note: newest[note.job_id]), key=lambda note: note.job_id):
        job = jobs.get(job_id or 0)
        at = f" · {job.company}" if job and job.company else ""
        st.markdown(f"**{safe.plain(job.title + at)}**" if job else "**Without a job**")
        with st.container(border=True):
            for note in notes:
                _note(workbench, note)


def _note(workbench: Workbench, note: Note) -> None:
    text, kept, origin, button = st.columns((11, 3, 2, 2), vertical_alignment="center")
    text.markdown(safe.line(note.text))
    kept.caption(said.when(note.created_at))
    with origin:
        links.run(note.source_run_id)
    button.button(
        "Delete",
        icon=":material/delete:",
        type="tertiary",
        key=f"drive_forget_{note.id}",
        on_click=notice.act,
        args=("drive", partial(memory.forget, workbench.store, note.id, user_id=note.user_id), "The note is deleted."),
        kwargs={"undo": partial(memory.put_back, workbench.store, note), "undone": "The note is back."},
    )
