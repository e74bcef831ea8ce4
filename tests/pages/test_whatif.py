"""The page What if: what is supposed is calculated beside the page, costs are written with a reason and given back."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.access import members
from core.llm import pricing
from core.store import EVERYONE, Member
from core.usage import corrections, errands, prices
from core.usage.filters import Filter
from core.usage.price_terms import PriceTerms
from core.usage.scenario import Given, Scenario
from core.wiring import Workbench
from pages.widgets import whatif_result
from tests.pages.conftest import Opening
from tests.pages.reading import metrics
from tests.usage import history
from tests.usage.test_repricing import ADMIN, costs, leg

Page = Callable[..., AppTest]

WAITS_S = 30


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


def recorded(workbench: Workbench, *legs: dict[str, Any]) -> None:
    """One run a leg, yesterday, of the first candidate."""
    at = datetime.now(UTC) - timedelta(days=1)
    base = history.run(random.Random(1), 1)
    for one in legs:
        run = history.run(random.Random(1), 1, at=at) | {"status": "ok", "feature": "match", "plan": base["plan"]}
        summed = {"provider": one["provider"], "model": one["model"]} | history.summed([one])
        history.fill(workbench.store, [run | summed | {"legs": [one]}])


def give(workbench: Workbench, dollars: str) -> None:
    day = (datetime.now(UTC) - timedelta(days=9)).date()
    terms = PriceTerms("openai", "gpt-6-luna", {"input": dollars, "output": dollars}, day, "Contract 7")
    prices.add(workbench.store, terms, ADMIN, sure=True)


def settled(at: AppTest, key: str) -> AppTest:
    """The page once the calculation under this key has ended."""
    until = time.monotonic() + WAITS_S
    while key in at.session_state and at.session_state[key][0].state == "running" and time.monotonic() < until:
        at.session_state[key][0].wait(1)
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    parts = (at.markdown, at.caption, at.info, at.success, at.error, at.warning, at.code)
    return "\n".join(str(element.value) for part in parts for element in part)


# -- what if -------------------------------------------------------------------------------------------------


def test_another_model_is_calculated_and_its_lines_are_shown(opening: Opening, page: Page) -> None:
    workbench = opening()
    give(workbench, "1")
    recorded(workbench, leg(1_000, 5_000_000, model="gpt-6.1-terra"), leg(1_000, 1_000_000))
    at = page("whatif.py", period="7d")
    assert at.button("whatif_calculate").disabled
    at.selectbox("whatif_new").set_value("openai/gpt-6-luna").run()
    at.button("whatif_calculate").click().run()
    figures = metrics(settled(at, "whatif_errand"))
    assert (figures["Runs"], figures["As it was"], figures["As supposed"]) == ("2", "$0.0060", "≈ $0.0020")
    assert figures["Difference"] == "−$0.0040"
    said = words(at)
    assert "1 run would have gone to another model" in said
    assert '+ premium = ["openai/gpt-6-luna", "embedded/smollm2-135m"]' in said
    assert at.subheader[0].value == "openai/gpt-6-luna in place of all models"


def test_an_answer_says_what_was_supposed_and_that_the_question_is_another_now(opening: Opening, page: Page) -> None:
    old = "This is the answer to what was supposed before."
    recorded(opening(), leg(1_000, 5_000_000, model="gpt-6.1-terra"))
    at = page("whatif.py", period="7d")
    at.selectbox("whatif_new").set_value("openai/gpt-6-luna").run()
    at.button("whatif_calculate").click().run()
    settled(at, "whatif_errand")
    assert old not in words(at)
    at.segmented_control("whatif_kind").set_value("policy").run()
    assert old in words(at) and at.subheader[0].value == "openai/gpt-6-luna in place of all models"


@pytest.mark.parametrize(
    ("supposed", "said"),
    [
        (Scenario(models={"openai/a": "openai/b", "openai/c": "openai/b"}), "openai/b in place of openai/a, openai/c"),
        (Scenario(policy="x"), "Under the other policy"),
        (Scenario(policy="x", limits=False), "Under the other policy, its routing alone"),
        (Scenario(known_at=datetime(2026, 11, 2, tzinfo=UTC)), "At the prices known on 1 November 2026"),
        (Scenario(given=(Given(model="openai/a", input="2", output="3"),)), "openai/a at $2 in, $3 out"),
    ],
)
def test_each_supposition_has_its_heading(supposed: Scenario, said: str) -> None:
    assert whatif_result.said(supposed) == said


def test_another_price_is_calculated_and_comes_with_its_command(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 5_000_000))
    at = page("whatif.py", period="7d")
    at.segmented_control("whatif_kind").set_value("prices").run()
    at.selectbox("whatif_priced").set_value("openai/gpt-6-luna").run()
    at.text_input("whatif_price_input").set_value("2").run()
    at.text_input("whatif_price_output").set_value("3").run()
    at.button("whatif_calculate").click().run()
    assert metrics(settled(at, "whatif_errand"))["As supposed"] == "$0.0020"
    assert "prices add openai gpt-6-luna --input 2 --output 3" in words(at)


def test_a_policy_with_a_mistake_says_its_line_and_a_good_one_counts(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 5_000_000))
    at = page("whatif.py", period="7d")
    at.segmented_control("whatif_kind").set_value("policy").run()
    text = at.text_area("whatif_policy").value
    at.text_area("whatif_policy").set_value(text.replace("[project]", "[projekt]")).run()
    at.button("whatif_calculate").click().run()
    assert "The supposed policy, line" in words(at)
    at.text_area("whatif_policy").set_value(text.replace("runs_per_minute = 60", "runs_per_minute = 0")).run()
    at.button("whatif_calculate").click().run()
    said = words(settled(at, "whatif_errand"))
    assert "Save this policy file" in said and "live limits bite a little earlier" in said


def test_what_cannot_be_calculated_says_why(opening: Opening, page: Page) -> None:
    opening()
    at = page("whatif.py", period="7d")
    at.selectbox("whatif_new").set_value("openai/gpt-6-luna").run()
    at.button("whatif_calculate").click().run()
    assert "No run of this period fits" in words(settled(at, "whatif_errand"))


def test_no_more_than_two_calculate_at_once(opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    opening()
    monkeypatch.setattr(errands._turns, "acquire", lambda blocking: False)
    at = page("whatif.py", view="repricing")
    at.button("repricing_go").click().run()
    assert "Two calculations are under way" in words(at)


# -- re-pricing ------------------------------------------------------------------------------------------------


def test_costs_are_looked_at_written_with_a_reason_and_given_back(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 5_000_000), leg(1_000, 7_000_000))
    give(workbench, "1")
    at = page("whatif.py", view="repricing", period="7d")
    at.button("repricing_go").click().run()
    figures = metrics(settled(at, "repricing_look"))
    assert (figures["Calls that differ"], figures["Recorded"], figures["Today's prices"]) == ("2", "$0.0120", "$0.0020")
    assert at.button("repricing_apply").disabled
    at.text_input("repricing_reason").set_value("Contract 7").run()
    at.button("repricing_apply").click().run()
    assert "The costs are corrected." in words(settled(at, "repricing_write"))
    assert [cost for cost, _, _ in costs(workbench.store)] == [1_000_000] * 2
    assert "**Contract 7**" in words(at)
    at.button("repricing_undo_1").click().run()
    assert "The correction is undone" in words(settled(at, "repricing_undo"))
    assert [cost for cost, _, _ in costs(workbench.store)] == [5_000_000, 7_000_000]
    assert "undone" in words(at)


def test_analysts_look_and_only_admins_write(opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench = opening()
    with workbench.store.writing(EVERYONE) as session:
        member = Member(name="Ines Duarte", email="ines@example.org", role="analyst")
        session.add(member)
    monkeypatch.setattr(members, "local_admin", lambda store: member)
    recorded(workbench, leg(1_000, 5_000_000))
    give(workbench, "1")
    at = page("whatif.py", view="repricing", period="7d")
    at.button("repricing_go").click().run()
    settled(at, "repricing_look")
    assert "Only admins write it" in words(at)
    assert not [button for button in at.button if button.key == "repricing_apply"]


def test_support_has_no_such_page(opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    opening()
    member = Member(id=9, name="Ines Duarte", email="ines@example.org", role="support")
    monkeypatch.setattr(members, "local_admin", lambda store: member)
    with pytest.raises(ValueError, match="whatif"):
        page("whatif.py")


def test_a_correction_that_was_stopped_goes_on_at_a_click(
    opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 7))
    recorded(workbench, leg(1_000, 7))
    with monkeypatch.context() as patch:
        patch.setattr(corrections, "AT_ONCE", 1)
        patch.setattr(corrections, "_finish", lambda *given: 1 / 0)  # dies in the last part
        with pytest.raises(ZeroDivisionError):
            corrections.apply(workbench.store, Filter.days(date(2020, 1, 1), date(2100, 1, 1)), ADMIN, "Contract 7")
    at = page("whatif.py", view="repricing", period="7d")
    assert "partly written" in words(at)
    at.button("repricing_go_on_1").click().run()
    assert "The costs are corrected." in words(settled(at, "repricing_write"))
    assert len(set(costs(workbench.store))) == 1 and not [one for one in at.button if one.key == "repricing_go_on_1"]


# -- invoice and sunset ----------------------------------------------------------------------------------------


def test_an_export_is_compared_and_bad_lines_are_named(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 5_000_000_000))
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    at = page("whatif.py", view="invoice")
    assert "date,model,input" in words(at)
    content = (
        f"date,model,input_tokens,output_tokens,cost\n{day},gpt-6-luna,1000,0,6\n{day},gpt-6-luna,1,1,x\n".encode()
    )
    at.get("file_uploader")[0].upload("costs.csv", content, "text/csv").run()
    assert not at.exception
    figures = metrics(at)
    assert (figures["They charge"], figures["Recorded here"], figures["Drift"]) == ("$6.0000", "$5.0000", "+$1.0000")
    assert "Line 3: x is no cost." in words(at)


def test_an_export_of_any_heading_is_compared_once_its_columns_are_said(opening: Opening, page: Page) -> None:
    recorded(opening(), leg(1_000, 5_000_000_000))
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    at = page("whatif.py", view="invoice")
    at.get("file_uploader")[0].upload("costs.csv", f"Tag;Wer;Betrag\n{day};gpt-6-luna;6\n".encode(), "text/csv").run()
    assert "lacks a column for date and model and cost" in at.error[0].value
    for label, header in (("Date", "Tag"), ("Model", "Wer"), ("Cost", "Betrag"), ("Calls to", "openai")):
        (field,) = (box for box in at.selectbox if box.label == label)
        field.set_value(header).run()
    figures = metrics(at)
    assert (figures["They charge"], figures["Recorded here"], figures["Drift"]) == ("$6.0000", "$5.0000", "+$1.0000")
    assert "Calls to openai" in words(at)


def test_the_radar_says_how_to_tell_it_of_a_day(opening: Opening, page: Page) -> None:
    opening()
    at = page("whatif.py", view="sunset")
    assert not at.exception
    assert "[sunset]" in words(at)


def test_what_goes_away_shows_its_days_and_its_spend(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, leg(1_000, 5_000_000_000))
    today = datetime.now(UTC).date()
    workbench.policy.sunset["openai/gpt-6-luna"] = today + timedelta(days=10)
    try:
        at = page("whatif.py", view="sunset")
        assert "10 days left" in words(at)
        assert metrics(at)["Spend at risk, 30 days"] == "$5.0000"
    finally:
        workbench.policy.sunset.clear()
