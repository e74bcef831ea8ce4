"""Models behind any OpenAI-compatible server.

The body of an answer is read raw: an object for each chunk of it would cost several times the processor time.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal

import aiohttp

from core.errors import ProviderCut, ProviderError, ProviderGarbled
from core.llm import openai_line
from core.llm.openai_answer import CUT, NOT_THE_PROTOCOL, AnswerReader, BodyReader
from core.llm.openai_dialect import Dialect, first_dialect
from core.llm.openai_failure import OPENING, READING, explain, is_out_of_quota, unknown_fields
from core.llm.openai_line import Line
from core.llm.provider import Chunk, Deadlines, ModelCall

RETRIES = 2
FIRST_WAIT_S = 0.5
AFTER_FINISH_S = 3.0  # how long the usage may take to follow the finish reason
AFTER_DONE_S = 0.1  # how long the body's end may take to follow [DONE]; then the connection is of no more use

Opened = aiohttp.ClientResponse


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
        self._opening: asyncio.Task[Line] | None = None

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
        answer, failure = AnswerReader(call, secret=self._api_key or ""), None
        body, received = BodyReader(), _Received(opened, answer)
        try:
            _check_encoding(opened)
            while block := await received.next():
                for payload in body.feed(block):
                    for chunk in answer.read(payload):
                        yield chunk
            last = None if answer.done else body.rest()
            for chunk in answer.read(last) if last is not None else ():
                yield chunk
        except ProviderError as broken:
            failure = broken
        finally:
            opened.close()
        for chunk in answer.rest():
            yield chunk
        if failure := failure or answer.verdict():
            raise failure

    async def aclose(self) -> None:
        opening, self._opening = self._opening, None
        if opening and self._loop is asyncio.get_running_loop():
            with contextlib.suppress(*OPENING):
                await (await opening).close()

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
        asked = {"model": call.model, "messages": dialect.messages(call), "stream": True}
        try:
            line = await self._line()
            return await line.post(asked | dialect.body(call) | dict(extra))
        except OPENING as failure:
            return failure

    async def _line(self) -> Line:
        loop = asyncio.get_running_loop()
        if self._opening is None or self._loop is not loop:
            self._loop = loop
            opening = openai_line.opened(
                api_key=self._api_key, base_url=self._base_url, connect_s=self.deadlines.connect
            )
            self._opening = loop.create_task(opening)
        return await asyncio.shield(self._opening)


class _Received:
    """The body as the network cuts it; after the finish reason neither silence nor a reset can harm."""

    def __init__(self, opened: Opened, answer: AnswerReader) -> None:
        self._body = opened.content
        self._answer = answer
        self._until: float | None = None
        self._last = False

    async def next(self) -> bytes:
        """What came since the last call, as soon as there is something; nothing at the end. Errors: `ProviderCut`."""
        if self._answer.finished or self._answer.done:
            return await self._after()
        try:
            return await self._body.readany()
        except READING:
            pass  # our own error is raised outside, or it would carry the server's along
        raise ProviderCut(CUT)

    async def _after(self) -> bytes:
        """The usage, `[DONE]` and the body's end, for which nobody waits long."""
        if self._last or self._body.at_eof():
            return b""
        now, self._last = asyncio.get_running_loop().time(), self._answer.done
        if self._answer.done:
            self._until = now + AFTER_DONE_S
        elif self._until is None:
            self._until = now + AFTER_FINISH_S
        try:
            async with asyncio.timeout_at(self._until):
                return await self._body.readany()
        except READING:
            pass
        if self._answer.finished:
            return b""
        raise ProviderCut(CUT)


def _check_encoding(opened: Opened) -> None:
    if opened.headers.get("content-encoding", "identity") != "identity":
        raise ProviderGarbled(NOT_THE_PROTOCOL)


def _wait_s(error: ProviderError, retries: int) -> float | None:
    """Seconds until the next try, None when there should be none: doubling, with jitter, or as the server asks."""
    if not error.retryable or retries >= RETRIES:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s
    return FIRST_WAIT_S * 2.0**retries * random.uniform(0.5, 1.0)
