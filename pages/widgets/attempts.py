"""The attempts of a run, leg by leg: how each ended, what it was sent, what came back."""

from typing import Any

import streamlit as st

from core.llm import pricing
from core.llm.history import Story
from core.llm.price_rows import MTOK
from core.schema import usd
from pages.widgets import answer, ledger, safe, words

COLOURS = {"ok": "green", "failed": "red", "cancelled": "gray", "abandoned": "red", "running": "blue"}


def draw(story: Story) -> None:
    """Every attempt, oldest first."""
    if not story.attempts:
        st.info("No attempt was recorded." if story.run.status != "running" else "Attempts are recorded at the end.")
    for attempt in story.attempts:
        with st.container(border=True):
            _head(attempt)
            if attempt.error:
                st.warning(safe.line(attempt.error), icon=":material/error:")
            _figures(attempt)
            _messages(attempt)
            with st.expander("Raw response", icon=":material/data_object:"):
                st.code(attempt.text or "Nothing arrived.", language=None, wrap_lines=True)


def _head(attempt: Any) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        where = attempt.provider if attempt.model is None else f"{attempt.provider}/{attempt.model}"
        st.markdown(f"**{attempt.number}. {safe.plain(where)}**", width="content")
        if attempt.status in words.STATUSES:
            answer.badge(attempt.status)
        else:
            st.badge(attempt.status, color=COLOURS.get(attempt.status, "gray"))  # type: ignore[arg-type]


def _figures(attempt: Any) -> None:
    told = [f"{attempt.input_tokens:,} tokens in, {attempt.output_tokens:,} out"]
    told += [f"{attempt.cached_tokens:,} of the input cached"] if attempt.cached_tokens else []
    told += [f"{attempt.reasoning_tokens:,} of the output reasoning"] if attempt.reasoning_tokens else []
    told.append(f"cost {ledger.cost(usd(attempt.cost_nanousd), attempt.cost_status)}")
    told += [f"price {attempt.price}"] if attempt.price else []
    told.append(f"took {words.seconds(attempt.latency_ms)}, first token {words.seconds(attempt.ttft_ms)}")
    told.append(f"finish reason {attempt.finish_reason}" if attempt.finish_reason else "no finish reason")
    told += [f"answered by {attempt.answered_by}"] if attempt.answered_by else []
    told += [f"service tier {attempt.service_tier}"] if attempt.service_tier else []
    told += [f"error code {attempt.error_code}"] if attempt.error_code else []
    st.caption(safe.line(" · ".join(told)))
    if parts := _cost_parts(attempt):
        st.caption(safe.line(f"The cost in parts: {', '.join(parts)}."))


def _cost_parts(attempt: Any) -> list[str]:
    """What each kind of token came to, where the price row is known here and the parts add up to the cost."""
    row = pricing.row(attempt.price) if attempt.price and attempt.cost_nanousd else None
    if row is None:
        return []
    kinds = (
        ("input", row.input, attempt.input_tokens - attempt.cached_tokens),
        ("cached input", row.cached or row.input, attempt.cached_tokens),
        ("output", row.output, attempt.output_tokens),
    )
    found = [(name, rate.at(attempt.input_tokens), count) for name, rate, count in kinds if rate and count]
    if abs(sum(price * count for _, price, count in found) / MTOK - attempt.cost_nanousd) > 1:
        return []
    return [
        f"{count:,} {name} × ${price / 1e9:g} a million = ${price * count / MTOK / 1e9:.6f}"
        for name, price, count in found
    ]


def _messages(attempt: Any) -> None:
    if not attempt.messages:
        st.caption("No message was sent: the rules read the facts themselves.")
        return
    total = sum(part["tokens"] for part in attempt.parts)
    with st.expander(f"Prompt as sent ({total:,} tokens)", icon=":material/visibility:"):
        parts = (f"| {safe.line(words.part(part['name']))} | {part['tokens']:,} |" for part in attempt.parts)
        st.markdown("\n".join(("| Part | Tokens |", "|---|---:|", *parts)), width="content")
        for message in attempt.messages:
            st.caption(str(message["role"]).capitalize())
            st.code(message["content"], language=None, wrap_lines=True, height=320)
