"""What if: choose what to suppose, calculate, and see what it comes to. Nothing is changed here."""

from pathlib import Path
from typing import Any

import streamlit as st

from core.access import plans
from core.errors import WorkbenchError
from core.usage import errands_child
from core.usage import whatif as engine
from core.usage.filters import Filter
from core.usage.queries import Snapshot
from core.usage.scenario import Outcome, Scenario
from core.wiring import Workbench
from pages.widgets import errand, safe, whatif_form, whatif_result

KEY = "whatif_errand"
KINDS = {"models": "Another model", "prices": "Other prices", "policy": "Another policy"}
FORMS = {"models": whatif_form.models, "prices": whatif_form.prices, "policy": whatif_form.policy}


def draw(workbench: Workbench, figures: Snapshot, asked: Filter) -> None:
    """The question, the button, the answer."""
    with st.container(border=True):
        kind = st.segmented_control("Suppose", list(KINDS), default="models", format_func=KINDS.__getitem__,
                                    required=True, key="whatif_kind")  # fmt: skip
        scenario = FORMS[kind or "models"](workbench, figures)
        _ask(workbench, asked, scenario)
    if found := errand.result(KEY, "Replaying runs"):
        told, (supposed, over) = found
        st.subheader(safe.line(whatif_result.said(supposed)), anchor=False)
        if over != _span(asked):
            st.caption(":material/info: This is the answer for the period and filters chosen before. Calculate again.")
        elif supposed != scenario:
            st.caption(":material/info: This is the answer to what was supposed before. Calculate again.")
        whatif_result.draw(Outcome.model_validate(told), supposed)
        _apply(workbench, supposed)


def _ask(workbench: Workbench, asked: Filter, scenario: Scenario | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Calculate",
            type="primary",
            icon=":material/calculate:",
            key="whatif_calculate",
            disabled=scenario is None,
            on_click=_calculate,
            args=(workbench, asked, scenario),
        )
        st.caption("Replays the runs of the period and filters above. Nothing is changed.", width="content")


def _calculate(workbench: Workbench, asked: Filter, scenario: Scenario) -> None:
    try:
        engine.read_policy(scenario.sound())
    except WorkbenchError as wrong:
        st.session_state["whatif_refused"] = wrong.message
        return
    given = {"filter": errands_child.filter_to_json(asked), "scenario": scenario.model_dump(mode="json")}
    errand.begin(workbench, KEY, "replay", given, (scenario, _span(asked)))


def _span(asked: Filter) -> Any:
    return asked.start, asked.end, {name: frozenset(values) for name, values in asked.where.items()}


# -- how to make it so -----------------------------------------------------------------------------------


def _apply(workbench: Workbench, scenario: Scenario) -> None:
    """What a person does to make it real: a file to use, lines to change, commands to run."""
    st.subheader("To make it so", anchor=False)
    path = workbench.settings.policy_file
    if scenario.policy:
        st.markdown("Save this policy file, point `WORKBENCH_POLICY_FILE` at it, and start the workbench again.")
        _download(scenario.policy)
    elif scenario.models:
        _lines(workbench, scenario, path)
    elif scenario.given:
        st.markdown("Add the price under Admin, Prices, or in the terminal:")
        st.code("\n".join(whatif_form.command(one) for one in scenario.given), language="shell", wrap_lines=True)
    else:
        st.markdown(
            "Prices that were known once are brought back by retiring the rows that were added since: Admin, Prices."
        )


def _lines(workbench: Workbench, scenario: Scenario, path: Path) -> None:
    try:
        text, lines = whatif_form.changed(plans.read_text(path), workbench.policy, scenario)
    except WorkbenchError as wrong:
        st.caption(safe.line(wrong.message))
        return
    if not lines:
        st.markdown("No tier of the policy file names these models, so there is no line to change.")
        return
    st.markdown("Change these lines of the policy file, or take the whole file, and start the workbench again.")
    for one in lines:
        minus = "\n".join(f"- {line}" for line in one.before.split("\n"))
        st.code(f"# line {one.first}\n{minus}\n+ {one.after}", language="diff", wrap_lines=True)
    _download(text)


def _download(text: str) -> None:
    st.download_button(
        "Download the policy file",
        text,
        "policy.toml",
        "text/plain",
        icon=":material/download:",
        key="whatif_policy_file",
    )
