"""How a run ended, as one result: the answer in full, or what had arrived when it was stopped."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from core.llm import accounts
from core.llm.runs import Attempt, Opening
from core.schema import AiAnswer, Event, RunResult, RunStatus, Usage, Written, usd

STOPPED = "Stopped before the end: this is what had arrived."
LISTS = ("bullets", "warnings", "next_actions")


def result(
    opening: Opening,
    status: RunStatus,
    written: Written,
    attempts: Sequence[Attempt],
    *,
    latency_ms: int,
    ttft_ms: int | None,
) -> RunResult:
    """What `/run` answers. The model named is the one that answered, or was answering."""
    cost = accounts.total(attempts)
    last = attempts[-1] if attempts else None
    return RunResult(
        run_id=opening.id,
        status=status,
        answer=written.answer,
        changes=written.changes,
        details=written.details,
        provider=last.provider if last else "rules",
        model=last.model if last else None,
        prompt=opening.prompt,
        usage=reduce(add, (attempt.usage for attempt in attempts), Usage()),
        cost_usd=usd(cost.nanousd),
        cost_status=cost.status,
        latency_ms=latency_ms,
        ttft_ms=ttft_ms,
        attempts=tuple(attempt.view() for attempt in attempts),
    )


def partial(events: Sequence[Event], *, why: str = STOPPED) -> Written:
    """The answer that a stopped run leaves: the prose of its last leg."""
    fields = prose(events)
    lists = {name: tuple(filter(None, fields.get(name, "").split("\n"))) for name in LISTS}
    lists["warnings"] = (*lists["warnings"], why)
    answer = AiAnswer(
        title=fields.get("title", "").strip() or "Stopped",
        summary=fields.get("summary", "").strip(),
        content=fields.get("content", "").strip(),
        **lists,
    )
    return Written(answer)


def nothing() -> Written:
    """What is left to say when even the rules failed, which is a mistake of ours."""
    content = "No answer could be made. Nothing you gave is lost: try again, or tell an admin the run's number."
    return Written(
        AiAnswer(title="No answer", summary="", content=content, warnings=("The rule-based engine failed.",))
    )


def prose(events: Sequence[Event]) -> dict[str, str]:
    """The text of each field so far; a `notice` starts it afresh."""
    fields: dict[str, list[str]] = {}
    for event in events:
        if event.kind == "notice":
            fields = {}
        elif event.kind == "delta":
            fields.setdefault(event.data["field"], []).append(event.data["text"])
    return {name: "".join(texts) for name, texts in fields.items()}


def warned(answer: AiAnswer, sentence: str) -> AiAnswer:
    """The same answer with one more warning."""
    return answer.model_copy(update={"warnings": (*answer.warnings, sentence)})
