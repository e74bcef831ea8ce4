"""The attempts of a run, leg by leg: how each ended, what it was sent, what came back."""

from typing import Any

import streamlit as st

from core.llm.history import Story
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
    told.append(f"cost {ledger.cost(usd(attempt.cost_nanousd), attempt.cost_status)}")
    told += [f"price list {attempt.price}"] if attempt.price else []
    told.append(f"took {words.seconds(attempt.latency_ms)}, first token {words.seconds(attempt.ttft_ms)}")
    told.append(f"finish reason {attempt.finish_reason}" if attempt.finish_reason else "no finish reason")
    told += [f"answered by {attempt.answered_by}"] if attempt.answered_by else []
    told += [f"service tier {attempt.service_tier}"] if attempt.service_tier else []
    told += [f"error code {attempt.error_code}"] if attempt.error_code else []
    st.caption(safe.line(" · ".join(told)))


def _messages(attempt: Any) -> None:
    if not attempt.messages:
        st.caption("No message was sent: the rules read the facts themselves.")
        return
    total = sum(part["tokens"] for part in attempt.parts)
    with st.expander(f"Prompt as sent ({total:,} tokens)", icon=":material/visibility:"):
        st.table(
            {safe.plain(words.part(part["name"])): f"{part['tokens']:,}" for part in attempt.parts},
            border="horizontal",
            width="content",
        )
        for message in attempt.messages:
            st.caption(str(message["role"]).capitalize())
            st.code(message["content"], language=None, wrap_lines=True, height=320)
