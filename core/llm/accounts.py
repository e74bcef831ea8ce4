"""What a leg used and cost when it ended, however it ended."""

import time
from collections.abc import Sequence

from core.access.admission import Estimate
from core.errors import ProviderBusy, ProviderDown, ProviderRefused
from core.llm import pricing, sound
from core.llm.provider import Spent
from core.llm.runs import Attempt
from core.schema import Cost, Usage
from core.tools import tokens


def note(attempt: Attempt, spent: Spent) -> None:
    """Keep the server's own count, as it can be stored; before there is one, who answers."""
    attempt.usage, attempt.raw_usage = spent.usage, sound.data(spent.raw) or None
    attempt.answered_by, attempt.service_tier = sound.name(spent.model, 200), sound.name(spent.tier, 32)


def close(attempt: Attempt) -> None:
    """Fix an attempt's latency, usage and cost, once; one that was still running was cancelled.

    Without the server's last count the tokens sent and received are counted here and the cost is estimated; a call
    that was turned away before it began cost nothing.
    """
    if attempt.latency_ms is not None:
        return
    if attempt.status == "running":
        attempt.status = "cancelled"
    attempt.latency_ms = since(attempt.began)
    began = bool(attempt.text or attempt.finish_reason or attempt.raw_usage)
    counted = attempt.raw_usage is not None and attempt.finish_reason and not _says_nothing(attempt)
    if attempt.provider == "rules" or counted:
        attempt.cost = _price(attempt, estimated=False)
    elif not began and attempt.error_code in (ProviderBusy.code, ProviderRefused.code):
        attempt.cost = Cost(nanousd=0, status="exact")
    elif not attempt.messages or (not began and attempt.error_code == ProviderDown.code):
        attempt.cost = Cost(nanousd=0, status="estimated")
    else:
        attempt.usage = _at_least(attempt.usage, attempt)
        attempt.cost = _price(attempt, estimated=True)


def _says_nothing(attempt: Attempt) -> bool:
    """A count of zero for what was sent, or for text that came, is no count."""
    said = attempt.usage
    return not said.input_tokens or (not said.output_tokens and any(text.strip() for text in attempt.text))


def _at_least(said: Usage, attempt: Attempt) -> Usage:
    """What was sent and received as counted here, or what the server had said by then where that is more."""
    sent = tokens.count_messages(attempt.messages)
    received = tokens.count("".join(attempt.text))
    return said.model_copy(
        update={
            "input_tokens": max(said.input_tokens, sent),
            "output_tokens": max(said.output_tokens, received),
        }
    )


def total(attempts: Sequence[Attempt]) -> Cost:
    return pricing.total(attempt.cost for attempt in attempts)


def used(attempts: Sequence[Attempt], *, held_nanousd: int) -> Estimate:
    """What closed attempts used; while a cost is unknown, all that is held may be gone."""
    counted = sum(attempt.usage.input_tokens + attempt.usage.output_tokens for attempt in attempts)
    cost = total(attempts)
    return Estimate(counted, held_nanousd if cost.nanousd is None else cost.nanousd)


def since(moment: float) -> int:
    """Milliseconds from then to now, on the monotonic clock: that of the wall may be set back."""
    return round((time.monotonic() - moment) * 1000)


def _price(attempt: Attempt, *, estimated: bool) -> Cost:
    return pricing.cost(
        attempt.usage,
        provider=attempt.provider,
        model=attempt.answered_by or attempt.model,
        at=attempt.started_at,
        tier=attempt.service_tier,
        estimated=estimated,
        raw=attempt.raw_usage,
        asked=attempt.model,
    )
