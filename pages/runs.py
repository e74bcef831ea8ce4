"""Runs: every AI call; find one, read its whole story, take the list away as a file."""

import streamlit as st

from core import wiring
from pages.widgets import ledger, story

workbench = wiring.current()
run_id = st.query_params.get("run")
if run_id is None:
    ledger.draw(workbench)
else:
    story.draw(workbench, run_id)
