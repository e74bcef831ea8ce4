"""`python -m core user …`: candidates are added, and erased once somebody has named them."""

import io
from pathlib import Path

import pytest

from core import cli
from core.drive import people
from core.store import Store, scrub
from tests.conftest import OURS
from tests.databases import person, posting


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Store:
    monkeypatch.setenv(f"{OURS[1]}DATABASE_URL", sqlite_url)
    monkeypatch.setenv(f"{OURS[1]}DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"{OURS[1]}DEMO_DATA", "off")
    store = Store(sqlite_url)
    posting(store, person(store))
    return store


def names(store: Store) -> list[str]:
    return [user.name for user in people.candidates(store)]


def test_a_new_candidates_id_is_printed_alone(house: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["user", "add", "Bo Lind", "--plan", "pro"]) == 0
    assert capsys.readouterr().out == "2\n"
    assert names(house) == ["Ada Moreno", "Bo Lind"]


@pytest.mark.parametrize("typed", ["Ada Moreno\n", "1\n", "ada moreno\n"])
def test_a_candidate_is_erased_once_they_are_named(
    house: Store, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert cli.main(["user", "erase", "1"]) == 0
    said = capsys.readouterr()
    assert said.out == "Erased candidate 1: 1 job. What their runs cost stays in the figures, as nobody's.\n"
    assert "This erases Ada Moreno, candidate 1, for good: 1 job." in said.err
    assert names(house) == []


@pytest.mark.parametrize(
    ("typed", "said"), [("Bo\n", "neither the name nor the id"), ("\n", "neither"), ("", "In a script add --yes")]
)
def test_who_is_not_named_is_kept(
    house: Store, typed: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert cli.main(["user", "erase", "1"]) == 2
    assert said in capsys.readouterr().err
    assert names(house) == ["Ada Moreno"]


def test_a_script_is_not_asked_and_no_file_names_the_candidate(
    house: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "runs.csv").write_text("Ada Moreno")
    house.close()
    assert cli.main(["user", "erase", "1", "--yes"]) == 0
    assert capsys.readouterr().err == ""
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"Ada Moreno" in file.read_bytes()]


@pytest.mark.parametrize("given", ["abc", "Ada Moreno", "-1", "1.5", "9" * 19])
def test_what_is_no_id_is_said_with_where_to_find_it(
    house: Store, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    assert cli.main(["user", "erase", "--yes", "--", given]) == 2
    told = capsys.readouterr().err
    assert f"{given!r} is no id." in told and "in the address of their Drive" in told


def test_nobody_is_not_erased(house: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["user", "erase", "99", "--yes"]) == 2
    assert "no candidate 99" in capsys.readouterr().err


def test_a_file_that_could_not_be_cleaned_is_told_with_the_way_to_do_it(
    house: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(scrub, "AT_ONCE", 1)
        assert cli.main(["user", "erase", "1", "--yes"]) == 0
    assert "python -m core db scrub" in capsys.readouterr().err
    assert cli.main(["db", "scrub"]) == 0
    assert "Nothing of what was deleted is left" in capsys.readouterr().out


def test_a_file_in_use_is_not_said_to_be_clean(
    house: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scrub, "TRIES", 1)
    with house.read() as connection:
        connection.exec_driver_sql('SELECT * FROM "user"').all()
        assert cli.main(["db", "scrub"]) == 2
    assert "stop the workbench" in capsys.readouterr().err
