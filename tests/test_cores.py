"""Where threads run: the loop stays on one core, pages and child processes run on any."""

import json
import os
import subprocess
import sys
import threading

import pytest

from core import cores

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system does not let a thread choose its core"
)
ASK = "import os; print(sorted(os.sched_getaffinity(0)))"


def in_thread(work: list[str]) -> list[set[int]]:
    """The cores of a thread after each of these steps."""
    seen: list[set[int]] = []

    def steps() -> None:
        for step in work:
            getattr(cores, step)()
            seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=steps)
    thread.start()
    thread.join()
    return seen


def test_a_thread_that_stays_has_one_core_and_one_that_roams_all() -> None:
    every = os.sched_getaffinity(0)
    stayed, roamed = in_thread(["stay", "roam"])
    assert len(stayed) == 1
    assert stayed <= every
    assert roamed == every
    assert os.sched_getaffinity(0) == every  # and no other thread with it


def test_a_child_of_a_thread_that_stays_runs_on_all_cores() -> None:
    every, told = os.sched_getaffinity(0), []

    def steps() -> None:
        cores.stay()
        with cores.roaming():
            told.append(subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout)
        told.append(str(sorted(os.sched_getaffinity(0))))

    thread = threading.Thread(target=steps)
    thread.start()
    thread.join()
    child, after = (set(json.loads(one)) for one in told)
    assert child == every
    assert len(after) == 1


def test_a_core_that_is_not_there_is_passed_over() -> None:
    before = os.sched_getaffinity(0)
    cores.follow(4_095)
    cores.follow(cores.NOWHERE)
    assert os.sched_getaffinity(0) == before
