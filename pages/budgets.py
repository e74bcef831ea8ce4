"""Budgets: what is left of the month's, when they run out, and what is unusual."""

import streamlit as st

from core import wiring
from core.access import members
from core.usage import alerts
from core.usage.budgets import standings
from pages.widgets import budget_alerts, budget_cards, budget_change, notice

workbench = wiring.current()
st.title("Budgets", anchor=False)
notice.draw("budgets")
names, figures = members.names(workbench.store), workbench.usage.now()
each = standings(workbench.store, workbench.policy, figures)
alerts.check(workbench.store, workbench.policy, figures, each=each)
budget_alerts.draw(workbench)
budget_cards.draw(each, workbench.policy, names)
budget_cards.burn_down(each, names)
budget_change.draw(workbench, figures, each, names)
budget_cards.in_the_file(each, workbench.settings.policy_file.name)
