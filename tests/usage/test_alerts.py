"""Alerts: what is worth one, that each is kept once, says why and leads to its runs; dismissing and its undo."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.access.limits import shared
from core.access.plans import Policy, load_policy
from core.errors import NotFound
from core.store import Store
from core.usage import alerts
from core.usage.alerts import Told
from core.usage.budgets import outlook, standings
from core.usage.queries import Usage
from tests.benches import write_policy
from tests.databases import person
from tests.ledgers import spend
from tests.usage import history

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
DOLLAR = 10**9
CENT = 10**7


def run(at: datetime, cost: int | None, **values: Any) -> dict[str, Any]:
    """One run of one leg that cost so much."""
    chance = random.Random(1)
    leg = history.leg(chance) | {"cost_nanousd": cost, "cost_status": "unknown" if cost is None else "exact"}
    usual = {"status": "ok", "feature": "match", "caller": "member:1", "plan": "pro", "provider": "openai"}
    one = history.run(chance, values.pop("user_id", 1), at=at) | {"legs": [leg]} | usual | {"model": "gpt-6-luna"}
    return one | history.summed([leg]) | values


def days(ago: Sequence[int], count: int = 4, cost: int = 50 * CENT, **values: Any) -> list[dict[str, Any]]:
    """So many runs on each of these days."""
    midnight = NOON.replace(hour=0)
    moments = [midnight - timedelta(days=day) + timedelta(minutes=20 * i) for day in ago for i in range(count)]
    return [run(at, cost, **values) for at in moments]


def policy(tmp_path: Path, project: str = "1000000.0", budgets: str = "", shared: str = "step_down") -> Policy:
    return load_policy(write_policy(tmp_path / "p.toml", project=project, budgets=budgets, shared=shared))


def found(store: Store, policy: Policy, at: datetime = NOON) -> list[Told]:
    alerts.check(store, policy, Usage(store), at=at)
    return list(alerts.current(store, at=at))


def test_a_quiet_house_has_no_alert(store: Store, tmp_path: Path) -> None:
    person(store)
    assert found(store, policy(tmp_path)) == []
    history.fill(store, days(range(1, 40)))
    assert found(store, policy(tmp_path)) == []


def test_a_budget_that_runs_out_in_the_month_is_told_once_with_its_range(store: Store, tmp_path: Path) -> None:
    person(store)
    history.fill(store, days(range(40)))  # two dollars a day, fifty by now
    house = policy(tmp_path, project="55.0")
    (told,) = found(store, house)
    assert told.kind == "run_out"
    assert told.message.startswith("The month's budget of the project, $55.00, will not last the month. Runs out about")
    assert told.facts["run_out"]["likely"] and told.facts["budget"] == "project"
    assert (told.filter.start, told.filter.end.date().day) == (datetime(2026, 11, 1, tzinfo=UTC), 26)
    assert alerts.check(store, house, Usage(store), at=NOON + timedelta(hours=1)) == 0
    assert [one.id for one in alerts.current(store, at=NOON)] == [told.id]


def test_a_budget_that_was_raised_is_told_anew(sqlite_store: Store, tmp_path: Path) -> None:
    for dollars, told in ((10, 1), (20, 2), (10, 2)):
        house = policy(tmp_path, project=f"{dollars}.0")
        if dollars == 10 and told == 1:
            spend(sqlite_store, shared(house, NOON)[0], 30 * DOLLAR)
        assert len(found(sqlite_store, house)) == told


ENDS = {
    "near its end": (92, "step_down", "near_end", "92% used: the cheap models answer now."),
    "at its end": (
        100,
        "step_down",
        "used_up",
        "is used up. Only the rules answer the runs it pays for until 1 December.",
    ),
    "at its end, refusing": (100, "refuse", "used_up", "is used up. Runs it pays for are refused until 1 December."),
    "near its end, refusing": (92, "refuse", None, ""),
}


@pytest.mark.parametrize("what", ENDS)
def test_a_budget_near_or_at_its_end_is_told(sqlite_store: Store, tmp_path: Path, what: str) -> None:
    dollars, at_limit, kind, words = ENDS[what]
    text = f'[budgets.features]\nmatch = {{ usd_per_month = 100, at_limit = "{at_limit}" }}\n'
    house = policy(tmp_path, budgets=text)
    spend(sqlite_store, shared(house, NOON)[1], dollars * DOLLAR)
    told = found(sqlite_store, house)
    assert [one.kind for one in told] == ([kind] if kind else [])
    assert words in "".join(one.message for one in told)
    assert all(one.message.startswith("The month's budget of the feature match") for one in told)
    assert all(one.filter.where == {"feature": {"match"}} for one in told)


RISES: dict[str, tuple[dict[str, Any], str]] = {
    "more runs": ({"count": 24}, "More runs: 28 runs instead of about 4, each about as dear."),
    "dearer runs": ({"count": 1, "cost": 20 * DOLLAR}, "$4.40 each instead of about $0.50"),
    "both": ({"count": 12, "cost": 3 * DOLLAR}, "More runs, and dearer ones: 16 runs instead of about 4"),
}


@pytest.mark.parametrize("what", RISES)
def test_a_day_far_above_its_weekdays_says_why(store: Store, tmp_path: Path, what: str) -> None:
    given, words = RISES[what]
    for name in ("Ada Moreno", "Bo Lind"):
        person(store, name=name)
    usual = days(range(1, 50)) + days([0])
    odd = days([1], feature="cover_letter", model="gpt-6.1-terra", caller="token:backend", user_id=2, **given)
    history.fill(store, usual + odd)
    (told,) = found(store, policy(tmp_path))
    assert (told.kind, told.facts["day"]) == ("unusual_day", "2026-11-24")
    assert "times the usual $2.00 of a Tuesday" in told.message
    assert words in told.message
    brought = {one["dimension"]: one["value"] for one in told.facts["parts"]}
    assert brought == {"feature": "cover_letter", "model": "gpt-6.1-terra", "caller": "token:backend", "user": 2}
    for name in (
        "the feature cover_letter (",
        "the model gpt-6.1-terra (",
        "the caller token:backend (",
        "candidate 2 (",
    ):
        assert name in told.message
    runs = Usage(store).totals(told.filter)
    assert runs.runs == given["count"]
    assert alerts.check(store, policy(tmp_path), Usage(store), at=NOON) == 0


@pytest.mark.parametrize(
    ("usual", "odd"),
    [
        ({"cost": 50 * CENT}, {"count": 1, "cost": 80 * CENT}),  # less than half more
        ({"cost": CENT // 10}, {"count": 9, "cost": CENT}),  # far more, of next to nothing
    ],
)
def test_a_day_a_little_above_its_usual_is_no_alert(
    sqlite_store: Store, tmp_path: Path, usual: dict[str, int], odd: dict[str, int]
) -> None:
    person(sqlite_store)
    history.fill(sqlite_store, days(range(1, 50), **usual) + days([1], **odd))
    assert found(sqlite_store, policy(tmp_path)) == []


def test_a_calm_weekend_is_measured_by_weekends(sqlite_store: Store, tmp_path: Path) -> None:
    """Saturdays cost a tenth: one that costs what a Tuesday costs is far above its usual."""
    person(sqlite_store)
    saturdays, others = range(4, 60, 7), [day for day in range(1, 60) if (day - 4) % 7]
    history.fill(sqlite_store, days(others) + days(saturdays, cost=5 * CENT))
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert found(sqlite_store, policy(tmp_path), sunday) == []
    history.fill(sqlite_store, days([4]))
    (told,) = found(sqlite_store, policy(tmp_path), sunday)
    assert told.facts["day"] == "2026-11-21" and "of a Saturday" in told.message


@pytest.mark.parametrize(("unknown", "alerted"), [(0, 0), (19, 0), (30, 1)])
def test_too_much_unknown_cost_is_told_with_the_way_to_mend_it(
    sqlite_store: Store, tmp_path: Path, unknown: int, alerted: int
) -> None:
    person(sqlite_store)
    known = days(range(1, 7), count=40, cost=1)
    history.fill(sqlite_store, known + [run(NOON - timedelta(hours=1), None) for _ in range(unknown)])
    told = found(sqlite_store, policy(tmp_path))
    assert [one.kind for one in told] == ["unknown_cost"] * alerted
    for one in told:
        assert "30 of 270 runs" in one.message and "Add the missing prices" in one.message
        assert Usage(sqlite_store).totals(one.filter).runs == unknown


def test_a_dismissed_alert_stays_away_until_it_is_brought_back(store: Store, tmp_path: Path) -> None:
    house = policy(tmp_path, project="1.0")
    spend(store, shared(house, NOON)[0], DOLLAR)
    (told,) = found(store, house)
    alerts.dismiss(store, told.id, "member:7")
    assert found(store, house) == []
    (kept,) = alerts.current(store, dismissed=True, at=NOON)
    assert (kept.dismissed_by, kept.dismissed_at is not None) == ("member:7", True)
    alerts.restore(store, told.id)
    assert [one.id for one in found(store, house)] == [told.id]
    with pytest.raises(NotFound):
        alerts.dismiss(store, 999, "member:7")


def test_facts_and_message_hold_no_name_of_a_candidate(sqlite_store: Store, tmp_path: Path) -> None:
    person(sqlite_store, name="Ada Moreno")
    history.fill(sqlite_store, days(range(1, 50)) + days([1], count=30))
    (told,) = found(sqlite_store, policy(tmp_path))
    assert "Moreno" not in f"{told.message}{told.facts}"


OUTLOOKS = {
    "nothing spent": ([], 0, "Nothing was spent on whole days yet"),
    "three days": (
        range(1, 4),
        0,
        "cannot be known yet: 3 whole days have passed since the first spend, and it takes 7.",
    ),
    "used up": (range(1, 4), 100, "Used up. It begins anew on 1 December."),
    "lasts": (range(1, 40), 0, "Lasts. By 30 November likely $59.0"),
    "runs out": (range(1, 40), 92, "Runs out about 29 November."),
}


@pytest.mark.parametrize("what", OUTLOOKS)
def test_the_outlook_of_a_budget_is_a_sentence(sqlite_store: Store, tmp_path: Path, what: str) -> None:
    ago, used, words = OUTLOOKS[what]
    person(sqlite_store)
    history.fill(sqlite_store, days(ago))
    house = policy(tmp_path, project="100.0")
    spend(sqlite_store, shared(house, NOON)[0], used * DOLLAR)
    (standing,) = standings(sqlite_store, house, Usage(sqlite_store), at=NOON)
    assert words in outlook(standing)
    assert standing.recorded == sum(50 * CENT * 4 for day in ago if day < 25)
