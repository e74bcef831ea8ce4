"""Asking a provider in a test and keeping all that came of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from core.errors import ProviderError
from core.llm.openai_provider import OpenAIProvider
from core.llm.provider import Chunk, Deadlines, Message, ModelCall, Prose, Provider, Spent

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
TEXT = ModelCall("m", (Message("system", "Be brief."), Message("user", "Hello?")))
ANSWER = ModelCall("m", TEXT.messages, output="json", schema=SCHEMA)


@dataclass
class Outcome:
    chunks: list[Chunk] = field(default_factory=list)
    error: ProviderError | None = None
    seconds: float = 0.0

    @property
    def prose(self) -> list[str]:
        return [chunk.text for chunk in self.chunks if isinstance(chunk, Prose)]

    @property
    def spent(self) -> Spent | None:
        return next((chunk for chunk in self.chunks if isinstance(chunk, Spent)), None)


@asynccontextmanager
async def reaching(url: str, deadlines: Deadlines | None = None) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider(base_url=url, deadlines=deadlines or Deadlines())
    yield provider
    await provider.aclose()


async def follow(provider: Provider, call: ModelCall) -> Outcome:
    outcome, started = Outcome(), time.monotonic()
    try:
        async with aclosing(provider.stream(call)) as chunks:
            async for chunk in chunks:
                outcome.chunks.append(chunk)
    except ProviderError as failure:
        outcome.error = failure
    outcome.seconds = time.monotonic() - started
    return outcome


def ask(url: str, *calls: ModelCall, deadlines: Deadlines | None = None) -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with reaching(url, deadlines) as provider:
            return [await follow(provider, call) for call in calls or (TEXT,)]

    return asyncio.run(run())
