"""`python -m core usage budgets`: what is left of each budget and how its month ends, as the page says it."""

import json
from pathlib import Path

import pytest

from core import cli
from core.access.limits import shared
from core.access.plans import load_policy
from core.store import Store
from core.store.columns import now
from tests.benches import write_policy
from tests.ledgers import spend

BUDGETS = '[budgets.features]\nmatch = { usd_per_month = 10, at_limit = "refuse" }\n'


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> Store:
    policy = write_policy(tmp_path / "p.toml", project="500.00", budgets=BUDGETS)
    for name, value in (("DATABASE_URL", sqlite_url), ("DEMO_DATA", "off"), ("POLICY_FILE", str(policy))):
        monkeypatch.setenv(f"WORKBENCH_{name}", value)
    store = Store(sqlite_url)
    spend(store, shared(load_policy(policy), now())[1], 10 * 10**9, reserved=5)
    return store


def test_every_budget_is_a_line(house: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["usage", "budgets"]) == 0
    head, project, feature = capsys.readouterr().out.splitlines()
    assert head.split() == ["budget", "of", "used", "held", "left", "outlook"]
    assert project.split()[:5] == ["project", "$500.00", "$0.00", "$0.00", "$500.00"]
    assert "Nothing was spent on whole days yet" in project
    assert feature.split()[:3] == ["feature:match", "$10.00", "$10.00"]
    assert "Used up. It begins anew on 1 " in feature


def test_as_json_amounts_are_exact_and_what_is_not_known_is_null(
    house: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["usage", "budgets", "--json"]) == 0
    project, feature = json.loads(capsys.readouterr().out)["budgets"]
    assert (project["budget"], project["left_usd"], project["at_limit"]) == ("project", "500", "step_down")
    assert project["month_end_usd"] == {"low": None, "likely": None, "high": None}
    assert (feature["used_usd"], feature["held_usd"], feature["left_usd"]) == ("10", "0.000000005", "0")
    assert feature["run_out"]["likely"] == now().date().isoformat()


def test_a_budget_is_set_and_taken_back_from_the_terminal(house: Store, capsys: pytest.CaptureFixture[str]) -> None:
    change = ["usage", "budgets", "--json", "--set", "feature:match=25", "--refuse", "--reason", "A campaign"]
    assert cli.main(change) == 0
    _, feature = json.loads(capsys.readouterr().out)["budgets"]
    assert (feature["usd_per_month"], feature["at_limit"]) == ("25", "refuse")
    assert cli.main(["usage", "budgets", "--json", "--unset", "feature:match", "--reason", "Over"]) == 0
    assert json.loads(capsys.readouterr().out)["budgets"][1]["usd_per_month"] == "10"


WRONG = {
    "no reason": (["--set", "project=5"], "Say why"),
    "no amount": (["--set", "project", "--reason", "x"], "is no amount"),
    "nothing to take back": (["--unset", "project", "--reason", "x"], "as the policy file says"),
    "how, but not which": (["--this-month"], "name it with --set"),
    "how, but taken back": (["--unset", "project", "--refuse", "--reason", "x"], "name it with --set"),
    "two things at once": (["--unset", "project", "--set", "project=5", "--reason", "x"], "one budget at a time"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_change_that_cannot_be_made_is_a_sentence(
    house: Store, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    given, words = WRONG[what]
    assert cli.main(["usage", "budgets", *given]) != 0
    assert words in capsys.readouterr().err
