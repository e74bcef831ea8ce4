"""Plans and limits: the project's month, what each plan allows, what one candidate has left."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from core.access import admission, budget, dated_budgets, limits, lineup
from core.access.admission import Left
from core.access.plans import PLANS, RULES, Policy
from core.drive import people
from core.wiring import Workbench
from pages.widgets import candidate, links, safe, said, words

KEY = "admin_candidate"
HELD = "The most they may still cost; what they do not use comes back."


def draw(workbench: Workbench) -> None:
    """From everybody's budget down to one candidate's."""
    _project(workbench)
    _shared(workbench)
    st.subheader("Plans", anchor=False)
    for column, name in zip(st.columns(len(PLANS)), PLANS, strict=True):
        with column.container(border=True, height="stretch"):
            _plan(workbench.policy, name)
    _candidate(workbench)
    st.caption(
        f"All of this stands in the policy file {safe.plain(workbench.settings.policy_file.name)}, read at start. To change "
        "it, copy the shipped file, point WORKBENCH_POLICY_FILE at your copy and start again. The budgets of the project, "
        "plans, features and callers can be changed on the page Budgets too."
    )


# -- the project ---------------------------------------------------------------------------------------


def _project(workbench: Workbench) -> None:
    policy = dated_budgets.policy_now(workbench.store, workbench.policy).project
    month = budget.project(workbench.store, workbench.policy)
    st.subheader("The project this month", anchor=False)
    with st.container(border=True):
        figures = (
            ("Budget", limits.money(month.most), None),
            ("Used", limits.money(month.used, up=True), None),
            ("Held by runs under way", limits.money(month.reserved, up=True), HELD),
            ("Left", limits.money(month.left), None),
        )
        for column, (label, dollars, help) in zip(st.columns(4), figures, strict=True):
            column.metric(label, dollars, help=help)
        st.progress(month.share)
        st.caption(safe.line(f"{_at_limit(workbench.policy, policy.at_limit)} It begins anew {_day(month.resets_at)}."))


def _shared(workbench: Workbench) -> None:
    """The budgets of plans, features and callers, where the policy has any."""
    found = budget.shared(workbench.store, workbench.policy)
    if not found:
        return
    st.subheader("Budgets beside it", anchor=False)
    with st.container(border=True):
        for limit, month in found:
            left = f"{limits.money(month.left)} left of {limits.money(month.most)}"
            st.progress(month.share, text=safe.line(f"{limit.whose[:1].upper()}{limit.whose[1:]}: {left}"))
        links.to("budgets.py", "How the month will end", icon=":material/savings:")


def _at_limit(policy: Policy, at_limit: str) -> str:
    """What happens near the end of a budget and at it, in a sentence."""
    if at_limit == "refuse":
        return "A run that may cost more than is left is refused."
    percent = (policy.project.step_down_at * 100).normalize()
    near = f"From {percent:f}% of the month's dollars on,"
    if admission.CHEAP not in policy.tiers:
        return f"{near} only the rules answer."
    return f"{near} the cheap models answer; at 100%, only the rules."


# -- the plans -----------------------------------------------------------------------------------------


def _plan(policy: Policy, name: str) -> None:
    plan = policy.plan(name)
    st.markdown(f"#### {name}")
    st.markdown(
        f"**{plan.runs_per_minute:,}** runs a minute  \n"
        f"**{plan.tokens_per_day:,}** tokens a day  \n"
        f"**{safe.plain(limits.money(plan.nanousd_per_month))}** a month"
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
    runs, day, month = (column.container(border=True, height="stretch") for column in st.columns(3))
    with runs:
        _left("Runs this minute", left.runs, "{:,}".format, _clock)
    with day:
        _left("Tokens today", left.tokens, "{:,}".format, _day)
    with month:
        _left("Dollars this month", left.nanousd, limits.money, _day)


def _left(label: str, one: Left, amount: Callable[[int], str], moment: Callable[[datetime], str]) -> None:
    st.metric(label, f"{amount(one.left)} left")
    st.progress(1 - one.left / one.most if one.most else 1.0)
    resets = f"all there again {moment(one.resets_at)}" if one.resets_at else "none used in the last minute"
    st.caption(safe.line(f"Of {amount(one.most)}; {resets}."))


def _day(at: datetime) -> str:
    """Days and months of limits are UTC, for everyone alike."""
    return f"on {at.day} {at:%B %Y}, {at:%H:%M} UTC"


def _clock(at: datetime) -> str:
    return f"at {at.astimezone(said.zone()):%H:%M:%S}"
