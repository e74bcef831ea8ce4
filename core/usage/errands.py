"""Long work about money, done by a child process, so that pages and streams do not wait for it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import LimitReached
from core.settings import HOUSE

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
        errand = Errand(kind, _spawn())
        order = json.dumps({"url": database, "kind": kind, "given": dict(given)})
        errand.follower = threading.Thread(target=_follow, args=(errand, order), daemon=True)
        errand.follower.start()
    except BaseException:
        _turns.release()
        raise
    return errand


def _follow(errand: Errand, order: str) -> None:
    try:
        with errand.process as process:
            assert process.stdin and process.stdout and process.stderr
            with suppress(OSError):  # it died at once: what it said stands on stderr
                process.stdin.write(order + "\n")
                process.stdin.close()
            for line in process.stdout:
                _hear(errand, json.loads(line))
            said = process.stderr.read().strip().splitlines()
        if errand.state == "running":
            _end(errand, process.returncode, said)
    finally:
        _turns.release()


def _hear(errand: Errand, told: Mapping[str, Any]) -> None:
    if "result" in told:
        errand.result = told["result"]
    else:
        errand.runs, errand.share = told["runs"], told["share"]


def _end(errand: Errand, code: int, said: list[str]) -> None:
    if code == 0:
        errand.state = "ready"
        return
    errand.problem = said[-1] if code == 2 and said else "The calculation ended early. Start it again."
    errand.state = "failed"


def _spawn() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "core.usage.errands_child"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
