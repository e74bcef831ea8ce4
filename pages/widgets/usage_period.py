"""The period of the Usage page: named spans and days of one's own, kept in the URL, in the viewer's zone."""

from datetime import date, datetime, timedelta

import streamlit as st

from core.usage.filters import Every
from pages.widgets import address, said

USUAL = "30d"
PERIODS = {
    "today": "Today",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "12m": "Last 12 months",
    "month": "This month",
    "last-month": "Last month",
    "own": "Choose days …",
}
_LENGTHS = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "12m": 365}
OLDEST = date(2020, 1, 1)


def draw() -> tuple[date, date]:
    """The picker; returns the first and the last day, both included."""
    st.session_state["usage_period"] = name()
    st.selectbox(
        "Period",
        tuple(PERIODS),
        format_func=PERIODS.__getitem__,
        key="usage_period",
        on_change=_picked,
        width=180,
    )
    first, last = days()
    if name() == "own":
        st.session_state["usage_days"] = (first, last)
        st.date_input(
            "Days",
            key="usage_days",
            min_value=OLDEST,
            max_value=today(),
            format="DD/MM/YYYY",
            on_change=_days_picked,
            width=240,
        )
    return first, last


def name() -> str:
    """What the URL says, or the usual one."""
    given = st.query_params.get("period", USUAL)
    return given if given in PERIODS else USUAL


def days() -> tuple[date, date]:
    """First and last day of the period in the URL."""
    end, chosen = today(), name()
    if chosen in _LENGTHS:
        return end - timedelta(days=_LENGTHS[chosen] - 1), end
    if chosen == "month":
        return end.replace(day=1), end
    if chosen == "last-month":
        last = end.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    first, last = _day("from", end - timedelta(days=29)), _day("to", end)
    return (first, last) if first <= last else (last, first)


def choose(first: date, last: date) -> None:
    """For callbacks: these days and no others."""
    address.change({"period": "own", "from": first.isoformat(), "to": last.isoformat()})


def around(first: date, every: Every) -> tuple[date, date]:
    """The days of the hour, day, week or month that begins on `first`, none of them in the future."""
    if every == "month":
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    else:
        last = first + timedelta(days=6 if every == "week" else 0)
    return first, min(last, today())


def today() -> date:
    return datetime.now(said.zone()).date()


def _day(name: str, otherwise: date) -> date:
    """The day in the URL; of a moment, as the page Runs writes them, the day that holds it or ends with it."""
    given = st.query_params.get(name, "")
    try:
        if "T" in given:
            moment = datetime.fromisoformat(given) - timedelta(seconds=name == "to")
            day = moment.astimezone(said.zone()).date()
        else:
            day = date.fromisoformat(given)
    except (ValueError, OverflowError):
        return otherwise
    return min(max(day, OLDEST), today())


def _picked() -> None:
    chosen = st.session_state["usage_period"]
    first, last = days()
    if chosen == "own":
        choose(first, last)
    else:
        address.change({"period": chosen, "from": None, "to": None})


def _days_picked() -> None:
    picked = st.session_state["usage_days"]
    if len(picked) == 2:  # one of two is a choice that is not finished
        choose(*picked)
