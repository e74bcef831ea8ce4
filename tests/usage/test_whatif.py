"""A replay is worked out by hand here: other models, other prices, another policy; and what it says it cannot know."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.access.plans import parse_policy
from core.errors import Invalid, Misconfigured
from core.llm import pricing
from core.schema import Caller
from core.settings import HOUSE
from core.store import Store
from core.usage import budget_changes, prices, slices, whatif
from core.usage.budget_changes import BudgetTerms
from core.usage.filters import Filter
from core.usage.price_terms import PriceTerms
from core.usage.queries import Usage
from core.usage.scenario import ALL, Given, Group, Outcome, Scenario
from tests.databases import person
from tests.usage import history
from tests.usage.test_repricing import leg, run

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
MARCH = Filter.days(date(2026, 3, 1), date(2026, 3, 31))
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LUNA, TERRA = "openai/gpt-6-luna", "openai/gpt-6.1-terra"

POLICY = """
[tiers]
cheap = ["openai/small"]
premium = ["openai/large", "openai/small"]

[plans.free]
features = ["match"]
tier = "cheap"
runs_per_minute = {runs}
tokens_per_day = {tokens}
usd_per_month = {usd}
{more}

[plans.pro]
features = "all"
tier = {{ default = "cheap", cover_letter = "premium" }}
runs_per_minute = {runs}
tokens_per_day = {tokens}
usd_per_month = {usd}
{more}

[plans.premium]
features = "all"
tier = "premium"
runs_per_minute = 1000
tokens_per_day = 1_000_000_000
usd_per_month = 1000

[project]
usd_per_month = {project}
step_down_at = 0.5
"""


def policy(*, runs: int = 1000, tokens: int = 10**9, usd: str = "1000", project: str = "1000", more: str = "") -> str:
    return POLICY.format(runs=runs, tokens=tokens, usd=usd, project=project, more=more)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


@pytest.fixture
def priced(store: Store) -> Store:
    """Small costs 1 and large 10 dollars for a million tokens, in or out; so does a model of another name."""
    for model, dollars in (("small", "1"), ("large", "10"), ("gpt-6-luna", "2"), ("gpt-6.1-terra", "20")):
        terms = PriceTerms("openai", model, {"input": dollars, "output": dollars}, date(2026, 1, 1), "Contract 7")
        prices.add(store, terms, ADMIN, sure=True)
    return store


def asked(
    user_id: int, tokens: int, *, model: str = "large", after: timedelta = timedelta(), **more: Any
) -> dict[str, Any]:
    """A run of so many tokens with a model at its price above, some time after noon."""
    rate = {"small": 1_000, "large": 10_000, "gpt-6-luna": 2_000, "gpt-6.1-terra": 20_000}[model]
    made = run(user_id, leg(tokens, tokens * rate, model=model), at=NOON + after)
    return made | {"feature": "match", "plan": "pro", "tier": "cheap", "route": "cheap"} | more


def replayed(store: Store, scenario: Scenario, over: Filter = MARCH) -> Outcome:
    return whatif.replay(store, over, scenario)


def told(groups: Sequence[Group]) -> dict[str | None, tuple[int, int | None, int | None]]:
    return {one.value: (one.runs, one.before_nanousd, one.after_nanousd) for one in groups}


# -- other models ------------------------------------------------------------------------------------------


def test_another_model_is_priced_by_its_own_row_and_only_estimated(priced: Store) -> None:
    user = person(priced)
    history.fill(priced, [asked(user, 1_000, model="gpt-6.1-terra"), asked(user, 500, model="gpt-6-luna", plan="free")])
    found = replayed(priced, Scenario(models={TERRA: LUNA}))
    assert (found.before.nanousd, found.after.nanousd) == (21_000_000, 3_000_000)
    assert (found.after.exact, found.after.estimated, found.after.unknown) == (1, 1, 0)
    assert told(found.groups["plan"]) == {"pro": (1, 20_000_000, 2_000_000), "free": (1, 1_000_000, 1_000_000)}
    assert told(found.groups["model"]) == {TERRA: (1, 20_000_000, 2_000_000), LUNA: (1, 1_000_000, 1_000_000)}
    assert told(found.groups["new_model"]) == {LUNA: (2, 21_000_000, 3_000_000)}
    assert told(found.groups["month"]) == {"2026-03": (2, 21_000_000, 3_000_000)}
    assert [one.count for one in found.unknowns if "another model" in one.said] == [1]


def test_failed_legs_go_to_the_other_model_too_and_this_machine_stays(priced: Store) -> None:
    local = leg(9_000, 0, model="smollm2-135m", provider="embedded", price="local 0")
    legs = (leg(1_000, 20_000_000, model="gpt-6.1-terra", status="failed"), local)
    history.fill(priced, [run(person(priced), *legs) | {"status": "fallback"}])
    found = replayed(priced, Scenario(models={ALL: LUNA}))
    assert (found.before.nanousd, found.after.nanousd) == (20_000_000, 2_000_000)


def test_another_provider_has_nothing_in_its_cache(priced: Store) -> None:
    terms = PriceTerms("other", "one", {"input": "2", "cached": "0", "output": "2"}, date(2026, 1, 1), "Contract 8")
    prices.add(priced, terms, ADMIN, sure=True)
    history.fill(priced, [run(person(priced), leg(1_000, 5, cached_tokens=800))])
    found = replayed(priced, Scenario(models={ALL: "other/one"}))
    assert found.after.nanousd == 2_000_000
    assert [one.count for one in found.unknowns if "cache" in one.said] == [1]


def test_a_model_without_a_price_leaves_the_cost_unknown_and_never_zero(priced: Store) -> None:
    history.fill(priced, [asked(person(priced), 1_000)])
    found = replayed(priced, Scenario(models={ALL: "openai/house-model"}))
    assert (found.after.nanousd, found.after.unknown, found.both) == (None, 1, 0)
    assert found.unknowns[0].count == 1 and "unknown cost under what is supposed" in found.unknowns[0].said


# -- other prices --------------------------------------------------------------------------------------------


def test_a_given_price_comes_before_all_others_and_stays_exact(priced: Store) -> None:
    history.fill(priced, [asked(person(priced), 1_000), asked(person(priced), 1_000, model="small")])
    found = replayed(priced, Scenario(given=(Given(model="openai/large", input="4", output="4"),)))
    assert (found.before.nanousd, found.after.nanousd, found.after.exact) == (11_000_000, 5_000_000, 2)


def test_prices_can_be_those_that_were_known_once(priced: Store) -> None:
    history.fill(priced, [run(person(priced), leg(1_000, 2_000_000))])
    found = replayed(priced, Scenario(known_at=datetime(2026, 1, 1, tzinfo=UTC)))  # before the project's own rows
    assert found.after.nanousd == 100_000  # the catalogue's ten cents a million


def test_where_the_price_stays_what_was_paid_stays(priced: Store) -> None:
    """Also where the recorded cost is not what today's rows say: that is re-pricing, and asked for by itself."""
    history.fill(priced, [run(person(priced), leg(1_000, 5))])
    found = replayed(priced, Scenario(given=(Given(model="openai/large", input="4", output="4"),)))
    assert (found.before.nanousd, found.after.nanousd) == (5, 5)


def test_a_replay_by_slices_is_the_same(priced: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    users = [person(priced) for _ in range(3)]
    history.fill(priced, [history.run(chance, chance.choice(users)) for _ in range(40)])
    over, heard = Filter.days(date(2026, 3, 20), date(2026, 4, 10)), []
    scenario = Scenario(policy=policy(runs=2, tokens=50_000, usd="0.001"))
    whole = replayed(priced, scenario, over)
    monkeypatch.setattr(slices.slices, "__kwdefaults__", {"size": 7})
    assert whatif.replay(priced, over, scenario, progress=lambda runs, share: heard.append((runs, share))) == whole
    assert heard[-1] == (40, 1.0) and len(heard) == 6
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    scanned = history.added(history.chosen(history.scan(priced), over))
    assert (whole.runs, whole.before.unknown) == (40, scanned["unknown"])
    assert (whole.before.nanousd or 0) == scanned["cost_nanousd"]


# -- another policy ------------------------------------------------------------------------------------------


def routed(store: Store, *runs: dict[str, Any], limits: bool = True, **given: Any) -> Outcome:
    history.fill(store, runs)
    return replayed(store, Scenario(policy=policy(**given), limits=limits))


def test_a_run_goes_to_the_first_priced_model_of_its_tier(priced: Store) -> None:
    user = person(priced)
    found = routed(
        priced,
        asked(user, 1_000),  # cheap
        asked(user, 1_000, model="small", feature="cover_letter"),  # premium
        asked(user, 1_000, plan="premium"),  # large, as it was
        asked(user, 1_000, plan="free", feature="cover_letter"),  # not in the plan
        limits=False,
    )
    assert found.after.nanousd == 1_000_000 + 10_000_000 + 10_000_000
    assert (found.after.refused, found.after.exact, found.after.estimated) == (1, 2, 2)
    assert [(one.period, one.what, one.count) for one in found.refusals] == [("2026-03-10", "plan_denied", 1)]


def test_what_the_caller_chose_stays(priced: Store) -> None:
    chosen = {"tier": None, "route": "large, chosen by the caller"}
    found = routed(priced, asked(person(priced), 1_000, **chosen), limits=False)
    assert found.after.nanousd == 10_000_000
    assert any("caller chose" in one.said and one.count == 1 for one in found.unknowns)


def test_a_minute_begins_with_the_first_run_and_refuses_the_next_after_its_limit(priced: Store) -> None:
    user, other = person(priced), person(priced)
    runs = [asked(user, 10, after=second * SECOND) for second in (0, 30, 59, 60, 61)]
    found = routed(priced, *runs, asked(other, 10, after=59 * SECOND), runs=2)
    assert [(one.what, one.count) for one in found.refusals] == [("rate_limited", 1)]  # the one at 59 s
    assert (found.after.refused, found.after.nanousd) == (1, 5 * 10_000)


def test_tokens_of_a_day_are_those_of_the_utc_day(priced: Store) -> None:
    user = person(priced)
    hours = (0, 1, 2, 13)  # the last is on the next day
    found = routed(priced, *(asked(user, 400, after=hour * timedelta(hours=1)) for hour in hours), tokens=1_000)
    assert [(one.period, one.what, one.count) for one in found.refusals] == [("2026-03-10", "quota_exceeded", 1)]
    assert found.after.nanousd == 3 * 400_000


def test_budgets_step_down_from_their_share_on_and_end_with_the_rules(priced: Store) -> None:
    """A cover letter of 1,000 tokens costs a cent on large, a tenth of it on small; the month has two cents."""
    letters = [asked(1, 1_000, feature="cover_letter", after=number * SECOND) for number in range(14)]
    user = person(priced)
    found = routed(priced, *(one | {"user_id": user} for one in letters), usd="0.02")
    # One on large (1.0 ct: half of it is gone), ten on small (2.0 ct), three by the rules.
    assert [(one.period, one.what, one.count) for one in found.steps] == [
        ("2026-03", "openai/small", 10),
        ("2026-03", "rules", 3),
    ]
    assert found.after.nanousd == 20_000_000
    assert told(found.groups["new_model"]) == {
        "openai/large": (1, 10_000_000, 10_000_000),
        "openai/small": (10, 100_000_000, 10_000_000),
        "rules": (3, 30_000_000, 0),
    }


def test_a_run_that_costs_more_than_is_left_goes_to_a_later_model(priced: Store) -> None:
    found = routed(priced, asked(person(priced), 1_000, feature="cover_letter"), usd="0.005")
    assert [(one.what, one.count) for one in found.steps] == [("openai/small", 1)]


def test_a_budget_that_refuses_does_not_step_down(priced: Store) -> None:
    user = person(priced)
    runs = [asked(user, 1_000, feature="cover_letter", after=number * SECOND) for number in range(3)]
    found = routed(priced, *runs, usd="0.02", more='at_limit = "refuse"')
    assert ([one.what for one in found.steps], found.after.nanousd) == ([], 20_000_000)
    assert [(one.what, one.count) for one in found.refusals] == [("budget_exceeded", 1)]


def test_the_projects_budget_is_everybodys(priced: Store) -> None:
    runs = [asked(person(priced), 1_000, feature="cover_letter", after=number * SECOND) for number in range(3)]
    found = routed(priced, *runs, project="0.02")
    assert [(one.what, one.count) for one in found.steps] == [("openai/small", 2)]


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        ("[budgets.features]\ncover_letter = 0.02", 2),
        ("[budgets.features]\nmatch = 0.02", 0),
        ("[budgets.plans]\npro = 0.02", 2),
        ('[budgets.callers]\n"token:backend" = 0.02', 1),
    ],
)
def test_budgets_of_plans_features_and_callers_hold_for_their_runs(priced: Store, table: str, steps: int) -> None:
    callers = ("token:backend", "cli", "token:backend")
    runs = [
        asked(person(priced), 1_000, feature="cover_letter", after=number * SECOND, caller=caller)
        for number, caller in enumerate(callers)
    ]
    history.fill(priced, runs)
    found = replayed(priced, Scenario(policy=f"{policy()}\n{table}\n"))
    assert sum(one.count for one in found.steps) == steps


HOLDS = [
    ({}, "2026-03-01", True),  # set for good: it holds in any replay
    ({"retired": True}, "2026-03-01", False),
    ({"this_month": True}, "2026-03-01", False),  # of this month alone: it says nothing of others
    ({"this_month": True}, None, True),
    ({"dated": False}, "2026-03-01", False),
]


@pytest.mark.parametrize(("how", "since", "holds"), HOLDS)
def test_a_budget_set_in_the_workbench_comes_before_the_supposed_policys(
    priced: Store, how: dict[str, bool], since: str | None, holds: bool
) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    began = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else today.replace(day=1)
    runs = [asked(person(priced), 1_000, feature="cover_letter", after=number * SECOND) for number in range(3)]
    for number, one in enumerate(runs):
        one["created_at"] = began + number * SECOND
    history.fill(priced, runs)
    terms = BudgetTerms("feature:cover_letter", "0.02", this_month=how.get("this_month", False))
    live = parse_policy(policy(), Path("policy.toml"))
    id = budget_changes.change(priced, live, Usage(priced), terms, ADMIN, "A campaign")
    if "retired" in how:
        budget_changes.retire(priced, live, [id], ADMIN, "It is over")
    over = Filter.days(began.date(), began.date() + timedelta(days=1))
    found = replayed(priced, Scenario(policy=policy(), dated=how.get("dated", True)), over)
    assert sum(one.count for one in found.steps) == (2 if holds else 0)
    said = " ".join(one.said for one in found.unknowns)
    assert ("feature:cover_letter $0.02" in said) is holds


def test_what_refused_runs_cost_is_told_apart_from_what_is_saved(priced: Store) -> None:
    user = person(priced)
    found = routed(priced, asked(user, 1_000), asked(user, 1_000, plan="free", feature="cover_letter"))
    assert (found.both_before_nanousd, found.both_after_nanousd, found.refused_nanousd) == (
        20_000_000,
        1_000_000,
        10_000_000,
    )


def test_what_nobody_knows_is_said_and_not_made_up(priced: Store) -> None:
    user = person(priced)
    by_rules = asked(user, 0) | {"provider": "rules", "model": None, "legs": [leg(0, 0, provider="rules", model=None)]}
    refused = asked(user, 0) | {"status": "refused", "provider": None, "model": None, "legs": []}
    found = routed(priced, by_rules, refused)
    assert (found.after.nanousd, found.after.unknown) == (None, 2)
    said = {one.said: one.count for one in found.unknowns}
    assert [many for words, many in said.items() if "answered by the rules" in words] == [1]
    assert [many for words, many in said.items() if "under another policy" in words] == [1]
    assert any("live limits bite a little earlier" in words for words in said)


# -- what cannot be supposed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario(), "Nothing is supposed"),
        (Scenario(models={ALL: "luna"}), "`luna` is no model"),
        (Scenario(models={ALL: LUNA}, policy="x"), "either a policy or other models"),
        (Scenario(given=(Given(model=LUNA, input="-1", output="1"),)), "is negative"),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_a_sentence(
    sqlite_store: Store, scenario: Scenario, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        replayed(sqlite_store, scenario)


def test_a_policy_that_cannot_be_read_names_its_line(sqlite_store: Store) -> None:
    text = (HOUSE / "core/policy.toml").read_text().replace("[plans.pro]", "[plans.profi]")
    with pytest.raises(Misconfigured, match=r"The supposed policy, line \d+: .*Did you mean `pro`"):
        replayed(sqlite_store, Scenario(policy=text))


def test_a_period_without_runs_is_nothing(sqlite_store: Store) -> None:
    assert replayed(sqlite_store, Scenario(models={ALL: LUNA})) == Outcome(groups=dict.fromkeys(
        ("month", "feature", "plan", "model", "new_model"), ()))  # fmt: skip
