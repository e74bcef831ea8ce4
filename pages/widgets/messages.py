"""What would be sent: the composed messages with the tokens of each part. Costs nothing until it is opened."""

from collections.abc import Callable

import streamlit as st
from pydantic import ValidationError

from core.errors import WorkbenchError
from core.llm.prepare import Composed, Prepared
from core.llm.provider import Provider
from core.llm.router import LACKS, Leg
from core.schema import AiRequest
from core.tools import budget
from core.wiring import Workbench
from pages.widgets import routing, safe, words


def draw(workbench: Workbench, build: Callable[[], AiRequest], first: Leg | None) -> None:
    """A closed expander; opened, the messages for the model that would be asked or for any other of the policy."""
    composed = st.expander(
        "Composed messages", icon=":material/visibility:", key="playground_composed", on_change="rerun"
    )
    if not composed.open:
        return
    with composed:
        leg = _leg(workbench, first)
        provider = workbench.providers.get(leg.provider)
        if provider is None:
            st.caption("The rules read the facts themselves: no message is sent.")
            return
        try:
            request = build().model_copy(update={"model": None})  # what is looked at need not be configured
            prepared = workbench.desk.prepare(request, st.session_state["caller"])
        except (WorkbenchError, ValidationError) as refused:
            st.error(safe.safe(refused.message if isinstance(refused, WorkbenchError) else "The form is not complete."))
            return
        if not provider.configured:
            st.caption(safe.line(f"{leg} is not set up here ({LACKS.get(leg.provider, 'not configured')}): a preview."))
        _draw(prepared, prepared.compose(leg, provider), leg, provider)


def _leg(workbench: Workbench, first: Leg | None) -> Leg:
    """The model to look at; the one that would be asked until another is picked."""
    names = list(dict.fromkeys([*([str(first)] if first else []), *workbench.policy.models(), "rules"]))
    chosen = st.selectbox(
        "As sent to", names, key="playground_sent_to", help="To look at what any model would be sent."
    )
    provider, _, model = (chosen or names[0]).partition("/")
    return Leg(provider, model or None)


def _draw(prepared: Prepared, composed: Composed, leg: Leg, provider: Provider) -> None:
    total = sum(part.tokens for part in composed.parts)
    is_extract = provider.writes == "opening"  # such a model is shown a choice made of the pieces, not the pieces
    context = total if is_extract else sum(piece.tokens for piece in composed.pieces)
    st.caption(safe.line(f"{total:,} tokens for {leg}."))
    if is_extract:
        st.info(routing.FACTS_ONLY)
    share = min(context / provider.context_tokens, 1.0)
    st.progress(share, text=f"Context {context:,} of {provider.context_tokens:,} tokens")
    for sentence in budget.trimmed(composed.pieces):
        st.warning(safe.line(sentence), icon=":material/content_cut:")
    rows = [f"| {_cell(_named(part.name, prepared))} | {part.tokens:,} |" for part in composed.parts]
    st.markdown("\n".join(["| Part | Tokens |", "|:---|---:|", *rows]))
    for message in composed.call.messages:
        st.caption(message.role.capitalize())
        st.code(message.content, language=None, wrap_lines=True, height=260)


def _named(part: str, prepared: Prepared) -> str:
    for piece in prepared.material.pieces:
        if piece.chip == part:
            return piece.label
    return words.part(part)


def _cell(text: str) -> str:
    return safe.plain(text).replace("|", "\\|")
