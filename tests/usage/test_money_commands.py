"""`python -m core usage invoice|reprice`: compared, previewed, written with a reason and taken back in the terminal."""

import shlex
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from core import cli
from core.llm import pricing
from core.store import Store
from tests.conftest import OURS
from tests.databases import person
from tests.usage import history
from tests.usage.test_repricing import costs, give, leg, run

DAYS = "--from 2026-03-01 --to 2026-05-01"

Say = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> Iterator[Say]:
    """Runs one command: what it returned, its lines, its complaint."""
    monkeypatch.setenv(f"{OURS[1]}DATABASE_URL", sqlite_url)
    monkeypatch.setenv(f"{OURS[1]}DEMO_DATA", "off")

    def run(command: str) -> tuple[int, list[str], str]:
        try:
            code = cli.main(["usage", *shlex.split(command)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    yield run
    pricing.install([])


def test_costs_are_shown_written_and_given_back(say: Say, sqlite_store: Store) -> None:
    history.fill(sqlite_store, [run(person(sqlite_store), leg(1_000, 70_000_000)) for _ in range(2)])
    give(sqlite_store)
    code, lines, _ = say(f"reprice {DAYS}")
    assert (code, lines[0]) == (0, "Looked at 2 attempts.")
    assert lines[-2:] == [
        "2 attempts of 2 runs: $0.14 becomes $0.002.",
        "Nothing is written yet. Add --apply --reason TEXT to write it.",
    ]
    assert [cost for cost, _, _ in costs(sqlite_store)] == [70_000_000] * 2
    code, lines, _ = say(f"reprice {DAYS} --apply --reason 'Contract 7'")
    assert (code, lines[-1]) == (0, "1")
    assert [cost for cost, _, _ in costs(sqlite_store)] == [1_000_000] * 2
    assert say("reprice --list")[1][0].endswith("cli  2 attempts  $0.14 → $0.002  Contract 7")
    assert say("reprice --undo 1")[1] == ["Correction 1 is undone: 2 calls cost again what they did."]
    assert [cost for cost, _, _ in costs(sqlite_store)] == [70_000_000] * 2
    assert say(f"reprice {DAYS} --where feature=none")[1][-1] == "Every cost is what today's prices say."


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("reprice", "Say which days"),
        (f"reprice {DAYS} --apply", "--reason TEXT"),
        ("reprice --from yesterday --to 2026-05-01", "is no day"),
        ("reprice --undo 7", "There is no correction 7"),
        ("invoice /no/such/file", "there is no file"),
    ],
)
def test_a_mistake_gets_a_sentence(say: Say, command: str, words: str) -> None:
    code, lines, complaint = say(command)
    assert (code, lines) == (2, [])
    assert words in complaint


def test_an_export_is_compared_day_by_day(say: Say, sqlite_store: Store, tmp_path: Path) -> None:
    made = run(person(sqlite_store), leg(1_000, 70_000_000))
    history.fill(sqlite_store, [made])
    day: date = made["created_at"].date()
    file = tmp_path / "costs.csv"
    file.write_text(
        f"date;model;input tokens;output tokens;cost\n{day};gpt-6-luna;3.000;0;0,21\n{day};gpt-6-luna;1;0;x\n"
    )
    code, lines, complaint = say(f"invoice {file}")
    assert (code, complaint) == (0, "Line 3: x is no cost.\n")
    assert lines[1].split()[:6] == [str(day), "gpt-6-luna", "$0.07", "$0.21", "+$0.14", "+2,000"]
    assert lines[1].endswith("The provider counts calls that are not recorded here. They are 2,000 tokens.")
    assert lines[2] == "The provider charges $0.21, our records say $0.07: $0.14 more (200.0%)."
    file.write_text(f"date,model,cost\n{day},gpt-6-luna,0.07\n")
    assert say(f"invoice {file}")[1][0] == "Every day and model agrees."
