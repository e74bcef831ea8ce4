"""Which cores the threads of this process run on.

Of the threads that work on calls only one has the interpreter at a time. On several cores, what they work with moves from
core to core with it, which takes a fifth of a call. So the event loop stays on one core, the threads that work for it
follow it, and pages and child processes run on any. Where the system lets no thread choose (it needs Linux), nothing
happens here.
"""

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator

NOWHERE = -1


def _teller() -> Callable[[], int]:
    """What tells the core that a thread runs on."""
    try:
        tell: Callable[[], int] = ctypes.PyDLL(None).sched_getcpu  # unlike `CDLL` it keeps the interpreter meanwhile
    except (OSError, TypeError, AttributeError):
        return lambda: NOWHERE
    return tell if hasattr(os, "sched_setaffinity") else lambda: NOWHERE


here = _teller()
"""The number of the core that this thread runs on, `NOWHERE` where the system does not tell."""

_every: set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def stay() -> None:
    """Let this thread, and those it starts from now on, run only on the core that it runs on now."""
    follow(here())


def follow(core: int) -> None:
    """Let this thread run on one core only."""
    _allow({core} if core != NOWHERE else set())


def roam() -> None:
    """Let this thread run on all cores of the process again."""
    _allow(_every)


@contextlib.contextmanager
def roaming() -> Iterator[None]:
    """While this holds, the thread and the processes it starts run on all cores of this process."""
    before = os.sched_getaffinity(0) if _every else set()
    roam()
    try:
        yield
    finally:
        _allow(before)


def _allow(cores: set[int]) -> None:
    if cores:
        with contextlib.suppress(OSError):  # they were taken away from this process meanwhile
            os.sched_setaffinity(0, cores)
