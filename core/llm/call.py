"""The state of one run while it walks its legs: its attempts, what it says on the way, what it comes to."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import add

from core.errors import LimitReached, ProviderResting
from core.llm import accounts, outcome
from core.llm.live import LiveRun
from core.llm.prepare import Prepared
from core.llm.router import Leg
from core.llm.runs import Attempt, Opening
from core.schema import RunResult, RunStatus, Usage, Written


class Call:
    """The state of one run while it walks its legs."""

    def __init__(self, prepared: Prepared, opening: Opening, live: LiveRun) -> None:
        self.prepared = prepared
        self.opening = opening
        self.live = live
        self.attempts: list[Attempt] = []
        self.warnings = list(prepared.warnings)
        self.rested = False
        self._untold: list[dict[str, str]] = []  # legs passed over since the last one began

    def begin(self, leg: Leg) -> Attempt:
        """A new attempt, announced: `started` for the first, `notice` for one that takes over."""
        attempt = Attempt(len(self.attempts) + 1, leg.provider, leg.model, datetime.now(UTC))
        self.attempts.append(attempt)
        where = {"provider": leg.provider, "model": leg.model}
        self.live.progress.provider, self.live.progress.model = leg.provider, leg.model
        self.live.progress.output, self.live.progress.input_tokens = attempt.text, 0
        if attempt.number == 1:
            head = {"run_id": self.opening.id, "feature": self.opening.request.feature, "prompt": self.opening.prompt}
            self.live.emit("started", head | where | {"route": self.opening.route})
        else:
            self.live.progress.used = reduce(add, (earlier.usage for earlier in self.attempts[:-1]), Usage())
            self.live.progress.cost = accounts.total(self.attempts[:-1])
            failed = self.attempts[-2]
            self.live.emit("notice", {"code": failed.error_code, "message": failed.error} | where)
        for notice in self._untold:
            self.live.emit("notice", notice | where)
        self._untold.clear()
        return attempt

    def skip(self, leg: Leg, short: LimitReached | ProviderResting) -> None:
        """Pass over a leg that no limit has room for or that is left alone for a while; said when the next one begins,
        for `started` comes first."""
        resting = isinstance(short, ProviderResting)
        self.rested |= resting
        if self.opening.claim:
            why = "it failed too often of late" if resting else short.code
            self.opening.claim.skipped.append(f"{leg} skipped: {why}")
        self.warnings.append(f"{leg} was not asked. {short.message}")
        self._untold.append({"code": short.code, "message": self.warnings[-1]})

    def say(self, attempt: Attempt, field: str, text: str) -> None:
        """One delta; the first of the run is its time to first token."""
        if attempt.ttft_ms is None:
            attempt.ttft_ms = accounts.since(attempt.began)
        if self.live.progress.ttft_ms is None:
            self.live.progress.ttft_ms = self.live.elapsed_ms()
        self.live.emit("delta", {"field": field, "text": text})

    def result(self, status: RunStatus, written: Written) -> RunResult:
        live = self.live
        answer = reduce(outcome.warned, self.warnings, written.answer)
        written = replace(written, answer=answer)
        return outcome.result(
            self.opening, status, written, self.attempts, latency_ms=live.elapsed_ms(), ttft_ms=live.progress.ttft_ms
        )
