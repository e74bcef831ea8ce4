"""Drive: a candidate's documents, resume versions, jobs and memory."""

import streamlit as st

from core import wiring
from pages.widgets import candidate, documents, jobs, notes, notice, shelf, versions

DRAW = {"documents": documents.draw, "resumes": versions.draw, "jobs": jobs.draw, "memory": notes.draw}

workbench = wiring.current()
st.title("Drive", anchor=False)
user = candidate.choose(workbench)
notice.draw("drive")
if user:
    shelf.switch()
    DRAW[shelf.view()](workbench, user)
    candidate.show_in_url()
