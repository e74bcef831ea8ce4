"""The budgets that runs share: a card each, the burn-down of one, and the lines of the policy file behind them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import streamlit as st

from core.access import limits
from core.access.dated_budgets import Dated
from core.access.limits import PROJECT, money
from core.access.plans import Policy
from core.schema import usd
from core.usage.budgets import Standing, outlook, roughly
from pages.widgets import charts, safe, said, usage_links, words

KEY = "budgets_shown"
COLUMNS = 3
LEFT = "rgba(134,142,150,0.25)"
NEAR = 0.02  # by which what is charged and the record may differ without a word

Names = Mapping[str, str]


def draw(each: Sequence[Standing], policy: Policy, names: Names) -> None:
    """A card for each budget, the project's first."""
    st.caption(f"{each[0].first:%B %Y}. Days and months are UTC, for everyone alike.")
    for begin in range(0, len(each), COLUMNS):
        for column, one in zip(st.columns(COLUMNS), each[begin : begin + COLUMNS], strict=False):
            with column.container(border=True, height="stretch"):
                _card(one, policy, names)


def _card(one: Standing, policy: Policy, names: Names) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{safe.plain(called(one.limit.subject, names))}**", width="content")
        st.markdown(_badge(one, policy), width="content")
    st.markdown(f"#### {safe.plain(roughly(one.left))} left")
    held = [] if not one.reserved else [("Held", charts.COLOURS[2], one.reserved / 1e9)]
    parts = [("Used", charts.COLOURS[0], one.used / 1e9), *held, ("Left", LEFT, one.left / 1e9)]
    charts.draw(charts.shares(parts, hover="$%{x:,.4f}"), f"budgets_bar_{one.limit.subject}", alt=_bar(one))
    st.caption(safe.line(f"{_bar(one)} {_made_up(one)}"))
    st.markdown(safe.line(outlook(one)))
    st.caption(_at_limit(one, policy))
    if one.dated:
        st.caption(safe.line(_since(one, one.dated, policy, names)))


def _bar(one: Standing) -> str:
    held = f", {roughly(one.reserved)} held by runs under way" if one.reserved else ""
    return f"{roughly(one.used)} used{held} of {money(one.limit.most)}."


def _made_up(one: Standing) -> str:
    """Why a month full of made-up runs has used nothing."""
    return f"The {roughly(one.made_up)} of made-up runs are charged to no budget." if one.made_up else ""


def _since(one: Standing, dated: Dated, policy: Policy, names: Names) -> str:
    """Who set a budget in place of the policy file, until when, and what the file says."""
    until = f" until {dated.valid_to - timedelta(days=1):%-d %B}" if dated.valid_to else ""
    filed = next((limit for limit in limits.shared(policy, one.at) if limit.subject == one.limit.subject), None)
    says = f"the policy file says {money(filed.most)}" if filed else "the policy file has no such budget"
    told = f"Set on {dated.valid_from:%-d %B}{until} by {said.who(dated.created_by, names)}: {dated.reason}"
    return f"{told.rstrip('.')}. Otherwise {says}."


def _badge(one: Standing, policy: Policy) -> str:
    run_out = one.forecast.run_out
    if one.taken >= one.limit.most:
        return ":red-badge[used up]"
    if not one.limit.refuses and Decimal(one.taken) >= policy.project.step_down_at * one.limit.most:
        return ":orange-badge[near its end]"
    if not one.forecast.known:
        return ":gray-badge[not known yet]"
    if run_out and run_out.likely:
        return ":orange-badge[runs out]"
    return ":blue-badge[likely lasts]" if run_out and run_out.earliest else ":green-badge[lasts]"


def _at_limit(one: Standing, policy: Policy) -> str:
    if one.limit.refuses:
        return "A run that may cost more than is left is refused."
    share = f"{(policy.project.step_down_at * 100).normalize():f}%"
    return f"From {share} on the cheap models answer; at 100%, only the rules."


def called(subject: str, names: Names) -> str:
    """What people call the budget of this subject; one that cannot have a budget as it is."""
    kind, _, name = subject.partition(":")
    if subject == PROJECT:
        return "The whole project"
    titles = {"plan": f"plan {name}", "feature": words.feature(name), "caller": said.who(name, names)}
    title = titles.get(kind, subject)
    return title[:1].upper() + title[1:]


# -- one of them -------------------------------------------------------------------------------------------


def burn_down(each: Sequence[Standing], names: Names) -> None:
    """The month of the chosen budget, day by day; the URL says which."""
    by = {one.limit.subject: one for one in each}
    given = st.query_params.get("budget", PROJECT)
    st.session_state[KEY] = given if given in by else PROJECT
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("The month, day by day", anchor=False, width="content")
        st.selectbox(
            "Budget",
            list(by),
            format_func=lambda subject: called(subject, names),
            key=KEY,
            on_change=_shown,
            label_visibility="collapsed",
            width=320,
        )
    _chart(by[st.session_state[KEY]])


def _shown() -> None:
    st.query_params["budget"] = st.session_state[KEY]


def _chart(one: Standing) -> None:
    told, sums = one.forecast, [0]
    for spent in one.spent:
        sums.append(sums[-1] + spent)
    days = [one.first + timedelta(days=place) for place in range(len(one.spent))]
    before = [days[-2]] if told.days and len(days) > 1 else []  # the forecast goes on where the last whole day ended
    drawn = [tuple(amount / 1e9 for amount in line) for line in (told.low, told.likely, told.high)]
    lines = [[sums[-2] / 1e9] * len(before) + list(line) for line in drawn]
    figure = charts.burn_down(
        (days, [amount / 1e9 for amount in sums[1:]]),
        ([*before, *told.days], lines[0], lines[1], lines[2]),
        one.limit.most / 1e9,
    )
    charts.draw(figure, "budgets_burn_down", alt=f"Spend of the month, its forecast and the budget. {outlook(one)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(safe.line(outlook(one)), width="stretch")
        usage_links.runs_of(one.filter, "Runs of this month", icon=":material/history:")
    if abs(one.recorded - one.made_up - one.used) > NEAR * max(one.recorded, one.used, 1):
        st.caption(safe.line(_differ(one)))
    elif one.made_up:
        st.caption("The chart and the forecast leave made-up runs out.")


def _differ(one: Standing) -> str:
    return (
        f"This month's runs cost {roughly(one.recorded)} by their record, and {roughly(one.used)} are charged to this "
        "budget. The two differ where a cost is not known, because what was set aside for the run then stays charged, where "
        "a cost was corrected later, and by made-up runs, which are charged to no budget. The chart and the forecast go by "
        "the record, or by what is charged where that is more."
    )


# -- in the policy file ------------------------------------------------------------------------------------

EXAMPLE = """[budgets.plans]
free = 50.00

[budgets.features]
cover_letter = { usd_per_month = 100.00, at_limit = "refuse" }

[budgets.callers]
"token:backend" = 200.00
"""


def in_the_file(each: Sequence[Standing], file: str) -> None:
    """The lines of the policy file that would make these budgets, or might."""
    alone = len(each) == 1
    with st.expander("Budgets in the policy file", icon=":material/description:"):
        st.markdown(
            f"What holds for good is best kept in the policy file, `{safe.plain(file)}`, which is read at start: copy it, "
            "point `WORKBENCH_POLICY_FILE` at your copy and start again. A budget that was changed on this page comes before "
            "the file's until that change is taken back. These lines are the budgets as they hold now:"
        )
        st.code(
            f"[project]\nusd_per_month = {dollars(each[0])}\n\n{EXAMPLE if alone else _lines(each)}", language="toml"
        )
        if alone:
            st.caption("The amounts below the project's are examples.")


def _lines(each: Sequence[Standing]) -> str:
    tables: dict[str, list[str]] = {}
    for one in each[1:]:
        kind, _, name = one.limit.subject.partition(":")
        key = f'"{name}"' if kind == "caller" else name
        value = f'{{ usd_per_month = {dollars(one)}, at_limit = "refuse" }}' if one.limit.refuses else dollars(one)
        tables.setdefault(f"[budgets.{kind}s]", []).append(f"{key} = {value}")
    return "\n\n".join("\n".join([table, *lines]) for table, lines in tables.items())


def dollars(one: Standing) -> str:
    """The amount as the policy file has it: `50.00`."""
    whole, _, rest = (usd(one.limit.most) or "0").partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"
