"""How fast the list of runs is: `python -m tests.bench.runs_page [--runs 1000000] [--on sqlite,postgresql] [--url URL]`.

Without `--url`, on a new SQLite file and on a PostgreSQL of its own. With it, on a database that holds runs already.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from core.llm import run_list, run_order
from core.llm.run_filter import RunFilter, Sort
from core.store import Store, init_db
from tests.bench import databases, reruns, run_rows
from tests.bench.databases import Clock

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
    "search, dearest of some jobs": ({"search": "Role 42"}, "cost"),
    "search, nothing": ({"search": "zzzz"}, "newest"),
    "dearest of those that cost nothing": ({"status": ("refused",)}, "cost"),
    "most tokens, excluding each other": ({"feature": ("match",), "prompt": ("cover_letter",)}, "tokens"),
    "dearest of three filters": (
        {"plan": ("premium",), "feature": ("match",), "caller": ("token:backend-19",)},
        "cost",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--on", default=",".join(databases.BOTH), help="which databases, with a comma")
    parser.add_argument("--url", help="a database that holds runs already")
    given = parser.parse_args()
    if given.url:
        measure(given.url)
        return
    for kind in given.on.split(","):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            Path(scratch).chmod(0o755)  # PostgreSQL may run as an account of its own
            with databases.opened(kind, Path(scratch) / kind) as url:
                store = Store(url)
                init_db(store)
                run_rows.fill(store, given.runs)
                databases.tidy(store)
                store.close()
                measure(url)


def measure(url: str) -> None:
    """Print the table for one database."""
    store = Store(url)
    print(f"\n{store.writer.dialect.name}, {_runs(store):,} runs; milliseconds, least and most of {TIMES}, and of the")
    print("processor, the database's included")
    month = {"since": datetime.now(UTC) - timedelta(days=100), "until": datetime.now(UTC) - timedelta(days=70)}
    deep = run_order.place_of(datetime.now(UTC) - timedelta(days=250))
    clock = Clock(store)
    for name, wanted in ONE.items():
        for what, more, after in (("first page", {}, None), ("a month", month, None), ("deep page", {}, deep)):
            page = partial(run_list.page, store, RunFilter(**wanted, **more), after=after)
            _line(clock, f"{name}, {what}", page, most=50, aim=10)
    for name, (wanted, sort) in OTHERS.items():
        _line(clock, name, partial(run_list.page, store, RunFilter(**wanted), sort=sort), most=500, aim=100)
    for format in ("parquet", "csv"):
        _export(store, url, format)
    store.close()


def _line(clock: Clock, name: str, page: Callable[[], object], *, most: float, aim: float) -> None:
    waited, worked = [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        worked.append(clock.spent(page))
        waited.append((time.perf_counter() - began) * 1e3)
    least, judged = min(waited), _judged(min(waited), most, aim)
    print(f"{name:<42}{least:9.1f}{max(waited):9.1f}  work{min(worked):7.1f}   at most {most:g}, aim {aim:g}  {judged}")


def _judged(value: float, most: float, aim: float) -> str:
    return "aim" if value <= aim else "holds" if value <= most else "MISSED"


def _export(store: Store, url: str, format: str) -> None:
    """A file of all runs, made as the page makes it; pages go on meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        began, worked, pages, memory = time.perf_counter(), sum(os.times()[2:4]), [], []
        with reruns.exporting(url, Path(folder) / f"runs.{format}") as child:
            while child.poll() is None:
                at = time.perf_counter()
                run_list.page(store, RunFilter())
                pages.append((time.perf_counter() - at) * 1e3)
                memory += [held] if (held := _megabytes(child.pid)) else []
                time.sleep(0.1)
        spent = time.perf_counter() - began
        work = sum(os.times()[2:4]) - worked
    rate, half = _runs(store) / work, memory[len(memory) // 2 :] or [0]
    print(f"export to {format}, with the child's start: {_runs(store) / spent:,.0f} runs/s, {rate:,.0f} per second")
    print(f"    of its own work   at least 100,000, aim 300,000  {_judged(-rate, -100_000, -300_000)}")
    print(f"    its memory in the second half {min(half):.0f} to {max(half):.0f} MB; a page of the list meanwhile")
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


if __name__ == "__main__":
    main()
