"""Prices: what is missing, the project's own rows, the catalogue's for the models in use, and who changed what."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from core.access import members
from core.errors import Invalid
from core.llm import catalogue, pricing
from core.llm.catalogue import Listed
from core.llm.price_rows import PriceRow, Rate, dollars
from core.schema import Caller
from core.usage import audit, price_gaps, prices
from core.usage.price_gaps import Called
from core.usage.price_terms import price_row
from core.wiring import Workbench
from pages.widgets import admin_price_form as form
from pages.widgets import grid, notice, safe, said

HEADS = ("Model", "Input", "Cached input", "Output", "Holds", "Source", "")
WIDTHS = (5, 3.7, 3.7, 3.7, 3.6, 3.4, 2.6)
MOST_ROWS = 50
ACTIONS = {"price.add": "added", "price.retire": "retired"}


def draw(workbench: Workbench) -> None:
    """What has no price, the form where it is open, the rows in use, the changes."""
    caller: Caller = st.session_state["caller"]
    may = caller.may("admin")
    st.caption(
        f"Dollars per million tokens. The project's own rows come before those of the catalogue, "
        f"{safe.plain(pricing.PRICES)}. What runs on this machine costs nothing unless it is given a price here. "
        "A run keeps the price of its day."
    )
    _missing(workbench, price_gaps.missing(workbench.store, workbench.policy), may)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("Search", key="admin_price_search", placeholder="Model, tier or source", width=320)
        retired = st.toggle("Retired rows too", key="admin_price_retired")
        if may:
            st.button("Add a price", icon=":material/add:", type="primary", key="admin_price_open", on_click=form.open)
    if may:
        _asked_for()
        form.draw(workbench)
    names = members.names(workbench.store)
    _own(workbench, search.strip(), retired, may)
    _of_the_catalogue(workbench, search.strip(), may)
    _history(workbench, names)


def _asked_for() -> None:
    """A link may name a model to give a price: `?view=prices&price=openai/house-model`."""
    provider, _, model = st.query_params.get("price", "").partition("/")
    if model:
        del st.query_params["price"]
        form.open(provider, model)


# -- what is missing -----------------------------------------------------------------------------------


def _missing(workbench: Workbench, gaps: Sequence[Called], may: bool) -> None:
    if not gaps:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f":orange[:material/warning:] **{'A model has' if len(gaps) == 1 else f'{len(gaps)} models have'} no price.** "
            f"What {'it costs' if len(gaps) == 1 else 'they cost'} is unknown, never zero."
        )
        for number, gap in enumerate(gaps):
            model, calls, action = st.columns((5, 9, 3), vertical_alignment="center")
            model.markdown(f"**{safe.plain(gap.name)}**{_tier(gap.tier)} :gray[:small[{safe.plain(gap.provider)}]]")
            calls.caption(_called(gap))
            if may:
                action.button(
                    "Add its price",
                    icon=":material/add:",
                    key=f"admin_price_gap_{number}",
                    on_click=_add,
                    args=(workbench, gap),
                )


def _add(workbench: Workbench, gap: Called) -> None:
    """The form, from the first day whose calls lack the price."""
    begins = price_gaps.first_day(workbench.usage.now(), gap)
    form.open(gap.provider, gap.name, gap.tier, begins=begins)


def _called(gap: Called) -> str:
    if gap.last_at is None:
        return "The policy file names it; none of the newest calls went to it."
    times = "once" if gap.calls == 1 else f"{gap.calls:,} times"
    name = f", answered as {gap.answered}" if gap.answered and gap.answered != gap.name else ""
    newest = f"{price_gaps.NEWEST:,}"
    return safe.line(f"Called {times} in the newest {newest} calls, last on {said.when(gap.last_at)}{name}.")


# -- the project's own -----------------------------------------------------------------------------------


def _own(workbench: Workbench, search: str, retired: bool, may: bool) -> None:
    st.subheader("The project's own", anchor=False)
    rows = prices.listed(workbench.store, search=search, retired=retired)
    if not rows:
        st.info("No row of the project's own has this in it." if search else "The project has no prices of its own.")
        return
    with st.container(border=True, gap="xsmall"):
        _heads()
        for row in rows[:MOST_ROWS]:
            _own_row(workbench, row, may)
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {len(rows):,}. Search for the others.")


def _own_row(workbench: Workbench, row: Any, may: bool) -> None:
    model, *rates, holds, source, action = st.columns(WIDTHS)
    gone = " :red-badge[retired]" if row.retired_at else ""
    model.markdown(
        f"**{safe.plain(row.model)}**{_tier(row.tier)}{gone}  \n:gray[:small[{safe.plain(row.provider)} · own:{row.id}]]"
    )
    try:
        _rates(rates, price_row("", row.rates))
    except Invalid as spoilt:
        rates[0].caption(safe.line(f"Not used: {spoilt.message}"))
    until = f"to {_day(row.valid_to)}" if row.valid_to else "no end"
    holds.markdown(f"from {_day(row.valid_from)}  \n:gray[:small[{until}]]")
    source.caption(safe.line(row.source), help=safe.safe(row.note) or None)
    if may and row.retired_at is None:
        with action.popover("Retire", type="tertiary", icon=":material/block:", key=f"admin_price_retiring_{row.id}"):
            _confirm(workbench, row)
    elif may:
        action.button(
            "Restore",
            type="tertiary",
            icon=":material/undo:",
            key=f"admin_price_restore_{row.id}",
            on_click=_restore,
            args=(workbench, row.id),
        )


def _confirm(workbench: Workbench, row: Any) -> None:
    then = "cost nothing again" if pricing.is_local(row.provider) else "have the catalogue's price, if it knows one"
    st.markdown(
        f"**Retire own:{row.id}, {safe.plain(row.model)}?** From now on its days {then}. "
        "Runs that were priced with it stay as they are."
    )
    with st.form(f"admin_price_retire_form_{row.id}", border=False, enter_to_submit=False):
        st.text_input("Why", key=f"admin_price_reason_{row.id}", max_chars=400, placeholder="The contract has ended")
        st.form_submit_button(
            "Retire it",
            type="primary",
            icon=":material/block:",
            key=f"admin_price_retire_{row.id}",
            on_click=_retire,
            args=(workbench, row.id),
        )


# -- the catalogue's --------------------------------------------------------------------------------------


def _of_the_catalogue(workbench: Workbench, search: str, may: bool) -> None:
    st.subheader("The catalogue's", anchor=False)
    rows = _listed(workbench, search)
    if not rows:
        st.info("No model of the catalogue has this in its name." if search else "No model in use is in the catalogue.")
        return
    with st.container(border=True, gap="xsmall"):
        _heads()
        for listed in rows[:MOST_ROWS]:
            _listed_row(listed, may)
    what = "Models with this in their name" if search else "Models of the policy file and of the newest calls"
    st.caption(
        f"{what}, standard service, as of today. Above so many input tokens the whole call pays the second price."
    )


def _listed(workbench: Workbench, search: str) -> list[Listed]:
    today = datetime.now(UTC).date()
    if search:
        return catalogue.search(search, today)
    used = [(one.provider, one.answered or one.asked) for one in price_gaps.called(workbench.store)]
    found = (catalogue.find(*parts, None, today) for parts in (*price_gaps.models(workbench.policy), *used))
    return list({listed.row.id: listed for listed in found if listed}.values())


def _listed_row(listed: Listed, may: bool) -> None:
    model, *rates, holds, source, action = st.columns(WIDTHS)
    used = pricing.price(listed.provider, listed.model, None, datetime.now(UTC))
    over = f" :blue-badge[{used.id} comes first]" if used and used.id != listed.row.id else ""
    model.markdown(f"**{safe.plain(listed.model)}**{over}  \n:gray[:small[{safe.plain(listed.provider)}]]")
    _rates(rates, listed.row)
    holds.markdown(f"from {listed.valid_from.day} {listed.valid_from:%b %Y}" if listed.valid_from else "always")
    source.caption(safe.line(pricing.PRICES))
    if may:
        action.button(
            "Override",
            type="tertiary",
            icon=":material/edit:",
            key=f"admin_price_over_{listed.provider}_{listed.model}",
            on_click=form.open,
            args=(listed.provider, listed.model, None, listed.row),
        )


# -- changes --------------------------------------------------------------------------------------------


def _history(workbench: Workbench, names: dict[str, str]) -> None:
    with st.expander("Changes", icon=":material/history:", key="admin_price_changes", on_change="rerun") as changes:
        if not changes.open:
            return
        events = audit.events(workbench.store, "price")
        zone, config = said.zone(), st.column_config
        grid.draw(
            [
                {
                    "at": event.at.astimezone(zone),
                    "who": said.who(event.who, names),
                    "what": f"{ACTIONS.get(event.action, event.action)} {event.subject.replace('price:', 'own:')}",
                    "model": (event.after or event.before or {}).get("model"),
                    "why": event.reason or (event.after or {}).get("source"),
                    "terms": _terms(event.after or event.before or {}),
                }
                for event in events
            ],
            hide_index=True,
            height="content" if len(events) < 12 else 420,
            placeholder="–",
            key="admin_price_history",
            alt="Changes of prices, newest first",
            column_config={
                "at": config.DatetimeColumn("When", format="D MMM YYYY, HH:mm"),
                "who": config.TextColumn("Who"),
                "what": config.TextColumn("What"),
                "model": config.TextColumn("Model"),
                "why": config.TextColumn("Why, or its source"),
                "terms": config.TextColumn("Dollars per million tokens"),
            },
        )


def _terms(state: dict[str, Any]) -> str:
    rates = state.get("rates") or {}
    told = ", ".join(f"{kind} {rates[kind]}" for kind in ("input", "cached", "written", "output") if kind in rates)
    steps = "; ".join(f"above {step.get('tokens'):,}" for step in rates.get("above", ()))
    return f"{told}{f' ({steps})' if steps else ''}, from {state.get('from')}"


# -- parts ------------------------------------------------------------------------------------------------


def _heads() -> None:
    for column, name in zip(st.columns(WIDTHS), HEADS, strict=True):
        column.caption(name)


def _rates(columns: Sequence[Any], row: PriceRow) -> None:
    for column, rate in zip(columns, (row.input, row.cached or row.input, row.output), strict=True):
        column.markdown(_rate(rate))


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "–"
    (_, base), *steps = rate.steps
    more = [f":gray[:small[{safe.plain(dollars(price))} above {above:,}]]" for above, price in steps]
    return "  \n".join([safe.plain(dollars(base)), *more])


def _tier(tier: str | None) -> str:
    return f" :violet-badge[{safe.plain(tier)}]" if tier else ""


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


# -- what the buttons do ----------------------------------------------------------------------------------


def _retire(workbench: Workbench, id: int) -> None:
    caller, reason = st.session_state["caller"], st.session_state[f"admin_price_reason_{id}"] or ""
    notice.act(
        "admin",
        partial(prices.retire, workbench.store, id, caller, reason),
        f"Price own:{id} is retired.",
        undo=partial(prices.restore, workbench.store, id, caller),
        undone=f"The price of own:{id} is in use again, as a row of its own.",
    )


def _restore(workbench: Workbench, id: int) -> None:
    restore = partial(prices.restore, workbench.store, id, st.session_state["caller"])
    notice.act("admin", restore, f"The price of own:{id} is in use again, as a row of its own.")
