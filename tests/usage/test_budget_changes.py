"""Budgets changed by a person hold at once, in every process, until they end or are taken back."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.access import dated_budgets, ledger
from core.access.limits import Limit, limits, shared
from core.access.plans import Policy, load_policy
from core.errors import BudgetExceeded, Conflict, Denied, Invalid, NotFound, WorkbenchError
from core.schema import Caller
from core.store import Store
from core.usage import audit, budget_changes
from core.usage.budget_changes import BudgetTerms
from core.usage.budgets import spent_by_now, standings
from core.usage.queries import Usage
from tests.benches import bench, letter, write_policy
from tests.databases import person
from tests.ledgers import line, spend
from tests.usage import history

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOLLAR = 10**9


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    text = '[budgets.features]\nmatch = { usd_per_month = 7, at_limit = "refuse" }\n'
    return load_policy(write_policy(tmp_path / "p.toml", project="500", budgets=text))


def change(store: Store, policy: Policy, subject: str, dollars: str, *, at: datetime = AT, **more: bool) -> int:
    terms = BudgetTerms(subject, dollars, **more)
    return budget_changes.change(store, policy, Usage(store), terms, ADMIN, "A campaign", at=at)


def held(store: Store, policy: Policy, at: datetime = AT) -> dict[str, tuple[int, bool]]:
    found = shared(dated_budgets.policy_now(store, policy, at), at)
    return {one.subject: (one.most // DOLLAR, one.refuses) for one in found}


BEFORE = {"project": (500, False), "feature:match": (7, True)}
CHANGES: dict[str, tuple[str, str, bool, tuple[int, bool]]] = {
    "the project's": ("project", "900", False, (900, False)),
    "the project's, which then refuses": ("project", "$1,200", True, (1200, True)),
    "one of the file": ("feature:match", "40", False, (40, False)),
    "a new one of a plan": ("plan:free", "3", False, (3, False)),
    "a new one of a token": ("caller:token:backend", "4", True, (4, True)),
    "nothing at all": ("feature:cover_letter", "0", False, (0, False)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_holds_from_its_moment_and_taken_back_leaves_all_as_before(
    store: Store, policy: Policy, what: str
) -> None:
    subject, dollars, refuses, now = CHANGES[what]
    made = change(store, policy, subject, dollars, refuses=refuses)
    assert held(store, policy) == BEFORE | {subject: now}
    assert held(store, policy, AT - timedelta(seconds=1)) == BEFORE
    budget_changes.retire(store, policy, [made], ADMIN, "Undone", at=AT)
    assert held(store, policy) == BEFORE
    budget_changes.restore(store, policy, Usage(store), [made], ADMIN, at=AT)
    assert held(store, policy) == BEFORE | {subject: now}


def test_the_newest_change_holds_and_without_it_the_one_before(store: Store, policy: Policy) -> None:
    first, second = change(store, policy, "project", "600"), change(store, policy, "project", "700")
    assert held(store, policy)["project"] == (700, False)
    budget_changes.retire(store, policy, [second], ADMIN, "Undone", at=AT)
    assert held(store, policy)["project"] == (600, False)
    assert budget_changes.live(store, "project") == [first]


def test_one_of_this_month_ends_with_it(store: Store, policy: Policy) -> None:
    change(store, policy, "feature:match", "40", this_month=True)
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert held(store, policy, last)["feature:match"] == (40, False)
    assert held(store, policy, last + timedelta(seconds=1)) == BEFORE


def test_who_when_why_before_and_after_are_in_the_audit_log(store: Store, policy: Policy) -> None:
    made = change(store, policy, "feature:match", "40", this_month=True)
    budget_changes.retire(store, policy, [made], ADMIN, "A slip", at=AT)
    back, there = audit.events(store, "budget")
    assert (there.who, there.action, there.subject, there.reason) == (
        *("member:1", "budget.change", "budget:feature:match", "A campaign"),
    )
    file = {"usd_per_month": "7", "at_limit": "refuse", "until": None}
    mine = {"usd_per_month": "40", "at_limit": "step_down", "until": "2026-12-01T00:00:00+00:00"}
    assert (there.before, there.after) == (file, mine)
    assert (back.action, back.reason, back.before, back.after) == ("budget.retire", "A slip", mine, file)


WRONG: dict[str, tuple[BudgetTerms, str]] = {
    "no amount": (BudgetTerms("project", "much"), "is no amount"),
    "an empty one": (BudgetTerms("project", ""), "is no amount"),
    "a negative one": (BudgetTerms("project", "-1"), "zero or more"),
    "none that is a number": (BudgetTerms("project", "nan"), "zero or more"),
    "too fine": (BudgetTerms("plan:free", "0.0000000001"), "nine decimals"),
    "an unknown plan": (BudgetTerms("plan:gold", "1"), "`gold` is no plan"),
    "a misspelt feature": (BudgetTerms("feature:mach", "1"), "`match`?"),
    "a caller that is none": (BudgetTerms("caller:backend", "1"), "is no caller"),
    "one candidate's": (BudgetTerms("user:7", "1"), "has no budget"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_budget_is_refused_with_a_sentence_and_changes_nothing(
    sqlite_store: Store, policy: Policy, what: str
) -> None:
    terms, words = WRONG[what]
    with pytest.raises(Invalid, match=words):
        budget_changes.change(sqlite_store, policy, Usage(sqlite_store), terms, ADMIN, "Why", at=AT)
    assert held(sqlite_store, policy) == BEFORE and audit.events(sqlite_store, "budget") == []


def test_only_admins_with_a_reason_change_what_there_is(sqlite_store: Store, policy: Policy) -> None:
    made, usage = change(sqlite_store, policy, "project", "600"), Usage(sqlite_store)
    analyst, terms = Caller(name="member:2", role="analyst"), BudgetTerms("project", "1")
    tried: list[tuple[type[WorkbenchError], Caller, str, list[int]]] = [
        (Denied, analyst, "Why", [made]),
        (Invalid, ADMIN, " ", [made]),
        (NotFound, ADMIN, "Why", [made + 1]),
    ]
    for error, by, reason, ids in tried:
        with pytest.raises(error):
            budget_changes.retire(sqlite_store, policy, ids, by, reason)
        if error is not NotFound:
            with pytest.raises(error):
                budget_changes.change(sqlite_store, policy, usage, terms, by, reason)
    with pytest.raises(Denied):
        budget_changes.restore(sqlite_store, policy, usage, [made], analyst)
    assert held(sqlite_store, policy)["project"] == (600, False)
    budget_changes.retire(sqlite_store, policy, [made], ADMIN, "Why")
    with pytest.raises(Conflict):
        budget_changes.retire(sqlite_store, policy, [made], ADMIN, "Why")


def test_a_new_budget_has_used_what_its_runs_have_cost_this_month(store: Store, policy: Policy) -> None:
    chance, user = random.Random(1), person(store)
    legs = [history.leg(chance) | {"cost_nanousd": 500, "cost_status": "exact"}]

    def ran(days_ago: int) -> None:
        one = history.run(chance, user, at=AT - timedelta(days=days_ago)) | {"feature": "cover_letter", "status": "ok"}
        history.fill(store, [one | {"legs": legs} | history.summed(legs)])

    ran(3)
    ran(40)
    subject = "feature:cover_letter"
    made = change(store, policy, subject, "1")
    letters = next(one for one in shared(dated_budgets.policy_now(store, policy, AT), AT) if one.subject == subject)
    assert line(store, letters).used == 500
    change(store, policy, subject, "2")  # there all along: what is charged is left alone
    assert line(store, letters).used == 500
    budget_changes.retire(store, policy, budget_changes.live(store, subject), ADMIN, "Away", at=AT)
    ran(2)  # while it was away
    budget_changes.restore(store, policy, Usage(store), [made], ADMIN, at=AT)
    assert line(store, letters).used == 1_000


def test_a_run_of_any_process_is_held_to_it_at_once(store: Store, tmp_path: Path) -> None:
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml")) as one:
        other, house = Store(store.url.render_as_string(hide_password=False)), one.workbench
        assert one.run().provider == "openai"
        terms = BudgetTerms("feature:cover_letter", "0.000000001", refuses=True)
        made = budget_changes.change(other, house.policy, Usage(other), terms, ADMIN, "Stop it")
        with pytest.raises(BudgetExceeded, match="an admin can raise it on the page Budgets"):
            one.start()
        budget_changes.retire(other, house.policy, [made], ADMIN, "Go on")
        assert one.run().provider == "openai"
        budget_changes.change(other, house.policy, Usage(other), BudgetTerms("project", "0"), ADMIN, "Rules only")
        assert one.run().provider == "rules"
        other.close()


def test_a_run_is_held_to_a_budget_that_only_a_change_brought(store: Store, policy: Policy) -> None:
    change(store, policy, "plan:pro", "5")
    with store.read() as connection:
        now = dated_budgets.in_force(connection, policy, AT)
        of_run = limits(now, "pro", 7, AT, feature="match", caller="cli")
        assert [one.subject for one in of_run.also] == ["feature:match", "plan:pro"]
        assert ledger.budgets(connection, of_run)[0] == ledger.Line()
    assert dated_budgets.applied(policy, ()) is policy  # nothing is copied where nothing was changed


def test_a_standing_says_who_set_it_and_what_was_made_up(store: Store, policy: Policy) -> None:
    chance, user, at = random.Random(1), person(store), datetime.now(UTC)
    legs = [history.leg(chance) | {"cost_nanousd": 500, "cost_status": "exact"}]
    for caller in ("demo:backend", "cli"):
        one = history.run(chance, user, at=at) | {"feature": "match", "status": "ok", "caller": caller, "legs": legs}
        history.fill(store, [one | history.summed(legs)])
    change(store, policy, "feature:match", "40", at=at - timedelta(minutes=1))
    project, feature = standings(store, policy, Usage(store))
    assert (project.dated, project.recorded, project.made_up) == (None, 1_000, 500)
    assert sum(project.spent) == 500  # what the forecast goes by
    assert spent_by_now(Usage(store), "feature:match", at) == 500  # what a budget that is new begins with
    assert feature.dated and (feature.dated.created_by, feature.dated.reason) == ("member:1", "A campaign")
    assert isinstance(feature.limit, Limit) and feature.limit.most == 40 * DOLLAR
    spend(store, project.limit, 5)
    assert standings(store, policy, Usage(store))[0].used == 5
