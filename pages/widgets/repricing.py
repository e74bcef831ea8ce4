"""Re-pricing: look at what today's prices change in past costs, apply it with a reason, take it back."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core.schema import Caller, usd
from core.usage import correction_log, errands_child
from core.usage.correction_log import Applied
from core.usage.filters import Filter
from core.wiring import Workbench
from pages.widgets import errand, grid, links, notice, safe, said, words

T = TypeVar("T")

LOOK, WRITE, UNDO = "repricing_look", "repricing_write", "repricing_undo"
STOPPED = "It was stopped. What was done until then stands below: go on with it, or undo it."


def draw(workbench: Workbench, asked: Filter, names: dict[str, str]) -> None:
    """What would change, the button that changes it, what was changed before."""
    caller: Caller = st.session_state["caller"]
    st.caption(
        "A run keeps the price of its day as it was known then. After a price was corrected or added, look here at what "
        "past calls cost by today's price rows, and write it if it is right."
    )
    _ended()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Preview", type="primary", icon=":material/search:", key="repricing_go", on_click=_look,
                  args=(workbench, asked))  # fmt: skip
        st.caption("Compares every call of the period and filters above. Nothing is changed.", width="content")
    if found := errand.result(LOOK, "Comparing calls"):
        told, over = found
        if over != errands_child.filter_to_json(asked):
            st.caption(":material/info: This is what was found for the period and filters chosen before. Look again.")
        _preview(told)
        if told["total"]["attempts"]:
            _apply(workbench, told, over, caller)
    _history(workbench, names, caller)


def _look(workbench: Workbench, asked: Filter) -> None:
    kept = errands_child.filter_to_json(asked)
    errand.begin(workbench, LOOK, "preview", {"filter": kept}, kept)


# -- what would change -----------------------------------------------------------------------------------


def _preview(told: dict[str, Any]) -> None:
    total = told["total"]
    if not told["looked_at"]:
        st.info("No call of this period fits these filters.", icon=":material/filter_alt_off:")
        return
    if not total["attempts"]:
        known = told["looked_at"] - told["still_unknown"] - told["without_price"]
        st.success(f"{known:,} calls cost what today's prices say.", icon=":material/check_circle:")
    else:
        _cards(told)
        grid.draw(
            [
                {"Model": name, "Calls": one["attempts"], "Recorded": _recorded(one, lambda known: known / 1e9),
                 "Today's prices": one["after_nanousd"] / 1e9, "Unknown before": one["unknown"]}
                for name, one in sorted(told["models"].items(), key=lambda pair: -pair[1]["attempts"])
            ],
            column_config={name: st.column_config.NumberColumn(format="$%.4f") for name in ("Recorded", "Today's prices")}
            | dict.fromkeys(("Calls", "Unknown before"), st.column_config.NumberColumn(format="localized")),
            key="repricing_models",
        )  # fmt: skip
        with st.expander(f"The largest changes ({len(told['samples'])} calls)"):
            for one in told["samples"]:
                _sample(one)
    if told["without_price"]:
        st.caption(f"{told['without_price']:,} calls have no price today. They keep the cost that is recorded.")
    if told["still_unknown"]:
        st.caption(
            f"The cost of {told['still_unknown']:,} calls is unknown and stays so: their model has no price, or what they "
            "used was never counted. Prices are added under Admin, Prices."
        )


def _recorded(change: dict[str, Any], say: Callable[[int], T]) -> T | None:
    """The cost before, nothing where it was unknown for every call."""
    return None if change["unknown"] == change["attempts"] else say(change["before_nanousd"])


def _cards(told: dict[str, Any]) -> None:
    total = told["total"]
    change = total["after_nanousd"] - total["before_nanousd"]
    before = total["before_nanousd"]
    share = f"{100 * change / before:+,.1f}%" if before and not total["unknown"] else None
    with st.container(horizontal=True, gap="small"):
        st.metric("Calls that differ", f"{total['attempts']:,}", border=True, width=190, height="stretch",
                  help=f"Of {told['looked_at']:,}, in {told['runs']:,} runs.")  # fmt: skip
        recorded = _recorded(total, lambda known: words.spend(known, "exact")) or "unknown"
        st.metric("Recorded", recorded, border=True, width=190, height="stretch")
        st.metric("Today's prices", words.spend(total["after_nanousd"], "exact"), share, delta_color="inverse",
                  border=True, width=190, height="stretch")  # fmt: skip
        if total["unknown"]:
            st.metric(
                "Were unknown",
                f"{total['unknown']:,}",
                border=True,
                width=190,
                height="stretch",
                help="They get a cost now.",
            )


def _sample(one: dict[str, Any]) -> None:
    model, change, way = st.columns((5, 8, 2), vertical_alignment="center")
    model.markdown(f"{safe.plain(one['model'])}  :gray[:small[{one['at'][:10]}]]")
    before, after = one["before"], one["after"]
    was = words.money(usd(before["nanousd"]), before["status"])
    row = safe.plain(str(after["price"] or "no row"))
    change.caption(f"{safe.plain(was)} → **{safe.plain(words.money(usd(after['nanousd']), after['status']))}** · {row}")
    with way:
        links.run(one["run_id"])


# -- writing it ------------------------------------------------------------------------------------------


def _apply(workbench: Workbench, told: dict[str, Any], over: dict[str, Any], caller: Caller) -> None:
    if not caller.may("admin"):
        st.caption("Only admins write it. Ask one of them.")
        return
    total = told["total"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.text_input("Reason", key="repricing_reason", placeholder="Price of gpt-6-luna corrected, contract 7",
                               max_chars=400, width=520)  # fmt: skip
        given = {"filter": over, "reason": reason, "by": caller.model_dump(mode="json"),
                 "expected": [total["attempts"], total["after_nanousd"]]}  # fmt: skip
        st.button(
            f"Write {total['attempts']:,} costs",
            type="primary",
            icon=":material/edit:",
            key="repricing_apply",
            disabled=not reason.strip() or _busy(),
            on_click=errand.begin,
            args=(workbench, WRITE, "apply", given),
        )


def _busy() -> bool:
    return any((held := errand.find(key)) is not None and held.state == "running" for key in (WRITE, UNDO))


def _ended() -> None:
    """What writing or undoing came to: said once, in place of what was found before."""
    for key, doing, done in (
        (WRITE, "Writing costs", "The costs are corrected."),
        (UNDO, "Giving back costs", "The correction is undone: every call costs again what it did."),
    ):
        if errand.result(key, doing, STOPPED):
            for name in (LOOK, WRITE, UNDO):
                errand.forget(name)
            st.session_state.pop("repricing_reason", None)
            st.session_state["whatif_notice"] = notice.Notice(done)
            st.rerun()


# -- what was written ------------------------------------------------------------------------------------


def _history(workbench: Workbench, names: dict[str, str], caller: Caller) -> None:
    made = correction_log.listed(workbench.store)
    st.subheader("Corrections so far", anchor=False)
    if not made:
        st.caption("None. What is written here is listed with its reason, and can be undone.")
    for one in made:
        _correction(workbench, one, names, caller)


def _correction(workbench: Workbench, one: Applied, names: dict[str, str], caller: Caller) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        before, after = (words.spend(sum, "exact") for sum in (one.before_nanousd, one.after_nanousd))
        st.markdown(
            f"**{safe.line(one.reason)}**  \n:gray[:small[{said.when(one.at)}, {safe.plain(said.who(one.who, names))} · "
            f"{one.lines:,} calls · {safe.plain(before)} → {safe.plain(after)}]]",
            width="stretch",
        )
        if one.undone_at:
            who = safe.plain(said.who(one.undone_by or "", names))
            st.caption(f"undone {said.when(one.undone_at)}, {who}", width="content")
        elif caller.may("admin"):
            _deeds(workbench, one, caller)


def _deeds(workbench: Workbench, one: Applied, caller: Caller) -> None:
    """Undo it; where it was stopped, go on with it too."""
    given = {"id": one.id, "by": caller.model_dump(mode="json")}
    if one.unfinished or one.undoing:
        doing = "undone" if one.undoing else "written"
        st.markdown(f":orange-badge[partly {doing}]", width="content")
    if one.unfinished:
        st.button("Go on", icon=":material/play_arrow:", key=f"repricing_go_on_{one.id}", disabled=_busy(),
                  on_click=errand.begin, args=(workbench, WRITE, "go_on", given))  # fmt: skip
    st.button("Undo", icon=":material/undo:", key=f"repricing_undo_{one.id}", disabled=_busy(),
              on_click=errand.begin, args=(workbench, UNDO, "undo", given))  # fmt: skip
