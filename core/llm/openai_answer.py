"""The body of one chat completion: from bytes to prose, finish reason and usage."""

from collections.abc import Iterable, Mapping
from typing import Any

import jiter

from core.errors import ProviderCut, ProviderDown, ProviderError, ProviderGarbled, ProviderRefused
from core.llm import usage_shapes
from core.llm.openai_redaction import Redaction
from core.llm.openai_usage import is_possible, kept
from core.llm.pricing import standard
from core.llm.provider import Chunk, Finished, ModelCall, Prose, Spent
from core.llm.sse_reader import LONGEST_EVENT, SseReader
from core.schema import Usage

DONE = b"[DONE]"
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

    def feed(self, chunk: bytes) -> Iterable[bytes]:
        """The payloads that `chunk` completes. Errors: `ProviderGarbled` for a web page and for over 1 MB."""
        if not self._start:
            self._start = chunk.lstrip()[:16]
            if self._start.startswith(b"<"):
                raise ProviderGarbled("The model's server answered with a web page. Check OPENAI_BASE_URL.")
            if self._start.startswith((b"{", b"[")):
                self._whole = bytearray()
        if self._whole is None:
            return self._events.feed(chunk)
        self._grow(chunk)
        return ()

    def rest(self) -> bytes | None:
        """What the end of the body completes. Errors: `ProviderGarbled` when nothing in it was an event."""
        if self._whole is not None:
            return bytes(self._whole)
        payload = self._events.rest()
        if payload is not None and (payload == DONE or _is_json(payload)):
            return payload
        begun = self._start and not self._start.startswith((b":", b"event:"))
        if begun and not self._events.found and payload is None:
            raise ProviderGarbled(NOT_THE_PROTOCOL)
        return None

    def _grow(self, chunk: bytes) -> None:
        assert self._whole is not None
        self._whole += chunk
        if len(self._whole) > LONGEST_EVENT:
            raise ProviderGarbled("The model's server sent more than 1 MB at once. Try again or choose another model.")


class AnswerReader:
    """Reads the payloads of one answer in order and knows whether it became whole.

    `call` is what was asked, against which the server's count is held; `secret` never comes out.
    """

    def __init__(self, call: ModelCall | None = None, *, secret: str = "") -> None:
        self.finished = False
        self.done = False
        self._call = call
        self._secret = secret
        self._redaction = Redaction(secret)
        self._begun = False
        self._told = False
        self._declined = False
        self._characters = 0
        self._usage: Mapping[str, Any] | None = None
        self._model: str | None = None
        self._tier: str | None = None

    def read(self, payload: bytes) -> Iterable[Chunk]:
        """The prose and finish reason of one payload.

        Errors: `ProviderGarbled` for what is not the protocol, `ProviderDown` for an error event before
        the first prose, `ProviderCut` for one after it.
        """
        if self.done or payload.strip() == DONE:
            self.done = True
            return ()
        completion = _parsed(payload)
        self._note(completion)
        choice = _first(completion.get("choices"))
        reason = choice.get("finish_reason")
        if completion.get("error") or reason == "error":
            if not self.finished:
                raise ProviderCut(FAULT) if self._begun else ProviderDown(FAULT)
            return ()
        text = self._said(choice.get("delta") or choice.get("message") or {})
        if not reason or self.finished or not isinstance(reason, str):
            if not text:
                return ()
            return (Prose(text),) if self._told else self._begin(text)
        self.finished = True
        self._declined |= reason == "content_filter"
        text += self._redaction.end()
        return (Prose(text), Finished(reason)) if text else (Finished(reason),)

    def _begin(self, text: str) -> Iterable[Chunk]:
        """The first prose, and beside it a service tier with prices of its own: an answer may be cut or stopped before
        the server's count comes."""
        self._told = True
        if standard(self._tier) is None:
            return (Prose(text),)
        return Prose(text), Spent(Usage(), {}, self._without_secret(self._model), self._without_secret(self._tier))

    def rest(self) -> Iterable[Chunk]:
        """What is known now that nothing more will come: the end of a text that was cut, and the usage."""
        if text := self._redaction.end():
            yield Prose(text)
        if spent := self.spent():
            yield spent

    def spent(self) -> Spent | None:
        """The server's last count, once: some servers send a running one with every chunk.

        A count that cannot be is handed on as none, so that the tokens are counted here.
        """
        reading = usage_shapes.read(self._usage) if self._usage is not None else None
        if self._usage is None or reading is None:
            return None
        said = reading.usage
        if self._call and not is_possible(said, self._call, self._characters):
            said = Usage()
        return Spent(said, kept(self._usage), self._without_secret(self._model), self._without_secret(self._tier))

    def verdict(self) -> ProviderError | None:
        """What is wrong with the answer now that nothing more will come; None when it is whole."""
        if self._declined:
            return ProviderRefused(REFUSED)
        return None if self.finished else ProviderCut(CUT)

    def _said(self, delta: Any) -> str:
        """The prose of one delta, as far as it may be shown yet."""
        if not isinstance(delta, dict):
            raise ProviderGarbled(NOT_THE_PROTOCOL)
        if delta.get("refusal"):
            self._declined = True
        text = _text(delta.get("content"))
        self._characters += len(text or _thought(delta))
        if not text:
            return ""
        self._begun = True
        return self._redaction.feed(text)

    def _note(self, completion: Mapping[str, Any]) -> None:
        if (usage := usage_shapes.find(completion)) is not None:
            self._usage = usage
        if type(model := completion.get("model")) is str:
            self._model = model
        if type(tier := completion.get("service_tier")) is str:
            self._tier = tier

    def _without_secret(self, name: str | None) -> str | None:
        """A name of the server's, unless it holds what must not come out."""
        redaction = Redaction(self._secret)
        return name and redaction.feed(name) + redaction.end()


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


def _thought(delta: Mapping[str, Any]) -> str:
    """Reasoning that some servers send beside the answer: counted, never shown."""
    thought = delta.get("reasoning_content") or delta.get("reasoning")
    return thought if isinstance(thought, str) else ""


def _text(content: Any) -> str:
    """A delta's content: a string, nothing, or the typed parts that some servers send."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ProviderGarbled(NOT_THE_PROTOCOL)
    texts = (part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
