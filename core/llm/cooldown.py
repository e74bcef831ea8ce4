"""Cool-down: a model that failed several times in a row is left alone for a while, longer each time.

Its memory is this process's own. After the pause one run tries the model again, while the others still pass it
over: if that succeeds the model is back, else it is left alone for twice as long.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.errors import ProviderBusy, ProviderCut, ProviderDown, ProviderError, ProviderResting, ProviderSlow
from core.llm.router import LAST, Leg

IN_A_ROW = 3
FIRST_S = 15.0
LONGEST_S = 300.0
MOST_KEPT = 1_000  # a caller may choose any name of a model


@dataclass(slots=True)
class _State:
    """One model that has failed. `until`, on the clock, is None while it is still asked, as `since` is, in UTC."""

    failures: int = 0
    code: str = ""
    why: str = ""
    pause_s: float = 0
    until: float | None = None
    since: datetime | None = None
    tried: "Turn | None" = None


@dataclass(frozen=True, slots=True)
class Rest:
    """A model that is left alone: how often it failed in a row, why in words, from when and until when (UTC)."""

    leg: Leg
    failures: int
    code: str
    why: str
    since: datetime
    until: datetime


class Turn:
    """One leg's go at its model. Whoever has it says how it ended, and calls `over` whatever happened."""

    def __init__(self, cooldown: "Cooldown", leg: Leg) -> None:
        self.leg = leg
        self._cooldown = cooldown

    def answered(self) -> None:
        """The model is well."""
        self._cooldown.forget(self.leg)

    def failed(self, error: ProviderError) -> None:
        """A server that says no has answered; only what waiting may cure counts as a failure."""
        if counts(error):
            self._cooldown.failed(self, error)
        else:
            self._cooldown.forget(self.leg)

    def over(self) -> None:
        """Without an end of its own, as after Stop, a turn tells nothing of the model: the next run may try it."""
        self._cooldown.released(self)


class Cooldown:
    """Which models are left alone. Turns are taken and ended on the event loop; the rest is for any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._states: dict[Leg, _State] = {}

    def turn(self, leg: Leg) -> Turn:
        """The right to ask this leg's model; the rules always have it. Errors: `ProviderResting`."""
        turn, state = Turn(self, leg), self._states.get(leg)
        if state is not None and state.until is not None:
            if state.tried or self.clock() < state.until:
                raise ProviderResting(_sentence(state, self._wall(state.until)))
            state.tried = turn
        return turn

    def failed(self, turn: Turn, error: ProviderError) -> None:
        """Count a failure; the last one of a row begins a pause."""
        if turn.leg == LAST:
            return
        state = self._states.setdefault(turn.leg, _State())
        if state.until is not None and turn is not state.tried:
            return  # it was asked before the pause began
        state.failures, state.tried = state.failures + 1, None
        state.code, state.why = error.code, error.message
        if state.failures >= IN_A_ROW:
            state.pause_s = min(LONGEST_S, max(2 * state.pause_s or FIRST_S, error.retry_after_s or 0))
            state.since, state.until = state.since or datetime.now(UTC), self.clock() + state.pause_s
        while len(self._states) > MOST_KEPT:
            del self._states[next(iter(self._states))]

    def released(self, turn: Turn) -> None:
        """The turn ended without telling anything: the next run may try."""
        state = self._states.get(turn.leg)
        if state is not None and state.tried is turn:
            state.tried = None

    def forget(self, leg: Leg) -> None:
        """The model answered, or a person wants it tried again now."""
        self._states.pop(leg, None)

    def resting(self) -> list[Rest]:
        """The models that are left alone, the longest first."""
        found = [
            Rest(leg, state.failures, state.code, state.why, state.since, self._wall(state.until))
            for leg, state in list(self._states.items())
            if state.since is not None and state.until is not None
        ]
        return sorted(found, key=lambda rest: rest.since)

    def _wall(self, moment: float) -> datetime:
        """The clock's time as people read it."""
        return datetime.now(UTC) + timedelta(seconds=moment - self.clock())


def counts(error: ProviderError) -> bool:
    """Whether a failure says that the model's server is unwell: unreachable, broken, silent, or asking to wait."""
    if isinstance(error, ProviderBusy):
        return error.retry_after_s is not None
    return isinstance(error, ProviderDown | ProviderSlow | ProviderCut)


def _sentence(state: _State, until: datetime) -> str:
    when = "a run is trying it again right now" if state.tried else f"it is tried again at {until:%H:%M:%S} UTC"
    return f"It failed {state.failures} times in a row and is left alone for a while; {when}."
