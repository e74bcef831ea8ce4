"""A child process that is given one order and says how far it is, a line at a time."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from core import cores
from core.settings import HOUSE

PRIVATE = 0o077  # what it writes is for this account alone


def spawn(module: str) -> "subprocess.Popen[str]":
    """Start a module of the house; it waits for its order on stdin, so that no argument holds a secret."""
    with cores.roaming():
        return subprocess.Popen(
            [sys.executable, "-m", module],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(HOUSE), os.environ.get("PYTHONPATH")]))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=PRIVATE,
        )


def follow(process: "subprocess.Popen[str]", order: Mapping[str, Any], hear: Callable[[str], None]) -> str | None:
    """Give the order, hear each line, wait for the end; None when it ended well, else the sentence it ended with, or ""."""
    with process:
        assert process.stdin and process.stdout and process.stderr
        with suppress(OSError):  # it died at once: what it said stands on stderr
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.close()
        for line in process.stdout:
            hear(line)
        said = process.stderr.read().strip().splitlines()
    if process.returncode == 0:
        return None
    return said[-1] if process.returncode == 2 and said else ""
