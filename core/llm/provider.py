"""The seam between a run and a model: what is asked, what comes back, how long it may take."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from core.schema import Output, Usage


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to one model. `schema` is the JSON Schema of the answer when `output` is `json`."""

    model: str
    messages: tuple[Message, ...]
    output: Output = "text"
    schema: Mapping[str, Any] | None = None
    temperature: float = 0.2
    max_tokens: int = 1_000


@dataclass(frozen=True, slots=True)
class Prose:
    """Text of the answer, exactly as one upstream chunk brought it."""

    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """The server's own count. `raw` is its usage object, kept beside ours; `tier` its service tier."""

    usage: Usage
    raw: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The finish reason: `stop`, `length`, `content_filter`. A stream without one was cut."""

    reason: str


Chunk = Prose | Spent | Finished


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. The provider keeps `connect`; the runner keeps the rest for every provider alike."""

    connect: float = 5
    first_token: float = 30
    idle: float = 20
    leg: float = 60


class Provider(Protocol):
    """A place models live. `name` is the part before the slash in `openai/gpt-6-luna`.

    `writes` says how much of an answer its models are trusted with: `answer`, every field the
    prompt names, or `opening`, the summary and one paragraph while the rules write the rest.
    `context_tokens` is how much context its models may be given.
    """

    name: str
    writes: Literal["answer", "opening"]
    context_tokens: int
    deadlines: Deadlines

    @property
    def configured(self) -> bool:
        """Whether a leg on this provider can be tried at all: a key, a server, a model file."""
        ...

    def stream(self, call: ModelCall) -> AsyncGenerator[Chunk, None]:
        """Prose as it comes, then Finished and Spent in the order the server sends them.

        Errors: a `ProviderError`. Cancelling the task or closing the generator ends the upstream
        call at once.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections and child processes."""
        ...
