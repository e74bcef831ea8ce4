"""A run in the terminal: its prose on stdout as it grows, everything about it on stderr."""

import sys
from collections.abc import Mapping
from typing import Any

from core.llm import outcome
from core.llm.live import LiveRun
from core.schema import AiAnswer, Event, RunResult
from core.wiring import Workbench

WAIT_S = 0.1
LISTS = {
    "bullets": "Points",
    "warnings": "Warnings",
    "keywords_added": "Keywords added",
    "next_actions": "Next actions",
}


def follow(workbench: Workbench, live: LiveRun, *, quiet: bool) -> None:
    """Follow a run to its end; Ctrl-C stops it and still waits for its record."""
    seen, field = 0, ""
    while not (live.done and seen == len(live.events)):
        try:
            for event in live.after(seen, wait_s=WAIT_S):
                seen = event.id
                field = field if quiet else _print(event, field)
        except KeyboardInterrupt:
            workbench.cancel(live.id)


def finish(live: LiveRun, result: RunResult) -> None:
    """What is known only at the end: the answer where it is not what had streamed, its lists, and the figures."""
    streamed, answer = outcome.prose(live.events), result.answer
    if any(streamed.get(name, "").strip() != getattr(answer, name).strip() for name in ("summary", "content")):
        print(f"\n\n--- The finished answer ---\n\n{answer.title}\n\n{answer.summary}\n\n{answer.content}", end="")
    print("\n")
    _print_lists(answer)
    print(_figures(result), file=sys.stderr)


def _print(event: Event, field: str) -> str:
    """Print one event and return the field it was about."""
    if event.kind == "started":
        print(f"{event.data['prompt']} on {_model(event.data)}: {event.data['route']}\n", file=sys.stderr)
    elif event.kind == "notice":
        print(f"\n\n{event.data['message']} Going on with {_model(event.data)}.\n", file=sys.stderr)
        return ""
    elif event.kind == "delta":
        apart = "\n\n" if field and field != event.data["field"] else ""
        print(apart + event.data["text"], end="", flush=True)
        return str(event.data["field"])
    return field


def _print_lists(answer: AiAnswer) -> None:
    for name, title in LISTS.items():
        if items := getattr(answer, name):
            print(f"{title}:", *(f"- {item}" for item in items), "", sep="\n")


def _figures(result: RunResult) -> str:
    cost = "cost unknown" if result.cost_usd is None else f"${result.cost_usd} ({result.cost_status})"
    first = "" if result.ttft_ms is None else f", first token {result.ttft_ms:,} ms"
    used = f"{result.usage.input_tokens:,} tokens in, {result.usage.output_tokens:,} out"
    took = f"{result.latency_ms:,} ms{first}"
    return f"{result.status} · {_model(result.model_dump())} · {used} · {cost} · {took} · run {result.run_id}"


def _model(where: Mapping[str, Any]) -> str:
    return f"{where['provider']}/{where['model']}" if where["model"] else str(where["provider"])
