"""Admin: tokens of the HTTP API, what the plans allow and what is left of it, the models, what they cost."""

import streamlit as st

from core import wiring
from core.errors import Denied
from pages.widgets import admin_models, admin_plans, admin_prices, admin_tokens, admin_view, notice

DRAW = {
    "tokens": admin_tokens.draw,
    "plans": admin_plans.draw,
    "models": admin_models.draw,
    "prices": admin_prices.draw,
}

if not admin_view.views():
    raise Denied("This page is for admins. Ask one of them for what you need here.")
workbench = wiring.current()
st.title("Admin", anchor=False)
admin_view.switch()
notice.draw("admin")
DRAW[admin_view.view()](workbench)
