"""Examples for the description of the API, each in the shape that a test holds it to."""

from typing import Any

from pydantic_core import to_json

BODIES: dict[str, dict[str, Any]] = {
    "a match report": {"feature": "match", "user_id": 1, "job_id": 1},
    "a cover letter": {
        "feature": "cover_letter",
        "user_id": 1,
        "job_id": 1,
        "resume_version_id": 1,
        "instructions": "Keep it under 250 words.",
        "inputs": {"contact": "Ms Okafor"},
    },
    "a chosen model": {
        "feature": "match",
        "user_id": 1,
        "job_id": 1,
        "model": "openai/gpt-6-luna",
        "prompt": "match@1",
    },
}

RUN_ID = "019b0f6e-9d0a-7c31-8f55-3c9d6f0a2b41"
USAGE = {"input_tokens": 1_840, "cached_tokens": 0, "output_tokens": 212, "reasoning_tokens": 0}

RESULT: dict[str, Any] = {
    "run_id": RUN_ID,
    "status": "ok",
    "answer": {
        "title": "Letter to Norrsken Freight",
        "summary": "Leads with the build times that were cut and the databases that were run.",
        "content": "Dear Ms Okafor,\n\nIn the last five years I have run PostgreSQL in production …",
        "bullets": [],
        "warnings": ["Kubernetes is asked for and not shown in the resume."],
        "keywords_added": ["PostgreSQL", "Python"],
        "next_actions": ["Check the name of the addressee."],
    },
    "changes": [],
    "details": {
        "score": None,
        "parts": [],
        "matched": [],
        "missing": [],
        "low_confidence": False,
        "rejected": [],
        "doubts": [],
    },
    "provider": "openai",
    "model": "gpt-6-luna",
    "prompt": "cover_letter@1",
    "usage": USAGE,
    "cost_usd": "0.00078",
    "cost_status": "exact",
    "latency_ms": 2_410,
    "ttft_ms": 320,
    "attempts": [
        {
            "number": 1,
            "provider": "openai",
            "model": "gpt-6-luna",
            "status": "ok",
            "finish_reason": "stop",
            "error_code": None,
            "error": None,
            "usage": USAGE,
            "cost_usd": "0.00078",
            "cost_status": "exact",
            "latency_ms": 2_380,
            "ttft_ms": 310,
        }
    ],
}

EVENTS = (
    f'id: 1\nevent: started\ndata: {{"run_id":"{RUN_ID}","feature":"cover_letter","prompt":"cover_letter@1",'
    '"provider":"openai","model":"gpt-6-luna","route":"Plan pro, tier cheap."}\n\n'
    'id: 2\nevent: delta\ndata: {"field":"content","text":"Dear Ms Okafor,"}\n\n'
    f"id: 3\nevent: done\ndata: {to_json(RESULT).decode()}\n\n"
)

OFFER: dict[str, Any] = {
    "caller": "token:backend",
    "scopes": ["read-runs", "run"],
    "user_id": 1,
    "plan": "pro",
    "limits": {
        "runs_per_minute": {"most": 60, "left": 58, "resets_at": "2026-03-02T09:30:41Z"},
        "tokens_per_day": {"most": 1_000_000, "left": 912_400, "resets_at": "2026-03-03T00:00:00Z"},
        "usd_per_month": {"most": "20", "left": "18.52", "resets_at": "2026-04-01T00:00:00Z"},
    },
    "features": [
        {
            "feature": "cover_letter",
            "allowed": True,
            "prompt": "cover_letter@1",
            "needs": ["job", "resume"],
            "inputs": [{"name": "contact", "label": "Addressed to", "required": False, "max_chars": 120}],
            "plans": ["pro", "premium"],
        }
    ],
    "plans": [{"plan": "pro", "runs_per_minute": 60, "tokens_per_day": 1_000_000, "usd_per_month": "20"}],
    "budgets": [
        {
            "budget": "feature:cover_letter",
            "at_limit": "refuse",
            "most": "100",
            "left": "61.4",
            "resets_at": "2026-04-01T00:00:00Z",
        }
    ],
}

REFUSED = {
    "401": ("unauthenticated", "This token has expired. Send `Authorization: Bearer wb_…` with one that is good."),
    "403": ("plan_denied", "Plan free does not include cover_letter."),
    "404": ("not_found", "There is no job 12 for this candidate."),
    "408": ("too_slow", "The body came too slowly and was not waited for. Send it again, at once."),
    "409": ("conflict", "This Idempotency-Key was used for another request. Send a new key with a new request."),
    "413": ("too_large", "The body is larger than 1 MB. Send less; longer texts belong in documents."),
    "422": ("invalid", "user_id has to be a whole number."),
    "429": (
        "rate_limited",
        "Plan free allows 10 runs a minute for a candidate, and 0 are left. Try again in 12 s, at 09:30:41 UTC.",
    ),
    "500": ("internal", "This is our mistake. Tell an admin the reference 3f9c2a71."),
    "503": ("storage_down", "The database was busy for too long. Try again in a moment."),
}


def problem(status: str) -> dict[str, Any]:
    """The body of a refusal."""
    code, detail = REFUSED[status]
    title = code.replace("_", " ")
    body = {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": detail}
    more = {
        "403": {"run_id": RUN_ID},
        "422": {"at": "user_id"},
        "429": {"run_id": RUN_ID},
        "500": {"reference": "3f9c2a71"},
    }
    return body | more.get(status, {})
