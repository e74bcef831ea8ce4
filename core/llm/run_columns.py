"""What a file of runs holds, column by column, in the words that a person who opens it needs."""

from typing import Literal, get_args

Format = Literal["csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

# What each column of the file holds. Times are UTC; what is not known is empty, never 0.
COLUMNS = {
    "run_id": "the run",
    "created_at": "when it was asked for, UTC",
    "status": "ok, fallback, cancelled, refused, abandoned or running",
    "feature": "what was made",
    "user_id": "the candidate's id",
    "candidate": "the candidate's name",
    "plan": "the candidate's plan then",
    "job_id": "the job's id",
    "job": "the job's title",
    "provider": "who answered; empty where nobody did",
    "model": "the model that answered; empty for the rules",
    "prompt": "name@version",
    "caller": "member:ID, token:NAME or cli",
    "error_code": "what the first attempt that failed failed of, or why it was refused",
    "input_tokens": "of all attempts, the cached ones included",
    "cached_tokens": "of the input",
    "output_tokens": "of all attempts, reasoning included",
    "reasoning_tokens": "of the output",
    "cost_nanousd": "billionths of a dollar, of all attempts; empty where a price is not known",
    "cost_usd": "the same in dollars",
    "cost_status": "exact, estimated or unknown",
    "latency_ms": "from the request to the end",
    "ttft_ms": "to the first token",
}
TEXTS = {
    "request": "what was asked for, JSON; with instructions and inputs",
    "answer": "the answer, JSON",
    "attempts": "the messages sent and the text received of each attempt, JSON",
}
