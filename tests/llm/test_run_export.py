"""The file of runs: the same runs as the list, cells that do no harm, made by a child process and kept for an hour."""

import csv
import json
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import insert, update

from core import cli
from core.errors import LimitReached, NotFound, StorageDown
from core.llm import run_exports, run_list
from core.llm.run_columns import COLUMNS, TEXTS
from core.llm.run_export import export
from core.llm.run_exports import Export, Exports
from core.llm.run_filter import RunFilter
from core.llm.runs import RUN
from core.schema import usd
from core.store import EVERYONE, AiAttempt, Job, Store, User
from tests.llm.run_samples import FIRST, many, run

FILTERS = [
    RunFilter(),
    RunFilter(status=("fallback", "refused"), plan=("pro",)),
    RunFilter(model=("gpt-6-luna",), since=datetime(2026, 3, 2, tzinfo=UTC)),
    RunFilter(search="åkesson"),
    RunFilter(caller=("token:nobody",)),
]


def read(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return list(pq.read_table(file).to_pylist())
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_parquet_file_holds_the_runs_of_the_list(store: Store, tmp_path: Path, wanted: RunFilter) -> None:
    many(store)
    count = export(store, wanted, tmp_path / "runs.parquet", format="parquet")
    listed = run_list.page(store, wanted, limit=1_000).rows
    found = read(tmp_path / "runs.parquet")
    assert count == len(found) == len(listed)
    for row, line in zip(listed, found, strict=True):
        assert list(line) == list(COLUMNS)
        assert (line["run_id"], line["created_at"]) == (row.id, row.created_at)
        cost = usd(row.cost_nanousd)
        assert line["cost_usd"] == (None if cost is None else Decimal(cost))
        assert {name: line[name] for name in line if hasattr(row, name)} == {
            name: getattr(row, name) for name in line if hasattr(row, name)
        }


def test_a_csv_file_holds_the_same_with_nothing_where_nothing_is_known(store: Store, tmp_path: Path) -> None:
    many(store, 60)
    export(store, RunFilter(), tmp_path / "runs.csv", format="csv")
    listed = run_list.page(store, RunFilter(), limit=1_000).rows
    for row, line in zip(listed, read(tmp_path / "runs.csv"), strict=True):
        assert (line["run_id"], line["candidate"], line["job"]) == (row.id, row.candidate, row.job or "")
        assert datetime.fromisoformat(line["created_at"]) == row.created_at
        assert line["cost_usd"] == ("" if row.cost_nanousd is None else f"0.{row.cost_nanousd:09d}")
        assert line["latency_ms"] == ("" if row.latency_ms is None else str(row.latency_ms))


FORMULAS = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(sqlite_store: Store, tmp_path: Path, formula: str) -> None:
    (row,) = many(sqlite_store, 1)
    with sqlite_store.writing(EVERYONE) as session:
        session.execute(update(User).values(name=formula))
        session.execute(update(Job).values(title=f"{formula}, twice"))
        session.execute(update(RUN).values(job_id=row["user_id"], model=formula, prompt=formula))
    export(sqlite_store, RunFilter(), tmp_path / "runs.csv", format="csv", texts=True)
    (line,) = read(tmp_path / "runs.csv")
    for name, value in (("candidate", formula), ("job", f"{formula}, twice"), ("model", formula), ("prompt", formula)):
        assert line[name].replace("\r\n", "\n") in (f"'{value}", f"'{value}".replace("\r", "\n")), name
    assert not [name for name, value in line.items() if value[:1] in tuple("=+-@\t\r\uff1d")]


def test_whatever_a_name_holds_stays_in_its_cell(store: Store, tmp_path: Path) -> None:
    (row,) = many(store, 1)
    odd = 'a "quoted", b\nand a line\x1f and 100%w %s \\'
    with store.write() as connection:
        connection.execute(update(RUN).values(model=odd, caller=odd))
    for name in ("runs.csv", "runs.parquet"):
        export(store, RunFilter(), tmp_path / name, format=name.partition(".")[2])  # type: ignore[arg-type]
        (line,) = read(tmp_path / name)
        assert (line["model"], line["caller"], line["run_id"]) == (odd, odd, row["id"])


def test_texts_are_in_the_file_only_when_chosen(store: Store, tmp_path: Path) -> None:
    rows = many(store, 3)
    attempt = {"run_id": rows[-1]["id"], "user_id": rows[-1]["user_id"], "number": 1, "provider": "openai",
               "status": "ok", "messages": [{"role": "user", "content": "Hello"}], "text": "Dear team", "started_at": FIRST}  # fmt: skip
    with store.write() as connection:
        connection.execute(insert(AiAttempt), [attempt])
        connection.execute(update(RUN).where(RUN.c.id == rows[-1]["id"]).values(answer={"title": "A letter"}))
    export(store, RunFilter(), tmp_path / "plain.csv", format="csv")
    assert "Dear team" not in (tmp_path / "plain.csv").read_text("utf-8")
    assert list(read(tmp_path / "plain.csv")[0]) == list(COLUMNS)
    export(store, RunFilter(), tmp_path / "full.parquet", format="parquet", texts=True)
    first, *others = read(tmp_path / "full.parquet")
    assert list(first) == [*COLUMNS, *TEXTS]
    assert json.loads(first["attempts"])[0] == {"number": 1, "provider": "openai", "model": None,
                                                "sent": [{"role": "user", "content": "Hello"}], "received": "Dear team"}  # fmt: skip
    assert (json.loads(first["answer"]), json.loads(first["request"])["feature"]) == ({"title": "A letter"}, "match")
    assert [other["attempts"] for other in others] == [None, None]


def test_columns_say_what_they_hold(store: Store, tmp_path: Path) -> None:
    export(store, RunFilter(), tmp_path / "runs.parquet", format="parquet")
    held = pq.read_metadata(tmp_path / "runs.parquet").metadata
    assert {name: held[name.encode()].decode() for name in COLUMNS} == COLUMNS


def test_progress_comes_to_all_of_it(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.llm import run_lines

    monkeypatch.setattr(run_lines, "BATCH", 20)
    many(store, 60)
    seen: list[tuple[int, float]] = []
    export(store, RunFilter(), tmp_path / "a.csv", format="csv", progress=lambda *at: seen.append(at))
    assert [rows for rows, _ in seen] == [20, 40, 60]
    assert seen[0][1] < seen[1][1] < seen[2][1] == 1


def test_a_file_that_failed_leaves_nothing_and_the_former_one_as_it_was(sqlite_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text("former")
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("DROP TABLE ai_attempt")
    many(sqlite_store, 1)
    with pytest.raises(StorageDown):
        export(sqlite_store, RunFilter(), file, format="csv", texts=True)
    assert [(one.name, one.read_text()) for one in tmp_path.glob("runs*")] == [("runs.csv", "former")]


# -- in the background -----------------------------------------------------------------------------------------


def ended(exports: Exports, export: Export, within_s: float = 30) -> Export:
    until = time.monotonic() + within_s
    while export.ended_at is None and time.monotonic() < until:
        time.sleep(0.02)
    assert export.ended_at is not None
    return exports.find(export.secret)


@pytest.fixture
def exports(sqlite_store: Store, sqlite_url: str, tmp_path: Path) -> Any:
    many(sqlite_store, 60)
    exports = Exports(tmp_path / "exports", sqlite_url)
    yield exports
    exports.close()


def test_a_child_process_makes_the_file_for_its_owner_alone(exports: Exports) -> None:
    made = ended(exports, exports.start(RunFilter(status=("ok",)), format="csv"))
    assert (made.state, made.problem) == ("ready", "")
    assert made.rows == len(read(made.file)) > 0
    assert {line["status"] for line in read(made.file)} == {"ok"}
    assert (made.file.stat().st_mode & 0o077, made.file.parent.stat().st_mode & 0o077) == (0, 0)
    assert len(made.secret) >= 32 and made.secret not in made.file.name
    exports.close()
    assert not made.file.exists()


def test_an_export_can_be_stopped_and_only_two_go_on_at_once(exports: Exports) -> None:
    first, second = (exports.start(RunFilter(), format="parquet") for _ in range(2))
    with pytest.raises(LimitReached, match="Wait until one has ended, or stop it"):
        exports.start(RunFilter(), format="csv")
    exports.cancel(first)
    assert ended(exports, first).state == "cancelled"
    assert not list(exports.folder.glob(f"{first.file.name}*"))
    assert ended(exports, second).state == "ready"


def test_a_file_is_kept_for_an_hour_and_what_a_dead_process_left_is_removed(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ended(exports, exports.start(RunFilter(), format="csv"))
    left, fresh = exports.folder / "x-1.csv.part", exports.folder / "y-1.csv"
    for file in (left, fresh):
        file.write_text("x")
    os.utime(left, (1, 1))
    exports.find(made.secret)
    assert (left.exists(), fresh.exists(), made.file.exists()) == (False, True, True)
    monkeypatch.setattr(run_exports, "KEPT_S", -1.0)
    with pytest.raises(NotFound):
        exports.find(made.secret)
    assert not made.file.exists()


def test_a_child_that_fails_says_why(exports: Exports, tmp_path: Path) -> None:
    exports.database = f"sqlite:///{tmp_path / 'no-tables.db'}"
    made = ended(exports, exports.start(RunFilter(), format="csv"))
    assert made.state == "failed"
    assert "db upgrade" in made.problem


# -- in the terminal -------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(sqlite_store: Store, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_DEMO_DATA", "off")
    return sqlite_store


def test_the_terminal_writes_the_same_file(terminal: Store, tmp_path: Path, capsys: Any) -> None:
    rows = many(terminal)
    file = tmp_path / "runs.parquet"
    given = ["--status", "ok", "--status", "fallback", "--from", "2026-03-02", "--to", "2026-03-04"]
    assert cli.main(["runs", "export", "--out", str(file), *given]) == 0
    expected = [
        row["id"]
        for row in rows[::-1]
        if row["status"] in ("ok", "fallback") and 2 <= row["created_at"].day < 4 and row["created_at"].month == 3
    ]
    assert capsys.readouterr().out.strip() == str(len(expected))
    assert [line["run_id"] for line in read(file)] == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--out", "x.csv", "--from", "tomorrow"], "--from"),
        (["--out", "x.csv", "--user", "me"], "--user"),
        (["--out", "/no/such/folder/x.csv"], "no folder"),
        ([], "--out"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(terminal: Store, capsys: Any, given: list[str], said: str) -> None:
    assert cli.main(["runs", "export", *given]) == 2
    assert said in capsys.readouterr().err


def test_the_terminal_lists_the_columns(terminal: Store, capsys: Any) -> None:
    assert cli.main(["runs", "export", "--columns"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(COLUMNS)


def test_many_runs_of_one_moment_are_all_there(store: Store, tmp_path: Path) -> None:
    many(store, 3)
    with store.write() as connection:
        connection.execute(insert(RUN), [run(n, FIRST, 1, None) for n in range(50)])
    assert export(store, RunFilter(), tmp_path / "a.csv", format="csv") == 53
    assert len({line["run_id"] for line in read(tmp_path / "a.csv")}) == 53
