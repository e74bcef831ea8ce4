"""Which runs the page Runs shows: search, period, filters and order, all of it in the URL, with a chip for each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import streamlit as st

from core.access.plans import PLANS
from core.llm import run_filter, run_list
from core.llm.run_filter import ANY, NONE, SORTS, RunFilter, Sort
from core.wiring import Workbench
from pages.widgets import address, safe, said, words

Names = Mapping[str, str]  # callers as people know them

LABELS = {
    "status": "Status",
    "feature": "Feature",
    "model": "Model",
    "provider": "Provider",
    "prompt": "Prompt",
    "plan": "Plan",
    "caller": "Caller",
    "error_code": "Error",
    "cost_status": "Cost is",
    "user": "Candidate",
    "job": "Job",
    "search": "Search",
}
PICKED = tuple(name for name in LABELS if name not in ("user", "job", "search"))
SORTED = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "cost": "Dearest first",
    "latency": "Slowest first",
    "tokens": "Most tokens first",
}
PERIODS = {"all": "Any time", "today": "Today", "7d": "Last 7 days", "30d": "Last 30 days", "own": "Choose days …"}
LENGTHS = {"today": 1, "7d": 7, "30d": 30}
OLDEST = date(2020, 1, 1)
PLACES = ("after", "before")  # where a page begins, which another filter or order makes meaningless


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows, and in which order."""

    filter: RunFilter
    sort: Sort


def draw(workbench: Workbench, names: Names) -> Asked:
    """The row of pickers, and a chip for each filter that is set."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _search()
        _period()
        with st.popover("Filters", icon=":material/filter_alt:"):
            columns = st.container(width=520).columns(2)
            for number, name in enumerate(PICKED):
                with columns[number % 2]:
                    _pick(workbench, name, names)
        _sort()
    asked = Asked(given(), sort())
    _chips(workbench, asked.filter, names)
    return asked


def given() -> RunFilter:
    """The filter that stands in the URL."""
    return run_filter.read({name: st.query_params.get_all(name) for name in run_filter.NAMES}, said.zone())


def sort() -> Sort:
    said_so = st.query_params.get("sort", SORTS[0])
    return next((one for one in SORTS if one == said_so), SORTS[0])


def order_by(chosen: Sort) -> None:
    """For callbacks: another order, from its beginning."""
    _put("sort", [] if chosen == SORTS[0] else [chosen])


def only(name: str, value: str) -> None:
    """For callbacks: the list of runs with this filter alone."""
    address.change({name: value}, list(st.query_params))


def clear() -> None:
    """For callbacks: all runs."""
    address.change({}, (*run_filter.NAMES, *PLACES))


# -- the pickers ---------------------------------------------------------------------------------------------


def _search() -> None:
    st.session_state["runs_search"] = st.query_params.get("search", "")
    st.text_input(
        "Search",
        type="search",
        key="runs_search",
        icon=":material/search:",
        max_chars=run_filter.LONGEST,
        placeholder="Run, candidate or job",
        help="The beginning of a run's id, or part of a candidate's name or of a job's title.",
        on_change=lambda: _put("search", [st.session_state["runs_search"]] if st.session_state["runs_search"] else []),
        width=220,
    )


def _period() -> None:
    wanted, zone = given(), said.zone()
    first, last = run_filter.first_day(wanted, zone), run_filter.last_day(wanted, zone)
    own = st.session_state.get("runs_own_days") and (first or last)
    st.session_state["runs_period"] = "own" if own else _named(first, last)
    st.selectbox(
        "Period", tuple(PERIODS), format_func=PERIODS.__getitem__, key="runs_period", on_change=_picked, width=150
    )
    if st.session_state["runs_period"] != "own":
        return
    ends = (first or OLDEST, max(last or _today(), first or OLDEST))
    st.session_state["runs_days"] = ends
    st.date_input("Days", key="runs_days", min_value=OLDEST, format="DD/MM/YYYY", on_change=_days_picked, width=230)


def _named(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return "all"
    today = _today()
    named = (name for name, days in LENGTHS.items() if (first, last) == (today - timedelta(days=days - 1), today))
    return next(named, "own")


def _picked() -> None:
    chosen, today = st.session_state["runs_period"], _today()
    st.session_state["runs_own_days"] = chosen == "own"
    if chosen == "own":
        wanted, zone = given(), said.zone()
        first = run_filter.first_day(wanted, zone) or today - timedelta(days=6)
        _span(first, run_filter.last_day(wanted, zone) or today)
    elif chosen in LENGTHS:
        _span(today - timedelta(days=LENGTHS[chosen] - 1), today)
    else:
        _put("from", [])
        _put("to", [])


def _days_picked() -> None:
    picked = st.session_state["runs_days"]
    if len(picked) == 2:  # one of two is a choice that is not finished
        _span(*picked)


def _span(first: date, last: date) -> None:
    _put("from", [first.isoformat()])
    _put("to", [last.isoformat()])


def _today() -> date:
    return datetime.now(said.zone()).date()


def _pick(workbench: Workbench, name: str, names: Names) -> None:
    """One filter of any number of values; a value that the list lacks can be typed where values are many."""
    chosen, known = list(getattr(given(), name)), _known(workbench, name)
    st.session_state[f"runs_{name}"] = chosen
    st.multiselect(
        LABELS[name],
        list(dict.fromkeys([*known, *chosen])),
        format_func=lambda value: say(name, value, names),
        key=f"runs_{name}",
        placeholder="All",
        accept_new_options=name == "prompt",
        on_change=lambda: _put(name, st.session_state[f"runs_{name}"]),
    )


def _known(workbench: Workbench, name: str) -> Sequence[str]:
    if name in run_filter.CLOSED:
        return run_filter.CLOSED[name]
    if name == "plan":
        return PLANS
    found = _values(str(workbench.store.url), name, workbench)
    return [ANY, *found] if name == "error_code" else found


@st.cache_data(ttl=60, max_entries=64, show_spinner=False)
def _values(url: str, name: str, _workbench: Workbench) -> list[str]:
    return run_list.values(_workbench.store, name)


def _sort() -> None:
    st.session_state["runs_sort"] = sort()
    st.selectbox(
        "Order",
        SORTS,
        format_func=SORTED.__getitem__,
        key="runs_sort",
        on_change=lambda: order_by(st.session_state["runs_sort"]),
        width=170,
    )


# -- the chips -----------------------------------------------------------------------------------------------


def _chips(workbench: Workbench, wanted: RunFilter, names: Names) -> None:
    chips = list(_set(workbench, wanted, names))
    if not chips:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for number, (label, remove) in enumerate(chips):
            st.button(
                safe.plain(label),
                icon=":material/close:",
                key=f"runs_chip_{number}",
                help="Remove this filter",
                on_click=remove,
            )
        st.button("Clear all", type="tertiary", key="runs_clear", on_click=clear)


def _set(workbench: Workbench, wanted: RunFilter, names: Names) -> Iterator[tuple[str, Callable[[], None]]]:
    if wanted.since or wanted.until:
        yield _span_said(wanted), lambda: (_put("from", []), _put("to", []))[0]
    whose = run_list.named(workbench.store, wanted)
    for name, label in LABELS.items():
        values = (wanted.search,) if name == "search" and wanted.search else getattr(wanted, name) or ()
        for value in values:
            told = whose.get((name, value), str(value)) if name in run_filter.IDS else say(name, value, names)
            yield f"{label}: {told}", lambda name=name, value=value: _drop(name, str(value))  # type: ignore[misc]


def _span_said(wanted: RunFilter) -> str:
    zone = said.zone()
    edges = (run_filter.write(wanted, zone).get(name, [""])[0] for name in run_filter.DAYS)
    if any(len(edge) > len("2026-11-23") for edge in edges):
        ends = (("from", wanted.since), ("before", wanted.until))
        told = " ".join(f"{word} {said.when(moment)}" for word, moment in ends if moment)
        return told[0].upper() + told[1:]
    first, last = run_filter.first_day(wanted, zone), run_filter.last_day(wanted, zone)
    if first == last and first:
        return _day(first)
    if first and last:
        return f"{_day(first)} to {_day(last)}"
    return f"From {_day(first)}" if first else f"Up to {_day(last)}" if last else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def say(name: str, value: str, names: Names) -> str:
    """How a value of a filter reads on screen."""
    if value == NONE:
        return "none"
    sayings: dict[str, Callable[[str], str]] = {
        "feature": words.feature,
        "status": lambda status: words.STATUSES.get(status, (status,))[0],
        "caller": lambda caller: said.who(caller, names),
        "error_code": lambda code: "any error" if code == ANY else words.cause(code),
    }
    return sayings.get(name, str)(value)


def _drop(name: str, value: str) -> None:
    _put(name, [one for one in run_filter.write(given(), said.zone()).get(name, []) if one != value])


def _put(name: str, values: Sequence[str]) -> None:
    address.change({name: values}, PLACES)
