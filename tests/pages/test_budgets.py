"""The Budgets page: a card for each budget, the month day by day, alerts that are dismissed and brought back."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.access import members
from core.access.budget_lines import Budgets
from core.access.limits import shared
from core.access.plans import parse_policy, read_text
from core.schema import FEATURES, Caller
from core.settings import HOUSE
from core.store import Store
from core.store.columns import now
from core.usage import alerts, budget_changes, fold
from core.usage.budget_changes import BudgetTerms
from core.usage.budgets import standings
from core.usage.records import RUN
from core.wiring import Workbench
from pages.widgets import budget_cards, charts
from tests.ledgers import spend
from tests.pages.conftest import Opening
from tests.usage import history

Page = Callable[..., AppTest]
DOLLAR = 10**9
ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
BUDGETS = {
    "plans": {"free": {"usd_per_month": 50}},
    "features": {"cover_letter": {"usd_per_month": 100, "at_limit": "refuse"}},
    "callers": {"token:backend": {"usd_per_month": 200}},
}


def house(opening: Opening, budgets: dict[str, Any] | None = None) -> Workbench:
    workbench = opening()
    if budgets:
        workbench.policy = workbench.policy.model_copy(update={"budgets": Budgets.model_validate(budgets)})
    return workbench


def a_month_of_runs(store: Store, cents: int = 50) -> None:
    """Four runs a day for forty days, each as dear as the others."""
    chance = random.Random(3)
    for ago in range(40):
        for hour in range(4):
            leg = history.leg(chance) | {"cost_nanousd": cents * 10**7, "cost_status": "exact"}
            at = datetime.now(UTC).replace(hour=0, minute=0) - timedelta(days=ago) + timedelta(minutes=hour)
            one = history.run(chance, 1, at=at) | {"status": "ok", "feature": "cover_letter", "legs": [leg]}
            history.fill(store, [one | history.summed([leg])])


def written(at: AppTest) -> str:
    assert not at.exception and not at.error
    return "\n".join(str(one.value) for one in (*at.markdown, *at.caption, *at.info, *at.success))


def test_with_the_projects_budget_alone_the_page_says_how_to_have_more(opening: Opening, page: Page) -> None:
    house(opening)
    at = page("budgets.py")
    text = written(at)
    assert "The whole project" in text and "\\$500.00 left" in text
    assert "Nothing was spent on whole days yet" in text and ":gray-badge[not known yet]" in text
    assert at.expander[0].label == "Change a budget" and at.expander[0].proto.expanded
    assert "cover_letter = { usd_per_month = 100.00" in at.code[0].value
    assert not [one for one in at.button if "dismiss" in (one.key or "")]


def test_each_budget_has_a_card_in_the_words_of_people(opening: Opening, page: Page) -> None:
    workbench = house(opening, BUDGETS)
    spend(workbench.store, shared(workbench.policy, now())[2], 30 * DOLLAR, reserved=5 * DOLLAR)
    text = written(page("budgets.py"))
    for name in ("The whole project", "Plan free", "Cover letter", "API token backend"):
        assert f"**{name}**" in text
    assert "\\$65.00 left" in text
    assert "\\$30.00 used, \\$5.00 held by runs under way of \\$100.00." in text
    assert "A run that may cost more than is left is refused." in text


def test_the_policy_lines_that_are_shown_are_those_that_hold(opening: Opening, page: Page) -> None:
    workbench = house(opening, BUDGETS)
    shown = page("budgets.py").code[0].value
    shipped = read_text(HOUSE / "core" / "policy.toml")
    mine = shown.partition("\n\n")[2]
    policy = parse_policy(f"{shipped}\n{mine}", HOUSE / "core" / "policy.toml")
    assert policy.budgets == workbench.policy.budgets
    assert "usd_per_month = 500.00" in shown


def test_alerts_stand_on_top_and_are_dismissed_with_the_way_back(opening: Opening, page: Page) -> None:
    workbench = house(opening, BUDGETS)
    spend(workbench.store, shared(workbench.policy, now())[0], 500 * DOLLAR)
    at = page("budgets.py")
    assert "The month's budget of the project, \\$500.00, is used up." in written(at)
    (told,) = alerts.current(workbench.store)
    at.button(f"budgets_dismiss_{told.id}").click().run()
    text = written(at)
    assert "The alert is dismissed." in text and "is used up. Only" not in text
    assert alerts.current(workbench.store) == []
    at.button("budgets_undo").click().run()
    assert "The alert is back." in written(at) and len(alerts.current(workbench.store)) == 1


CHANGE = "budgets_change"


def test_an_admin_changes_a_budget_and_takes_it_back(opening: Opening, page: Page) -> None:
    house(opening, BUDGETS)
    at = page("budgets.py")
    at.selectbox(f"{CHANGE}_subject").set_value("feature:cover_letter").run()
    at.text_input(f"{CHANGE}_dollars").set_value("250").run()
    at.text_input(f"{CHANGE}_reason").set_value("A campaign").run()
    at.button(CHANGE).click().run()
    text = written(at)
    assert "Cover letter: the budget was changed." in text and "\\$250.00 left" in text
    assert "by Local admin: A campaign. Otherwise the policy file says \\$100.00." in text
    assert "cover_letter = { usd_per_month = 250.00" in at.code[0].value
    assert [one.label for one in at.expander if "Changes" in one.label] == ["Changes so far (1)"]
    at.button("budgets_undo").click().run()
    assert "\\$100.00 left" in written(at)


def test_changes_are_taken_back_all_at_once_and_brought_back(opening: Opening, page: Page) -> None:
    workbench = house(opening)
    for dollars in ("600", "700"):
        terms = BudgetTerms("project", dollars)
        budget_changes.change(workbench.store, workbench.policy, workbench.usage, terms, ADMIN, "Why")
    at = page("budgets.py")
    assert "\\$700.00 left" in written(at)
    at.button("budgets_to_file").click().run()
    text = written(at)
    assert "The whole project: the policy file holds again." in text and "\\$500.00 left" in text
    at.button("budgets_undo").click().run()
    assert "\\$700.00 left" in written(at)


def test_a_change_that_cannot_be_made_is_said_and_what_was_typed_stays(opening: Opening, page: Page) -> None:
    house(opening)
    at = page("budgets.py")
    at.text_input(f"{CHANGE}_dollars").set_value("250").run()
    at.button(CHANGE).click().run()
    assert "Say why the budget is changed" in at.error[0].value
    assert at.text_input(f"{CHANGE}_dollars").value == "250"


def test_who_is_no_admin_sees_budgets_and_their_changes_alone(
    opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = house(opening)
    budget_changes.change(
        workbench.store, workbench.policy, workbench.usage, BudgetTerms("project", "600"), ADMIN, "Why"
    )
    local = members.local_admin(workbench.store)
    local.role = "analyst"
    monkeypatch.setattr(members, "local_admin", lambda _: local)
    at = page("budgets.py")
    assert "\\$600.00 left" in written(at) and "Admins change budgets on this page." in written(at)
    assert not [one for one in at.button if (one.key or "").startswith("budgets_change")]
    assert "Changes so far (1)" in [one.label for one in at.expander]


def test_made_up_runs_are_said_to_use_no_budget(opening: Opening, page: Page) -> None:
    workbench = house(opening)
    a_month_of_runs(workbench.store)
    with workbench.store.write() as connection:
        connection.execute(update(RUN).values(caller="demo:backend"))
    fold.rebuild(workbench.store)
    text = written(page("budgets.py"))
    assert "of made-up runs are charged to no budget." in text
    assert "are charged to this budget" not in text


def test_of_many_alerts_the_newest_stand_open(opening: Opening, page: Page) -> None:
    features = {name: {"usd_per_month": 0} for name in FEATURES}
    house(opening, {"features": features})
    at = page("budgets.py")
    (more,) = at.expander[:1]
    assert more.label == f"{len(FEATURES) - 4} earlier alerts"
    assert len([one for one in at.button if "dismiss" in (one.key or "")]) == len(FEATURES)


def test_dismissed_alerts_can_be_looked_at_and_brought_back(opening: Opening, page: Page) -> None:
    workbench = house(opening)
    spend(workbench.store, shared(workbench.policy, now())[0], 500 * DOLLAR)
    at = page("budgets.py")
    (told,) = alerts.current(workbench.store)
    at.button(f"budgets_dismiss_{told.id}").click().run()
    at.toggle("budgets_dismissed").set_value(True).run()
    assert "dismissed" in written(at)
    at.button(f"budgets_back_{told.id}").click().run()
    assert len(alerts.current(workbench.store)) == 1


def test_the_burn_down_is_of_the_budget_the_url_names(opening: Opening, page: Page) -> None:
    house(opening, BUDGETS)
    at = page("budgets.py", budget="feature:cover_letter")
    assert at.selectbox("budgets_shown").value == "feature:cover_letter"
    at.selectbox("budgets_shown").set_value("plan:free").run()
    assert at.query_params["budget"] == "plan:free"
    assert page("budgets.py", budget="no such thing").selectbox("budgets_shown").value == "project"


def test_a_month_with_a_history_has_its_outlook(opening: Opening, page: Page) -> None:
    workbench = house(opening, BUDGETS)
    a_month_of_runs(workbench.store)
    text = written(page("budgets.py"))
    assert "Lasts. By " in text and ":green-badge[lasts]" in text
    assert "This month's runs cost" in text and "are charged to this budget" in text  # these runs passed no gate


def test_the_chart_draws_spend_forecast_band_and_budget() -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC).date() for day in range(1, 6)]
    figure = charts.burn_down((days[:3], [1, 2, 2.5]), (days[1:], [2, 2, 3, 4], [2, 3, 4, 5], [2, 4, 5, 7]), 6)
    drawn = {trace.name: list(trace.y) for trace in figure.data if trace.name}
    assert drawn["Spent"] == [1, 2, 2.5] and drawn["Likely"] == [2, 3, 4, 5] and drawn["Budget"] == [6, 6]
    assert drawn["Likely range"] == [2, 2, 3, 4] and list(figure.data[0].y) == [2, 4, 5, 7]
    assert figure.layout.yaxis.range[1] > 7
    bare = charts.burn_down((days[:1], [0]), ([], [], [], []), 6)
    assert [trace.name for trace in bare.data] == ["Spent", "Budget"]


@pytest.mark.parametrize(("amount", "line"), [(50 * DOLLAR, "50.00"), (1, "0.000000001"), (2_500_000_000, "2.50")])
def test_amounts_of_the_policy_are_written_exactly(opening: Opening, amount: int, line: str) -> None:
    workbench = house(opening)
    (one,) = standings(workbench.store, workbench.policy, workbench.usage)
    assert budget_cards.dollars(replace(one, limit=replace(one.limit, most=amount))) == line
