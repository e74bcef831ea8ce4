"""What the Usage page counts: period, filters and split, all of it in the URL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from core.access import members
from core.drive import people
from core.usage.filters import RUN_DIMENSIONS, Every, Filter, Value
from core.usage.queries import Snapshot
from core.wiring import Workbench
from pages.widgets import address, links, safe, said, usage_period, words

Names = dict[str, str]  # what people are called, by the name the engine knows

SPLITS = ("model", "feature", "plan", "prompt")
DIMENSIONS = tuple(name for name in RUN_DIMENSIONS if name != "cost_status")
LABELS = {
    "feature": "Feature",
    "plan": "Plan",
    "provider": "Provider",
    "model": "Model",
    "prompt": "Prompt",
    "status": "Status",
    "caller": "Caller",
    "user": "Candidate",
}
NONE = ""  # how the URL writes that a run has no such value


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows: runs of `filter`, beside those of `before`, split by one dimension, per `every`."""

    filter: Filter
    before: Filter
    split: str
    every: Every


def called(workbench: Workbench) -> Names:
    """What members are called, and the candidate whom the URL asks for."""
    user = address.number("user")
    told = people.name(workbench.store, user) if user else None
    return members.names(workbench.store) | ({f"user:{user}": told} if told else {})


def draw(figures: Snapshot, names: Names, *, splits: bool = True) -> Asked:
    """The pickers in a row, and a chip for each filter that is set."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, last = usage_period.draw()
        if splits:
            _split()
        with st.popover("Filters", icon=":material/filter_alt:"):
            for dimension in DIMENSIONS:
                _filter(figures, dimension, names)
        st.button("Refresh", icon=":material/refresh:", key="usage_refresh")
    where = chosen()
    _chips(where, names)
    asked = Filter.days(first, last, said.zone(), where)
    span = (last - first).days + 1
    every: Every = "hour" if span <= 2 else "day" if span <= 120 else "week" if span <= 800 else "month"
    return Asked(asked, asked.previous(datetime.now(UTC)), split(), every)


def view(views: Mapping[str, str]) -> str:
    """The row of sections; the URL says which one is open."""
    given = st.query_params.get("view", "")
    current = given if given in views else next(iter(views))
    st.session_state["usage_view"] = current
    st.segmented_control(
        "Section",
        list(views),
        format_func=views.__getitem__,
        key="usage_view",
        required=True,
        on_change=_viewed,
        label_visibility="collapsed",
    )
    return current


def nothing(figures: Snapshot, asked: Asked) -> None:
    """What to do where no run fits."""
    if asked.filter.where:
        st.info("No run of this period fits these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", key="usage_clear_all", on_click=clear)
        return
    if first := figures.first_day():
        since = f"{first.day} {first:%B %Y}"
        st.info(f"No run in this period. The first that is recorded is of {since}.", icon=":material/insights:")
        st.button(
            "Show all since then", key="usage_all", on_click=usage_period.choose, args=(first, usage_period.today())
        )
        return
    st.info("No run in this period yet. What you generate shows here at once.", icon=":material/insights:")
    links.to("generate.py", "Make the first run", icon=":material/edit_note:")


def chosen() -> dict[str, frozenset[Value]]:
    """The filters of the URL; a candidate is an id there."""
    where: dict[str, frozenset[Value]] = {}
    for dimension in DIMENSIONS:
        if given := st.query_params.get_all(dimension):
            where[dimension] = frozenset(value if value != NONE else None for value in given)
    if user := address.number("user"):
        where["user"] = frozenset({user})
    return where


def shape() -> dict[str, str]:
    """Period, section and split of the URL.

    Whoever goes on to another page takes them along: the browser notes the next page's query under this page's name
    first, so the way back leads over it and must find them there.
    """
    return {name: st.query_params[name] for name in ("period", "view", "split") if name in st.query_params}


def split() -> str:
    given = st.query_params.get("split", SPLITS[0])
    return given if given in SPLITS else SPLITS[0]


def only(dimension: str, value: Value) -> None:
    """For callbacks: runs of this value alone; once more for the same, of all."""
    now = NONE if value is None else str(value)
    if st.query_params.get_all(dimension) == [now]:
        del st.query_params[dimension]
    else:
        st.query_params[dimension] = now


def clear(*dimensions: str) -> None:
    """For callbacks: without these filters, or without any."""
    address.change({}, dimensions or (*DIMENSIONS, "user"))


def say(dimension: str, names: Names) -> Callable[[Value], str]:
    """How a value of a dimension reads on screen."""

    def said_so(value: Value) -> str:
        if value is None:
            return {"model": "no model (rules, refused)", "provider": "no provider"}.get(dimension, "none")
        text = str(value)
        if dimension == "feature":
            return words.feature(text)
        if dimension == "status":
            return words.STATUSES.get(text, (text,))[0]
        if dimension == "caller":
            return said.who(text, names)
        if dimension == "user":
            return names.get(f"user:{text}", text)
        return text

    return said_so


def _viewed() -> None:
    st.query_params["view"] = st.session_state["usage_view"]


def _split() -> None:
    st.session_state["usage_split"] = split()
    st.segmented_control(
        "Split by", SPLITS, format_func=LABELS.__getitem__, key="usage_split", on_change=_split_by, required=True
    )


def _split_by() -> None:
    if picked := st.session_state["usage_split"]:
        st.query_params["split"] = picked


def _filter(figures: Snapshot, dimension: str, names: Names) -> None:
    given = [value if value != NONE else None for value in st.query_params.get_all(dimension)]
    known = list(figures.values(dimension))
    st.session_state[f"usage_by_{dimension}"] = given
    st.multiselect(
        LABELS[dimension],
        [*known, *(value for value in given if value not in known)],
        format_func=say(dimension, names),
        key=f"usage_by_{dimension}",
        placeholder="All",
        on_change=_filtered,
        args=(dimension,),
        width=320,
    )


def _filtered(dimension: str) -> None:
    values = st.session_state[f"usage_by_{dimension}"]
    if values:
        st.query_params[dimension] = [NONE if value is None else value for value in values]
    else:
        st.query_params.pop(dimension, None)


def _chips(where: dict[str, frozenset[Value]], names: Names) -> None:
    if not where:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for dimension, values in where.items():
            told = sorted(map(say(dimension, names), values))
            st.button(
                f"{LABELS[dimension]}: {safe.plain(', '.join(told))}",
                icon=":material/close:",
                key=f"usage_chip_{dimension}",
                help="Remove this filter",
                on_click=clear,
                args=(dimension,),
            )
        st.button("Clear all", type="tertiary", key="usage_clear", on_click=clear)
