"""What the server spends on one rerun of a page over many runs, and of Usage while an export of all of them goes on.

python -m tests.bench.reruns [--runs 1000000] [--on sqlite,postgresql] [--keep FOLDER]
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from pydantic import SecretStr
from streamlit.testing.v1 import AppTest

from core import wiring
from core.settings import HOUSE, Settings
from core.store import Store
from tests.bench import databases
from tests.bench.databases import Clock

TIMES = 7
MOST, AIM = 400, 150  # milliseconds of one rerun
UNSEEN = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns of pages without a browser


@dataclass(frozen=True, slots=True)
class View:
    """A page as an address opens it."""

    page: str
    asked: Mapping[str, str] = field(default_factory=dict)


USAGE = View("usage.py")
YEAR = {"period": "12m"}
VIEWS = {
    "Usage as it opens": USAGE,
    "Usage, a year": View("usage.py", YEAR),
    "Usage, a year, speed": View("usage.py", YEAR | {"view": "speed"}),
    "Usage, a year, people": View("usage.py", YEAR | {"view": "people"}),
    "Usage, a year, errors": View("usage.py", YEAR | {"view": "errors"}),
    "Usage, a year, documents": View("usage.py", YEAR | {"view": "documents"}),
    "Runs as it opens": View("runs.py"),
    "Runs, two filters": View("runs.py", {"feature": "match", "status": "fallback"}),
    "Runs, dearest of a search": View("runs.py", {"search": "engineer", "sort": "cost"}),
}


def main() -> None:
    from tests.bench import usage  # here, for it measures reruns too

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--on", default=",".join(databases.BOTH), help="which databases, with a comma")
    parser.add_argument("--keep", type=Path, help="a folder in which the databases stay, and are used again")
    given = parser.parse_args()
    for kind in given.on.split(","):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            Path(scratch).chmod(0o755)  # PostgreSQL may run as an account of its own
            with databases.opened(kind, (given.keep or Path(scratch)) / f"{kind}_{given.runs}") as url:
                store = usage.furnished(url, given.runs)
                print(f"\n{kind}, {given.runs:,} runs; milliseconds of the processor, the database's included")
                print(f"{'':<32}{'first':>9}{'again':>9}   at most {MOST}, aim {AIM}")
                for name, (first, again) in each(store).items():
                    judged = "aim" if again <= AIM else "holds" if again <= MOST else "MISSED"
                    print(f"{name:<32}{first:9.0f}{again:9.0f}   {judged}", flush=True)
                store.close()


def each(store: Store) -> dict[str, tuple[float, float]]:
    """Of each view: milliseconds of the processor when it is opened, and of a rerun of it."""
    found, clock = {}, Clock(store)
    with _open(store):
        for name, view in VIEWS.items():
            at = _at(view)
            first = clock.spent(lambda at=at: _shown(at))  # type: ignore[misc]
            found[name] = first, min(clock.spent(lambda at=at: _shown(at)) for _ in range(TIMES))  # type: ignore[misc]
    return found


def measured(store: Store) -> dict[str, float]:
    """Milliseconds of one rerun of Usage: of the processor, by the clock, and by the clock beside an export."""
    with _open(store) as folder:
        at, clock = _at(USAGE), Clock(store)
        _shown(at)
        work = [clock.spent(at.run) for _ in range(TIMES)]
        alone = [_waited(at) for _ in range(TIMES)]
        with exporting(_url(store), folder / "runs.parquet") as child:
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
def _open(store: Store) -> Iterator[Path]:
    """A workbench on this database, as pages find it; yields a folder for what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url=SecretStr(_url(store)),
            host="127.0.0.1",
            embedded_model="off",
            demo_data="off",
        )
        with wiring.opened(wiring.build(settings)) as workbench:
            wiring.install(workbench)
            try:
                yield Path(folder)
            finally:
                wiring.install(None)


def _url(store: Store) -> str:
    return store.url.render_as_string(hide_password=False)


def _at(view: View) -> AppTest:
    """A tab that is about to open this page."""
    at = AppTest.from_file(str(HOUSE / "pages" / "frame.py"), default_timeout=120).run()
    logging.getLogger(UNSEEN).setLevel(logging.ERROR)  # the first run of a process has set it
    at.switch_page(view.page)
    for name, value in view.asked.items():
        at.query_params[name] = value
    return at


def _shown(at: AppTest) -> None:
    """Run the page. Errors: `SystemExit` for one that fails."""
    at.run()
    if at.exception:
        raise SystemExit(f"The page failed: {at.exception}")


def _waited(at: AppTest) -> float:
    begin = time.perf_counter()
    at.run()
    return (time.perf_counter() - begin) * 1e3


if __name__ == "__main__":
    main()
