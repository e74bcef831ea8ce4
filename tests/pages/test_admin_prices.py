"""Admin, Prices: what is missing stands on top; admins add, retire and restore; analysts look."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from core.access import members
from core.llm import pricing
from core.llm.scripted import Play
from core.schema import AiRequest, Caller
from core.settings import HOUSE
from core.usage import audit, prices
from core.usage.price_terms import PriceTerms
from core.wiring import Workbench
from tests.benches import finished
from tests.pages.reading import said

Open = Callable[..., Workbench]
ADMIN = Caller(name="cli", role="admin", scopes=frozenset({"run", "admin"}))
ANALYST = Caller(name="member:9", role="analyst", scopes=frozenset({"read-runs"}))
RATES = {"input": "0.08", "cached": "0.008", "output": "0.4"}


@pytest.fixture
def house(opening: Open) -> Iterator[Workbench]:
    yield opening()
    pricing.install([])


def shown(house: Workbench, caller: Caller | None = None) -> AppTest:
    at = AppTest.from_file(str(HOUSE / "pages" / "admin.py"), default_timeout=120)
    at.session_state["caller"] = caller or members.caller(members.local_admin(house.store))
    at.query_params["view"] = "prices"
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def added(house: Workbench, **more: object) -> int:
    given = {"provider": "openai", "model": "gpt-6-luna", "rates": RATES, "valid_from": date(2026, 11, 1)}
    return prices.add(house.store, PriceTerms(**given | {"source": "Contract 7"} | more), ADMIN)  # type: ignore[arg-type]


def type_in(at: AppTest, **texts: str) -> AppTest:
    for name, text in texts.items():
        at.text_input(key=f"admin_price_{name}").set_value(text)
    return ran(at)


def press(at: AppTest, name: str) -> AppTest:
    at.button(key=f"admin_price_{name}").click()
    return ran(at)


def test_the_catalogue_and_what_is_declared_are_told_from_the_start(house: Workbench) -> None:
    text = said(shown(house))
    assert "The project has no prices of its own." in text
    assert "What runs on this machine costs nothing unless it is given a price here" in text
    assert "**gpt-6-luna**" in text and "\\$0.20 above 272,000" in text and "genai-prices 0.2.3" in text


def test_a_price_is_added_with_a_preview_of_what_a_call_would_cost(house: Workbench) -> None:
    at = press(shown(house), "open")
    assert at.button(key="admin_price_add").disabled
    type_in(at, model="gpt-6-luna", input="0.08", output="0.4")
    assert "Say where the price comes from" in said(at)
    type_in(at, cached="0.008", source="Contract 7")
    # 2,000×80 + 8,000×8 + 1,000×400, and what the catalogue says
    assert "costs **\\$0.000624**, instead of \\$0.00078 (genai-prices 0.2.3/openai/gpt-6-luna)" in said(at)
    press(at, "add")
    (row,) = prices.listed(house.store)
    assert (row.model, row.rates, row.source, row.created_by) == ("gpt-6-luna", RATES, "Contract 7", "member:1")
    assert "gpt-6-luna has a price of the project's own" in said(at)
    assert f"own:{row.id} comes first" in said(at)
    at.button(key="admin_undo").click()
    ran(at)
    assert not prices.listed(house.store)


def test_a_catalogue_row_is_the_start_of_an_own_one_with_its_step(house: Workbench) -> None:
    at = press(shown(house), "over_openai_gpt-6-luna")
    assert at.text_input(key="admin_price_input").value == "0.10"
    assert at.text_input(key="admin_price_above_output").value == "0.75"
    type_in(at, source="Contract 7", output="0.4")
    press(at, "add")
    (row,) = prices.listed(house.store)
    step = {"tokens": 272_000, "input": "0.2", "cached": "0.02", "written": "0.25", "output": "0.75"}
    assert row.rates == {"input": "0.1", "cached": "0.01", "written": "0.125", "output": "0.4", "above": [step]}


def test_a_price_of_several_steps_is_typed_line_by_line_and_comes_back_whole_when_it_is_changed(
    house: Workbench,
) -> None:
    at = press(shown(house), "open")
    press(at, "another")
    type_in(at, model="tiered", input="1", output="2", source="Contract 7", above_input="3", above_output="4")
    at.number_input(key="admin_price_above").set_value(32_000)
    at.number_input(key="admin_price_above2").set_value(128_000)
    type_in(at, above2_input="5")
    # 32,001×3,000 + 1,000×4,000 and 128,001×5,000 + 1,000×4,000
    assert "32,001 in and 1,000 out cost **\\$0.100003**; 128,001 in and 1,000 out cost **\\$0.644005**" in said(at)
    press(at, "add")
    (row,) = prices.listed(house.store)
    steps = [{"tokens": 32_000, "input": "3", "output": "4"}, {"tokens": 128_000, "input": "5"}]
    assert row.rates == {"input": "1", "output": "2", "above": steps}


def test_all_steps_of_a_row_stand_in_the_form_that_changes_it() -> None:
    def opened() -> None:
        from core.usage.price_terms import price_row
        from pages.widgets import admin_price_form as form

        steps = [{"tokens": 32_000, "input": "3", "output": "4"}, {"tokens": 128_000, "input": "5"}]
        form.open("openai", "tiered", row=price_row("", {"input": "1", "output": "2", "above": steps}))

    at = AppTest.from_function(opened).run()
    kept = [at.session_state[f"admin_price_{name}"] for name in ("above", "above2", "above_input", "above2_input")]
    assert kept == [32_000, 128_000, "3.00", "5.00"]
    assert at.session_state["admin_price_above2_output"] == "4.00"


def test_what_looks_like_a_slip_or_meets_another_row_is_added_only_when_ticked(house: Workbench) -> None:
    old = added(house)
    at = press(shown(house), "open")
    type_in(at, model="gpt-6-luna", input="800", output="900", source="Contract 8")
    assert "8,000 times the catalogue's" in said(at) and f"own:{old} holds on some of these days" in said(at)
    assert at.button(key="admin_price_add").disabled
    at.checkbox(key="admin_price_sure").check()
    assert ran(at).button(key="admin_price_add").disabled
    at.checkbox(key="admin_price_replace").check()
    assert not ran(at).button(key="admin_price_add").disabled
    press(at, "add")
    assert "own:2" in said(at) and pricing.row("own:2") is not None
    assert {row.source for row in prices.listed(house.store)} == {"Contract 7", "Contract 8"}


def test_a_row_is_retired_with_a_reason_and_brought_back(house: Workbench) -> None:
    id = added(house)
    at = press(shown(house), f"retire_{id}")
    assert "Say why the price is retired" in said(at) and prices.listed(house.store)
    at.text_input(key=f"admin_price_reason_{id}").set_value("The contract has ended")
    press(at, f"retire_{id}")
    assert not prices.listed(house.store)
    assert audit.events(house.store, "price")[0].reason == "The contract has ended"
    at.toggle(key="admin_price_retired").set_value(True)
    assert ":red-badge[retired]" in said(ran(at))
    press(at, f"restore_{id}")
    (row,) = prices.listed(house.store)
    assert row.rates == RATES and row.id != id


def test_a_model_whose_calls_have_no_price_stands_on_top_with_a_button(opening: Open) -> None:
    house = opening(Play("Title\n\nSummary.\n\nText.", model="house-model-v2"))
    run_id = house.start(
        AiRequest(feature="improve_text", user_id=1, model="openai/house-model", inputs={"text": "Some text."}), ADMIN
    )
    live = house.find(run_id)
    assert live is not None
    finished(live)
    at = shown(house)
    assert "**A model has no price.**" in said(at) and "Called once in the newest 1,000 calls" in said(at)
    press(at, "gap_0")
    assert at.text_input(key="admin_price_model").value == "house-model"
    type_in(at, input="1", output="2", source="Price list")
    assert "where it was unknown" in said(at)
    press(at, "add")
    assert "no price.**" not in said(at)


@pytest.mark.parametrize("provider", ["openai", "mistral"])
def test_a_link_opens_the_form_for_a_model(house: Workbench, provider: str) -> None:
    at = AppTest.from_file(str(HOUSE / "pages" / "admin.py"), default_timeout=120)
    at.session_state["caller"] = ADMIN
    at.query_params["view"], at.query_params["price"] = "prices", f"{provider}/house/model"
    ran(at)
    assert at.text_input(key="admin_price_model").value == "house/model"
    assert at.selectbox(key="admin_price_provider").value == provider
    press(at, "cancel")
    assert not [field for field in at.text_input if field.key == "admin_price_model"]


def test_the_form_is_put_away_with_what_was_typed(house: Workbench) -> None:
    at = type_in(press(shown(house), "open"), model="house-model")
    press(at, "cancel")
    assert not [field for field in at.text_input if field.key == "admin_price_model"]
    assert press(at, "open").text_input(key="admin_price_model").value == ""


def test_a_search_narrows_own_rows_and_finds_any_model_of_the_catalogue(house: Workbench) -> None:
    added(house)
    at = type_in(shown(house), search="nano")
    text = said(at)
    assert "No row of the project's own has this in it." in text
    assert "**gpt-5-nano**" in text and "**gpt-6.1-terra**" not in text
    assert "No model of the catalogue has this" in said(type_in(at, search="\u2603"))


def test_changes_are_told_with_who_and_why(house: Workbench) -> None:
    prices.retire(house.store, added(house), ADMIN, "A slip")
    at = AppTest.from_file(str(HOUSE / "pages" / "admin.py"), default_timeout=120)
    at.session_state["caller"], at.session_state["admin_price_changes"] = ADMIN, True
    at.query_params["view"] = "prices"
    table = ran(at).dataframe[0].value
    assert list(table["what"]) == ["retired own:1", "added own:1"]
    assert list(table["why"]) == ["A slip", "Contract 7"] and set(table["who"]) == {"the command line"}


def test_an_analyst_sees_prices_and_nothing_else_and_changes_nothing(house: Workbench) -> None:
    added(house)
    at = shown(house, ANALYST)
    assert "own:1" in said(at)
    assert not [button.key for button in at.button]
    assert at.segmented_control(key="admin_view").options == ["Prices"]
    at.query_params["view"] = "tokens"
    assert "own:1" in said(ran(at))


def test_what_is_written_by_people_acts_on_nothing(house: Workbench) -> None:
    added(house, model="<img src=x>![a](http://x.example/y)", source="![a](http://x.example/y)", note="$x$ <b>")
    text = said(shown(house))
    assert "![a](" not in text and "\\<img" in text
