"""A run pays the project's own price, says which row that was, and is admitted by it."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from core.access import admission
from core.llm import pricing, registry
from core.llm.router import Leg
from core.llm.scripted import Play
from core.schema import Caller
from core.store import Store
from core.store.columns import now
from core.usage import price_gaps, prices
from core.usage.price_terms import PriceTerms
from core.usage.queries import Usage
from tests.benches import LETTER, USED, bench, waited_for
from tests.databases import person
from tests.usage import history
from tests.usage.test_prices import Elsewhere

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
CATALOGUE = "genai-prices 0.2.3/openai/gpt-6.1-terra"


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


def give(store: Store, model: str, tier: str | None = None) -> int:
    rates = {"input": "2", "cached": "0.5", "output": "8"}
    return prices.add(store, PriceTerms("openai", model, rates, date(2026, 1, 1), "Contract 7", tier=tier), ADMIN)


def paid(store: Store) -> tuple[str | None, int | None]:
    """Of the newest attempt: the row it names and its cost."""
    with store.read() as connection:
        rows = connection.execute(price_gaps.ATTEMPT.select().order_by(price_gaps.ATTEMPT.c.id.desc()))
        row = rows.first()
    assert row is not None
    return row.price, row.cost_nanousd


def test_a_run_pays_the_price_of_its_moment_and_its_attempt_names_the_row(store: Store) -> None:
    with bench(store, Play(*LETTER, usage=USED)) as one:
        one.run()
        assert paid(store) == (CATALOGUE, 1_060_000)  # 800×1,000 + 200×50 + 50×5,000
        id = give(store, "gpt-6.1-terra")
        one.run()
        assert paid(store) == (f"own:{id}", 2_100_000)  # 800×2,000 + 200×500 + 50×8,000
        prices.retire(store, id, ADMIN, "A slip")
        one.run()
        assert paid(store) == (CATALOGUE, 1_060_000)


@pytest.mark.parametrize(
    ("answered", "tier", "row"),
    [
        ("gpt-6.1-terra-2026-10-01", None, "own"),
        ("something-else", "default", "own"),
        ("gpt-6.1-terra", "scale", None),
        ("gpt-6.1-terra", "flex", f"{CATALOGUE} flex"),
    ],
)
def test_the_name_and_the_tier_of_the_answer_decide(
    sqlite_store: Store, answered: str, tier: str | None, row: str | None
) -> None:
    with bench(sqlite_store, Play(*LETTER, usage=USED, model=answered, tier=tier)) as one:
        id = give(sqlite_store, "gpt-6.1-terra")
        result = one.run()
    assert paid(sqlite_store)[0] == (f"own:{id}" if row == "own" else row)
    assert result.cost_status == ("exact" if row else "unknown")


def test_what_a_run_may_need_is_reckoned_by_the_projects_price(sqlite_store: Store) -> None:
    prices.load(sqlite_store)

    def need() -> int:
        leg = Leg("openai", "gpt-6.1-terra")
        return admission.estimate(leg, input_tokens=1_000, max_tokens=500, at=now()).nanousd

    assert need() == 3_500_000  # 1,000×1,000 + 500×5,000
    give(sqlite_store, "gpt-6.1-terra")
    assert need() == 6_000_000  # 1,000×2,000 + 500×8,000


def test_a_server_follows_prices_that_were_added_elsewhere(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "RENEW_S", 0.02)
    with bench(sqlite_store, Play(*LETTER, usage=USED)):
        with Elsewhere(sqlite_store):
            id = give(sqlite_store, "gpt-6.1-terra")
        waited_for(lambda: f"own:{id}" in [row.row.id for row in pricing.own_rows()])


def test_models_whose_calls_have_no_price_are_found_until_they_have_one(store: Store) -> None:
    plays = [
        Play(*LETTER, usage=USED, model=name, tier=tier) for name, tier in ((None, None), ("m", None), (None, "scale"))
    ]
    with bench(store, *plays) as one:
        one.run(model="openai/house-model")
        one.run(model="openai/house-model")
        one.run()
        found = price_gaps.missing(store, one.workbench.policy)
        assert [(gap.name, gap.tier, gap.calls) for gap in found] == [
            ("gpt-6.1-terra", "scale", 1),
            ("house-model", None, 1),
            ("house-model", None, 1),
        ]
        give(store, "house-model")
        assert [gap.name for gap in price_gaps.missing(store, one.workbench.policy)] == ["gpt-6.1-terra"]
        give(store, "gpt-6.1-terra", tier="scale")
        assert not price_gaps.missing(store, one.workbench.policy)


def test_a_model_that_only_the_policy_names_is_missing_a_price_too(sqlite_store: Store) -> None:
    with bench(sqlite_store) as one:
        tiers = one.workbench.policy.tiers | {"cheap": ("openai/house-model", "embedded/smollm2-135m", "rules")}
        policy = one.workbench.policy.model_copy(update={"tiers": tiers})
        (gap,) = price_gaps.missing(sqlite_store, policy)
    assert (gap.name, gap.calls, gap.last_at) == ("house-model", 0, None)


def test_the_first_day_without_a_price_is_where_a_new_row_should_begin(sqlite_store: Store) -> None:
    chance, user_id = random.Random(1), person(sqlite_store)
    gap = price_gaps.Called("openai", "house-model")
    assert price_gaps.first_day(Usage(sqlite_store).now(), gap) is None
    for day, status in ((5, "unknown"), (3, "unknown"), (1, "exact")):
        leg = history.leg(chance) | {"provider": "openai", "model": "house-model", "cost_status": status}
        run = history.run(chance, user_id, at=history.START + timedelta(days=day)) | {"legs": [leg]}
        with sqlite_store.write() as connection:
            history.put(connection, run)
    assert price_gaps.first_day(Usage(sqlite_store).now(), gap) == (history.START + timedelta(days=3)).date()
