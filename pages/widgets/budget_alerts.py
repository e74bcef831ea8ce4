"""Alerts on top of the Budgets page: what happened, the runs behind it, and dismissing with the way back."""

from functools import partial

import streamlit as st

from core.usage import alerts
from core.usage.alerts import Told
from core.wiring import Workbench
from pages.widgets import notice, safe, said, usage_links

LOOKS = {
    "used_up": (":material/money_off:", "red"),
    "near_end": (":material/trending_down:", "orange"),
    "run_out": (":material/event_busy:", "orange"),
    "unusual_day": (":material/monitoring:", "orange"),
    "unknown_cost": (":material/help:", "blue"),
}
FEW = 4  # that stand open
ALL = "budgets_dismissed"


def draw(workbench: Workbench) -> None:
    """The alerts of the last weeks; those that were dismissed when they are asked for."""
    told = alerts.current(workbench.store, dismissed=True)
    waiting = [one for one in told if not one.dismissed_at]
    for one in waiting[:FEW]:
        _alert(workbench, one)
    if more := waiting[FEW:]:
        with st.expander(f"{len(more)} earlier alert{'s' if len(more) > 1 else ''}", icon=":material/notifications:"):
            for one in more:
                _alert(workbench, one)
    gone = [one for one in told if one.dismissed_at]
    if gone and st.toggle(f"Show dismissed alerts ({len(gone)})", key=ALL):
        for one in gone:
            _alert(workbench, one)


def _alert(workbench: Workbench, one: Told) -> None:
    icon, colour = LOOKS.get(one.kind, (":material/notifications:", "blue"))
    with st.container(border=True):
        text, runs, button = st.columns([8, 1, 1.4], vertical_alignment="center")
        badge = icon if one.dismissed_at else f":{colour}[{icon}]"
        told = f"{said.when(one.at)}{', dismissed' if one.dismissed_at else ''}"
        text.markdown(f"{badge} {safe.line(one.message)} :gray[{told}]")
        with runs:
            usage_links.runs_of(one.filter, "Runs", icon=":material/history:")
        with button:
            _button(workbench, one)


def _button(workbench: Workbench, one: Told) -> None:
    who = st.session_state["caller"].name
    back, away = partial(alerts.restore, workbench.store, one.id), partial(alerts.dismiss, workbench.store, one.id, who)
    if one.dismissed_at:
        st.button(
            "Bring back",
            icon=":material/undo:",
            key=f"budgets_back_{one.id}",
            width="stretch",
            on_click=notice.act,
            args=("budgets", back, "The alert is back."),
        )
        return
    st.button(
        "Dismiss",
        icon=":material/close:",
        key=f"budgets_dismiss_{one.id}",
        width="stretch",
        on_click=notice.act,
        args=("budgets", away, "The alert is dismissed."),
        kwargs={"undo": back, "undone": "The alert is back."},
    )
