"""`python -m core token …`: the token alone on the last line, and never again."""

from pathlib import Path

import pytest

from core import cli
from core.access.tokens import Gate
from core.store import Store
from tests.conftest import OURS


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> str:
    monkeypatch.setenv(f"{OURS[1]}DATABASE_URL", sqlite_url)
    return sqlite_url


def test_a_token_is_printed_alone_on_the_last_line_and_works(house: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", "create", "backend", "--scopes", "run, read-runs", "--user", "1", "--days", "3"]) == 0
    secret = capsys.readouterr().out.splitlines()[-1]
    store = Store(house)
    known = Gate(store).look_up(secret)
    assert (known.caller.name, known.caller.user_id) == ("token:backend", 1)
    assert known.expires_at is not None

    assert cli.main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "backend" in listed and "good" in listed and "read-runs, run" in listed
    assert secret not in listed

    assert cli.main(["token", "revoke", "backend"]) == 0
    assert cli.main(["token", "list"]) == 0
    assert "revoked" in capsys.readouterr().out
    store.close()


REFUSED = {
    "an unknown scope": (["create", "b", "--scopes", "run,fly"], "run, choose-model, choose-prompt, read-runs, admin"),
    "nobody": (["create", "b", "--scopes", "run", "--user", "99"], "no candidate 99"),
    "a name in use": (["create", "taken", "--scopes", "run"], "Revoke it first"),
    "no such token": (["revoke", "nobody"], "token list"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_done_is_a_sentence(house: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["token", "create", "taken", "--scopes", "run"])
    capsys.readouterr()
    words, sentence = REFUSED[what]
    assert cli.main(["token", *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.out == ""
