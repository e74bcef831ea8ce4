"""Long work about money, done by a child process, so that pages and streams do not wait for it."""

import json
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core import child
from core.errors import LimitReached

State = Literal["running", "ready", "failed", "cancelled"]
AT_ONCE = 2

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(slots=True)
class Errand:
    """One piece of work: `runs` looked at so far, `share` about how much of the work that is; `result` once it is ready."""

    kind: str
    process: "subprocess.Popen[str]"
    runs: int = 0
    share: float = 0.0
    state: State = "running"
    result: Any = None
    problem: str = ""
    follower: threading.Thread | None = field(default=None, repr=False)

    def cancel(self) -> None:
        """Stop it; nothing it did not finish is kept."""
        if self.state == "running":
            self.state = "cancelled"
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Until it has ended, so many seconds at most."""
        if self.follower:
            self.follower.join(seconds)


def start(database: str, kind: str, given: Mapping[str, Any]) -> Errand:
    """Begin; `kind` is one of `core.usage.errands_child.WORK`, `given` what it takes, JSON-ready.

    Errors: `LimitReached` when enough is under way.
    """
    if not _turns.acquire(blocking=False):
        raise LimitReached("Two calculations are under way already. Wait until one has ended.", retry_after_s=10)
    try:
        errand = Errand(kind, child.spawn("core.usage.errands_child"))
        order = {"url": database, "kind": kind, "given": dict(given)}
        errand.follower = threading.Thread(target=_follow, args=(errand, order), daemon=True)
        errand.follower.start()
    except BaseException:
        _turns.release()
        raise
    return errand


def _follow(errand: Errand, order: Mapping[str, Any]) -> None:
    try:
        problem = child.follow(errand.process, order, lambda line: _hear(errand, json.loads(line)))
        if errand.state == "running":
            errand.problem = "" if problem is None else problem or "The calculation ended early. Start it again."
            errand.state = "ready" if problem is None else "failed"
    finally:
        _turns.release()


def _hear(errand: Errand, told: Mapping[str, Any]) -> None:
    if "result" in told:
        errand.result = told["result"]
    else:
        errand.runs, errand.share = told["runs"], told["share"]
