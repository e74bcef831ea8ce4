"""How the pages say things: features, statuses, money, times."""

from decimal import Decimal

from core.llm import packs
from core.schema import CALLED, CostStatus

# What each feature makes, in one plain sentence.
MAKES = {
    "match": "Compares the resume with the job: what fits, what is missing, where each was found.",
    "recruiter_lens": "Reads the resume as a recruiter would: doubts, their evidence, a fix.",
    "tailor_resume": "Proposes changes that fit the resume to the job. You accept or refuse each.",
    "cover_letter": "Writes a letter for the job from what the resume shows.",
    "interview_prep": "Prepares likely questions, with answers that rest on the resume.",
    "improve_text": "Rewrites a text you paste, and keeps its facts.",
}

# Status: its word on screen, the colour of its badge, its icon.
STATUSES = {
    "running": ("running", "blue", ":material/progress_activity:"),
    "ok": ("complete", "green", ":material/check:"),
    "fallback": ("fallback", "orange", ":material/alt_route:"),
    "cancelled": ("stopped", "gray", ":material/stop_circle:"),
    "refused": ("refused", "red", ":material/block:"),
    "abandoned": ("abandoned", "red", ":material/error:"),
}

# Why a leg did not answer.
CAUSES = {
    "provider_down": "Server not reached",
    "provider_busy": "Server busy (429)",
    "provider_refused": "Refused by the server",
    "provider_slow": "Too slow, deadline passed",
    "provider_cut": "Cut off in the middle",
    "provider_garbled": "Not the protocol",
    "provider_resting": "Left alone after failures",
    "answer_unreadable": "Answer not readable",
    "answer_too_long": "Answer too long",
    "abandoned": "Process ended",
    "plan_denied": "Not in the plan",
    "rate_limited": "Runs a minute used up",
    "quota_exceeded": "Tokens a day used up",
    "budget_exceeded": "Budget used up",
    "internal": "Fault inside the workbench",
}

# Why a document of a pack was not started, where only the code is known: what to do about it.
REFUSALS = {
    "plan_denied": "Not in the candidate's plan. Move the candidate to a larger one in Drive, then try again.",
    "rate_limited": "The plan's runs a minute were used up. Try again in a minute.",
    "quota_exceeded": "The plan's tokens of the day were used up. Try again tomorrow, or move the candidate to a larger plan.",
    "budget_exceeded": "A budget of the month was used up. An admin can raise it under Budgets.",
    "not_found": "The job or the resume was not found. Pick another one, then try again.",
    "invalid": "Something in the form was not accepted. Mend it, then try again.",
    "storage_down": "The database did not answer. Try again in a moment.",
}

_NAMES = CALLED | {packs.NAME: "Job pack"}
CHIPS = {"profile": "Profile", "job": "Job", "resume": "Resume", "keywords": "Keywords", "memory": "Memory"}


def feature(name: str) -> str:
    return _NAMES.get(name, name)


def cause(error_code: str | None) -> str:
    """Why a leg did not answer, in a few words; a code without words is shown as it is."""
    return CAUSES.get(error_code, error_code) if error_code else "Stopped"


def model(provider: str | None, name: str | None) -> str:
    """The model as people know it; the rules are no model and are called what they are."""
    if provider == "rules":
        return "Rules, no AI"
    return name or provider or "–"


def money(cost_usd: str | None, status: CostStatus | str) -> str:
    """A cost for a figure: `$0.0012`, with `≈` in front when estimated, or `unknown`."""
    if cost_usd is None:
        return "unknown"
    amount = Decimal(cost_usd)
    if not amount:
        return "$0"
    digits = 4 if amount >= Decimal("0.001") else 6
    return f"{'≈ ' if status == 'estimated' else ''}${amount:,.{digits}f}"


SURE = {"estimated": "≈ ", "unknown": "≥ "}  # what stands before a sum of which a part is so


def spend(nanousd: int | None, status: str) -> str:
    """A sum for a card, in as many digits as it deserves: `$1,284.20`, `≈ $0.0312`, `≥ $3.10`, `unknown`.

    `status` is that of the least sure part; where that is unknown, the sum is what is known: at least so much.
    """
    if nanousd is None:
        return "unknown"
    if not nanousd:
        return f"{SURE['unknown'] if status == 'unknown' else ''}$0"
    digits = 2 if nanousd >= 10**10 else 4
    return f"{SURE.get(status, '')}${nanousd / 1e9:,.{digits}f}"


def span(least: int | None, most: int | None) -> str:
    """Two ends of an estimate in nano-dollars, in the digits that the larger deserves: `$0.0044–0.0164`, or `unknown`."""
    if least is None or most is None:
        return "unknown"
    digits = 2 if most >= 10**9 else 4 if most >= 10**6 else 6
    low, high = (f"{amount / 1e9:,.{digits}f}" for amount in (least, most))
    return f"${high}" if low == high else f"${low}–{high}"


def many(count: int) -> str:
    """A count for a card: `812`, `48.2k`, `12.3M`, `1.24B`."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            return f"{count / (1000 if letter == 'k' else size):,.{2 if letter == 'B' else 1}f}{letter}"
    return f"{count:,}"


def seconds(duration_ms: int | None) -> str:
    return "–" if duration_ms is None else f"{duration_ms / 1000:.1f} s" if duration_ms >= 1000 else f"{duration_ms} ms"


def tokens(count: int) -> str:
    return f"{count:,} tok"


def part(name: str) -> str:
    """A part of a prompt's messages: `system`, a chip, `input.text`, `document:3`, `rest`."""
    if name.startswith("document:"):
        return f"Document {name.partition(':')[2]}"
    if name.startswith("input."):
        return f"Input: {name.partition('.')[2]}"
    return {"system": "System and rules", "rest": "Prompt's own words", "user": "User"}.get(
        name, CHIPS.get(name, name.capitalize())
    )
