"""Models: which providers are there and what the others lack, what each model costs, who is led to it."""

from datetime import UTC, datetime

import streamlit as st

from core.access import lineup
from core.access.lineup import Entry, Use
from core.llm import pricing
from core.llm.pricing import Rate
from core.llm.router import CURES, LACKS
from core.schema import FEATURES
from core.wiring import Workbench
from pages.widgets import safe, words

HEADS = ("Model", "Input", "Cached input", "Output", "Leads to it")
WIDTHS = (5, 3, 3, 3, 9)
PLACES = {1: "first", 2: "second", 3: "third"}


def draw(workbench: Workbench) -> None:
    """The providers, then the models of the policy in its order."""
    configured = {name for name, provider in workbench.providers.items() if provider.configured}
    st.subheader("Providers", anchor=False)
    names = lineup.providers(workbench.policy, tuple(workbench.providers))
    for column, name in zip(st.columns(len(names) + 1), (*names, "rules"), strict=True):
        with column.container(border=True, height="stretch"):
            _provider(name, name in configured)
    st.subheader("Models", anchor=False)
    with st.container(border=True, gap="small"):
        for column, name in zip(st.columns(WIDTHS), HEADS, strict=True):
            column.caption(name)
        for entry in lineup.lineup(workbench.policy, configured=configured, at=datetime.now(UTC)):
            _model(entry)
    st.caption(
        f"Dollars per million tokens, standard service, as of today; prices from {safe.plain(pricing.PRICES)}. "
        "Where a second price stands below, a call with more input tokens than that pays it for the whole. "
        "A model without a known price has cost unknown, never zero: its runs count in tokens, not in dollars."
    )


def _provider(name: str, configured: bool) -> None:
    if name == "rules":
        st.markdown("**rules** :green-badge[:material/check: always there]")
        st.caption("They need no model, cost nothing and answer last, whenever no model did.")
    elif configured:
        st.markdown(f"**{safe.plain(name)}** :green-badge[:material/check: configured]")
        st.caption("Its models are tried. Whether they answer shows in Runs: nothing is called from here.")
    else:
        st.markdown(f"**{safe.plain(name)}** :orange-badge[:material/warning: {LACKS.get(name, 'not configured')}]")
        cure = CURES.get(name, "The workbench has no such provider. Choose another model in the policy file.")
        st.caption(safe.line(f"Its models are skipped. {cure}"))


def _model(entry: Entry) -> None:
    name, whole, cached, answer, leads = st.columns(WIDTHS)
    badge = "" if entry.configured else f" :orange-badge[{LACKS.get(entry.provider, 'not configured')}]"
    name.markdown(f"**{safe.plain(entry.model)}**{badge}  \n:gray[:small[{safe.plain(entry.provider)}]]")
    row = entry.price
    rates = (row.input, row.cached or row.input, row.output) if row else (None, None, None)
    for column, rate in zip((whole, cached, answer), rates, strict=True):
        column.markdown("free" if entry.free else _price(rate))
    leads.markdown("  \n".join(_use(use) for use in entry.uses) or _unused(entry))


def _price(rate: Rate | None) -> str:
    """One price with its steps below it, or `unknown`."""
    if rate is None:
        return "unknown"
    (_, base), *steps = rate.steps
    more = [f":gray[:small[{safe.plain(_per_mtok(nanousd))} above {above:,}]]" for above, nanousd in steps]
    return "  \n".join([safe.plain(_per_mtok(base)), *more])


def _per_mtok(nanousd: int) -> str:
    """`$0.10`, `$1.00`, `$0.0125`: two decimals at least, none lost."""
    whole, rest = divmod(nanousd, 10**9)
    return f"${whole:,}.{f'{rest:09d}'.rstrip('0').ljust(2, '0')}"


def _use(use: Use) -> str:
    place = PLACES.get(use.place, f"number {use.place}")
    everything = set(use.features) == set(FEATURES)
    features = "every feature" if everything else ", ".join(words.feature(name) for name in use.features)
    return f"**{use.plan}**, {place}: {features}"


def _unused(entry: Entry) -> str:
    return safe.line(f"No plan; it stands in tier {', '.join(entry.tiers)}, which none uses.")
