"""Changing a budget on the Budgets page: the form, what was changed so far, and the way back of each change."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.access.limits import PROJECT
from core.access.plans import PLANS
from core.schema import FEATURES
from core.usage import audit, budget_changes
from core.usage.budget_changes import BudgetTerms
from core.usage.budgets import Standing
from core.usage.queries import Snapshot
from core.wiring import Workbench
from pages.widgets import budget_cards, grid, notice, said, words

PAGE = "budgets"
SUBJECT, DOLLARS, END, UNTIL, REASON = (
    f"budgets_change_{name}" for name in ("subject", "dollars", "end", "until", "reason")
)
ENDS = {"step_down": "Cheap models, then rules", "refuse": "Refuse runs"}
LENGTHS = {"open": "Until it is changed", "month": "This month only"}
CLEARED = (DOLLARS, REASON)

Names = Mapping[str, str]


def draw(workbench: Workbench, figures: Snapshot, each: Sequence[Standing], names: Names) -> None:
    """For admins the form; for everyone what was changed, and by whom."""
    if st.session_state["caller"].may("admin"):
        with st.expander("Change a budget", icon=":material/edit:", expanded=len(each) == 1):
            _form(workbench, figures, each, names)
    else:
        st.caption("Admins change budgets on this page.")
    _changes(workbench, names)


def subjects(each: Sequence[Standing], names: Names) -> dict[str, str]:
    """What may have a budget, by subject: those that have one, then every plan, feature, member and the terminal."""
    found = {one.limit.subject: budget_cards.called(one.limit.subject, names) for one in each}
    known = [f"plan:{name}" for name in PLANS] + [f"feature:{name}" for name in FEATURES]
    callers = [f"caller:{name}" for name in (*names, "cli")]
    return found | {
        one: f"{budget_cards.called(one, names)} (no budget yet)" for one in (*known, *callers) if one not in found
    }


# -- the form ----------------------------------------------------------------------------------------------


def _form(workbench: Workbench, figures: Snapshot, each: Sequence[Standing], names: Names) -> None:
    st.caption("What is set here comes before the policy file, for the next run of every door. It is in the audit log.")
    which, amount = st.columns([3, 1])
    with which:
        subject = _subject(subjects(each, names))
    now = next((one for one in each if one.limit.subject == subject), None)
    held = budget_cards.dollars(now) if now else "50.00"
    amount.text_input("Dollars a month", key=DOLLARS, placeholder=held, max_chars=20)
    end, until = st.columns(2)
    ends = end.segmented_control(
        "At its end",
        list(ENDS),
        default="refuse" if now and now.limit.refuses else "step_down",
        format_func=ENDS.get,
        key=f"{END}_{subject}",
        required=True,
    )
    length = until.segmented_control(
        "How long", list(LENGTHS), default="open", format_func=LENGTHS.get, key=UNTIL, required=True
    )
    st.text_input("Why", key=REASON, placeholder="Campaign in November", max_chars=400)
    with st.container(horizontal=True):
        st.button(
            "Change the budget",
            type="primary",
            icon=":material/check:",
            key="budgets_change",
            on_click=_change,
            args=(workbench, figures, subject, ends == "refuse", length == "month", names),
        )
        if now and now.dated:
            _back_button(workbench, figures, subject, names)


def _subject(offered: Mapping[str, str]) -> str:
    """Which budget; one that is typed may be any."""
    if st.session_state.get(SUBJECT) is None:
        st.session_state[SUBJECT] = PROJECT
    chosen: str = st.session_state[SUBJECT]
    return (
        st.selectbox(
            "Budget",
            list(offered) if chosen in offered else [*offered, chosen],
            format_func=lambda one: offered.get(one, one),
            key=SUBJECT,
            accept_new_options=True,
            help="For an API token type caller:token:NAME.",
        )
        or ""
    )


def _back_button(workbench: Workbench, figures: Snapshot, subject: str, names: Names) -> None:
    st.button(
        "Back to the policy file",
        icon=":material/undo:",
        key="budgets_to_file",
        on_click=_to_file,
        args=(workbench, figures, subject, names),
        help="Takes every change of this budget back.",
    )


def _change(
    workbench: Workbench, figures: Snapshot, subject: str, refuses: bool, this_month: bool, names: Names
) -> None:
    by, store, policy = st.session_state["caller"], workbench.store, workbench.policy
    terms = BudgetTerms(subject.strip(), st.session_state[DOLLARS] or "", refuses, this_month)
    made: list[int] = []

    def work() -> None:
        made.append(budget_changes.change(store, policy, figures, terms, by, st.session_state[REASON] or ""))

    def back() -> None:
        budget_changes.retire(store, policy, made, by, "Undone")

    told = f"{budget_cards.called(subject, names)}: the budget was changed."
    if notice.act(PAGE, work, told, undo=back, undone="The budget is as it was before."):
        for key in CLEARED:
            st.session_state[key] = ""


def _to_file(workbench: Workbench, figures: Snapshot, subject: str, names: Names) -> None:
    by, store, policy = st.session_state["caller"], workbench.store, workbench.policy
    ids = budget_changes.live(store, subject)
    notice.act(
        PAGE,
        partial(budget_changes.retire, store, policy, ids, by, st.session_state[REASON] or "Back to the policy file"),
        f"{budget_cards.called(subject, names)}: the policy file holds again.",
        undo=partial(budget_changes.restore, store, policy, figures, ids, by),
        undone="The budget is as it was before.",
    )


# -- what was changed --------------------------------------------------------------------------------------


def _changes(workbench: Workbench, names: Names) -> None:
    events = audit.events(workbench.store, "budget", limit=50)
    if not events:
        return
    with st.expander(f"Changes so far ({len(events)})", icon=":material/history:"):
        grid.draw(
            [
                {
                    "When": said.when(one.at),
                    "Who": said.who(one.who, names),
                    "Budget": budget_cards.called(one.subject.partition(":")[2], names),
                    "Before": _amount(one.before),
                    "After": _amount(one.after),
                    "Why": one.reason,
                }
                for one in events
            ],
            alt="Changes of budgets",
        )


def _amount(kept: Mapping[str, str] | None) -> str | None:
    if kept is None:
        return None
    refuses = ", refuses" if kept["at_limit"] == "refuse" else ""
    return f"{words.money(kept['usd_per_month'], 'exact')}{refuses}{', this month' if kept['until'] else ''}"
