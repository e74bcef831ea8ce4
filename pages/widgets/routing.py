"""What a plan allows, and which model would answer: said before anything is sent."""

import streamlit as st

from core.access.plans import PLANS
from core.errors import WorkbenchError
from core.llm import router
from core.llm.router import Route
from core.wiring import Workbench
from pages.widgets import words


def likely(workbench: Workbench, feature: str, plan: str, model: str | None = None) -> Route | None:
    """The route a run would take; None where it would be refused, which is said elsewhere on the page."""
    configured = {name for name, provider in workbench.providers.items() if provider.configured}
    try:
        return router.choose(workbench.policy, feature=feature, plan=plan, configured=configured, model=model)
    except WorkbenchError:
        return None


def lacks(workbench: Workbench, feature: str, plan: str) -> None:
    """Say that the plan has no such feature, and which has."""
    having = [name for name in PLANS if feature in workbench.policy.plan(name).features]
    others = {0: "no plan does", 1: f"plan {having[0]} does"} if having else {0: "no plan does"}
    said = others.get(len(having), f"plans {' and '.join(having)} do")
    st.info(
        f"Plan {plan} does not include {words.feature(feature).lower()}; {said}. "
        "Pick something else, or move the candidate to such a plan.",
        icon=":material/lock:",
    )
