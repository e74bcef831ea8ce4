"""One AI call, from a prepared request to a recorded answer.

A run walks its legs until one answers; the last is the rule-based engine, which cannot fail. Whatever
happens on the way, it is recorded once and its last event is `done`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import anyio
from anyio import CapacityLimiter, to_thread

from core.access import admission
from core.errors import (
    AnswerTooLong,
    AnswerUnreadable,
    LimitReached,
    ProviderCut,
    ProviderError,
    ProviderResting,
    ProviderSlow,
)
from core.llm import accounts, fallback, finish, outcome, parser, runs, trips
from core.llm.call import Call
from core.llm.cooldown import Cooldown, Turn
from core.llm.live import LiveRun
from core.llm.prepare import Composed, Prepared
from core.llm.provider import Finished, Prose, Provider
from core.llm.router import Leg
from core.llm.runs import Attempt, Ending
from core.llm.scanner import Scanner
from core.llm.trips import Trips
from core.schema import RunResult, Written
from core.store import Store
from core.tools import memory, tokens
from core.traces import brief, where

log = logging.getLogger(__name__)

CUT_SHORT = "The model stopped at its length limit, so the end may be missing. Raise max_tokens or ask for less."
BROKE = "This step failed inside the workbench. The next one took over; the log says where."
REASONS = ("stop", "length", "content_filter", "tool_calls", "function_call")  # a server's own word is never kept
APART_S_A_RUN = 0.0005
NOT_RECORDED = (
    "This run could not be recorded yet: the database did not take it. It is tried again; save what you need."
)


class Runner:
    """Runs prepared calls on the event loop; its database work and rules run in worker threads of their own."""

    def __init__(self, store: Store, providers: Mapping[str, Provider]) -> None:
        self.store = store
        self.providers = providers
        self.threads = CapacityLimiter(8)
        self.cooldown = Cooldown()
        self.under_way = 0
        together = store.together
        self.records: Trips[Ending, bool] = Trips(
            partial(runs.settle_all, store),
            threads=1 if together > 1 else 8,
            most=together,
            patience_s=0,
            apart_s=partial(self.apart_s, most_s=0.03),
        )
        self.thoughts: Trips[Callable[[], Written], Written] = Trips(trips.each, threads=2, most=8)
        self.unrecorded: dict[str, Ending] = {}

    def apart_s(self, *, most_s: float) -> float:
        """Seconds between two commits: the more runs are under way, the more of them share one."""
        return min(most_s, APART_S_A_RUN * self.under_way) if self.store.together > 1 else 0

    def record_again(self) -> None:
        """Try once more to record the runs that the database would not take; from a worker thread."""
        for run_id, ending in list(self.unrecorded.items()):
            try:
                runs.settle(self.store, ending.opening, ending.result, ending.attempts, ending.cost, note=ending.note)
            except Exception as refused:  # a record that can never be written must not keep the others waiting
                log.error("run %s is still not recorded: %s", run_id, brief(refused))
            else:
                del self.unrecorded[run_id]

    def close(self) -> None:
        """Let go of the threads."""
        self.records.close()
        self.thoughts.close()

    async def run(self, prepared: Prepared, opening: runs.Opening, live: LiveRun) -> RunResult:
        """Walk the legs, record, and emit `done`. Never raises for anything a model or a caller did."""
        self.under_way += 1
        try:
            return await self._run(prepared, opening, live)
        finally:
            self.under_way -= 1

    async def _run(self, prepared: Prepared, opening: runs.Opening, live: LiveRun) -> RunResult:
        call = Call(prepared, opening, live)
        written: Written | None = None
        with live.scope:
            for leg in prepared.route.legs:
                if written := await self._try(call, leg):
                    break
        if written:
            result = call.result("ok" if len(call.attempts) == 1 and not call.rested else "fallback", written)
        elif live.scope.cancelled_caught:
            result = call.result("cancelled", outcome.partial(live.events))
        else:
            result = call.result("fallback", outcome.nothing())
        result = await self._record(call, result)
        live.finish(result)
        return result

    async def _try(self, call: Call, leg: Leg) -> Written | None:
        """One leg, if its model is not left alone for a while; None when the next should take over."""
        if leg.provider != "rules" and any(a.error_code == AnswerTooLong.code for a in call.attempts):
            return None  # the events are full: only the rules' short answer still fits
        try:
            turn = self.cooldown.turn(leg)
        except ProviderResting as resting:
            call.skip(leg, resting)
            return None
        try:
            return await self._take(call, leg, turn)
        finally:
            turn.over()

    async def _take(self, call: Call, leg: Leg, turn: Turn) -> Written | None:
        """One leg's turn; None when it failed."""
        attempt: Attempt | None = None
        try:
            if not await self._affords(call, leg):
                return None
            attempt = call.begin(leg)
            if leg.provider == "rules":
                written = await self._rules(call, attempt)
            else:
                written = await self._ask(call, attempt, leg, self.providers[leg.provider])
        except ProviderError as failed:
            turn.failed(failed)
            attempt = attempt or call.begin(leg)
            attempt.status, attempt.error_code, attempt.error = "failed", failed.code, failed.message
            return None
        except Exception as broken:  # a run always ends in an answer
            attempt = attempt or call.begin(leg)
            log.error("leg %s of run %s broke: %s", attempt.number, call.opening.id, where(broken))
            attempt.status, attempt.error_code, attempt.error = "failed", "internal", BROKE
            return None
        else:
            turn.answered()
            attempt.status = "ok"
            return written
        finally:
            if attempt:
                await self._close(attempt)

    async def _close(self, attempt: Attempt) -> None:
        """Fix what a leg used. A long text is counted in a thread, so that other runs go on meanwhile."""
        if sum(map(len, attempt.text)) <= tokens.KNOWN_CHARS:
            accounts.close(attempt)
            return
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(accounts.close, attempt, limiter=self.threads)

    async def _affords(self, call: Call, leg: Leg) -> bool:
        """Whether the limits have room for this leg; what the first one may need is held since the run opened."""
        claim, first = call.opening.claim, call.prepared.route.legs[0]
        if claim is None or leg.provider == "rules" or (claim.whole and leg == first):
            return True
        used = accounts.used(call.attempts, held_nanousd=claim.nanousd)

        def more() -> LimitReached | None:
            need = call.prepared.estimate(leg, self.providers[leg.provider], claim.at)
            return admission.more(self.store, claim, call.opening.id, used=used, need=need)

        with anyio.CancelScope(shield=True):  # `started` comes before a run can be stopped
            if short := await to_thread.run_sync(more, limiter=self.threads):
                call.skip(leg, short)
                return False
        return True

    async def _ask(self, call: Call, attempt: Attempt, leg: Leg, provider: Provider) -> Written:
        """Stream one model's answer, within the provider's deadlines, and read it."""
        prepared, request = call.prepared, call.opening.request
        composed = prepared.composed(leg)
        if composed is None:
            composed = await to_thread.run_sync(prepared.compose, leg, provider, limiter=self.threads)
        attempt.messages, attempt.pieces = composed.call.messages, composed.pieces
        attempt.parts = [{"name": part.name, "tokens": part.tokens} for part in composed.parts]
        call.live.progress.input_tokens = sum(part.tokens for part in composed.parts)
        scanner = Scanner(composed.call.output, prepared.prompt.writes)
        if provider.writes == "opening":
            for field, text in scanner.feed(f"{finish.title(request.feature, prepared.material)}\n"):
                call.live.emit("delta", {"field": field, "text": text})
        await self._read(call, attempt, provider, composed, scanner)
        for field, text in scanner.end():
            call.say(attempt, field, text)
        text = "".join(attempt.text)
        if not text.strip():
            raise AnswerUnreadable("The model finished without saying anything.")
        written = await self.thoughts.take(partial(_finished, prepared, provider, text))
        if attempt.finish_reason == "length" and provider.writes == "answer":
            written = replace(written, answer=outcome.warned(written.answer, CUT_SHORT))
        return written

    async def _read(
        self, call: Call, attempt: Attempt, provider: Provider, composed: Composed, scanner: Scanner
    ) -> None:
        """The leg's stream, chunk by chunk, each deadline watched. Errors: `ProviderSlow`, `ProviderCut`."""
        limits, clock = (
            provider.deadlines,
            asyncio.get_running_loop().time,
        )  # what scopes go by, without asking whose it is
        start = clock()
        end, moved = start + limits.leg, 0.0
        with anyio.CancelScope(deadline=min(end, start + limits.first_token)) as watch:
            async with aclosing(provider.stream(composed.call)) as chunks:
                async for chunk in chunks:
                    now = clock()
                    if now > moved + limits.idle / 50:  # not at every token: moving a deadline costs as much as one
                        watch.deadline, moved = min(end, now + limits.idle), now
                    if isinstance(chunk, Prose):
                        attempt.text.append(chunk.text)
                        for field, text in scanner.feed(chunk.text):
                            call.say(attempt, field, text)
                    elif isinstance(chunk, Finished):
                        attempt.finish_reason = chunk.reason if chunk.reason in REASONS else "other"
                    else:
                        accounts.note(attempt, chunk)
        if watch.cancelled_caught and attempt.finish_reason is None:
            raise ProviderSlow("The model took too long, so it was stopped.")
        if attempt.finish_reason is None:
            raise ProviderCut("The model's answer was cut off in the middle.")

    async def _rules(self, call: Call, attempt: Attempt) -> Written:
        """The rule-based engine's answer, shown as it would stream."""
        prepared = call.prepared
        call.live.lift_limit()
        write = lambda: fallback.write(call.opening.request.feature, prepared.material, today=prepared.today)  # noqa: E731
        written = await to_thread.run_sync(write, limiter=self.threads)
        answer = written.answer
        for field in ("title", "summary", "content"):
            call.say(attempt, field, getattr(answer, field))
        attempt.text.append(answer.content)
        attempt.finish_reason = "stop"
        return written

    async def _record(self, call: Call, result: RunResult) -> RunResult:
        """Settle the run; what the database refuses is said in the answer, because it is all that is left of it."""
        cost = accounts.total(call.attempts)
        finished = result.status in ("ok", "fallback")
        written = Written(result.answer, result.changes, result.details)
        note = memory.asked(call.opening.request, written, datetime.now(UTC)) if finished else None
        ending = Ending(call.opening, result, call.attempts, cost, note)
        for pause in (0.05, 0.5, None):
            try:
                await self.records.take(ending)
            except Exception as refused:  # nor may a record that fails keep a run from its end
                if pause is None:
                    log.error("run %s was not recorded: %s", call.opening.id, brief(refused))
                    self.unrecorded[call.opening.id] = ending
                    return result.model_copy(update={"answer": outcome.warned(result.answer, NOT_RECORDED)})
                await anyio.sleep(pause)
            else:
                break
        return result


def _finished(prepared: Prepared, provider: Provider, text: str) -> Written:
    """The model's text as an answer, with all that code computes from it. Errors: `AnswerUnreadable`."""
    feature, material, prompt = prepared.request.feature, prepared.material, prepared.prompt
    if provider.writes == "opening":
        return finish.opening(text, feature, material, today=prepared.today)
    parsed = parser.read(text, prompt.output, prompt.writes)
    return finish.finish(parsed, feature, material, prompt.writes, today=prepared.today)
