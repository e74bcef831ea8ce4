"""Long work runs in a process of its own: it can be stopped, says why it failed, and gives its turn back."""

import pytest

from core.errors import LimitReached
from core.settings import HOUSE
from core.store import Store
from core.usage import corrections, errands
from core.usage.errands import Errand
from core.usage.errands_child import filter_of, filter_to_json
from tests.databases import person
from tests.usage import history
from tests.usage.test_repricing import ADMIN, ALL, costs, give, leg, nothing_stays, run  # noqa: F401 - a fixture

WAITS_S = 30
GIVEN = {"filter": filter_to_json(ALL)}


def ended(errand: Errand) -> Errand:
    errand.wait(WAITS_S)
    assert errand.state != "running"
    return errand


def url(store: Store) -> str:
    return store.url.render_as_string(hide_password=False)


def test_a_filter_survives_the_way() -> None:
    narrowed = ALL.narrowed("model", {None, "gpt-6-luna"}).narrowed("user", {7})
    found = filter_of(filter_to_json(narrowed))
    assert (found.start, found.end) == (narrowed.start, narrowed.end)
    assert {name: set(values) for name, values in found.where.items()} == dict(narrowed.where)


def test_what_was_found_and_written_there_is_as_if_it_were_done_here(sqlite_store: Store) -> None:
    history.fill(sqlite_store, [run(person(sqlite_store), leg(1_000, 7))])
    give(sqlite_store)
    looked = ended(errands.start(url(sqlite_store), "preview", GIVEN))
    assert (looked.state, looked.result["total"]) == (
        "ready",
        {"attempts": 1, "before_nanousd": 7, "after_nanousd": 10**6, "unknown": 0},
    )
    by = {"reason": "Contract 7", "by": ADMIN.model_dump(mode="json"), "expected": [1, 10**6]}
    written = ended(errands.start(url(sqlite_store), "apply", GIVEN | by))
    assert (written.result, costs(sqlite_store)) == (1, [(10**6, "exact", "own:1")])
    assert corrections.undo(sqlite_store, 1, ADMIN) == 1


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("undo", {"id": 7, "by": ADMIN.model_dump(mode="json")}, "There is no correction 7"),
        ("replay", GIVEN | {"scenario": {"policy": "[tiers"}}, "The supposed policy, line 1"),
        ("nothing of this name", {}, "The calculation ended early. Start it again."),
    ],
)
def test_what_fails_says_why(sqlite_store: Store, kind: str, given: dict[str, object], words: str) -> None:
    failed = ended(errands.start(url(sqlite_store), kind, given))
    assert (failed.state, failed.result) == ("failed", None)
    assert words in failed.problem and str(HOUSE) not in failed.problem


def test_one_that_is_stopped_gives_its_turn_back(sqlite_store: Store) -> None:
    started = [errands.start(url(sqlite_store), "preview", GIVEN) for _ in range(errands.AT_ONCE)]
    with pytest.raises(LimitReached, match="Wait until one has ended"):
        errands.start(url(sqlite_store), "preview", GIVEN)
    for one in started:
        one.cancel()
    assert [ended(one).state for one in started] == ["cancelled"] * errands.AT_ONCE
    assert ended(errands.start(url(sqlite_store), "preview", GIVEN)).state == "ready"
