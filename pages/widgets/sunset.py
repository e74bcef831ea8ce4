"""Sunset radar: models in use that go away, how long that is, and what hangs on them."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from core.usage import sunset as engine
from core.usage.queries import Snapshot
from core.usage.sunset import Fading
from core.wiring import Workbench
from pages.widgets import links, safe, usage_period, words

SOON_DAYS = 45
MOST_PROMPTS = 4
EXAMPLE = '[sunset]\n"openai/some-model" = 2030-01-15'


def draw(workbench: Workbench, figures: Snapshot) -> None:
    """One box a model, the nearest first."""
    found = engine.radar(workbench.policy, figures, datetime.now(UTC))
    st.caption(
        f"Watches the {found.watched} models of the policy file and of the last {engine.RECENT_DAYS} days. The days are "
        "those of the table `[sunset]` in the policy file, as the providers announced them."
    )
    if not found.fading:
        _nothing(workbench)
    for one in found.fading:
        _box(one)
    if found.unused:
        st.caption(safe.line(f"In the table, and not in use: {', '.join(found.unused)}."))


def _nothing(workbench: Workbench) -> None:
    if workbench.policy.sunset:
        st.success("No model in use has a day on which it is shut down.", icon=":material/check_circle:")
        return
    st.info("No day is known on which a model is shut down.", icon=":material/event_busy:")
    st.markdown("When a provider announces one, write it into the policy file and start the workbench again:")
    st.code(EXAMPLE, language="toml")


def _box(one: Fading) -> None:
    with st.container(border=True):
        head, spend, calls = st.columns((6, 2, 2), vertical_alignment="center")
        head.markdown(f"**{safe.plain(one.model)}** {_badge(one)}")
        head.caption(safe.line(_where(one)))
        spend.metric(f"Spend at risk, {engine.RECENT_DAYS} days", words.spend(one.nanousd, one.cost_status))
        calls.metric("Calls", f"{one.legs:,}")
        if one.legs:
            today = usage_period.today()
            provider, _, model = one.model.partition("/")
            first = today - timedelta(days=engine.RECENT_DAYS - 1)
            with head:
                links.to("usage.py", "See its usage", icon=":material/monitoring:", period="own", model=model,
                         provider=provider, **{"from": first.isoformat(), "to": today.isoformat()})  # fmt: skip


def _badge(one: Fading) -> str:
    if one.day is None or one.days_left is None:
        return ":gray-badge[deprecated, no day known]"
    day = f"{one.day.day} {one.day:%B %Y}"
    if one.days_left <= 0:
        return f":red-badge[shut down since {day}]"
    colour = "red" if one.days_left <= SOON_DAYS else "orange"
    return f":{colour}-badge[{one.days_left:,} {'day' if one.days_left == 1 else 'days'} left, until {day}]"


def _where(one: Fading) -> str:
    parts = []
    if one.tiers:
        parts.append(f"In tier {', '.join(one.tiers)}; next there is {', '.join(one.instead)}")
    if one.prompts:
        more = len(one.prompts) - MOST_PROMPTS
        others = f" and {more} more" if more > 0 else ""
        parts.append(f"called by {', '.join(one.prompts[:MOST_PROMPTS])}{others}")
    told = "; ".join(parts) or "In no tier of the policy"
    return f"{told[0].upper()}{told[1:]}."
