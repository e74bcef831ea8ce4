"""The list of runs: filters in the URL, one page of runs, the ways to the others."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from core import sureness
from core.access import members
from core.llm import run_filter, run_list, run_order
from core.llm.run_list import Page
from core.llm.run_order import Row
from core.wiring import Workbench
from pages.widgets import address, links, run_file, run_filters, run_table, safe, said, words
from pages.widgets.run_filters import Asked

PAGE = 50


def draw(workbench: Workbench) -> None:
    """Filters, the table, the buttons to move through it."""
    names = members.names(workbench.store)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Runs", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            shown = run_table.choose()
            run_file.draw(workbench, run_filters.given())
            st.button("Refresh", icon=":material/refresh:", key="runs_refresh")
    asked = run_filters.draw(workbench, names)
    run_file.progress(workbench)
    after, before = (st.query_params.get(place) for place in run_filters.PLACES)
    page = run_list.page(
        workbench.store, asked.filter, sort=asked.sort, after=after, before=None if after else before, limit=PAGE
    )
    elsewhere = bool(after or before)
    if not page.rows:
        _pager(page, elsewhere=elsewhere)
        _nothing(asked, elsewhere=elsewhere)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(_totals(_fitting(workbench, asked), page.rows), width="stretch")
        _pager(page, elsewhere=elsewhere, by_day=asked.sort == "newest")
    run_table.draw(page.rows, shown, names, asked.sort, open_run)
    _running(page.rows)


def open_run(run_id: str) -> None:
    """For callbacks: show one run; the list's filters stay in the URL for the way back."""
    st.query_params["run"] = run_id


def back() -> None:
    """For callbacks: the list again, as it was."""
    st.query_params.pop("run", None)


def cost(cost_usd: str | None, status: str) -> str:
    """A cost with how sure it is: `$0.0034 exact`, `≈ $0.0034 estimated`, `unknown`."""
    amount = words.money(cost_usd, status)
    return amount if cost_usd is None else f"{amount} {status}"


# -- around the table -----------------------------------------------------------------------------------------


def _fitting(workbench: Workbench, asked: Asked) -> str:
    """How many runs fit, where that is cheap to say."""
    url, wanted = str(workbench.store.url), run_filter.write(asked.filter)
    number, exact = _count(url, str(sorted(wanted.items())), workbench, asked)
    if exact:
        return "1 run" if number == 1 else f"{number:,} runs"
    return f"More than {number:,} runs" if number else "Runs"


@st.cache_data(ttl=15, max_entries=256, show_spinner=False)
def _count(url: str, wanted: str, _workbench: Workbench, _asked: Asked) -> tuple[int, bool]:
    found = run_list.count(_workbench.store, _asked.filter)
    return found.number, found.exact


def _totals(fitting: str, rows: Sequence[Row]) -> str:
    """How many there are, and what those on this page come to, and how sure that is."""
    ended = [row for row in rows if row.status not in ("running", "abandoned")]
    costs = [(row.cost_nanousd, row.cost_status) for row in ended]
    cost = sureness.total(costs + [(None, "unknown")] * (len(rows) - len(ended)))
    amount = f"{words.spend(cost.nanousd, sureness.least(cost))} ({sureness.coverage(cost)})"
    used = f"{sum(row.input_tokens for row in ended):,} tokens in, {sum(row.output_tokens for row in ended):,} out"
    return safe.line(f"{fitting} · on this page {len(rows)}: {used}, cost {amount}")


def _running(rows: Sequence[Row]) -> None:
    if count := sum(row.status == "running" for row in rows):
        under_way = "One run is" if count == 1 else f"{count} runs are"
        st.caption(f"{under_way} under way. Open it to follow it, or refresh to see how it ended.")


def _nothing(asked: Asked, *, elsewhere: bool) -> None:
    """What to do where there is no run."""
    if elsewhere:
        st.info("There are no runs beyond this place. Go back to the first page.", icon=":material/first_page:")
    elif asked.filter.narrows:
        st.info("No run fits these filters. Remove one of them above.", icon=":material/filter_alt_off:")
        st.button("Clear all filters", icon=":material/close:", key="runs_clear_empty", on_click=run_filters.clear)
    else:
        st.info("There is no run yet. Make the first one on the page Generate.", icon=":material/history:")
        links.to("generate.py", "Generate", icon=":material/edit_note:")


def _pager(page: Page, *, elsewhere: bool, by_day: bool = False) -> None:
    if not (page.before or page.after or elsewhere):
        return
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        _turn("First", ":material/first_page:", "runs_newest", enabled=elsewhere)
        _turn("Previous", ":material/chevron_left:", "runs_newer", before=page.before, shortcut="P")
        _turn("Next", ":material/chevron_right:", "runs_older", after=page.after, shortcut="N")
        if by_day:
            with st.popover("Day", icon=":material/event:", help="Go to a day"):
                st.date_input("Runs up to the end of", None, key="runs_day", format="DD/MM/YYYY", on_change=_jump)


def _turn(
    label: str,
    icon: str,
    key: str,
    *,
    after: str | None = None,
    before: str | None = None,
    enabled: bool = False,
    shortcut: str | None = None,
) -> None:
    st.button(
        label,
        icon=icon,
        key=key,
        disabled=not (enabled or after or before),
        on_click=_go,
        kwargs={"after": after, "before": before},
        shortcut=shortcut,
    )


def _go(*, after: str | None = None, before: str | None = None) -> None:
    address.change({"after": after, "before": before})


def _jump() -> None:
    if day := st.session_state["runs_day"]:
        _go(after=run_order.place_of(run_filter.start_of(day + timedelta(days=1), said.zone())))
