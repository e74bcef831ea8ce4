"""What a leg used and cost when it ended, however it ended."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.errors import ProviderBusy, ProviderDown, ProviderRefused
from core.llm import pricing
from core.llm.provider import Spent
from core.llm.runs import Attempt
from core.schema import Cost, Usage
from core.tools import tokens


def note(attempt: Attempt, spent: Spent) -> None:
    """Keep the server's own count; its names are cut to what their columns hold."""
    attempt.usage, attempt.raw_usage = spent.usage, spent.raw
    attempt.answered_by = spent.model[:200] if spent.model else None
    attempt.service_tier = spent.tier[:32] if spent.tier else None


def close(attempt: Attempt) -> None:
    """Fix an attempt's latency, usage and cost; one that was still running was cancelled.

    Without the server's count the tokens sent and received are counted here and the cost is estimated; a call that was
    turned away before it began cost nothing.
    """
    if attempt.status == "running":
        attempt.status = "cancelled"
    attempt.latency_ms = attempt.latency_ms or since(attempt.started_at)
    if attempt.raw_usage is not None or attempt.provider == "rules":
        attempt.cost = _price(attempt, estimated=False)
    elif attempt.error_code in (ProviderBusy.code, ProviderRefused.code) and not attempt.text:
        attempt.cost = Cost(nanousd=0, status="exact")
    elif not attempt.messages or (attempt.error_code == ProviderDown.code and not attempt.text):
        attempt.cost = Cost(nanousd=0, status="estimated")
    else:
        sent = tokens.count_messages([(message.role, message.content) for message in attempt.messages])
        attempt.usage = Usage(input_tokens=sent, output_tokens=tokens.count("".join(attempt.text)))
        attempt.cost = _price(attempt, estimated=True)


def total(attempts: Sequence[Attempt]) -> Cost:
    return pricing.total(attempt.cost for attempt in attempts)


def since(moment: datetime) -> int:
    """Milliseconds from then to now."""
    return round((datetime.now(UTC) - moment).total_seconds() * 1000)


def _price(attempt: Attempt, *, estimated: bool) -> Cost:
    return pricing.cost(
        attempt.usage,
        provider=attempt.provider,
        model=attempt.answered_by or attempt.model,
        at=attempt.started_at,
        tier=attempt.service_tier,
        estimated=estimated,
        raw=attempt.raw_usage,
    )
