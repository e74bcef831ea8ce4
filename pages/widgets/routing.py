"""What a plan allows, and which model would answer: said before anything is sent."""

from typing import Any

import streamlit as st

from core.access.plans import PLANS, RULES
from core.errors import WorkbenchError
from core.llm import router
from core.llm.router import LACKS, Route
from core.wiring import Workbench
from pages.widgets import links, words

FACTS_ONLY = (
    "This demo model is told facts that the rules found; of your prompt it is told the first and last words and what "
    "you changed, which also chooses the facts."
)


def likely(workbench: Workbench, feature: str, plan: str, model: str | None = None) -> Route | None:
    """The route a run would take; None where it would be refused, which is said elsewhere on the page."""
    configured = {name for name, provider in workbench.providers.items() if provider.configured}
    try:
        return router.choose(workbench.policy, feature=feature, plan=plan, configured=configured, model=model)
    except WorkbenchError:
        return None


def lacks(workbench: Workbench, feature: str, user: Any) -> None:
    """Say that the candidate's plan has no such feature, which has, and where it is changed."""
    plan = user.plan
    having = [name for name in PLANS if feature in workbench.policy.plan(name).features]
    others = {0: "no plan does", 1: f"plan {having[0]} does"} if having else {0: "no plan does"}
    said = others.get(len(having), f"plans {' and '.join(having)} do")
    st.info(
        f"Plan {plan} does not include {words.feature(feature).lower()}; {said}. "
        "Pick something else, or move the candidate to such a plan.",
        icon=":material/lock:",
    )
    links.to("drive.py", "Change the plan in Drive", icon=":material/folder_open:", user=user.id)


def in_words(workbench: Workbench, route: Route) -> str:
    """The tier with its models in order, e.g. `Tier premium: gpt-6.1-terra (no key) → smollm2-135m → rules`."""
    if route.tier is None:
        return f"Chosen here: {' → '.join(leg.model or leg.provider for leg in route.legs)}"
    skipped = {str(leg): LACKS.get(leg.provider, "not configured") for leg in route.skipped}
    named = [
        name.partition("/")[2] + (f" ({skipped[name]})" if name in skipped else "")
        for name in workbench.policy.tiers[route.tier]
        if name != RULES
    ]
    return f"Tier {route.tier}: {' → '.join([*named, RULES])}"


def writes_little(workbench: Workbench, route: Route | None) -> bool:
    """Whether the model that would answer is the demo model, which is told little of the prompt."""
    first = workbench.providers.get(route.legs[0].provider) if route else None
    return first is not None and first.writes == "opening"
