"""Usage objects as servers write them, read into one shape: what went in, what came out, and what of it is billed apart.

Understood are chat completions and responses, streamed or not, and what servers of the same protocol add: counts of
the cache beside the input (Anthropic) or at the top (DeepSeek, Moonshot), reasoning beside the output (xAI), totals
with more in them than is listed (Gemini), Ollama's own names, Groq's wrapping. A count that is missing, negative, no
number or over `MOST_TOKENS` is no count: it never passes for zero tokens.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.schema import Usage

MOST_TOKENS = 10**9  # of one call; more is no count

_INPUT = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "eval_count")
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_CACHED_APART = ("prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
_WRITTEN = ("cache_write_tokens", "cache_creation_tokens")
_HOLDERS = ("x_groq", "response")
_SEARCHES = ("num_search_queries", "num_sources_used")
_NONE: Mapping[str, Any] = {}


class Reading(NamedTuple):
    """One usage object. `cached`, `written` and `audio_in` are parts of `input`, `reasoning` and `audio_out` of `output`.

    `images` are tokens of pictures on either side. `sure` is false where counts contradict each other and were mended,
    and where something was charged that is not counted in tokens.
    """

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    images: int = 0
    sure: bool = True

    @property
    def usage(self) -> Usage:
        return Usage(
            input_tokens=self.input,
            cached_tokens=self.cached,
            output_tokens=self.output,
            reasoning_tokens=self.reasoning,
        )


def find(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The usage object of a whole answer or of one event of a stream, wherever the server put it; an empty one is none."""
    if isinstance(usage := body.get("usage"), dict) and usage:
        return usage
    for name in _HOLDERS:
        holder = body.get(name)
        if isinstance(holder, dict) and isinstance(usage := holder.get("usage"), dict) and usage:
            return usage
    return body if "prompt_eval_count" in body else None


def read(raw: Mapping[str, Any]) -> Reading | None:
    """A usage object in our shape; None when it does not say how much went in and came out."""
    given, written_out, total = _first(raw, _INPUT), _first(raw, _OUTPUT), _tokens(raw.get("total_tokens"))
    if total is not None:  # of three counts two are enough
        if given is None and written_out is not None and total >= written_out:
            given = total - written_out
        elif written_out is None and given is not None and total >= given:
            written_out = total - given
    if given is None or written_out is None:
        return None
    details, out = _table(raw, _INPUT_DETAILS), _table(raw, _OUTPUT_DETAILS)
    cached, written, sure = _cache(raw, details)
    if _cache_is_beside(raw, given, written_out, total, cached + written):
        given += cached + written
    reasoning = _part(out, "reasoning_tokens") or _part(raw, "reasoning_tokens")
    output, agrees = _output(given, written_out, reasoning, total)
    sure = sure and agrees and cached + written <= given and not _searched(raw)
    if not sure:
        cached = min(cached, given)
        written, reasoning = min(written, given - cached), min(reasoning, output)
    if not details and not out:
        return Reading(given, cached, written, output, reasoning, 0, 0, 0, sure)
    audio = min(_part(details, "audio_tokens"), given), min(_part(out, "audio_tokens"), output)
    images = _part(details, "image_tokens") + _part(out, "image_tokens")
    return Reading(given, cached, written, output, reasoning, *audio, images, sure)


def _cache(raw: Mapping[str, Any], details: Mapping[str, Any]) -> tuple[int, int, bool]:
    """Tokens read from the cache and written to it, and whether those counts are counts."""
    said = details.get("cached_tokens")
    cached = _tokens(said) or _any(raw, _CACHED_APART)
    written = _any(details, _WRITTEN) or _part(raw, "cache_creation_input_tokens")
    return cached, written, not (type(said) is int and said < 0)


def _cache_is_beside(raw: Mapping[str, Any], given: int, output: int, total: int | None, cache: int) -> bool:
    """Whether the input leaves out what the cache read and wrote, as Anthropic counts it."""
    if not cache or raw.get("prompt_tokens") is not None or _table(raw, _INPUT_DETAILS):
        return False
    named = "cache_read_input_tokens" in raw or "cache_creation_input_tokens" in raw
    return named and total in (None, given + output + cache)


def _output(given: int, output: int, reasoning: int, total: int | None) -> tuple[int, bool]:
    """The whole output with its reasoning, and whether the counts agree with the total.

    Some servers count reasoning beside the output: the total says so. Tokens that only the total holds are charged as
    output, which is what thinking that is not listed is.
    """
    if not total:
        return (output, True) if reasoning <= output else (output + reasoning, False)
    rest = total - given - output
    if rest == 0:
        return max(output, reasoning), reasoning <= output
    if rest > 0:
        return output + rest, rest == reasoning
    return max(output, reasoning), False


def _searched(raw: Mapping[str, Any]) -> bool:
    """Whether the server looked things up, which is charged by the request."""
    if "server_tool_use" in raw and isinstance(tools := raw["server_tool_use"], dict):
        return _part(tools, "web_search_requests") > 0
    return _any(raw, _SEARCHES) > 0


def _table(raw: Mapping[str, Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    for name in names:
        if name in raw and isinstance(table := raw[name], dict):
            return table
    return _NONE


def _first(raw: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (value := raw.get(name)) is not None:
            return _tokens(value)
    return None


def _any(table: Mapping[str, Any], names: tuple[str, ...]) -> int:
    """The first of these counts that is above 0."""
    for name in names:
        if name in table and (count := _part(table, name)):
            return count
    return 0


def _part(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    return (_tokens(value) or 0) if value else 0


def _tokens(value: Any) -> int | None:
    """A count, also one written as 12.0; None for anything else."""
    if type(value) is int:
        return value if 0 <= value <= MOST_TOKENS else None
    return _tokens(int(value)) if type(value) is float and value.is_integer() else None
