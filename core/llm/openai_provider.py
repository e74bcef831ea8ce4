"""Models behind any OpenAI-compatible server, reached through the openai package.

The package brings keys, addresses and status errors; the body is read raw, which costs a third of
the CPU a token that its own stream objects cost.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Literal, cast

import httpx2
import openai

from core.errors import ProviderCut, ProviderError, ProviderGarbled
from core.llm.openai_answer import CUT, NOT_THE_PROTOCOL, AnswerReader, BodyReader
from core.llm.openai_dialect import Dialect, first_dialect
from core.llm.openai_failure import OPENING, READING, explain, is_out_of_quota, unknown_fields
from core.llm.provider import Chunk, Deadlines, ModelCall

OPENAI = "https://api.openai.com/v1"
RETRIES = 2
FIRST_WAIT_S = 0.5
AFTER_FINISH_S = 3.0  # how long the usage may take to follow the finish reason
AFTER_DONE_S = 0.1  # how long the body's end may take to follow [DONE]; then the connection is of no more use

Opened = httpx2.Response


class OpenAIProvider:
    """One server. Without a `base_url` it is OpenAI's own; without a key a placeholder is sent.

    Bound to the event loop that uses it until it is closed.
    """

    writes: Literal["answer", "opening"] = "answer"

    def __init__(
        self,
        name: str = "openai",
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        context_tokens: int = 24_000,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 - frozen
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.deadlines = deadlines
        self._api_key = api_key
        self._base_url = base_url
        self._dialects: dict[str, Dialect] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._built: asyncio.Task[openai.AsyncOpenAI] | None = None

    @property
    def configured(self) -> bool:
        return bool(self._api_key or self._base_url)

    async def stream(self, call: ModelCall, *, extra: Mapping[str, Any] | None = None) -> AsyncGenerator[Chunk, None]:
        """Prose as it comes, then the finish reason, then the usage. `extra` are fields beyond the protocol.

        Errors: a `ProviderError`. Only failures before the answer's first byte are retried, twice at
        most, within the first-token deadline.
        """
        opened = await self._open(call, extra or {})
        if isinstance(opened, ProviderError):
            raise opened
        answer, failure = AnswerReader(), None
        try:
            async with contextlib.aclosing(_chunks(opened, answer)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except ProviderError as broken:
            failure = broken
        finally:
            await opened.aclose()
        if spent := answer.spent():
            yield spent
        if failure := failure or answer.verdict():
            raise failure

    async def aclose(self) -> None:
        built, self._built = self._built, None
        if built and self._loop is asyncio.get_running_loop():
            with contextlib.suppress(*OPENING):
                await (await built).close()

    async def _open(self, call: ModelCall, extra: Mapping[str, Any]) -> Opened | ProviderError:
        """The response whose body is still to come, or why there is none.

        Failures are handed back, not raised: an error raised while another is handled would carry
        the upstream's text along as its context.
        """
        give_up_at = time.monotonic() + min(self.deadlines.first_token, self.deadlines.leg)
        dialect = self._dialects.get(call.model) or first_dialect(self._base_url)
        retries = 0
        while True:
            asked = await self._ask(call, dialect, extra)
            if isinstance(asked, Opened):
                self._dialects[call.model] = dialect
                return asked
            unknown = unknown_fields(asked)
            if unknown is not None and (narrower := dialect.without(unknown, call)):
                dialect = narrower
                continue
            error = explain(asked)
            wait_s = None if is_out_of_quota(asked) else _wait_s(error, retries)
            if wait_s is None or time.monotonic() + wait_s >= give_up_at:
                return error
            retries += 1
            await asyncio.sleep(wait_s)

    async def _ask(self, call: ModelCall, dialect: Dialect, extra: Mapping[str, Any]) -> Opened | Exception:
        try:
            client = await self._client()
            response = await client.chat.completions.with_streaming_response.create(
                model=call.model,
                messages=cast(Any, dialect.messages(call)),
                stream=True,
                extra_body={**dialect.body(call), **extra},
                extra_headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
            ).__aenter__()
        except OPENING as failure:
            return failure
        return response.http_response

    async def _client(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if self._built is None or self._loop is not loop:
            self._loop = loop
            self._built = loop.create_task(asyncio.to_thread(self._build))
        return await asyncio.shield(self._built)

    def _build(self) -> openai.AsyncOpenAI:
        """Takes 50 ms, hence off the loop: certificates are read."""
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses and the server's reason phrases
        connect = self.deadlines.connect
        return openai.AsyncOpenAI(
            api_key=self._api_key or "unused",
            base_url=self._base_url or OPENAI,
            timeout=httpx2.Timeout(self.deadlines.leg, connect=connect, pool=connect),
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(trust_env=False, follow_redirects=False),
        )


async def _chunks(opened: Opened, answer: AnswerReader) -> AsyncGenerator[Chunk, None]:
    """The answer's chunks, each as soon as its bytes are there."""
    if opened.headers.get("content-encoding", "identity") != "identity":
        raise ProviderGarbled(NOT_THE_PROTOCOL)
    body = BodyReader()
    async with contextlib.aclosing(opened.aiter_raw()) as raw:
        async for received in _received(raw, answer):
            for payload in body.feed(received):
                for chunk in answer.read(payload):
                    yield chunk
    last = None if answer.done else body.rest()
    for chunk in answer.read(last) if last is not None else ():
        yield chunk


async def _received(raw: AsyncIterator[bytes], answer: AnswerReader) -> AsyncGenerator[bytes, None]:
    """The body as the network cuts it; after the finish reason neither silence nor a reset can harm."""
    clock = asyncio.get_running_loop().time
    until: float | None = None
    while True:
        if answer.done:
            until = clock() + AFTER_DONE_S
        elif answer.finished and until is None:
            until = clock() + AFTER_FINISH_S
        last, failed, received = answer.done, False, b""
        try:
            async with asyncio.timeout_at(until):
                received = await anext(raw, b"")
        except READING:
            failed = True
        if failed and not answer.finished:
            raise ProviderCut(CUT)
        if last or not received:
            return
        yield received


def _wait_s(error: ProviderError, retries: int) -> float | None:
    """Seconds until the next try, None when there should be none: doubling, with jitter, or as the server asks."""
    if not error.retryable or retries >= RETRIES:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s
    return FIRST_WAIT_S * 2.0**retries * random.uniform(0.5, 1.0)
