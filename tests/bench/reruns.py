"""What the server spends on one rerun of a page over many runs, alone and while an export of all of them goes on."""

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from core import wiring
from core.settings import HOUSE, Settings
from core.store import Store
from tests.bench.databases import Clock

TIMES = 7
UNSEEN = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns of pages without a browser


def measured(store: Store, page: str = "usage.py") -> dict[str, float]:
    """Milliseconds of one rerun: of the processor, by the clock, and by the clock beside an export."""
    url = store.url.render_as_string(hide_password=False)
    logging.getLogger(UNSEEN).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, _open(url, Path(folder)):
        at = AppTest.from_file(str(HOUSE / "pages" / "frame.py"), default_timeout=120).run()
        at.switch_page(page).run()
        if at.exception:
            raise SystemExit(f"{page} failed: {at.exception}")
        clock = Clock(store)
        work = [clock.spent(at.run) for _ in range(TIMES)]
        alone = [_waited(at) for _ in range(TIMES)]
        with exporting(url, Path(folder) / "runs.parquet") as child:
            beside = []
            while child.poll() is None:
                beside.append(_waited(at))
    return {"rerun": min(work), "rerun waited": median(alone), "rerun beside export": median(beside)}


@contextmanager
def exporting(url: str, file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A child that writes all runs to a file, as the page has it done; it has ended at the end."""
    order = {"url": url, "filter": "", "file": str(file), "format": file.suffix[1:], "texts": False}
    child = subprocess.Popen(
        [sys.executable, "-m", "core.llm.run_export_child"],
        cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with child:
        assert child.stdin
        child.stdin.write(json.dumps(order) + "\n")
        child.stdin.close()
        try:
            yield child
        finally:
            child.wait()


@contextmanager
def _open(url: str, folder: Path) -> Iterator[None]:
    settings = Settings(
        data_dir=folder, database_url=SecretStr(url), host="127.0.0.1", embedded_model="off", demo_data="off"
    )
    with wiring.opened(wiring.build(settings)) as workbench:
        wiring.install(workbench)
        try:
            yield
        finally:
            wiring.install(None)


def _waited(at: AppTest) -> float:
    begin = time.perf_counter()
    at.run()
    return (time.perf_counter() - begin) * 1e3
