"""What a supposition comes to: spend before and after, by what, refusals, and what cannot be known."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from core import sureness
from core.usage.scenario import ALL, Counted, Group, Outcome, Scenario, Side
from pages.widgets import charts, grid, safe, words

BY = {
    "feature": "Feature",
    "plan": "Plan",
    "model": "Model as it was",
    "new_model": "Model as supposed",
}

DIFFERENCE = "Difference, $"


def said(scenario: Scenario) -> str:
    """What was supposed, as a heading: `openai/gpt-5-mini in place of all models`."""
    if scenario.policy:
        return "Under the other policy" + ("" if scenario.limits else ", its routing alone")
    if scenario.models:
        old = [name for name in scenario.models if name != ALL]
        return f"{next(iter(scenario.models.values()))} in place of {', '.join(old) if old else 'all models'}"
    if scenario.known_at:
        day = scenario.known_at - timedelta(days=1)  # they were asked for as known at its end
        return f"At the prices known on {day.day} {day:%B %Y}"
    return "; ".join(f"{one.model} at ${one.input} in, ${one.output} out" for one in scenario.given)


def draw(found: Outcome, scenario: Scenario) -> None:
    """All of it, top to bottom."""
    if not found.runs:
        st.info(
            "No run of this period fits these filters, so there is nothing to replay.", icon=":material/filter_alt_off:"
        )
        return
    _cards(found)
    _months(found)
    _groups(found)
    if scenario.policy:
        _gate(found)
    _unknowns(found)


def _cards(found: Outcome) -> None:
    before, after = found.before, found.after
    with st.container(horizontal=True, gap="small"):
        st.metric("Runs", f"{found.runs:,}", border=True, width=150, height="stretch")
        st.metric("As it was", _spend(before), border=True, width=178, height="stretch", help=_coverage(before))
        st.metric("As supposed", _spend(after), border=True, width=178, height="stretch", help=_coverage(after))
        change = found.both_after_nanousd - found.both_before_nanousd
        share = f"{100 * change / found.both_before_nanousd:+,.1f}%" if found.both_before_nanousd else None
        sign = "−" if change < 0 else "+"
        st.metric(
            "Difference",
            f"{sign}{words.spend(abs(change), 'exact')}",
            share,
            delta_color="inverse",
            border=True,
            width=178,
            height="stretch",
            help=f"Over the {found.both:,} runs whose cost is known on both sides.",
        )
        if after.refused != before.refused:
            st.metric("Refused", f"{after.refused:,}", f"{after.refused - before.refused:+,}", delta_color="inverse",
                      border=True, width=150, height="stretch", help=f"{before.refused:,} as it was.")  # fmt: skip
    st.caption(f"As it was: {_coverage(before)} As supposed: {_coverage(after)}")
    if found.refused_nanousd:
        spent = safe.plain(words.spend(found.refused_nanousd, "exact"))
        st.caption(f"{spent} of the difference is not saved but refused: those runs would have got no answer.")


def _spend(side: Side) -> str:
    return words.spend(side.nanousd, sureness.least(side))


def _coverage(side: Side) -> str:
    return f"cost of {sureness.coverage(side)}."


def _months(found: Outcome) -> None:
    months = found.groups["month"]
    if len(months) < 2:
        return
    sides = (("As it was", "before", "before_nanousd"), ("As supposed", "after", "after_nanousd"))
    drawn = [(label, key, [(getattr(one, name) or 0) / 1e9 for one in months]) for label, key, name in sides]
    figure = charts.bars([f"{one.value}-01" for one in months], drawn, hover="$%{y:,.2f}", money=True)
    figure.update_layout(barmode="group", xaxis={"tickformat": "%b %Y", "dtick": "M1"})
    charts.draw(figure, "whatif_months", alt="Spend by month, as it was and as supposed")


def _groups(found: Outcome) -> None:
    by = st.segmented_control("By", list(BY), default="feature", format_func=BY.__getitem__, required=True,
                              key="whatif_by", label_visibility="collapsed")  # fmt: skip
    rows = [_row(by or "feature", one) for one in found.groups[by or "feature"]]
    money = st.column_config.NumberColumn(format="$%.4f")
    grid.draw(
        rows,
        {BY[by or "feature"]: str, "Runs": int, "As it was": float, "As supposed": float, DIFFERENCE: float,
         "Unknown before": int, "Unknown after": int},
        column_config=dict.fromkeys(("As it was", "As supposed"), money)
        | dict.fromkeys(("Runs", "Unknown before", "Unknown after"), st.column_config.NumberColumn(format="localized"))
        | {DIFFERENCE: st.column_config.NumberColumn(format="%+.4f")},
        key="whatif_groups",
    )  # fmt: skip


def _row(by: str, one: Group) -> dict[str, object]:
    before, after = (None if sum is None else sum / 1e9 for sum in (one.before_nanousd, one.after_nanousd))
    named = words.feature(one.value) if by == "feature" and one.value else one.value or "nobody answered"
    return {
        BY[by]: "Rules, no AI" if named == "rules" else named,
        "Runs": one.runs,
        "As it was": before,
        "As supposed": after,
        DIFFERENCE: None if before is None or after is None else after - before,
        "Unknown before": one.before_unknown,
        "Unknown after": one.after_unknown,
    }


def _gate(found: Outcome) -> None:
    """Refusals by cause and month, steps down by what they led to."""
    left, right = st.columns(2)
    with left:
        st.subheader("Refusals", anchor=False)
        _counts(found.refusals, "No run would have been refused.", words.cause)
    with right:
        st.subheader("Steps down", anchor=False)
        _counts(found.steps, "No budget would have led a run to cheaper models.", lambda what: f"to {what}")


def _counts(counted: tuple[Counted, ...], nothing: str, say: Callable[[str], str]) -> None:
    if not counted:
        st.caption(nothing)
        return
    months: Counter[tuple[str, str]] = Counter()
    for one in counted:
        months[one.period[:7], one.what] += one.count
    rows = [{"Month": month, "What": say(what), "Runs": many} for (month, what), many in sorted(months.items())]
    grid.draw(
        rows,
        {"Month": str, "What": str, "Runs": int},
        column_config={"Runs": st.column_config.NumberColumn(format="localized")},
    )
    days = Counter({one.period: one.count for one in counted if len(one.period) == 10})
    if days:
        day, many = max(((day, sum(c.count for c in counted if c.period == day)) for day in days), key=lambda d: d[1])
        st.caption(f"Most on {day}: {many:,}.")


def _unknowns(found: Outcome) -> None:
    st.subheader("What cannot be known", anchor=False)
    if not found.unknowns:
        st.caption("Nothing: every run is priced from its own tokens, at a known price.")
        return
    st.markdown(
        safe.bullets([f"{one.count:,} {'run' if one.count == 1 else 'runs'} {one.said}" for one in found.unknowns])
    )
