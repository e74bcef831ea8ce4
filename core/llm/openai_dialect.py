"""Which parts of the chat protocol a server understands: asked for in full, narrowed where it refuses."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from core.llm.provider import Message, ModelCall

Format = Literal["json_schema", "json_object", "text"]
Length = Literal["max_completion_tokens", "max_tokens"]

FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "text")
LENGTHS: tuple[Length, ...] = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of asking. `swapped` tells that the other name of the length limit was tried already."""

    format: Format = "json_schema"
    length: Length = "max_tokens"
    swapped: bool = False
    temperature: bool = True
    usage: bool = True

    def body(self, call: ModelCall) -> dict[str, Any]:
        """The request's fields beside model, messages and stream."""
        fields: dict[str, Any] = {self.length: call.max_tokens}
        if self.temperature:
            fields["temperature"] = call.temperature
        if self.usage:
            fields["stream_options"] = {"include_usage": True}
        if call.output == "json" and self.format == "json_schema" and call.schema is not None:
            answer = {"name": "answer", "strict": True, "schema": dict(call.schema)}
            fields["response_format"] = {"type": "json_schema", "json_schema": answer}
        elif call.output == "json" and self.format != "text":
            fields["response_format"] = {"type": "json_object"}
        return fields

    def messages(self, call: ModelCall) -> list[dict[str, str]]:
        """The messages; a schema that the server will not hold the model to is told to the model instead."""
        messages = list(call.messages)
        if call.output == "json" and call.schema is not None and self.format != "json_schema" and messages:
            at = 0 if messages[0].role == "system" else len(messages) - 1
            shape = json.dumps(dict(call.schema), ensure_ascii=False, separators=(",", ":"))
            told = (
                f"{messages[at].content}\n\nAnswer with one JSON object of this JSON Schema and nothing else:\n{shape}"
            )
            messages[at] = Message(messages[at].role, told)
        return [{"role": message.role, "content": message.content} for message in messages]

    def without(self, named: frozenset[str], call: ModelCall) -> Self | None:
        """The next narrower dialect after a refusal that names these fields, None when nothing is left to give up.

        A refusal without a name is laid on the response format first, which servers know least, then
        on the usage option.
        """
        if named & set(LENGTHS):
            other = LENGTHS[1 - LENGTHS.index(self.length)]
            return None if self.swapped else replace(self, length=other, swapped=True)
        if "temperature" in named:
            return replace(self, temperature=False) if self.temperature else None
        if call.output == "json" and self.format != "text" and (not named or "response_format" in named):
            start = self.format if call.schema is not None else "json_object"
            return replace(self, format=FORMATS[FORMATS.index(start) + 1])
        if not named or "stream_options" in named:
            return replace(self, usage=False) if self.usage else None
        return None


def first_dialect(base_url: str | None) -> Dialect:
    """OpenAI itself wants the new name of the length limit, most other servers know only the old one."""
    return Dialect(length="max_completion_tokens" if base_url is None or "openai.com" in base_url else "max_tokens")
