"""Invoice check: a provider's export beside our records, day by day, with the likely cause of each difference."""

import zlib
from collections.abc import Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.usage import invoice as engine
from core.usage import invoice_file
from core.usage.invoice import Check, Drift
from core.usage.invoice_causes import CAUSES
from core.usage.invoice_columns import NEEDED
from core.usage.invoice_file import Invoice
from core.usage.queries import Snapshot
from pages.widgets import grid, safe, words

KINDS = {
    "day": "Date",
    "model": "Model",
    "cost": "Cost",
    "input": "Tokens in, cached included",
    "cached": "Tokens in, cached",
    "output": "Tokens out",
    "currency": "Currency",
}
EXAMPLE = (
    "date,model,input_tokens,cached_tokens,output_tokens,cost\n2026-11-01,gpt-6-luna,1204455,310200,88120,0.2871\n"
)
MOST_ROWS = 2_000
DRIFT = "Drift, $"
LEAST = 50_000  # nano-dollars: less is shown as nothing


def draw(figures: Snapshot) -> None:
    """The upload, and what it shows; nothing of the file is kept."""
    st.caption(
        "Compares a provider's cost or usage export with the calls recorded here, by UTC day and model. The file is read, "
        "compared and forgotten."
    )
    file = st.file_uploader("Export of the provider", type=["csv", "txt", "tsv"], key="invoice_file")
    if file is None:
        with st.expander("What the file has to look like"):
            st.markdown(
                "A CSV with a date, a model and a cost in dollars; tokens in, cached and out where there are any. Columns "
                "are found by their names; where they are not, you say which is which. For example:"
            )
            st.code(EXAMPLE, language=None)
        return
    data = file.getvalue()
    try:
        columns, provider = _told(figures, data)
        read = invoice_file.read(data, columns)
        found = engine.check(figures, read, provider=provider)
    except WorkbenchError as wrong:
        st.error(safe.line(wrong.message), icon=":material/block:")
        return
    _cards(found, read)
    _problems(read)
    _table(found)


def _told(figures: Snapshot, data: bytes) -> tuple[dict[str, str], str | None]:
    """Which column is what where that was said, and whose calls to compare; open where the names do not tell."""
    headers, known = invoice_file.recognised(data)
    file = zlib.crc32(repr(headers).encode())  # another heading is another choice
    with st.expander("Columns and provider", icon=":material/tune:", expanded=not set(NEEDED) <= set(known)):
        fields = st.columns(4)
        providers = engine.charging(figures)
        provider = fields[0].selectbox("Calls to", providers, index=None, key=f"invoice_provider_{file}",
                                       placeholder="As the file says, or all")  # fmt: skip
        picked = {
            kind: fields[number % 4].selectbox(
                label, headers, index=None, key=f"invoice_{kind}_{file}", placeholder=known.get(kind, "none")
            )
            for number, (kind, label) in enumerate(KINDS.items(), 1)
        }
    return {kind: header for kind, header in picked.items() if header}, provider


def _cards(found: Check, read: Invoice) -> None:
    first, last = read.days
    with st.container(horizontal=True, gap="small"):
        st.metric("They charge", words.spend(found.theirs_nanousd, "exact"), border=True, width=190, height="stretch")
        st.metric("Recorded here", words.spend(found.ours_nanousd, "exact"), border=True, width=190, height="stretch")
        share = f"{100 * found.share:+,.1f}%" if found.share is not None else None
        sign = "−" if found.nanousd < 0 else "+" if found.nanousd else ""
        st.metric("Drift", f"{sign}{words.spend(abs(found.nanousd), 'exact')}", share, delta_color="inverse",
                  border=True, width=190, height="stretch")  # fmt: skip
        agreeing = sum(one.cause in ("agrees", "rounding") for one in found.drifts)
        st.metric(
            "Days × models that agree",
            f"{agreeing:,} of {len(found.drifts):,}",
            border=True,
            width=230,
            height="stretch",
        )
    taken = ", ".join(f"{kind}: {header.strip()}" for kind, header in read.columns.items())
    whose = f" Calls to {', '.join(found.providers)}." if found.providers else ""
    st.caption(safe.line(f"{first} to {last}, UTC.{whose} Columns taken, {taken}."))
    if found.strangers:
        st.warning(safe.line(engine.summary(found)), icon=":material/help:")


def _problems(read: Invoice) -> None:
    if not read.unread:
        return
    left_out = (
        "1 line could not be read and is" if read.unread == 1 else f"{read.unread:,} lines could not be read and are"
    )
    with st.expander(f"{left_out} left out", icon=":material/warning:"):
        st.markdown(safe.bullets(list(read.problems)))


def _table(found: Check) -> None:
    differing = [one for one in found.drifts if one.cause != "agrees"]
    if not differing:
        st.success("Every day and model agrees.", icon=":material/check_circle:")
        return
    st.markdown(safe.bullets(_causes(found, differing)))
    money = st.column_config.NumberColumn(format="$%.4f")
    grid.draw(
        [_row(one) for one in differing[:MOST_ROWS]],
        {"Day": str, "Model": str, "They charge": float, "Recorded here": float, DRIFT: float, "Tokens": int,
         "Likely cause": str},
        column_config={
            "They charge": money,
            "Recorded here": money,
            DRIFT: st.column_config.NumberColumn(format="%+.4f"),
            "Tokens": st.column_config.NumberColumn(format="%+d", help="How many more they count"),
            "Likely cause": st.column_config.TextColumn(width=520),
        },
        placeholder="–",
        key="invoice_table",
    )  # fmt: skip
    if len(differing) > MOST_ROWS:
        st.caption(f"The {MOST_ROWS:,} largest of {len(differing):,}.")


def _causes(found: Check, differing: Sequence[Drift]) -> list[str]:
    """Each cause with how often it is the likely one, and the dollars that hang on it, the most first."""
    told = []
    for cause, drift in sorted(found.by_cause.items(), key=lambda pair: -abs(pair[1])):
        if many := sum(one.cause == cause for one in differing):
            dollars = (
                f"{words.spend(abs(drift), 'exact')} {'more' if drift > 0 else 'less'}"
                if abs(drift) >= LEAST
                else "no dollars"
            )
            told.append(f"{CAUSES[cause]} {many:,} {'day' if many == 1 else 'days'} of a model, {dollars}.")
    return told


def _row(one: Drift) -> dict[str, object]:
    ours = one.ours.nanousd if one.ours else None
    return {
        "Day": one.day.isoformat(),
        "Model": one.model,
        "They charge": one.theirs.nanousd / 1e9 if one.theirs else None,
        "Recorded here": None if ours is None else ours / 1e9,
        DRIFT: one.nanousd / 1e9,
        "Tokens": one.tokens,
        "Likely cause": one.said,
    }
