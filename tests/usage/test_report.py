"""`usage report`, `usage rebuild` and `demo runs`: the figures in the terminal are those of the record."""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.cli import main
from core.demo import runs as demo_runs
from core.errors import Conflict
from core.schema import usd
from core.settings import HOUSE
from core.store import Store, UsageDay, User
from core.usage import report
from core.usage.filters import Filter
from core.usage.queries import Usage
from core.usage.records import ATTEMPT, RUN
from tests.databases import person
from tests.usage import history

YEAR = ["--from", "2025-01-01", "--to", "2030-01-01"]


@pytest.fixture(scope="module")
def filled(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with made-up runs, made once."""
    file = tmp_path_factory.mktemp("report") / "house.db"
    shutil.copy(migrated_sqlite, file)
    store = Store(f"sqlite:///{file}")
    demo_runs.make(store, 400, seed=3)
    store.close()
    return file


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, filled: Path, tmp_path: Path) -> str:
    shutil.copy(filled, tmp_path / "house.db")
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", f"sqlite:///{tmp_path / 'house.db'}")
    monkeypatch.setenv("WORKBENCH_DEMO_DATA", "off")
    return f"sqlite:///{tmp_path / 'house.db'}"


def reported(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["usage", "report", *YEAR, *words, "--format", "json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    return rows


@pytest.mark.parametrize("by", [[], ["model"], ["feature", "plan"], ["prompt", "status", "caller"], ["attempt_model"]])
@pytest.mark.parametrize("where", [{}, {"feature": "match"}, {"plan": "pro", "status": "ok"}], ids=str)
def test_a_report_is_what_the_record_says(
    house: str, capsys: pytest.CaptureFixture[str], by: list[str], where: dict[str, str]
) -> None:
    words = [word for name, value in where.items() for word in ("--where", f"{name}={value}")]
    rows = reported(capsys, *(["--by", ",".join(by)] if by else []), *words)
    legs = "attempt_model" in by
    table = ATTEMPT if legs else RUN
    names = {"attempt_model": ATTEMPT.c.model}
    columns = [names.get(name, RUN.c.get(name)) for name in by]
    known = table.c.cost_status
    sums = [func.sum(table.c[name]) for name in (*history.TOKENS, "cost_nanousd")]
    counts = [func.count().filter(known == name) for name in ("exact", "estimated", "unknown")]
    asked = select(*columns, func.count(), *sums, *counts).select_from(
        RUN.join(ATTEMPT, ATTEMPT.c.run_id == RUN.c.id) if legs else RUN
    )
    asked = asked.where(*(RUN.c[name] == value for name, value in where.items())).group_by(*columns)
    store = Store(house)
    with store.read() as connection:
        expected = {tuple(row) for row in connection.execute(asked)}
    store.close()
    order = (*by, "runs", *history.TOKENS, "cost_nanousd", "exact", "estimated", "unknown")
    assert {tuple(row[name] for name in order) for row in rows} == expected
    assert all(list(row) == [*by, *report.FIGURES] for row in rows)


def test_values_of_one_dimension_are_alternatives_and_nothing_stands_for_none(
    house: str, capsys: pytest.CaptureFixture[str]
) -> None:
    every = {row["model"]: row["runs"] for row in reported(capsys, "--by", "model")}
    some = reported(capsys, "--by", "model", "--where", "model=gpt-6-luna", "--where", "model=")
    assert {row["model"]: row["runs"] for row in some} == {"gpt-6-luna": every["gpt-6-luna"], None: every[None]}


def test_the_end_is_not_in_the_period(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    days = reported(capsys, "--by", "day")
    assert days == sorted(days, key=lambda row: row["day"])
    one = days[len(days) // 2]["day"]
    assert (
        reported(capsys, "--from", one, "--to", days[len(days) // 2 + 1]["day"])[0]["runs"]
        == days[len(days) // 2]["runs"]
    )


def test_csv_has_a_heading_and_no_formula() -> None:
    row = {"model": "=cmd()", **dict.fromkeys(report.FIGURES, 1), "cost_nanousd": None}
    read = list(csv.DictReader(report.written([row], ["model"], "csv").splitlines()))
    assert read[0]["model"] == "'=cmd()"
    assert read[0]["cost_nanousd"] == ""


@pytest.mark.parametrize("form", report.FORMATS)
def test_a_name_cannot_steer_the_terminal(form: str) -> None:
    row = {"model": "a\x1b]0;b\x07\x9b2J\r\nc\u202ed ü", **dict.fromkeys(report.FIGURES, 1)}
    told = report.written([row], ["model"], form)
    assert "ü" in told and len(told.splitlines()) == (1 if form == "json" else 2)
    assert not set(told) & set("\x1b\x07\x9b\r\u202e")
    if form == "json":
        assert json.loads(told)["rows"] == [row]
    else:
        assert r"a\x1b]0;b\x07\x9b2J\r\nc\u202ed ü" in told


def test_a_table_is_for_the_eye(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["usage", "report", *YEAR, "--by", "model"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["model", "runs"]
    assert any("unknown" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "colour"], "colour"),
        (["--where", "colour=red"], "colour"),
        (["--where", "plan"], "DIMENSION=VALUE"),
        (["--from", "yesterday"], "2026-11-23"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "ends before"),
        (["--by", "plan,plan"], "once"),
        (["--where", "user=ada"], "id"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    house: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["usage", "report", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_rebuild_restores_what_was_lost(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = reported(capsys, "--by", "model,day")
    store = Store(house)
    with store.write() as connection:
        connection.execute(delete(UsageDay).where(UsageDay.runs > 1))
        connection.execute(update(UsageDay).values(version=UsageDay.version + 1))
    store.close()
    assert main(["usage", "rebuild"]) == 0
    assert reported(capsys, "--by", "model,day") == before


# -- made-up runs ----------------------------------------------------------------------------------


def test_made_up_runs_look_like_a_year(store: Store) -> None:
    legs = demo_runs.make(store, 3_000, seed=9)
    runs = history.scan(store)
    today = date.today()  # noqa: DTZ011 - only the year counts
    rows = Usage(store).rows(Filter.days(date(today.year - 2, 1, 1), date(today.year + 1, 1, 1)), ("model",))
    found = {row.values: history.as_measured(row.total) for row in rows}
    assert found == {key: history.added(group) for key, group in _by_model(runs).items()}
    assert len(runs) == 3_000 < sum(len(one["legs"]) for one in runs) == legs
    assert {one["status"] for one in runs} >= {"ok", "fallback", "cancelled", "refused"}
    assert {one["cost_status"] for one in runs} == {"exact", "estimated", "unknown"}
    assert len({one["feature"] for one in runs}) == 8 and len({one["model"] for one in runs}) == 7
    assert all(one["id"][:13].replace("-", "") == f"{int(one['created_at'].timestamp() * 1000):012x}" for one in runs)
    assert all(history.summed(one["legs"])["cost_nanousd"] == one["cost_nanousd"] for one in runs if one["legs"])


def _by_model(runs: list[dict[str, Any]]) -> dict[tuple[Any, ...], list[Any]]:
    always = Filter.days(date(2000, 1, 1), date(2100, 1, 1))
    return history.grouped(history.chosen(runs, always), ("model",), UTC)


def test_they_are_made_and_cleared_in_the_terminal(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "runs", "--count", "5", "--seed", "8"]) == 0
    assert reported(capsys)[0]["runs"] == 405
    assert main(["demo", "runs", "--clear"]) == 0
    assert reported(capsys)[0]["runs"] == 0
    assert main(["demo", "runs"]) == 2
    assert "--count" in capsys.readouterr().err


def test_the_same_seed_makes_the_same_runs(sqlite_store: Store, migrated_sqlite: Path, tmp_path: Path) -> None:
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").write_bytes(migrated_sqlite.read_bytes())
    for one in (sqlite_store, other):
        demo_runs.make(one, 50, seed=4)
    assert history.scan(sqlite_store) == history.scan(other)
    demo_runs.make(other, 50, seed=4)
    assert len(history.scan(other)) == 100
    other.close()


def test_made_up_runs_stay_out_of_real_ones_and_go_without_trace(sqlite_store: Store) -> None:
    real = history.run(random.Random(1), person(sqlite_store))
    history.fill(sqlite_store, [real])
    with pytest.raises(Conflict, match="--sure"):
        demo_runs.make(sqlite_store, 10)
    demo_runs.make(sqlite_store, 10, sure=True)
    assert demo_runs.clear(sqlite_store) == 10
    with sqlite_store.read() as connection:
        assert connection.execute(select(func.count()).select_from(User)).scalar() == 1
    assert [one["id"] for one in history.scan(sqlite_store)] == [real["id"]]
    day = real["created_at"].date()
    assert Usage(sqlite_store).totals(Filter.days(day, day)).runs == 1


def test_a_reader_who_leaves_early_is_no_mistake(tmp_path: Path) -> None:
    """As `usage report | head` does."""
    environment = os.environ | {"WORKBENCH_DATA_DIR": str(tmp_path), "WORKBENCH_DEMO_DATA": "off"}
    asked = [sys.executable, "-m", "core", "usage", "report", "--from", "2026-01-01", "--to", "2026-02-01"]
    told = subprocess.Popen(asked, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert told.stdout and told.stderr
    told.stdout.close()
    with told.stderr as complaints:
        assert complaints.read() == b""
    assert told.wait(60) == 0


def test_the_table_says_what_is_known_beyond_it_and_the_json_stays_as_it_is(
    house: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(house)
    runs = [one for one in history.scan(store) if one["cost_nanousd"] is None]
    store.close()
    known = sum(leg["cost_nanousd"] or 0 for one in runs for leg in one["legs"])
    assert known, "the made-up runs have nothing to find"
    assert main(["usage", "report", *YEAR]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == f"Known calls of runs of unknown cost come to {usd(known)} dollars beyond this."
    assert main(["usage", "report", *YEAR, "--format", "csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
