"""Models: which providers are there and what the others lack, which models rest, what each costs, who is led to it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.access import lineup
from core.access.lineup import Entry, Use
from core.llm import pricing
from core.llm.cooldown import Rest
from core.llm.price_rows import Rate, dollars
from core.llm.router import CURES, LACKS
from core.schema import FEATURES
from core.wiring import Workbench
from pages.widgets import notice, safe, said, words

HEADS = ("Model", "Input", "Cached input", "Output", "Leads to it")
WIDTHS = (5, 3, 3, 3, 9)
PLACES = {1: "first", 2: "second", 3: "third"}


def draw(workbench: Workbench) -> None:
    """The providers, the models that are left alone for now, then those of the policy in its order."""
    configured = {name for name, provider in workbench.providers.items() if provider.configured}
    st.subheader("Providers", anchor=False)
    names = lineup.providers(workbench.policy, tuple(workbench.providers))
    for column, name in zip(st.columns(len(names) + 1), (*names, "rules"), strict=True):
        with column.container(border=True, height="stretch"):
            _provider(name, name in configured)
    if resting := workbench.cooldown.resting():
        _resting(workbench, resting)
    st.subheader("Models", anchor=False)
    with st.container(border=True, gap="small"):
        for column, name in zip(st.columns(WIDTHS), HEADS, strict=True):
            column.caption(name)
        for entry in lineup.lineup(workbench.policy, configured=configured, at=datetime.now(UTC)):
            _model(entry)
    st.caption(
        f"Dollars per million tokens, standard service, as of today: the project's own prices, else those of {safe.plain(pricing.PRICES)}. "
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


def _resting(workbench: Workbench, resting: Sequence[Rest]) -> None:
    """The models that failed too often of late, each with why, and the way to have it tried at once."""
    st.subheader("Left alone for now", anchor=False)
    with st.container(border=True, gap="small"):
        for rest in resting:
            told, act = st.columns((16, 4), vertical_alignment="center")
            told.markdown(
                f"**{safe.plain(str(rest.leg))}** :orange-badge[:material/bedtime: failed {rest.failures} times]"
            )
            told.caption(safe.line(f"{_spell(rest)} Last: {rest.why}"))
            act.button(
                "Try again now",
                icon=":material/replay:",
                key=f"admin_wake_{rest.leg}",
                on_click=notice.act,
                args=("admin", lambda leg=rest.leg: workbench.cooldown.forget(leg), f"The next run tries {rest.leg}."),
            )
    st.caption("Runs pass over these models and go on with the next one. After the time given one run tries it again.")


def _spell(rest: Rest) -> str:
    """`Since 14:03:10, until 14:03:40.`, or that its time is over."""
    since, until = (f"{at.astimezone(said.zone()):%H:%M:%S}" for at in (rest.since, rest.until))
    over = rest.until <= datetime.now(UTC)
    return f"Since {since}. The next run tries it." if over else f"Since {since}, until {until}."


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
    more = [f":gray[:small[{safe.plain(dollars(nanousd))} above {above:,}]]" for above, nanousd in steps]
    return "  \n".join([safe.plain(dollars(base)), *more])


def _use(use: Use) -> str:
    place = PLACES.get(use.place, f"number {use.place}")
    everything = set(use.features) == set(FEATURES)
    features = "every feature" if everything else ", ".join(words.feature(name) for name in use.features)
    return f"**{use.plan}**, {place}: {features}"


def _unused(entry: Entry) -> str:
    return safe.line(f"No plan; it stands in tier {', '.join(entry.tiers)}, which none uses.")
