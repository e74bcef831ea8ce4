"""The price ledger: rows are added, replaced and retired, never changed; every change is told and holds at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import Conflict, Denied, Invalid, NotFound
from core.llm import pricing
from core.schema import Caller, Usage
from core.store import Store
from core.usage import audit, price_terms, prices
from core.usage.price_terms import PriceTerms

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
ANALYST = Caller(name="member:2", role="analyst", scopes=frozenset({"read-runs"}))
DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
RATES = {"input": "0.08", "cached": "0.008", "output": "0.4"}


def terms(**more: Any) -> PriceTerms:
    given = {"provider": "openai", "model": "gpt-6-luna", "rates": RATES, "valid_from": date(2026, 11, 1)}
    return PriceTerms(**given | {"source": "Contract 7"} | more)


def used(store: Store, at: datetime = DAY, model: str = "gpt-6-luna") -> str | None:
    row = pricing.price("openai", model, None, at)
    return row.id if row else None


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


# -- changing ------------------------------------------------------------------------------------------


def test_a_row_that_is_added_is_the_price_from_then_on(store: Store) -> None:
    id = prices.add(store, terms(), ADMIN)
    cost = pricing.cost(
        Usage(input_tokens=10_000, cached_tokens=8_000, output_tokens=1_000),
        provider="openai",
        model="gpt-6-luna",
        at=DAY,
    )
    # 2,000×80 + 8,000×8 + 1,000×400
    assert (cost.nanousd, cost.status, cost.price) == (624_000, "exact", f"own:{id}")
    assert used(store, datetime(2026, 10, 31, tzinfo=UTC)) == "genai-prices 0.2.3/openai/gpt-6-luna"


def test_steps_are_kept_and_paid_by_the_whole_call(store: Store) -> None:
    above = [{"tokens": 500_000, "input": "0.3"}, {"tokens": 272_000, "input": "0.16", "output": "0.6"}]
    prices.add(store, terms(rates=RATES | {"above": above}), ADMIN)
    row = pricing.price("openai", "gpt-6-luna", None, DAY)
    assert row is not None
    assert row.nanousd(272_000, 0, 0, 1_000) == 22_160_000  # ×80 + 1,000×400
    assert row.nanousd(272_001, 0, 0, 1_000) == 44_120_160  # 272,001×160 + 1,000×600
    assert row.nanousd(500_001, 500_001, 0, 1_000) == 4_600_008  # cached stays 8; 1,000×600


def test_a_retired_row_is_used_no_longer_and_a_restored_one_is_a_row_of_its_own(store: Store) -> None:
    id = prices.add(store, terms(note="20 % off"), ADMIN)
    prices.retire(store, id, ADMIN, "The contract has ended")
    assert used(store) == "genai-prices 0.2.3/openai/gpt-6-luna"
    assert [row.id for row in prices.listed(store)] == []
    restored = prices.restore(store, id, ADMIN)
    assert used(store) == f"own:{restored}" and restored != id
    (live,) = prices.listed(store)
    assert (live.note, live.source, live.rates) == ("20 % off", "Contract 7", RATES)
    assert {row.id for row in prices.listed(store, retired=True)} == {id, restored}


def test_replacing_cuts_the_others_back_to_the_days_around(store: Store) -> None:
    old = prices.add(store, terms(), ADMIN)
    new = prices.add(
        store, terms(rates=RATES | {"input": "0.07"}, valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 20)),
        ADMIN, replacing=True,
    )  # fmt: skip
    by_day = {day: used(store, datetime(2026, 11, day, tzinfo=UTC)) for day in (1, 9, 10, 19, 20, 30)}
    assert by_day[10] == by_day[19] == f"own:{new}"
    assert len({by_day[1], by_day[20], f"own:{new}", f"own:{old}"}) == 4
    assert by_day[9] == by_day[1] and by_day[30] == by_day[20]
    left = sorted((row.valid_from.day, row.valid_to and row.valid_to.day) for row in prices.listed(store))
    assert left == [(1, 10), (10, 20), (20, None)]


def test_what_was_known_before_a_change_stays_known(store: Store) -> None:
    first = prices.add(store, terms(), ADMIN)
    (row,) = prices.listed(store)
    prices.retire(store, first, ADMIN, "A slip")
    then = pricing.price("openai", "gpt-6-luna", None, DAY, known_at=row.known_since)
    assert then is not None and then.id == f"own:{first}"


def test_every_change_is_told_with_who_when_why_and_what(store: Store) -> None:
    id = prices.add(store, terms(), ADMIN)
    prices.retire(store, id, ADMIN, "The contract has ended")
    retired, added = audit.events(store, "price")
    assert (added.who, added.action, added.subject, added.before) == ("member:1", "price.add", f"price:{id}", None)
    assert added.after is not None and added.after["rates"] == RATES and added.after["from"] == "2026-11-01"
    assert (retired.action, retired.reason) == ("price.retire", "The contract has ended")
    assert retired.before == added.after and retired.after is None
    assert abs((datetime.now(UTC) - retired.at).total_seconds()) < 60
    assert audit.events(store, "price", subject="price:999") == [] == audit.events(store, "pric_")


# -- refusing ------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a negative price": ({"rates": RATES | {"input": "-1"}}, "is negative"),
    "a negative step": ({"rates": RATES | {"above": [{"tokens": 9, "output": "-0.1"}]}}, "is negative"),
    "no number": ({"rates": RATES | {"output": "cheap"}}, "is no amount"),
    "not a number": ({"rates": RATES | {"output": "NaN"}}, "is no amount"),
    "no end": ({"rates": RATES | {"output": "Infinity"}}, "is no amount"),
    "a yes for a number": ({"rates": RATES | {"output": True}}, "is no amount"),
    "dearer than anything": ({"rates": RATES | {"output": "1000001"}}, "Check the unit"),
    "finer than we count": ({"rates": RATES | {"output": "0.0000000001"}}, "more than 9 decimals"),
    "finer than one can see": ({"rates": RATES | {"output": "1.00000000000000000000000000000000001"}}, "decimals"),
    "no input": ({"rates": {"output": "1"}}, "The price of input is missing"),
    "no output": ({"rates": {"input": "1", "output": None}}, "The price of output is missing"),
    "an unknown kind": ({"rates": RATES | {"cache": "1"}}, "A price has no cache. Use input, cached"),
    "an unknown key of a step": ({"rates": RATES | {"above": [{"from": 9, "input": "1"}]}}, "A step has no from"),
    "a step without a beginning": ({"rates": RATES | {"above": [{"input": "1"}]}}, "above how many input tokens"),
    "a step of nothing": ({"rates": RATES | {"above": [{"tokens": 9}]}}, "changes no price"),
    "the same step twice": (
        {"rates": RATES | {"above": [{"tokens": 9, "input": "1"}, {"tokens": 9, "output": "1"}]}}, "Two steps begin"
    ),
    "a step of what has no price below": (
        {"rates": RATES | {"above": [{"tokens": 9, "written": "1"}]}}, "which has no price below it"
    ),
    "steps that are no list": ({"rates": RATES | {"above": {"9": "1"}}}, "Steps are a list"),
    "another currency": ({"currency": "EUR"}, "Prices are in USD. Convert"),
    "an end before the beginning": ({"valid_to": date(2026, 10, 1)}, "before it begins"),
    "an end on the first day": ({"valid_to": date(2026, 11, 1)}, "before it begins"),
    "a year that cannot be": ({"valid_from": date(226, 11, 1)}, "the year must be"),
    "no source": ({"source": "  "}, "Say where the price comes from"),
    "no model": ({"model": " "}, "A model's name has 1 to 200 characters"),
    "a model with its provider": ({"model": "openai/gpt-6-luna"}, "Leave openai/ out"),
    "a provider in capitals": ({"provider": "OpenAI"}, "small letters"),
    "a tier that is none": ({"tier": "Flex tier"}, "A tier is named as the server answers it"),
    "a thousand times the catalogue's": ({"rates": RATES | {"input": "100"}}, "1,000 times the catalogue's $0.10"),
    "a thousandth of the catalogue's": ({"rates": RATES | {"input": "0.0001"}}, "less than a thousandth"),
    "dearer than any other": ({"model": "house", "rates": {"input": "1001", "output": "1"}}, "is very dear"),
    "by the token, not the million": ({"model": "house", "rates": {"input": "0.00001", "output": "1"}}, "very cheap"),
    "cached dearer than input": ({"rates": RATES | {"cached": "0.09"}}, "Cached input costs more"),
    "a provider nobody has": ({"provider": "opnai"}, "No provider is called opnai"),
}  # fmt: skip


@pytest.mark.parametrize(("more", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_row_is_refused_with_a_sentence_and_leaves_nothing(
    sqlite_store: Store, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        prices.add(sqlite_store, terms(**more), ADMIN)
    assert words in refused.value.message
    assert not prices.listed(sqlite_store, retired=True) and not audit.events(sqlite_store, "price")


def test_doubts_can_be_confirmed_and_mistakes_cannot(sqlite_store: Store) -> None:
    prices.add(sqlite_store, terms(rates=RATES | {"input": "500"}), ADMIN, sure=True)
    with pytest.raises(Invalid, match="negative"):
        prices.add(sqlite_store, terms(model="house", rates=RATES | {"input": "-1"}), ADMIN, sure=True)


@pytest.mark.parametrize(
    ("first", "last", "meets"),
    [
        (date(2026, 10, 1), None, True),
        (date(2026, 10, 1), date(2026, 11, 2), True),
        (date(2026, 10, 1), date(2026, 11, 1), False),
        (date(2026, 11, 10), date(2026, 11, 11), True),
        (date(2026, 11, 19), None, True),
        (date(2026, 11, 20), None, False),
    ],
)
def test_two_live_rows_never_share_a_day(store: Store, first: date, last: date | None, meets: bool) -> None:
    old = prices.add(store, terms(valid_to=date(2026, 11, 20)), ADMIN)
    new = terms(valid_from=first, valid_to=last)
    assert prices.rivals(store, new) == ([old] if meets else [])
    if not meets:
        prices.add(store, new, ADMIN)
        return
    with pytest.raises(Conflict, match=f"own:{old} holds on some of these days: from 2026-11-01 to 2026-11-20"):
        prices.add(store, new, ADMIN)


def test_rows_of_another_model_tier_or_provider_and_retired_ones_are_no_rivals(store: Store) -> None:
    prices.retire(store, prices.add(store, terms(), ADMIN), ADMIN, "A slip")
    for more in ({}, {"tier": "flex"}, {"model": "gpt-6-luna-2026-09-01"}, {"provider": "embedded"}):
        prices.add(store, terms(**more), ADMIN, sure=True)
    assert len(prices.listed(store)) == 4


def test_of_rows_added_at_the_same_time_one_gets_the_days(store: Store) -> None:
    outcomes: list[object] = []

    def add() -> None:
        try:
            outcomes.append(prices.add(store, terms(), ADMIN))
        except Conflict as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, int) for one in outcomes) == 1 and len(outcomes) == 8
    assert len(prices.listed(store)) == 1


def test_only_admins_change_prices(sqlite_store: Store) -> None:
    id = prices.add(sqlite_store, terms(), ADMIN)
    with pytest.raises(Denied, match="Only admins"):
        prices.add(sqlite_store, terms(model="house"), ANALYST)
    with pytest.raises(Denied):
        prices.retire(sqlite_store, id, ANALYST, "no")
    with pytest.raises(Denied):
        prices.restore(sqlite_store, id, ANALYST)
    assert [row.id for row in prices.listed(sqlite_store)] == [id]


def test_retiring_needs_a_reason_a_row_and_happens_once(sqlite_store: Store) -> None:
    id = prices.add(sqlite_store, terms(), ADMIN)
    with pytest.raises(Invalid, match="Say why"):
        prices.retire(sqlite_store, id, ADMIN, "  ")
    with pytest.raises(NotFound, match="no price own:99"):
        prices.retire(sqlite_store, 99, ADMIN, "x")
    prices.retire(sqlite_store, id, ADMIN, "x")
    with pytest.raises(Conflict, match="was retired before"):
        prices.retire(sqlite_store, id, ADMIN, "x")


def test_a_row_is_not_restored_onto_taken_days(sqlite_store: Store) -> None:
    id = prices.add(sqlite_store, terms(), ADMIN)
    with pytest.raises(Conflict, match="in use"):
        prices.restore(sqlite_store, id, ADMIN)
    prices.retire(sqlite_store, id, ADMIN, "x")
    prices.add(sqlite_store, terms(), ADMIN)
    with pytest.raises(Conflict, match="holds on some of these days"):
        prices.restore(sqlite_store, id, ADMIN)


# -- keeping up ----------------------------------------------------------------------------------------


def test_what_another_process_changed_is_followed_and_nothing_is_read_without_a_change(store: Store) -> None:
    prices.load(store)
    with Elsewhere(store):
        id = prices.add(store, terms(), ADMIN)
    assert used(store) == "genai-prices 0.2.3/openai/gpt-6-luna"
    assert prices.refresh(store) and used(store) == f"own:{id}"
    assert not prices.refresh(store)
    with Elsewhere(store):
        prices.retire(store, id, ADMIN, "x")
    assert prices.refresh(store) and used(store) == "genai-prices 0.2.3/openai/gpt-6-luna"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"input": "-5", "output": "1"}, "The price of input is negative"),
        ({}, "The price of input is missing"),
        (["5"], "Rates are said by kind"),
        ("5", "Rates are said by kind"),
        ({"input": ["1"], "output": {"a": 1}}, "is no amount"),
        ({"input": "1", "output": "1", "above": [{"tokens": True, "input": "1"}]}, "above how many input tokens"),
    ],
)
def test_a_row_spoilt_by_hand_is_left_out_and_said(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture, rates: object, words: str
) -> None:
    store, id = sqlite_store, prices.add(sqlite_store, terms(), ADMIN)
    with store.write() as connection:
        connection.execute(update(prices.PRICE).values(rates=rates))
    prices.load(store)
    assert used(store) == "genai-prices 0.2.3/openai/gpt-6-luna"
    assert f"price own:{id} is not used" in caplog.text and words in caplog.text


def test_a_search_finds_by_model_tier_and_source(sqlite_store: Store) -> None:
    prices.add(sqlite_store, terms(), ADMIN)
    prices.add(sqlite_store, terms(model="house", tier="flex", source="Power bill"), ADMIN)
    for search, found in (("LUNA", 1), ("flex", 1), ("power", 1), ("", 2), ("gpt-7", 0)):
        assert len(prices.listed(sqlite_store, search=search)) == found


def test_rates_are_kept_in_one_spelling() -> None:
    said = {"input": " $1.50 ", "output": 10, "cached": "1e-1", "written": "", "above": []}
    assert price_terms.checked(terms(rates=said)).rates == {"input": "1.5", "output": "10", "cached": "0.1"}


class Elsewhere:
    """What is done here happens as in another process: this one's rows in use stay as they are."""

    def __init__(self, store: Store) -> None:
        self.kept = (pricing.own_rows(), prices._seen)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        rows, prices._seen = self.kept
        pricing.install(rows)
