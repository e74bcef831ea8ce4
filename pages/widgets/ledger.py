"""The list of runs: filters in the URL, one page of runs, the way to older ones."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.access import members
from core.drive import people
from core.llm import history
from core.llm.history import Row
from core.schema import FEATURES, usd
from core.wiring import Workbench
from pages.widgets import safe, said, words

PAGE = 50
ALL = ""


def draw(workbench: Workbench) -> None:
    """Filters, the table, the buttons to move through it."""
    chosen = _filters(workbench)
    before = st.query_params.get("before")
    user_id = int(chosen["candidate"]) if chosen["candidate"] else None
    rows = history.recent(
        workbench.store,
        limit=PAGE + 1,
        before=before,
        user_id=user_id,
        feature=chosen["feature"],
        status=chosen["status"],
    )
    shown = rows[:PAGE]
    if shown:
        st.caption(_totals(shown))
        _table(shown, members.names(workbench.store))
        _running(shown)
    else:
        st.info(_nothing(before, any(chosen.values())))
    _pager(shown, before, more=len(rows) > PAGE)


def open_run(run_id: str) -> None:
    """For callbacks: show one run; the list's filters stay in the URL for the way back."""
    st.query_params["run"] = run_id


def back() -> None:
    """For callbacks: the list again, as it was."""
    st.query_params.pop("run", None)


# -- the filters ---------------------------------------------------------------------------------------


def _filters(workbench: Workbench) -> dict[str, str | None]:
    everyone = {str(user.id): user.name for user in people.candidates(workbench.store)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = {
            "status": _filter("Status", "status", tuple(words.STATUSES), lambda name: words.STATUSES[name][0]),
            "feature": _filter("Feature", "feature", FEATURES, words.feature),
            "candidate": _filter("Candidate", "candidate", tuple(everyone), everyone.__getitem__),
        }
        st.button("Refresh", icon=":material/refresh:", key="runs_refresh")
    return chosen


def _filter(label: str, name: str, options: Sequence[str], say: Callable[[str], str]) -> str | None:
    """One filter; the URL is the truth, and a value it does not know means all."""
    given = st.query_params.get(name, ALL)
    st.session_state[f"runs_{name}"] = given if given in options else ALL
    st.selectbox(
        label,
        (ALL, *options),
        format_func=lambda value: say(value) if value else "All",
        key=f"runs_{name}",
        on_change=_filtered,
        args=(name,),
        width=220,
    )
    return given if given in options else None


def _filtered(name: str) -> None:
    value = st.session_state[f"runs_{name}"]
    if value == ALL:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    st.query_params.pop("before", None)


# -- the table -----------------------------------------------------------------------------------------


def _table(rows: Sequence[Row], names: Mapping[str, str]) -> None:
    ids = [row.id for row in rows]
    st.dataframe(
        [_line(row, names) for row in rows],
        hide_index=True,
        height="content",
        column_config=_columns(ids),
        key="runs_table",
        placeholder="–",
        alt="Runs, newest first",
    )


def _line(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    """One run. What is not known yet, or never will be, is left empty: it is no zero."""
    known = row.status not in ("running", "abandoned")
    return {
        "open": "Open",
        "time": row.created_at.astimezone(said.zone()),
        "status": [words.STATUSES.get(row.status, (row.status,))[0]],
        "feature": words.feature(row.feature),
        "candidate": row.candidate,
        "model": words.model(row.provider, row.model),
        "in": row.input_tokens if known else None,
        "out": row.output_tokens if known else None,
        "cost": _dollars(row.cost_nanousd) if known else None,
        "certainty": row.cost_status if known else None,
        "latency": _seconds(row.latency_ms) if known else None,
        "first": _seconds(row.ttft_ms) if known else None,
        "job": row.job,
        "prompt": row.prompt,
        "caller": said.who(row.caller, names),
    }


def _dollars(nanousd: int | None) -> float | None:
    return None if nanousd is None else nanousd / 1e9


def _seconds(duration_ms: int | None) -> float | None:
    return None if duration_ms is None else duration_ms / 1e3


def _totals(rows: Sequence[Row]) -> str:
    """What the runs on this page come to, and how sure that is."""
    ended = [row for row in rows if row.status not in ("running", "abandoned")]
    sure = Counter(row.cost_status for row in ended) + Counter(unknown=len(rows) - len(ended))
    spent = usd(sum(row.cost_nanousd or 0 for row in ended))
    runs = "1 run" if len(rows) == 1 else f"{len(rows)} runs"
    coverage = ", ".join(f"{sure[name]} {name}" for name in ("exact", "estimated", "unknown") if sure[name])
    amount = words.money(spent, "estimated" if sure["estimated"] else "exact")
    used = f"{sum(row.input_tokens for row in ended):,} tokens in, {sum(row.output_tokens for row in ended):,} out"
    return safe.line(f"{runs} on this page · {used} · cost {amount} ({coverage})")


def cost(cost_usd: str | None, status: str) -> str:
    """A cost with how sure it is: `$0.0034 exact`, `≈ $0.0034 estimated`, `unknown`."""
    amount = words.money(cost_usd, status)
    return amount if cost_usd is None else f"{amount} {status}"


def _columns(ids: Sequence[str]) -> dict[str, Any]:
    config = st.column_config
    labels = [label for label, _, _ in words.STATUSES.values()]
    colours = [colour for _, colour, _ in words.STATUSES.values()]
    return {
        "open": config.ButtonColumn(
            "", type="tertiary", on_click=_clicked, args=(tuple(ids),), key="runs_open", width=54
        ),
        "time": config.DatetimeColumn("Time", format="D MMM, HH:mm:ss", width=110),
        "status": config.MultiselectColumn("Status", options=labels, color=colours, width=86),
        "feature": config.TextColumn("Feature", width=96),
        "candidate": config.TextColumn("Candidate", width=100),
        "model": config.TextColumn("Model", width=90),
        "in": config.NumberColumn("In", format="localized", width=76, help="Tokens the model was told"),
        "out": config.NumberColumn("Out", format="localized", width=70, help="Tokens the model wrote"),
        "cost": config.NumberColumn("Cost", format="$%.6f", width=78, help="Empty: the model has no price."),
        "certainty": config.TextColumn("Cost is", width=70, help="Exact, estimated here, or unknown"),
        "latency": config.NumberColumn("Took", format="%.1f s", width=58),
        "first": config.NumberColumn("First token", format="%.1f s", width=78),
        "job": config.TextColumn("Job", width=160),
        "prompt": config.TextColumn("Prompt"),
        "caller": config.TextColumn("Caller"),
    }


def _clicked(ids: Sequence[str]) -> None:
    click = st.session_state["runs_open"]
    if click and click["row"] < len(ids):
        open_run(ids[click["row"]])


def _running(rows: Sequence[Row]) -> None:
    if count := sum(row.status == "running" for row in rows):
        under_way = "One run is" if count == 1 else f"{count} runs are"
        st.caption(f"{under_way} under way. Open it to follow it, or refresh to see how it ended.")


def _nothing(before: str | None, filtered: bool) -> str:
    if before:
        return "There are no older runs. Go back to the newest."
    if filtered:
        return "No run fits these filters. Set one of them to All."
    return "There is no run yet. Make the first one on the page Generate."


def _pager(rows: Sequence[Row], before: str | None, *, more: bool) -> None:
    with st.container(horizontal=True):
        if before:
            st.button("Newest", icon=":material/first_page:", key="runs_newest", on_click=_page, args=(None,))
        if more:
            st.button("Older", icon=":material/chevron_right:", key="runs_older", on_click=_page, args=(rows[-1].id,))


def _page(before: str | None) -> None:
    if before is None:
        st.query_params.pop("before", None)
    else:
        st.query_params["before"] = before
