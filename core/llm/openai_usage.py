"""What of a server's count is kept, and whether it can be believed."""

from collections.abc import Mapping
from typing import Any

from core.llm.provider import ModelCall
from core.schema import Usage

MOST_KEPT = 10**15
DEEPEST = 2
KEPT = frozenset({
    "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "cost",
    "prompt_tokens_details", "input_tokens_details", "input_token_details",
    "completion_tokens_details", "output_tokens_details", "output_token_details",
    "cached_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_tokens",
    "cache_write_tokens", "prompt_cache_hit_tokens", "prompt_cache_miss_tokens",
    "reasoning_tokens", "audio_tokens", "text_tokens", "image_tokens",
    "accepted_prediction_tokens", "rejected_prediction_tokens",
    "num_search_queries", "num_sources_used", "server_tool_use", "web_search_requests",
    "prompt_eval_count", "eval_count",
})  # fmt: skip
BESIDE_MESSAGES = 4_000  # tokens that a server may put around ours: its template, a schema, an order of its own
BESIDE_TEXT = 100
BYTES_A_CHARACTER = 4


def kept(usage: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """The numbers of a usage object under the names that servers give them; nothing that could hold a text."""
    found: dict[str, Any] = {}
    for name in KEPT & usage.keys():
        value = usage[name]
        if isinstance(value, Mapping) and depth < DEEPEST:
            found[name] = kept(value, depth + 1)
        elif type(value) in (int, float) and abs(value) <= MOST_KEPT:
            found[name] = value
    return found


def is_possible(said: Usage, call: ModelCall, characters: int) -> bool:
    """Whether a call can have taken so much: no tokenizer makes more than one token of one byte.

    What was written may be as much as was asked for at most, reasoning that nobody sees included, and more
    only where more text came; `characters` is how much that was.
    """
    sent = sum(len(message.content.encode("utf-8", "replace")) for message in call.messages)
    most = call.max_tokens + characters * BYTES_A_CHARACTER + BESIDE_TEXT
    return said.input_tokens <= sent + BESIDE_MESSAGES and said.output_tokens <= most
