"""A run as it really was: each attempt's raw text, and the answer it was read into."""

import streamlit as st

from core.llm.history import Story
from core.schema import AttemptView
from pages.widgets import answer, safe, words


def draw(story: Story) -> None:
    """Two closed expanders: the response of each attempt, the parsed answer."""
    with st.expander("Raw response", icon=":material/data_object:"):
        for attempt, seen in zip(story.attempts, story.result.attempts, strict=False):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{seen.number}. {safe.plain(words.model(seen.provider, seen.model))}**", width="content")
                answer.badge(seen.status)
            st.caption(safe.line(_figures(seen)))
            st.code(
                attempt.text or "(nothing arrived)",
                language=None,
                wrap_lines=True,
                height=300 if len(attempt.text) > 1_200 else "content",
            )
    with st.expander("Parsed answer", icon=":material/account_tree:"):
        parsed = story.result.model_dump(mode="json", include={"answer", "changes", "details"})
        st.json(parsed, expanded=2)


def _figures(seen: AttemptView) -> str:
    said = [f"{seen.usage.input_tokens:,} in", f"{seen.usage.output_tokens:,} out"]
    said += [words.money(seen.cost_usd, seen.cost_status), words.seconds(seen.latency_ms)]
    said += [f"finish {seen.finish_reason}"] if seen.finish_reason else []
    return " · ".join(said) + (f". {seen.error}" if seen.error else "")
