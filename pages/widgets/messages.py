"""What would be sent: the composed messages with the tokens of each part. Costs nothing until it is opened."""

from collections.abc import Callable

import streamlit as st
from pydantic import ValidationError

from core.errors import WorkbenchError
from core.llm.prepare import Composed, Prepared
from core.llm.provider import Provider
from core.schema import AiRequest
from core.tools import budget
from core.wiring import Workbench
from pages.widgets import safe, words


def draw(workbench: Workbench, build: Callable[[], AiRequest]) -> None:
    """A closed expander; opened, the messages of the first leg."""
    composed = st.expander(
        "Composed messages", icon=":material/visibility:", key="playground_composed", on_change="rerun"
    )
    if not composed.open:
        return
    with composed:
        try:
            prepared = workbench.desk.prepare(build(), st.session_state["caller"])
        except (WorkbenchError, ValidationError) as refused:
            st.error(safe.safe(refused.message if isinstance(refused, WorkbenchError) else "The form is not complete."))
            return
        leg = prepared.route.legs[0]
        provider = workbench.providers.get(leg.provider)
        if provider is None:
            st.caption("The rules read the facts themselves: no message is sent.")
            return
        _draw(prepared, prepared.compose(leg, provider), provider)


def _draw(prepared: Prepared, composed: Composed, provider: Provider) -> None:
    total = sum(part.tokens for part in composed.parts)
    is_extract = provider.writes == "opening"  # such a model is shown a choice made of the pieces, not the pieces
    context = total if is_extract else sum(piece.tokens for piece in composed.pieces)
    st.caption(safe.line(f"{total:,} tokens for {prepared.route.legs[0]}. Route: {prepared.route.why}."))
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
