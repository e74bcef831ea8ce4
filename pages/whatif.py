"""What if: history under other models, prices or rules; past costs corrected; invoices checked; models that go away."""

import streamlit as st

from core import wiring
from core.errors import Denied
from pages.widgets import invoice, notice, repricing, sunset, usage_filters, whatif

VIEWS = {
    "whatif": "What if",
    "repricing": "Re-pricing",
    "invoice": "Invoice check",
    "sunset": "Sunset",
}

if st.session_state["caller"].role not in ("analyst", "admin"):
    raise Denied("This page is for analysts and admins. Ask one of them for what you need here.")
workbench = wiring.current()
figures = workbench.usage.now()
st.title("What if", anchor=False)
view = usage_filters.view(VIEWS)
notice.draw("whatif")
if view == "invoice":
    invoice.draw(figures)
elif view == "sunset":
    sunset.draw(workbench, figures)
else:
    names = usage_filters.called(workbench)
    asked = usage_filters.draw(figures, names, splits=False).filter
    if view == "repricing":
        repricing.draw(workbench, asked, names)
    else:
        whatif.draw(workbench, figures, asked)
