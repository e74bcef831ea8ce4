"""Plans and limits: the project's month, what each plan allows, what one candidate has left."""

from datetime import datetime

import streamlit as st

from core.access import admission, budget, limits, lineup
from core.access.admission import Left
from core.access.plans import PLANS, RULES, Policy
from core.drive import people
from core.wiring import Workbench
from pages.widgets import candidate, safe, said, words

KEY = "admin_candidate"


def draw(workbench: Workbench) -> None:
    """From everybody's budget down to one candidate's."""
    _project(workbench)
    st.subheader("Plans", anchor=False)
    for column, name in zip(st.columns(len(PLANS)), PLANS, strict=True):
        with column.container(border=True, height="stretch"):
            _plan(workbench.policy, name)
    _candidate(workbench)
    st.caption(
        f"All of this stands in the policy file {safe.plain(workbench.settings.policy_file.name)}, read at start. "
        "To change it, copy the shipped file, point WORKBENCH_POLICY_FILE at your copy and start again."
    )


# -- the project ---------------------------------------------------------------------------------------


def _project(workbench: Workbench) -> None:
    month, policy = budget.project(workbench.store, workbench.policy), workbench.policy.project
    st.subheader("The project this month", anchor=False)
    with st.container(border=True):
        figures = {
            "Budget": (month.most, None),
            "Used": (month.used, None),
            "Held by runs under way": (
                month.reserved,
                "The most they may still cost; what they do not use comes back.",
            ),
            "Left": (month.left, None),
        }
        for column, (label, (nanousd, help)) in zip(st.columns(4), figures.items(), strict=True):
            column.metric(label, _dollars(nanousd), help=help)
        st.progress(month.share)
        st.caption(safe.line(f"{_at_limit(workbench.policy, policy.at_limit)} Begins anew {_day(month.resets_at)}."))


def _at_limit(policy: Policy, at_limit: str) -> str:
    """What happens near the end of a budget and at it, in a sentence."""
    if at_limit == "refuse":
        return "A run that may cost more than is left is refused."
    return f"From {policy.project.step_down_at:.0%} on the cheap models answer, at 100% only the rules."


# -- the plans -----------------------------------------------------------------------------------------


def _plan(policy: Policy, name: str) -> None:
    plan = policy.plan(name)
    st.markdown(f"#### {name}")
    st.markdown(
        f"**{plan.runs_per_minute:,}** runs a minute  \n"
        f"**{plan.tokens_per_day:,}** tokens a day  \n"
        f"**{safe.plain(_dollars(plan.nanousd_per_month))}** a month"
    )
    st.caption(f"For each candidate. {_at_limit(policy, plan.at_limit)}")
    for tier, features in lineup.tiers(policy, name).items():
        st.markdown(f"{_features(features)}  \n:blue-badge[{safe.plain(tier)}] {_models(policy, tier)}")
    if lacking := lineup.lacking(policy, name):
        st.caption(f":material/lock: Not included: {_features(lacking).lower()}.")


def _features(names: tuple[str, ...]) -> str:
    return ", ".join(words.feature(name) for name in names)


def _models(policy: Policy, tier: str) -> str:
    """The models of a tier in the order they are tried; the rules always follow."""
    named = [name.partition("/")[2] for name in policy.tiers[tier] if name != RULES]
    return safe.line(" → ".join([*named, "rules"]))


# -- one candidate -------------------------------------------------------------------------------------


def _candidate(workbench: Workbench) -> None:
    st.subheader("What a candidate has left", anchor=False)
    everyone = {user.id: user for user in people.candidates(workbench.store)}
    if not everyone:
        st.info("There is no candidate yet. Add the first one in Drive.")
        return
    if st.session_state.get(KEY) not in everyone:
        shared = st.session_state.get(candidate.SHARED)
        st.session_state[KEY] = shared if shared in everyone else candidate.first(workbench, everyone)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Candidate",
            list(everyone),
            format_func=lambda id: f"{everyone[id].name} · {everyone[id].plan}",
            key=KEY,
            width=420,
        )
        st.button("Refresh", icon=":material/refresh:", key="admin_refresh")
    user = everyone[st.session_state[KEY]]
    left = admission.left(workbench.store, workbench.policy, user.id, user.plan)
    shown = (("Runs this minute", left.runs, "{:,}".format), ("Tokens today", left.tokens, "{:,}".format))
    for column, (label, one, say) in zip(
        st.columns(3), (*shown, ("Dollars this month", left.nanousd, _dollars)), strict=True
    ):
        with column.container(border=True):
            _left(label, one, say(one.left), say(one.most))


def _left(label: str, one: Left, left: str, most: str) -> None:
    st.metric(label, f"{left} left")
    st.progress(1 - one.left / one.most if one.most else 1.0)
    resets = f"all there again {_moment(one.resets_at)}" if one.resets_at else "none used in the last minute"
    st.caption(safe.line(f"Of {most}; {resets}."))


# -- how it is said ------------------------------------------------------------------------------------


def _dollars(nanousd: int) -> str:
    return limits.money(nanousd)


def _day(at: datetime) -> str:
    return f"on {at.day} {at:%B %Y}, 00:00 UTC"


def _moment(at: datetime) -> str:
    """Minutes end soon, so to the second; days and months end at midnight UTC, said where the viewer is."""
    if at.second or at.minute:
        return f"at {at.astimezone(said.zone()):%H:%M:%S}"
    return f"on {said.when(at)}"
