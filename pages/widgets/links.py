"""Links from one page to another."""

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.widgets import safe


def to(page: str, label: str, *, icon: str | None = None, help: str = "", **where: object) -> None:
    """A link to a page with these query parameters, or its words alone for a member who does not have the page."""
    try:
        query = {name: value if isinstance(value, list) else str(value) for name, value in where.items()}
        st.page_link(page, label=safe.plain(label), icon=icon, help=help, query_params=query)
    except StreamlitPageNotFoundError:
        st.caption(safe.line(label))


def run(run_id: str | None, label: str = "Run") -> None:
    """A link to the run something came from; a dash where no run made it."""
    if run_id:
        to("runs.py", label, icon=":material/history:", help="The run this came from", run=run_id)
    else:
        st.caption("–")
