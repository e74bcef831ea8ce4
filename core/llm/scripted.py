"""A provider that plays a script: for tests and for trying the workbench without a model.

Scripted([Play(error=ProviderBusy("…")), Play("Hello", " world", usage=Usage(input_tokens=9, output_tokens=2))])
"""

import asyncio
import copy
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.llm.provider import Chunk, Deadlines, Finished, ModelCall, Prose, Spent
from core.schema import Usage


class Play:
    """What one call brings, in this order: `texts`, each after `pause_s`; `usage`; then how it ends.

    With `hang` nothing more ever comes; with `error` that is raised; else the finish reason comes
    before the usage, or none with `finish=None`, which is a cut stream. `raw`, `model` and `tier` go
    into `Spent` as a server would put them there.
    """

    def __init__(
        self,
        *texts: str,
        finish: str | None = "stop",
        usage: Usage | None = None,
        error: Exception | None = None,
        hang: bool = False,
        pause_s: float = 0.0,
        model: str | None = None,
        tier: str | None = None,
    ) -> None:
        self.texts = texts
        self.finish = finish if error is None and not hang else None
        self.error = error
        self.hang = hang
        self.pause_s = pause_s
        self.spent = Spent(usage, usage.model_dump(), model, tier) if usage else None


@dataclass(slots=True)
class Heard:
    """One call and what became of its stream. `closed` and `cancelled` are the caller's doing. Times are monotonic."""

    call: ModelCall
    started_at: float
    ended: Literal["open", "whole", "failed", "closed", "cancelled"] = "open"
    ended_at: float | None = None

    def end(self, ended: Literal["whole", "failed", "closed", "cancelled"]) -> None:
        self.ended, self.ended_at = ended, time.monotonic()


class Scripted:
    """Plays one `Play` a call, in order; the last repeats. A play may be made from the call it answers."""

    def __init__(
        self,
        script: Sequence[Play | Callable[[ModelCall], Play]] = (),
        *,
        name: str = "scripted",
        writes: Literal["answer", "opening"] = "answer",
        context_tokens: int = 24_000,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 - frozen
        configured: bool = True,
    ) -> None:
        self.name = name
        self.writes: Literal["answer", "opening"] = writes
        self.context_tokens = context_tokens
        self.deadlines = deadlines
        self.heard: list[Heard] = []
        self.is_closed = False
        self._script = list(script) or [Play("Hello")]
        self._configured = configured

    @property
    def configured(self) -> bool:
        return self._configured

    @property
    def calls(self) -> list[ModelCall]:
        """What was asked, oldest first."""
        return [heard.call for heard in self.heard]

    async def stream(self, call: ModelCall) -> AsyncGenerator[Chunk, None]:
        """The next play. Errors: whatever it says."""
        heard = Heard(call, time.monotonic())
        turn = self._script[min(len(self.heard), len(self._script) - 1)]
        self.heard.append(heard)
        try:
            async for chunk in _played(turn if isinstance(turn, Play) else turn(call)):
                yield chunk
        except asyncio.CancelledError:
            heard.end("cancelled")
            raise
        except GeneratorExit:
            heard.end("closed")
            raise
        except Exception:
            heard.end("failed")
            raise
        heard.end("whole")

    async def aclose(self) -> None:
        self.is_closed = True


async def _played(play: Play) -> AsyncGenerator[Chunk, None]:
    for text in play.texts:
        await asyncio.sleep(play.pause_s)
        yield Prose(text)
    if play.finish:
        yield Finished(play.finish)
    if play.spent:
        yield play.spent
    if play.hang:
        await asyncio.Event().wait()
    if play.error:
        raise copy.copy(play.error)  # the same one raised twice would gather tracebacks
