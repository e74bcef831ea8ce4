"""The project's own rows come before the catalogue's, on their days, as they were known."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from core.llm import pricing
from core.llm.price_book import OwnPrice
from core.llm.price_rows import PriceRow, flat
from core.schema import Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
LUNA = "genai-prices 0.2.3/openai/gpt-6-luna"


def own(
    number: int,
    model: str = "gpt-6-luna",
    *,
    provider: str = "openai",
    tier: str | None = None,
    price: int = 7,
    days: tuple[date, date | None] = (date(2026, 11, 1), None),
    known_since: datetime = EARLY,
    retired_at: datetime | None = None,
) -> OwnPrice:
    row = PriceRow(f"own:{number}", flat(price * 10**9), flat(price * 10**9))
    return OwnPrice(provider, model, tier, *days, known_since, retired_at, row)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


def used(model: str | None = "gpt-6-luna", **more) -> str | None:
    given = {"provider": "openai", "model": model, "tier": None, "at": NOW} | more
    row = pricing.price(**given)
    return row.id if row else None


@pytest.mark.parametrize(
    ("rows", "more", "id"),
    [
        ([own(1)], {}, "own:1"),
        ([own(1)], {"tier": "default"}, "own:1"),
        ([own(1)], {"tier": "on_demand"}, "own:1"),
        ([own(1)], {"tier": "flex"}, f"{LUNA}@2026-10-12 flex"),
        ([own(1, tier="flex")], {"tier": "flex"}, "own:1"),
        ([own(1, tier="flex")], {}, LUNA),
        ([own(1, tier="scale")], {"tier": "scale"}, "own:1"),
        ([own(1)], {"at": datetime(2026, 10, 31, 23, 59, tzinfo=UTC)}, LUNA),
        ([own(1)], {"at": datetime(2026, 11, 1, tzinfo=UTC)}, "own:1"),
        ([own(1, days=(date(2026, 11, 1), date(2026, 11, 23)))], {}, LUNA),
        ([own(1, days=(date(2026, 11, 1), date(2026, 11, 24)))], {}, "own:1"),
        ([own(1, days=(date(2026, 11, 1), date(2026, 11, 20))), own(2, days=(date(2026, 11, 20), None))], {}, "own:2"),
        ([own(1, retired_at=LATE)], {}, LUNA),
        ([own(1, provider="other")], {}, LUNA),
        ([own(1)], {"provider": "other"}, None),
        ([own(1, "house-model")], {"model": "house-model"}, "own:1"),
        ([own(1, "house-model")], {"model": "house-model-2"}, None),
    ],
)
def test_the_row_of_the_model_tier_and_day_is_used(rows: list[OwnPrice], more: dict, id: str | None) -> None:
    pricing.install(rows)
    assert used(**more) == id


@pytest.mark.parametrize(
    ("answered", "asked", "id"),
    [
        ("gpt-6-luna-2026-09-01", None, "own:1"),  # servers add the date of what they serve
        ("gpt-6-luna-20260901", None, "own:1"),
        ("gpt-6-luna-pro", None, None),
        ("fake-1", "gpt-6-luna", "own:1"),  # declared for what is asked: the server's own name has no price
        ("gpt-5-nano", "gpt-6-luna", "own:1"),  # the project's row comes before the catalogue's for another name
        ("gpt-6.1-terra", "gpt-6-luna", "own:2"),  # but after the project's row for that name
        ("gpt-6.1-terra-2026-11-01", "gpt-6-luna", "own:3"),
    ],
)
def test_a_row_is_found_under_the_name_that_answered_then_under_the_one_that_was_asked(
    answered: str, asked: str | None, id: str | None
) -> None:
    pricing.install([own(1), own(2, "gpt-6.1-terra"), own(3, "gpt-6.1-terra-2026-11-01")])
    found = used(answered, asked=asked)
    assert found == id or (id is None and (found is None or not found.startswith("own:")))


def test_what_was_known_then_can_be_asked_later() -> None:
    first = own(1, retired_at=LATE)
    second = own(2, price=9, known_since=LATE)
    pricing.install([first, second])
    assert used(known_at=EARLY.replace(day=10)) == "own:1"
    assert used(known_at=LATE) == "own:2"  # the moment of the change belongs to what is new
    assert used() == "own:2"
    assert used(known_at=datetime(2026, 10, 1, tzinfo=UTC)) == LUNA
    cost = pricing.cost(
        Usage(input_tokens=10), provider="openai", model="gpt-6-luna", at=NOW, known_at=EARLY.replace(day=10)
    )
    assert cost.nanousd == 70_000  # 10×7,000


def test_a_change_holds_from_the_next_call_on() -> None:
    assert used() == LUNA
    pricing.install([own(1)])
    assert used() == "own:1"
    pricing.install([])
    assert used() == LUNA


@pytest.mark.parametrize(("provider", "model"), [("embedded", "smollm2-135m"), ("rules", None)])
def test_local_models_cost_nothing_until_they_are_given_a_price(provider: str, model: str | None) -> None:
    assert used(model, provider=provider) == "local 0"
    assert pricing.is_free(provider, model, NOW)
    assert "declared to cost nothing" in pricing.explain(provider, model or "rules", None, NOW)
    pricing.install([own(1, model or "rules", provider=provider)])
    cost = pricing.cost(Usage(input_tokens=100, output_tokens=10), provider=provider, model=model, at=NOW)
    assert (cost.nanousd, cost.status, cost.price) == (770_000, "exact", "own:1")  # 110×7,000
    assert not pricing.is_free(provider, model, NOW)


def test_every_row_can_be_looked_up_by_its_id_retired_ones_too() -> None:
    rows = [own(1), own(2, retired_at=LATE)]
    pricing.install(rows)
    assert [pricing.row(f"own:{number}") for number in (1, 2, 3)] == [rows[0].row, rows[1].row, None]
    local = pricing.row("local 0")
    assert local is not None and local.free
    for model in ("gpt-6-luna", "gpt-5.6-luna", "o3"):
        for tier in (None, "flex", "priority"):
            found = pricing.price("openai", model, tier, datetime(2026, 11, 1, tzinfo=UTC).replace(day=2))
            assert found is None or (pricing.row(found.id) == found and len(found.id) <= 200)


@pytest.mark.parametrize(
    ("provider", "model", "tier", "words"),
    [
        ("openai", "gpt-6-luna", None, "The project's own row holds from 2026-11-01 without an end"),
        ("openai", "gpt-6-luna-2026-09-01", None, "as gpt-6-luna; it comes before the catalogue's"),
        ("openai", "gpt-5.6-luna", None, "the catalogue has one from 2026-07-30"),
        ("openai", "gpt-6.1-terra", "scale", "a price for its service scale"),
        ("openai", "house-model", None, "its cost is unknown"),
    ],
)
def test_why_a_row_is_used_is_said_in_a_sentence(provider: str, model: str, tier: str | None, words: str) -> None:
    pricing.install([own(1)])
    assert words in pricing.explain(provider, model, tier, NOW)
