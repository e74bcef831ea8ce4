"""Usage: what was spent, on what, how sure that is, and how well it went."""

import streamlit as st

from core import wiring
from core.usage.coverage import known_calls
from core.usage.economics import economics
from pages.widgets import notice, usage_cards, usage_documents, usage_filters, usage_views

VIEWS = {
    "overview": "Overview",
    "speed": "Speed",
    "people": "People",
    "errors": "Errors",
    "documents": "Documents",
}
DRAW = {
    "overview": usage_views.overview,
    "speed": usage_views.speed,
    "people": usage_views.people,
    "errors": usage_views.errors,
}

if opening := st.session_state.pop("usage_open", None):
    st.switch_page("runs.py", query_params=usage_filters.shape() | opening)

workbench = wiring.current()
st.title("Usage", anchor=False)
notice.draw("usage")
names, figures = usage_filters.called(workbench), workbench.usage.now()
asked = usage_filters.draw(figures, names)
total = usage_cards.draw(figures, asked)
if not total.runs:
    usage_filters.nothing(figures, asked)
elif (view := usage_filters.view(VIEWS)) == "documents":
    by = usage_documents.groups()
    whole, rows = economics(figures, asked.filter, by)
    spent = usage_cards.spent(total, known_calls(figures, asked.filter, total))
    usage_documents.draw(whole, spent, rows, by, names)
else:
    DRAW[view](figures, asked, names)
