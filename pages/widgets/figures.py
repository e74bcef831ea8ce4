"""The card beside an answer: model, tokens, cost, time; before, while and after it is made."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st
from pydantic import ValidationError

from core.errors import WorkbenchError
from core.llm import pricing, quote
from core.llm.live import LiveRun
from core.llm.provider import Provider
from core.llm.router import Route
from core.schema import AiRequest, RunResult, Usage, usd
from core.tools import tokens
from core.wiring import Workbench
from pages.widgets import routing, safe, words


def before(
    route: Route | None, workbench: Workbench, context_tokens: int, plan: str, requests: Sequence[AiRequest] = ()
) -> None:
    """What will be asked, how much of what it may be told is switched on, and what the call of `requests` may cost."""
    first = route.legs[0] if route else None
    st.metric("Model", words.model(first.provider, first.model) if first else "–")
    st.metric("Plan", plan)
    if first and (provider := workbench.providers.get(first.provider)):
        _room(provider, context_tokens)
    expected(workbench, requests)
    if route:
        st.caption(safe.line(routing.in_words(workbench, route)), help=safe.line(f"{route.why}."))
    st.caption("Nothing is sent before you press the button.")


def expected(workbench: Workbench, requests: Sequence[AiRequest]) -> None:
    """What these calls may cost, from what would be sent for them now; nothing where one could not be sent."""
    caller, at = st.session_state["caller"], datetime.now(UTC)
    try:
        prepared = [workbench.desk.prepare(one, caller) for one in requests]
    except (WorkbenchError, ValidationError):
        return  # said when the button is pressed, or on the form already
    if not prepared:
        return
    whole = quote.together(quote.quote(one, workbench.providers, at) for one in prepared)
    if whole.most.nanousd == 0:
        st.metric("Expected cost", "$0", help="What would answer runs on this machine.")
        return
    help = (
        f"{whole.input_tokens:,} tokens in, prompts included, and at most {whole.most_tokens:,} out: from the price of "
        "what is sent to that of the longest answer. Cached input costs less; another model that takes over costs more."
    )
    st.metric("Expected cost", words.span(whole.least.nanousd, whole.most.nanousd), help=help)


def _room(provider: Provider, context_tokens: int) -> None:
    """How the context that is switched on compares with what this provider's models are given."""
    if provider.writes == "opening":
        st.caption(f"Context {context_tokens:,} tokens: this demo model reads an extract, the rules read all of it.")
        return
    share = min(context_tokens / provider.context_tokens, 1.0)
    st.progress(share, text=f"Context {context_tokens:,} of {provider.context_tokens:,} tokens")
    if context_tokens > provider.context_tokens:
        st.caption("The least needed is trimmed until it fits. Switch chips off to choose yourself.")


def during(run: LiveRun) -> None:
    """The figures of a run under way. Output and cost are counted here until the server says its own."""
    progress = run.progress
    usage = Usage(input_tokens=progress.input_tokens, output_tokens=tokens.count("".join(progress.output)))
    cost = progress.cost
    if progress.provider:
        now = pricing.cost(
            usage, provider=progress.provider, model=progress.model, at=datetime.now(UTC), estimated=True
        )
        cost = pricing.total((cost, now))
    usage += progress.used
    model = words.model(progress.provider, progress.model) if progress.provider else "starting …"
    _figures(model, usage, usd(cost.nanousd), cost.status, run.elapsed_ms(), progress.ttft_ms)


def after(result: RunResult) -> None:
    """The figures of a run that ended; its failed legs count too."""
    model = words.model(result.provider, result.model)
    _figures(model, result.usage, result.cost_usd, result.cost_status, result.latency_ms, result.ttft_ms)
    if len(result.attempts) > 1:
        st.caption(f"Tokens and cost of all {len(result.attempts)} attempts.")


def _figures(
    model: str, usage: Usage, cost_usd: str | None, cost_status: str, elapsed_ms: int, ttft_ms: int | None
) -> None:
    st.metric("Model", model)
    one, two = st.columns(2)
    one.metric("Tokens in", f"{usage.input_tokens:,}", help=_in(usage))
    two.metric("Tokens out", f"{usage.output_tokens:,}", help=_out(usage))
    one, two = st.columns(2)
    one.metric("First token", words.seconds(ttft_ms))
    two.metric("Elapsed", words.seconds(elapsed_ms))
    st.metric("Cost", words.money(cost_usd, cost_status), help=COST_HELP)


COST_HELP = "≈ marks an estimate; unknown means that no price is known for the model."


def _in(usage: Usage) -> str | None:
    return f"{usage.cached_tokens:,} of them cached" if usage.cached_tokens else None


def _out(usage: Usage) -> str | None:
    return f"{usage.reasoning_tokens:,} of them reasoning" if usage.reasoning_tokens else None
