"""Unit economics on the Usage page: what a kept document costs, and how much of the model's text people kept."""

from collections.abc import Sequence

import streamlit as st

from core import sureness
from core.usage.economics import USUAL, Economy
from pages.widgets import grid, safe, usage_filters, words
from pages.widgets.usage_filters import Names

KEY = "usage_grouped"


def groups() -> tuple[str, ...]:
    """The picker of what the rows stand for."""
    picked = st.pills(
        "A row for each",
        USUAL,
        selection_mode="multi",
        default=USUAL[:1],
        format_func=lambda name: usage_filters.LABELS[name],
        key=KEY,
    )
    return tuple(name for name in USUAL if name in picked) or USUAL[:1]


def draw(whole: Economy, spent: int | None, rows: Sequence[Economy], by: Sequence[str], names: Names) -> None:
    """The whole in words, of which `spent` is known in nano-dollars, and the groups in figures, dearest first."""
    if whole.kept:
        each = words.spend(None if spent is None else spent // whole.kept, sureness.least(whole.total))
        papers = "the one document" if whole.kept == 1 else f"each of {whole.kept:,} documents"
        st.markdown(safe.line(f"**{each}** for {papers} kept, failures and trials included."))
    else:
        st.info(
            "Nothing of this period was saved yet. Save an answer to Drive and it counts here.", icon=":material/save:"
        )
    number = st.column_config.NumberColumn
    grid.draw(
        [_line(row, by, names) for row in rows],
        hide_index=True,
        column_config={
            "Runs": number(format="localized"),
            "Spend": number(format="$%.4f", help="Empty: no price is known."),
            "Kept": number(format="localized", help="Documents and resume versions saved from these runs"),
            "Per kept": number(format="$%.4f", help="Spend of all runs of the row by what was kept"),
            "Text kept": number(format="%.1f%%", help="How much of the model's text stands in what was saved"),
            "Unknown": number(format="localized", help="Runs whose cost is unknown and not in the spend"),
        },
    )


def _line(row: Economy, by: Sequence[str], names: Names) -> dict[str, object]:
    says = {
        usage_filters.LABELS[name]: usage_filters.say(name, names)(value)
        for name, value in zip(by, row.values, strict=True)
    }
    return says | {
        "Runs": row.total.runs,
        "Spend": None if row.total.cost_nanousd is None else row.total.cost_nanousd / 1e9,
        "Kept": row.kept,
        "Per kept": None if row.nanousd_each is None else row.nanousd_each / 1e9,
        "Text kept": None if row.kept_permille is None else row.kept_permille / 10,
        "Unknown": row.total.unknown,
    }
