"""Runs: every AI call, newest first; open one to read its whole story."""

import streamlit as st

from core import wiring
from pages.widgets import ledger, story

workbench = wiring.current()
run_id = st.query_params.get("run")
if run_id is None:
    st.title("Runs", anchor=False)
    ledger.draw(workbench)
else:
    story.draw(workbench, run_id)
