"""The body of one chat completion: from bytes to prose, finish reason and usage."""

from collections.abc import Iterator, Mapping
from typing import Any

import jiter

from core.errors import ProviderCut, ProviderDown, ProviderError, ProviderGarbled, ProviderRefused
from core.llm.provider import Chunk, Finished, Prose, Spent
from core.llm.sse_reader import LONGEST_EVENT, SseReader
from core.schema import Usage

DONE = b"[DONE]"
MOST_TOKENS = 10**9  # of one call; more is no count
NOT_THE_PROTOCOL = "The model's server answered something else than the chat protocol. Check OPENAI_BASE_URL."
FAULT = "The model's server broke off with a fault of its own. Try again or choose another model."
CUT = "The model's server ended the answer before it was finished. Try again or choose another model."
REFUSED = "The model declined to answer this. Reword the instructions or choose another model."


class BodyReader:
    """Finds the JSON payloads of a body: a stream's events, or the one object of a server that does not stream."""

    def __init__(self) -> None:
        self._events = SseReader()
        self._start = b""
        self._whole: bytearray | None = None
        self._found = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The payloads that `chunk` completes. Errors: `ProviderGarbled` for a web page and for over 1 MB."""
        if self._whole is not None:
            self._grow(chunk)
            return
        if not self._start:
            self._start = chunk.lstrip()[:16]
            if self._start.startswith(b"<"):
                raise ProviderGarbled("The model's server answered with a web page. Check OPENAI_BASE_URL.")
            if self._start.startswith((b"{", b"[")):
                self._whole = bytearray()
                self._grow(chunk)
                return
        for payload in self._events.feed(chunk):
            self._found += 1
            yield payload

    def rest(self) -> bytes | None:
        """What the end of the body completes. Errors: `ProviderGarbled` when nothing in it was an event."""
        if self._whole is not None:
            return bytes(self._whole)
        payload = self._events.rest()
        if payload is not None and (payload == DONE or _is_json(payload)):
            return payload
        if self._start and not self._found and payload is None and not self._start.startswith((b":", b"event:")):
            raise ProviderGarbled(NOT_THE_PROTOCOL)
        return None

    def _grow(self, chunk: bytes) -> None:
        assert self._whole is not None
        self._whole += chunk
        if len(self._whole) > LONGEST_EVENT:
            raise ProviderGarbled("The model's server sent more than 1 MB at once. Try again or choose another model.")


class AnswerReader:
    """Reads the payloads of one answer in order and knows whether it became whole."""

    def __init__(self) -> None:
        self.finished = False
        self.done = False
        self._begun = False
        self._declined = False
        self._usage: Mapping[str, Any] | None = None
        self._model: str | None = None
        self._tier: str | None = None

    def read(self, payload: bytes) -> Iterator[Chunk]:
        """The prose and finish reason of one payload.

        Errors: `ProviderGarbled` for what is not the protocol, `ProviderDown` for an error event before
        the first prose, `ProviderCut` for one after it.
        """
        self.done |= payload.strip() == DONE
        if self.done:
            return
        completion = _parsed(payload)
        self._note(completion)
        choice = _first(completion.get("choices"))
        if completion.get("error") or choice.get("finish_reason") == "error":
            if not self.finished:
                raise ProviderCut(FAULT) if self._begun else ProviderDown(FAULT)
            return
        yield from self._delta(choice.get("delta") or choice.get("message") or {})
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason and not self.finished:
            self.finished = True
            self._declined |= reason == "content_filter"
            yield Finished(reason)

    def spent(self) -> Spent | None:
        """The server's last count, once: some servers send a running one with every chunk."""
        if self._usage is None or not is_count(self._usage):
            return None
        return Spent(counted(self._usage), dict(self._usage), self._model, self._tier)

    def verdict(self) -> ProviderError | None:
        """What is wrong with the answer now that nothing more will come; None when it is whole."""
        if self._declined:
            return ProviderRefused(REFUSED)
        return None if self.finished else ProviderCut(CUT)

    def _delta(self, delta: Any) -> Iterator[Prose]:
        if not isinstance(delta, Mapping):
            raise ProviderGarbled(NOT_THE_PROTOCOL)
        self._declined |= bool(delta.get("refusal"))
        if text := _text(delta.get("content")):
            self._begun = True
            yield Prose(text)

    def _note(self, completion: Mapping[str, Any]) -> None:
        if isinstance(usage := completion.get("usage"), Mapping):
            self._usage = usage
        if isinstance(model := completion.get("model"), str):
            self._model = model
        if isinstance(tier := completion.get("service_tier"), str):
            self._tier = tier


def is_count(usage: Mapping[str, Any]) -> bool:
    """Whether a usage object says how much went in and came out: anything else must not pass for zero tokens."""
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    return all(type(count) is int and 0 <= count <= MOST_TOKENS for count in counts)


def counted(usage: Mapping[str, Any]) -> Usage:
    """OpenAI's usage object as ours: input includes cached, output includes reasoning."""
    given, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens")
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    if reasoning and _count(usage, "total_tokens") == given + written + reasoning:
        written += reasoning  # some servers count reasoning beside the output, not in it
    return Usage(
        input_tokens=given,
        cached_tokens=min(cached, given),
        output_tokens=written,
        reasoning_tokens=min(reasoning, written),
    )


def _count(counts: Any, name: str) -> int:
    value = counts.get(name) if isinstance(counts, Mapping) else None
    return min(max(0, value), MOST_TOKENS) if isinstance(value, int) else 0


def _parsed(payload: bytes) -> Mapping[str, Any]:
    try:
        completion = jiter.from_json(payload)
    except ValueError:
        completion = None
    if not isinstance(completion, dict):
        raise ProviderGarbled(NOT_THE_PROTOCOL)
    return completion


def _is_json(payload: bytes) -> bool:
    try:
        jiter.from_json(payload)
    except ValueError:
        return False
    return True


def _first(choices: Any) -> Mapping[str, Any]:
    if not choices:
        return {}  # the closing usage chunk, or a server's note of its own
    if isinstance(choices, list) and isinstance(choices[0], dict):
        return choices[0]
    raise ProviderGarbled(NOT_THE_PROTOCOL)


def _text(content: Any) -> str:
    """A delta's content: a string, nothing, or the typed parts that some servers send."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ProviderGarbled(NOT_THE_PROTOCOL)
    texts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
