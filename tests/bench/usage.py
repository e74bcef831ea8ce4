"""What the figures cost: the page's questions at a million runs and more, beside DuckDB over the raw rows.

    python -m tests.bench.usage [--runs 1000000] [--ten] [--on sqlite,postgresql] [--keep FOLDER]

Times are of the processor, the database's included, in milliseconds; DuckDB has one thread, so that they can be compared.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from core.store import Store, init_db
from core.usage import fold, pending, zones
from core.usage.filters import Filter
from core.usage.keys import Known
from core.usage.queries import Snapshot, Usage
from core.usage.records import RUN
from tests.bench import databases
from tests.bench.databases import Clock

Spent = Callable[[Callable[[], object]], float]  # milliseconds that something takes
BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = (
    *("feature", "plan", "provider", "model", "prompt", "status", "caller", "user_id", "created_at", "cost_status"),
    *("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_nanousd", "latency_ms", "ttft_ms"),
)
SUMS = """count(*), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens), sum(cost_nanousd),
    count(*) FILTER (cost_status = 'exact'), count(*) FILTER (cost_status = 'estimated')"""
QUANTILES = "quantile_disc(latency_ms, [0.5, 0.95, 0.99]), quantile_disc(ttft_ms, [0.5, 0.95, 0.99])"
SQL = (
    f"SELECT {SUMS}, {QUANTILES} FROM r WHERE {{where}}",
    f"SELECT created_at::DATE, {SUMS} FROM r WHERE {{where}} GROUP BY 1",
    *(
        f"SELECT created_at::DATE, {name}, {SUMS} FROM r WHERE {{where}} GROUP BY 1, 2"
        for name in ("model", "feature", "status")
    ),
    f"SELECT created_at::DATE, {QUANTILES} FROM r WHERE {{where}} GROUP BY 1",
    "SELECT dayofweek(created_at), hour(created_at), count(*) FROM r WHERE {where} GROUP BY 1, 2",
    "SELECT user_id, count(*), sum(cost_nanousd) FROM r WHERE {where} GROUP BY 1 ORDER BY 3 DESC LIMIT 10",
    f"SELECT caller, {SUMS} FROM r WHERE {{where}} GROUP BY 1",
    f"SELECT model, {SUMS}, {QUANTILES} FROM r WHERE {{where}} GROUP BY 1",
)
FILTERS: tuple[dict[str, list[str | None]], ...] = (
    {"feature": ["match"], "plan": ["pro"]},
    {"model": ["gpt-6-luna"], "caller": ["demo:backend"]},
    {"status": ["ok"], "plan": ["free"]},
    {"feature": ["cover_letter"], "model": ["gpt-5-mini", "gpt-6-luna"]},
)


def page(now: Snapshot, filter: Filter) -> None:
    """Everything the page asks, all its sections together; DuckDB is asked the same but for the causes."""
    now.totals(filter)
    now.series(filter)
    for by in ("model", "feature", "status"):
        now.series(filter, by)
    now.speed(filter)
    now.heat(filter)
    now.users(filter)
    now.rows(filter, ("caller",), percentiles=False)
    now.rows(filter, ("model",))
    now.causes(filter)


def year(where: dict[str, Any] | None = None) -> Filter:
    today = datetime.now(UTC).date()
    return Filter.days(today - timedelta(days=364), today, BERLIN, where or {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--ten", action="store_true", help="ten times as many, too")
    parser.add_argument("--on", default=",".join(databases.BOTH), help="which databases, with a comma")
    parser.add_argument("--keep", type=Path, help="a folder in which the databases stay, and are used again")
    parser.add_argument("--cold", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cold:
        cold_page(given.cold)
        return
    for kind in given.on.split(","):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            Path(scratch).chmod(0o755)  # PostgreSQL may run as an account of its own
            folder = given.keep or Path(scratch)
            one = measured(folder, kind, given.runs)
            table(one, measured(folder, kind, 10 * given.runs) if given.ten else None, kind, given.runs)


def measured(folder: Path, kind: str, count: int) -> dict[str, float]:
    """All figures at so many runs, in milliseconds."""
    from tests.bench import reruns  # here, for the cold process has no pages

    with databases.opened(kind, folder / f"{kind}_{count}") as url:
        store = furnished(url, count)
        spent = Clock(store).spent
        found = asked(store, spent)
        found["cold"] = cold(store)
        found |= yardstick(store, folder / f"{kind}_{count}.parquet")
        found["added"] = added(store, spent)
        found["memory"] = memory(store)
        found |= reruns.measured(store)
        found |= {f"rerun of {name}": again for name, (_, again) in reruns.each(store).items()}
        store.close()
    return found


def furnished(url: str, count: int) -> Store:
    """A database with so many made-up runs."""
    from core.demo import runs as demo_runs  # here, for the cold process needs nothing of it

    store = Store(url)
    init_db(store)
    with store.read() as connection:
        there = connection.execute(select(RUN.c.id).limit(1)).first()
    if not there:
        begin, clock = time.perf_counter(), Clock(store)
        cpu = clock.spent(lambda: demo_runs.make(store, count)) / 1e3
        took = time.perf_counter() - begin
        databases.tidy(store)
        print(f"{count:,} runs made and added up in {took:,.0f} s ({cpu:,.0f} s of processor time).")
    return store


def asked(store: Store, spent: Spent) -> dict[str, float]:
    usage = Usage(store)
    page(usage.now(), year())
    found = {"warm": min(spent(lambda: page(usage.now(), year())) for _ in range(5))}
    page(usage.now(), year({"prompt": ["match@1"]}))  # the rows themselves come into memory once
    firsts, agains = [], []
    for where in FILTERS:
        firsts.append(spent(lambda where=where: page(usage.now(), year(where))))  # type: ignore[misc]
        agains.append(min(spent(lambda where=where: page(usage.now(), year(where))) for _ in range(3)))  # type: ignore[misc]
    return found | {"filtered": median(firsts), "filtered worst": max(firsts), "filtered again": median(agains)}


def cold(store: Store) -> float:
    """A fresh process from its start to the last answer: the best of three, for others use the machine too."""
    words = [sys.executable, "-m", "tests.bench.usage", "--cold", store.url.render_as_string(hide_password=False)]
    times = [json.loads(subprocess.run(words, capture_output=True, check=True).stdout) for _ in range(3)]
    return float(min(times))


def cold_page(url: str) -> None:
    started, store = time.process_time() * 1e3, Store(url)
    print(json.dumps(started + Clock(store).spent(lambda: page(Usage(store).now(), year()))))


def yardstick(store: Store, parquet: Path) -> dict[str, float]:
    """DuckDB over all rows, loaded from Parquet, and whether its sums are ours."""
    import duckdb  # here, for the cold process has none of it

    spent = Clock(store).spent
    if not parquet.exists():
        to_parquet(store, parquet)
    base = duckdb.connect()
    base.execute("SET threads = 1")
    base.execute(f"CREATE TABLE r AS SELECT * FROM '{parquet}'")
    found = {}
    for name, where in (("duckdb", {}), ("duckdb filtered", FILTERS[0])):
        filter = year(where)
        bounds = [f"created_at >= '{filter.start:%F %T}'", f"created_at < '{filter.end:%F %T}'"]
        bounds += [f"{column} IN ({', '.join(repr(value) for value in values)})" for column, values in where.items()]
        queries = [sql.format(where=" AND ".join(bounds)) for sql in SQL]
        run = lambda queries=queries: [base.execute(sql).fetchall() for sql in queries]  # noqa: E731
        found[name] = min(spent(run) for _ in range(2))
        theirs, ours = base.execute(queries[0]).fetchall()[0], Usage(store).totals(filter)
        sums = (*(getattr(ours, column) for column in ("runs", *COLUMNS[10:15])), ours.exact, ours.estimated)
        if theirs[:8] != sums:
            raise SystemExit(f"The figures differ: DuckDB {theirs[:8]}, ours {sums}.")
    return found


def to_parquet(store: Store, parquet: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.int64() for name in (*COLUMNS[10:], "user_id")} | {"created_at": pa.timestamp("us")}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    with pq.ParquetWriter(parquet, schema) as writer:
        for rows in _batches(store):
            columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
            columns["created_at"] = tuple(at.replace(tzinfo=None) for at in columns["created_at"])
            writer.write_table(pa.table(columns, schema))


def _batches(store: Store) -> Iterator[Any]:
    with store.read() as connection:
        asked = select(*(RUN.c[name] for name in COLUMNS))
        yield from connection.execution_options(yield_per=100_000).execute(asked).partitions()


def added(store: Store, spent: Spent) -> float:
    """What keeping the figures adds to a run: its note, and its share of adding up 200 runs of today."""
    today = datetime.combine(date.today(), datetime.min.time(), UTC)  # noqa: DTZ011 - the day of the newest runs
    ids = [f"bench-{number}" for number in range(200)]
    row = {
        "feature": "match",
        "plan": "pro",
        "provider": "openai",
        "model": "gpt-6-luna",
        "prompt": "match@1",
        "status": "ok",
    }
    row |= {
        "caller": "demo:bench",
        "cost_status": "exact",
        "cost_nanousd": 7,
        "request_sha256": "0" * 64,
        "request": {},
    }
    with store.read() as connection:
        user_id = connection.execute(select(RUN.c.user_id).limit(1)).scalar_one()
    with store.write() as connection:
        rows = [
            row | {"id": name, "user_id": user_id, "created_at": today + timedelta(seconds=n)}
            for n, name in enumerate(ids)
        ]
        connection.execute(insert(RUN), rows)
    with store.write() as connection:
        noting = spent(lambda: [pending.note(connection, [name]) for name in ids])
    folding = spent(lambda: fold.fold_all(store, known=Known(store)))
    print(f"A note takes {noting / len(ids):.3f} ms, to add it up {folding / len(ids):.3f} ms, 200 at a time.")
    with store.write() as connection:
        connection.execute(delete(RUN).where(RUN.c.caller == "demo:bench"))
    fold.rebuild_days(store, [zones.number(today.date())])
    return (noting + folding) / len(ids)


def memory(store: Store) -> float:
    """Megabytes that this process has grown by after several filters."""
    usage = Usage(store)
    before = _resident()
    for where in ({}, *FILTERS):
        page(usage.now(), year(where))
    return _resident() - before


def _resident() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmRSS"))


def table(one: dict[str, float], ten: dict[str, float] | None, kind: str, runs: int) -> None:
    """The figures beside what they must and should be; those of ten times as many only where they were asked for."""
    lines: list[tuple[str, float | None, float | None, float | None]] = [
        ("page unfiltered, warm", one["warm"], 60, 15),
        ("page with a new filter on two dimensions", one["filtered"], 150, 40),
        ("the widest of them, more than half of all runs", one["filtered worst"], None, None),
        ("the same filter again", one["filtered again"], 150, 40),
        ("cold: a fresh process, all of it", one["cold"], 2_000, 1_000),
        ("added to a run: its note, and adding it up", one["added"], 0.5, 0.1),
        ("one rerun of the page, all of its server", one["rerun"], 400, 150),
        ("    by the clock, on this machine now", one["rerun waited"], None, None),
        ("    the same while all runs are exported", one["rerun beside export"], None, None),
        *((name, took, 400, 150) for name, took in one.items() if name.startswith("rerun of ")),
        ("DuckDB, the same unfiltered", one["duckdb"], None, None),
        ("DuckDB, filtered", one["duckdb filtered"], None, None),
        ("memory for all this, MB", one["memory"], None, None),
    ]
    of_ten = ten or {}
    most = max(60, 3 * one["warm"])
    lines += [
        ("ten times: page unfiltered, warm", of_ten.get("warm"), most, ten["duckdb"] / 20 if ten else None),
        ("ten times: page with a new filter", of_ten.get("filtered"), 3 * one["filtered"], None),
        ("ten times: the widest of them", of_ten.get("filtered worst"), None, None),
        ("ten times: the same filter again", of_ten.get("filtered again"), None, None),
        ("ten times: cold", of_ten.get("cold"), 5_000, 3_000),
        ("ten times: DuckDB unfiltered", of_ten.get("duckdb"), None, None),
        ("ten times: memory, MB", of_ten.get("memory"), None, None),
    ]
    print(f"\n{kind}, {runs:,} runs over 365 days, days of Berlin, milliseconds of processor time")
    print(f"{'':<44}{'measured':>10}{'at most':>10}{'aim':>10}")
    for name, value, most, aim in lines:
        verdict = "" if most is None or value is None or value <= most else "  MISSED"
        measured = "--ten" if value is None else f"{value:,.2f}"
        print(f"{name:<44}{measured:>10}{_or_nothing(most):>10}{_or_nothing(aim):>10}{verdict}")


def _or_nothing(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    main()
