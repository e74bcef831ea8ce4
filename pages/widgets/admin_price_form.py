"""The form for a price of the project's own, with what an example call would cost."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import streamlit as st

from core.errors import Invalid
from core.llm import pricing
from core.llm.price_rows import PriceRow, Rate, dollars
from core.usage import prices
from core.usage.price_terms import (
    ABOVE,
    FIRST_YEAR,
    KINDS,
    LAST_YEAR,
    MOST_STEPS,
    PROVIDERS,
    TOKENS,
    PriceTerms,
    checked,
    doubts,
)  # fmt: skip
from core.wiring import Workbench
from pages.widgets import notice, safe

OPEN = "admin_price_form"
BEGINS = "admin_price_begins"  # the day the form suggests
STEPS = "admin_price_steps"  # how many lines for steps it has
PAGE = "admin_price"  # where its own notices are kept
LABELS = {"input": "Input", "cached": "Cached input", "written": "Written to the cache", "output": "Output"}
EXAMPLE = (10_000, 8_000, 0, 1_000)  # input, cached, written, output
TEXTS = ("model", "tier", "source", "note", *KINDS)


def open(
    provider: str = PROVIDERS[0],
    model: str = "",
    tier: str | None = None,
    row: PriceRow | None = None,
    begins: date | None = None,
) -> None:
    """For callbacks: show the form with this model, the prices of a row to change, and the first day it holds."""
    _clear()
    given = st.session_state
    given[BEGINS] = begins or "today"
    given[OPEN] = True
    given[_key("provider")], given[_key("model")], given[_key("tier")] = provider, model, tier or ""
    steps = {above for kind in KINDS if row and (rate := getattr(row, kind)) for above, _ in rate.steps if above >= 0}
    for kind in KINDS:
        rate: Rate | None = getattr(row, kind) if row else None
        given[_key(kind)] = _plain(rate.at(0)) if rate else ""
        for number, above in enumerate(sorted(steps), 1):
            given[_key(_step(number))] = above
            given[_key(f"{_step(number)}_{kind}")] = _plain(rate.at(above + 1)) if rate else ""
    given[STEPS] = max(1, len(steps))


def close() -> None:
    """For callbacks: put the form and what was typed away."""
    st.session_state[OPEN] = False
    _clear()


def draw(workbench: Workbench) -> None:
    """The form in a window of its own, while it is open."""
    if st.session_state.get(OPEN):
        _window(workbench)


@st.dialog("New price", width="large", icon=":material/sell:", on_dismiss=close)
def _window(workbench: Workbench) -> None:
    if not st.session_state.get(OPEN):
        st.rerun()
    notice.draw(PAGE)
    terms = _terms()
    ready = _preview(workbench, terms)
    with st.container(horizontal=True):
        st.button(
            "Add price",
            type="primary",
            icon=":material/check:",
            key=_key("add"),
            disabled=not ready,
            on_click=_add,
            args=(workbench, terms),
        )
        st.button("Cancel", key=_key("cancel"), on_click=close)


# -- the fields ------------------------------------------------------------------------------------------


def _terms() -> PriceTerms:
    """What is typed, as it stands."""
    one, two, three = st.columns((3, 5, 3))
    providers = dict.fromkeys((*PROVIDERS, st.session_state.get(_key("provider"), PROVIDERS[0])))
    provider = one.selectbox("Provider", list(providers), key=_key("provider"))
    model = two.text_input("Model", key=_key("model"), placeholder="gpt-6-luna", help="As the server names it.")
    tier = three.text_input("Service tier", key=_key("tier"), placeholder="standard", help="Such as flex or priority.")
    rates: dict[str, Any] = _row("", "Dollars per million tokens", None)
    steps = [_row(f"{_step(number)}_", "The whole call, above so many input tokens", _key(_step(number)))
             for number in range(1, _steps() + 1)]  # fmt: skip
    if _steps() < MOST_STEPS:
        st.button("Another step", icon=":material/add:", type="tertiary", key=_key("another"), on_click=_another)
    if said := [step for step in steps if any(step.values())]:
        rates[ABOVE] = said
    one, two, three, four = st.columns((2, 2, 4, 4))
    days = (date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
    begins = one.date_input(
        "From", st.session_state.get(BEGINS, "today"), *days, key=_key("from"), help="First day, in UTC."
    )
    ends = two.date_input("To", None, *days, key=_key("to"), help="First day after it, in UTC. Empty: no end.")
    source = three.text_input("Source", key=_key("source"), placeholder="Contract 7, page 2", max_chars=400)
    note = four.text_input("Note", key=_key("note"), placeholder="Anything others should know")
    return PriceTerms(provider, model, rates, begins, source, ends, tier, note=note)


def _row(prefix: str, label: str, above: str | None) -> dict[str, Any]:
    """One line of prices; with `above` it is a step, and says where it begins."""
    first, *columns = st.columns((4, 2, 2, 2, 2), vertical_alignment="bottom")
    said: dict[str, Any] = {}
    if above:
        tokens = first.number_input(label, min_value=1, value=None, step=1000, key=above, placeholder="No step")
        said[TOKENS] = tokens
    else:
        first.markdown(f"**{label}**")
    for column, kind in zip(columns, KINDS, strict=True):
        said[kind] = column.text_input(
            f"{LABELS[kind]} above the step" if above else LABELS[kind],
            key=_key(f"{prefix}{kind}"),
            placeholder="no change" if above else "needed" if kind in ("input", "output") else "as input",
            label_visibility="collapsed" if above else "visible",
        )
    return said


def _preview(workbench: Workbench, terms: PriceTerms) -> bool:
    """What it comes to, or what is still wrong; whether it can be added."""
    try:
        terms = checked(terms)
    except Invalid as wrong:
        st.caption(safe.line(wrong.message))
        return False
    row, at = terms.row(""), datetime.combine(terms.valid_from, time(), UTC)
    cost = row.nanousd(*EXAMPLE)
    st.markdown(
        f"A call with 10,000 tokens in, 8,000 of them cached, and 1,000 out costs **{safe.plain(dollars(cost or 0))}**, "
        f"{_before(pricing.price(terms.provider, terms.model, terms.tier, at))}.{_stepped(terms.rates, row)}"
    )
    ready = True
    if rivals := prices.rivals(workbench.store, terms):
        named = ", ".join(f"own:{id}" for id in rivals)
        one = len(rivals) == 1
        st.warning(f"{named} {'holds' if one else 'hold'} on some of these days.", icon=":material/event_busy:")
        ready &= st.checkbox(f"Take {'its' if one else 'their'} place on them", key=_key("replace"))
    if found := doubts(terms):
        st.warning(safe.bullets(list(found)) if len(found) > 1 else safe.line(found[0]), icon=":material/help:")
        ready &= st.checkbox("It is right all the same", key=_key("sure"))
    return ready


def _stepped(rates: Mapping[str, Any], row: PriceRow) -> str:
    """What one token beyond each step makes of a call."""
    told = [
        f"{step[TOKENS] + 1:,} in and 1,000 out cost **{safe.plain(dollars(cost))}**"
        for step in rates.get(ABOVE, ())
        if (cost := row.nanousd(step[TOKENS] + 1, 0, 0, 1_000)) is not None
    ]
    return f" Beyond the step{'s' if len(told) > 1 else ''}, {'; '.join(told)}." if told else ""


def _before(row: PriceRow | None) -> str:
    cost = row.nanousd(*EXAMPLE) if row else None
    if row is None or cost is None:
        return "where it was unknown"
    return safe.line(f"instead of {dollars(cost)} ({row.id})")


# -- what the buttons do -----------------------------------------------------------------------------------


def _add(workbench: Workbench, terms: PriceTerms) -> None:
    given, caller = st.session_state, st.session_state["caller"]
    sure, replacing = bool(given.get(_key("sure"))), bool(given.get(_key("replace")))
    made: list[int] = []

    def add() -> None:
        made.append(prices.add(workbench.store, terms, caller, sure=sure, replacing=replacing))

    def take_back() -> None:
        prices.retire(workbench.store, made[0], caller, "Added by mistake: undone")

    undo = None if replacing else take_back
    done = f"{terms.model} has a price of the project's own."
    if notice.act("admin", add, done, undo=undo, undone="The row is retired."):
        close()
    else:
        given[f"{PAGE}_notice"] = given.pop("admin_notice")  # it belongs beside the fields


def _clear() -> None:
    steps = [
        f"{_step(number)}{kind}" for number in range(1, MOST_STEPS + 1) for kind in ("", *(f"_{k}" for k in KINDS))
    ]
    for name in (*TEXTS, *steps, "provider", "from", "to", "sure", "replace"):
        st.session_state.pop(_key(name), None)
    st.session_state.pop(STEPS, None)


def _another() -> None:
    st.session_state[STEPS] = _steps() + 1


def _steps() -> int:
    """How many steps can be typed now."""
    return int(st.session_state.get(STEPS, 1))


def _step(number: int) -> str:
    """The name of a step's fields, from 1."""
    return "above" if number == 1 else f"above{number}"


def _key(name: str) -> str:
    return f"admin_price_{name}"


def _plain(nanousd: int) -> str:
    return dollars(nanousd).removeprefix("$").replace(",", "")
