"""What to suppose: the fields of each kind, as a scenario once they say enough."""

from datetime import UTC, date, datetime, time, timedelta
from shlex import quote

import streamlit as st

from core.access import plans
from core.access.plans import RULES, Policy
from core.errors import WorkbenchError
from core.usage import policy_lines
from core.usage.filters import Filter
from core.usage.policy_lines import Lines
from core.usage.queries import Snapshot
from core.usage.scenario import ALL, Given, Scenario
from core.wiring import Workbench
from pages.widgets import safe, usage_period

WAYS = {"own": "A price of your own", "then": "Prices as they were known on a day"}


def models(workbench: Workbench, figures: Snapshot) -> Scenario | None:
    """Some models, or all, give way to another."""
    known = _known(workbench.policy, figures)
    left, right = st.columns(2)
    old = left.multiselect(
        "These models",
        known,
        key="whatif_old",
        placeholder="All, except those of this machine",
        help="Every call that went to one of them is priced as if the other model had answered.",
    )
    new = right.selectbox(
        "would have been",
        known,
        index=None,
        key="whatif_new",
        accept_new_options=True,
        placeholder="Choose or type provider/name",
    )
    return Scenario(models=dict.fromkeys(old or [ALL], new)) if new else None


def prices(workbench: Workbench, figures: Snapshot) -> Scenario | None:
    """Another price of a model, or those known at another time."""
    way = st.radio("Prices", list(WAYS), format_func=WAYS.__getitem__, key="whatif_way", horizontal=True,
                   label_visibility="collapsed")  # fmt: skip
    if way == "then":
        day = st.date_input("As known at the end of", "today", date(2020, 1, 1), key="whatif_known", width=200)
        if not isinstance(day, date):
            return None
        return Scenario(known_at=datetime.combine(day + timedelta(days=1), time(), UTC))
    one, *rest = st.columns((4, 2, 2, 2))
    model = one.selectbox("Model", _known(workbench.policy, figures), index=None, key="whatif_priced",
                          accept_new_options=True, placeholder="Choose or type provider/name")  # fmt: skip
    given = [
        column.text_input(label, key=f"whatif_price_{kind}", placeholder=hint, help="Dollars per million tokens")
        for column, (kind, label, hint) in zip(
            rest,
            (("input", "Input", "needed"), ("cached", "Cached input", "as input"), ("output", "Output", "needed")),
            strict=True,
        )
    ]
    if not (model and given[0].strip() and given[2].strip()):
        return None
    price = Given(model=model, input=given[0].strip(), cached=given[1].strip() or None, output=given[2].strip())
    return Scenario(given=(price,))


def policy(workbench: Workbench, _figures: Snapshot) -> Scenario | None:
    """Another policy file, from the one in use."""
    if "whatif_policy" not in st.session_state:
        try:
            st.session_state["whatif_policy"] = plans.read_text(workbench.settings.policy_file)
        except WorkbenchError as wrong:
            st.caption(safe.line(wrong.message))
            st.session_state["whatif_policy"] = ""
    text = st.text_area("Policy file", key="whatif_policy", height=320, help="The file in use; change what you like.")
    limits = st.toggle(
        "Limits too",
        value=True,
        key="whatif_limits",
        help="Runs a minute, tokens a day, dollars a month and stepping down, in the order of time. Off: routing alone.",
    )
    return Scenario(policy=text, limits=limits) if text.strip() else None


def changed(text: str, policy: Policy, scenario: Scenario) -> tuple[str, list[Lines]]:
    """The policy file with these models, and its lines that change."""
    return policy_lines.for_models(text, policy, scenario.models)


def command(price: Given) -> str:
    """The terminal's way to add such a price from today on."""
    provider, _, model = price.model.partition("/")
    cached = f" --cached {quote(price.cached)}" if price.cached else ""
    return (
        f"python -m core prices add {quote(provider)} {quote(model)} --input {quote(price.input)}{cached} "
        f"--output {quote(price.output)} --from {datetime.now(UTC):%Y-%m-%d} --source 'Say where it is from'"
    )


def _known(policy: Policy, figures: Snapshot) -> list[str]:
    """Models of the policy, then those that were called in the last year."""
    today = usage_period.today()
    asked = Filter.days(today - timedelta(days=365), today)
    rows = figures.rows(asked, ("attempt_provider", "attempt_model"), percentiles=False)
    called = [f"{row.values[0]}/{row.values[1]}" for row in rows if row.values[1] is not None]
    return list(dict.fromkeys([*(name for name in policy.models() if name != RULES), *called]))
