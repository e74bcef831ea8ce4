"""Admin: tokens are made, shown once and revoked; plans, limits and models are told as the policy has them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from core.access import budget, ledger, limits, lineup, members, tokens
from core.access.plans import PLANS, Policy
from core.drive import people
from core.errors import ProviderDown, Unauthenticated
from core.llm import price_rows
from core.llm.cooldown import FIRST_S, IN_A_ROW
from core.llm.router import Leg
from core.schema import FEATURES, Caller
from core.settings import HOUSE
from core.store.columns import now
from core.wiring import Workbench
from pages.widgets import admin_plans, admin_tokens
from tests.pages.reading import metrics, said

Open = Callable[..., Workbench]
NEW = ("run", "read-runs")


@pytest.fixture
def house(opening: Open) -> Workbench:
    return opening()


def admin(house: Workbench, caller: Caller | None = None, **query: str) -> AppTest:
    at = AppTest.from_file(str(HOUSE / "pages" / "admin.py"), default_timeout=120)
    at.session_state["caller"] = caller or members.caller(members.local_admin(house.store))
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def shown(house: Workbench, **query: str) -> AppTest:
    at = admin(house, **query)
    assert not at.exception
    return at


def ask(at: AppTest, name: str = "backend-eu", scopes: tuple[str, ...] = NEW, **given: Any) -> AppTest:
    """Fill in the form and press its button."""
    at.text_input(key="admin_token_name").set_value(name)
    at.pills(key="admin_token_scopes").set_value(list(scopes))
    if "user_id" in given:
        at.selectbox(key="admin_token_user").set_value(given["user_id"])
    if "days" in given:
        at.number_input(key="admin_token_days").set_value(given["days"])
    at.button(key="admin_make").click().run()
    assert not at.exception
    return at


def someone(house: Workbench, plan: str) -> Any:
    return next(user for user in people.candidates(house.store) if user.plan == plan)


def used(house: Workbench, limit: limits.Limit, amount: int, reserved: int = 0, at: datetime | None = None) -> None:
    row = {"subject": limit.subject, "measure": limit.measure, "period": limit.period, "used": amount}
    with house.store.write() as connection:
        connection.execute(insert(ledger.LEDGER).values(row | {"reserved": reserved, "started_at": at or now()}))


# -- who may be here -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scopes", [frozenset(), frozenset({"run", "read-runs", "choose-model", "choose-prompt"})])
def test_nobody_but_an_admin_gets_the_page(
    house: Workbench, scopes: frozenset[str], caplog: pytest.LogCaptureFixture
) -> None:
    at = admin(house, Caller(name="member:2", role="engineer", scopes=scopes))
    assert at.exception and "This page is for admins" in caplog.text
    assert not at.title and not at.button


@pytest.mark.parametrize(
    ("view", "subject"), [("tokens", "New token"), ("plans", "Plans"), ("models", "Models"), ("nonsense", "New token")]
)
def test_the_url_opens_a_section_and_an_unknown_one_the_first(house: Workbench, view: str, subject: str) -> None:
    assert subject in [heading.value for heading in shown(house, view=view).subheader]


# -- tokens --------------------------------------------------------------------------------------------


def test_a_new_token_opens_the_door_and_its_secret_is_shown_until_it_is_put_away(house: Workbench) -> None:
    at = ask(shown(house))
    secret = at.code[0].value
    assert tokens.Gate(house.store).look_up(secret).caller.scopes == frozenset(NEW)
    assert at.text_input(key="admin_token_name").value == ""
    at.button(key="admin_copied").click().run()
    assert not at.code
    assert not re.search(r"wb_[\w-]{20}", said(at))
    assert not shown(house).code


def test_the_secret_goes_with_the_section(house: Workbench) -> None:
    at = ask(shown(house))
    for section in ("plans", "tokens"):
        at.segmented_control(key="admin_view").set_value(section).run()
    assert not at.code


def test_the_example_calls_this_api_for_somebody_there_is_without_holding_the_secret(house: Workbench) -> None:
    at = ask(shown(house))
    secret, example = at.code[0].value, at.code[1].value
    assert "/api/v1/ai/features" in example and '"feature": "match"' in example
    assert secret not in example
    user_id = int(re.findall(r'"user_id": (\d+)', example)[0])
    assert (
        "match" in house.policy.plan(next(u.plan for u in people.candidates(house.store) if u.id == user_id)).features
    )


def test_a_token_that_may_not_run_gets_no_example_of_a_run(house: Workbench) -> None:
    example = ask(shown(house), scopes=("read-runs",)).code[1].value
    assert "/features" in example
    assert "/run" not in example


def test_candidate_and_days_are_kept(house: Workbench) -> None:
    user = someone(house, "free")
    at = ask(shown(house), user_id=user.id, days=30)
    (token,) = tokens.listed(house.store)
    assert token.user_id == user.id
    assert token.expires_at is not None and 29 <= (token.expires_at - now()).days <= 30
    assert user.name in said(at)
    assert f'"user_id": {user.id}' in at.code[1].value


def test_without_days_it_never_expires_and_serves_everyone(house: Workbench) -> None:
    at = ask(shown(house))
    (token,) = tokens.listed(house.store)
    assert (token.user_id, token.expires_at) == (None, None)
    assert "everyone" in [caption.value for caption in at.caption]


@pytest.mark.parametrize(
    ("name", "scopes", "why"),
    [
        ("", NEW, "A token's name"),
        ("two words", NEW, "A token's name"),
        ("fine", (), "needs a scope"),
        ("taken", NEW, "is in use"),
    ],
)
def test_a_refused_token_says_why_and_keeps_what_was_typed(
    house: Workbench, name: str, scopes: tuple[str, ...], why: str
) -> None:
    tokens.create(house.store, "taken", NEW)
    at = ask(shown(house), name, scopes)
    assert why in at.error[0].value
    assert at.text_input(key="admin_token_name").value == name
    assert not at.code
    assert len(tokens.listed(house.store)) == 1


def test_revoking_asks_first_then_ends_the_token_and_moves_it_away(house: Workbench) -> None:
    secret = tokens.create(house.store, "backend-eu", NEW)
    (token,) = tokens.listed(house.store)
    at = shown(house)
    assert "Revoke backend-eu?" in said(at)
    assert tokens.Gate(house.store).look_up(secret)
    at.button(key=f"admin_revoke_{token.id}").click().run()
    assert "is revoked" in at.success[0].value
    with pytest.raises(Unauthenticated):
        tokens.Gate(house.store).look_up(secret)
    assert "Revoke backend-eu?" not in said(at)
    (table,) = at.dataframe
    assert list(table.value["name"]) == ["backend-eu"]


def test_revoking_the_token_just_made_puts_its_secret_away(house: Workbench) -> None:
    at = ask(shown(house))
    (token,) = tokens.listed(house.store)
    at.button(key=f"admin_revoke_{token.id}").click().run()
    assert not at.code


def test_a_token_revoked_meanwhile_is_said(house: Workbench) -> None:
    tokens.create(house.store, "backend-eu", NEW)
    (token,) = tokens.listed(house.store)
    at = shown(house)
    tokens.revoke(house.store, "backend-eu")
    at.button(key=f"admin_revoke_{token.id}").click().run()
    assert not at.exception
    assert "No token of that name" in at.error[0].value


def test_a_token_past_its_days_is_marked_and_can_still_be_revoked_to_free_its_name(house: Workbench) -> None:
    tokens.create(house.store, "backend-eu", NEW, days=1)
    with house.store.write() as connection:
        connection.execute(update(tokens.TOKEN).values(expires_at=now()))
    (token,) = tokens.listed(house.store)
    at = shown(house)
    assert "**backend-eu** :orange-badge[expired]" in said(at)
    at.button(key=f"admin_revoke_{token.id}").click().run()
    tokens.create(house.store, "backend-eu", NEW)


def test_every_scope_has_its_sentence() -> None:
    assert tuple(admin_tokens.SCOPES) == tokens.SCOPES


# -- plans and limits ----------------------------------------------------------------------------------


def test_each_plan_says_its_limits_its_features_and_what_it_lacks(house: Workbench) -> None:
    text = said(shown(house, view="plans"))
    for name in PLANS:
        plan = house.policy.plan(name)
        assert f"**{plan.runs_per_minute:,}** runs a minute" in text
        assert f"**{plan.tokens_per_day:,}** tokens a day" in text
    assert "Tailored resume, Cover letter  \n:blue-badge[premium] gpt-6.1-terra → gpt-6-luna" in text
    assert "From 90% of the month's dollars on, the cheap models answer; at 100%, only the rules." in text
    assert "Not included: tailored resume, cover letter, interview pack." in text


def test_what_is_left_is_the_candidates_own(house: Workbench) -> None:
    user, at = someone(house, "free"), now()
    mine = limits.limits(house.policy, "free", user.id, at)
    used(house, mine.runs, 3, at=at)
    used(house, mine.tokens, 1_000, 200)
    used(house, mine.dollars, 250_000_000)
    page = shown(house, view="plans")
    page.selectbox(key="admin_candidate").set_value(user.id).run()
    found = metrics(page)
    assert found["Runs this minute"] == "7 left"
    assert found["Tokens today"] == "48,800 left"
    assert found["Dollars this month"] == "$0.75 left"
    other = someone(house, "premium")
    page.selectbox(key="admin_candidate").set_value(other.id).run()
    assert metrics(page)["Runs this minute"] == "120 left"
    assert "none used in the last minute" in said(page)


def test_the_projects_month_tells_used_from_held(house: Workbench) -> None:
    line = limits.limits(house.policy, "free", 0, now()).project
    used(house, line, 100_000_000_000, 25_000_000_000)
    found = metrics(shown(house, view="plans"))
    assert (found["Budget"], found["Used"], found["Left"]) == ("$500.00", "$100.00", "$375.00")
    assert found["Held by runs under way"] == "$25.00"


def test_without_candidates_the_plans_are_still_told(opening: Open) -> None:
    at = shown(opening(empty=True), view="plans")
    assert "There is no candidate yet" in at.info[0].value
    assert metrics(at)["Left"] == "$500.00"


@pytest.mark.parametrize(
    ("most", "used", "reserved", "left", "share"),
    [(100, 30, 20, 50, 0.5), (100, 130, 0, 0, 1.0), (0, 0, 0, 0, 1.0), (100, 0, 0, 100, 0.0)],
)
def test_a_budget_is_never_less_than_gone(most: int, used: int, reserved: int, left: int, share: float) -> None:
    month = budget.Budget(most, used, reserved, datetime(2026, 12, 1, tzinfo=UTC))
    assert (month.left, month.share) == (left, share)


# -- models --------------------------------------------------------------------------------------------


def test_each_provider_says_whether_it_is_configured_and_what_to_do(house: Workbench) -> None:
    text = said(shown(house, view="models"))
    assert "**openai** :green-badge[:material/check: configured]" in text
    assert "switched off or not installed" in text
    assert "Run `make setup`" in text


def test_each_model_says_its_prices_and_who_is_led_to_it(house: Workbench) -> None:
    at = shown(house, view="models")
    text = said(at)
    for name in ("gpt-6-luna", "gpt-6.1-terra", "smollm2-135m"):
        assert f"**{name}**" in text
    assert "**pro**, first: Tailored resume, Cover letter" in text
    assert "**premium**, first: every feature" in text
    assert "\\$0.10  \n:gray[:small[\\$0.20 above 272,000]]" in text
    assert "free" in [element.value for element in at.markdown]


def policy(house: Workbench, **tiers: tuple[str, ...]) -> Policy:
    return house.policy.model_copy(update={"tiers": house.policy.tiers | tiers})


def test_a_model_without_a_price_is_unknown_and_not_free(house: Workbench) -> None:
    house.policy = policy(house, cheap=("openai/qwen/qwen3:8b",))
    at = shown(house, view="models")
    assert [element.value for element in at.markdown].count("unknown") == 3
    assert "**qwen/qwen3:8b**" in said(at)


def test_a_provider_only_the_policy_knows_is_told_too(house: Workbench) -> None:
    house.policy = policy(house, cheap=("mistral/small",))
    text = said(shown(house, view="models"))
    assert "no such provider" in text
    assert "**small** :orange-badge[not configured]" in text


def test_a_model_no_plan_leads_to_says_so(house: Workbench) -> None:
    house.policy = policy(house, spare=("openai/gpt-6-spare",))
    assert "it stands in tier spare, which none uses" in said(shown(house, view="models"))


def test_a_model_that_is_left_alone_is_told_and_can_be_tried_at_once(house: Workbench) -> None:
    leg = Leg("openai", "gpt-6-luna")
    assert "Left alone for now" not in said(shown(house, view="models"))
    for _ in range(IN_A_ROW):
        house.cooldown.turn(leg).failed(ProviderDown("The model's server cannot be reached."))
    at = shown(house, view="models")
    text = said(at)
    assert "Left alone for now" in text and "failed 3 times" in text and "cannot be reached" in text
    assert re.search(r"Since \d\d:\d\d:\d\d, until \d\d:\d\d:\d\d", text)
    at.button(key="admin_wake_openai/gpt-6-luna").click().run()
    assert not at.exception and house.cooldown.resting() == []
    assert "The next run tries openai/gpt-6-luna" in said(at)
    assert "Left alone for now" not in said(at)


def test_a_model_whose_time_is_over_waits_for_the_next_run(house: Workbench) -> None:
    for _ in range(IN_A_ROW):
        house.cooldown.turn(Leg("openai", "gpt-6-luna")).failed(ProviderDown("Down."))
    clock = house.cooldown.clock
    house.cooldown.clock = lambda: clock() + FIRST_S
    assert "The next run tries it." in said(shown(house, view="models"))


def test_every_feature_of_every_plan_is_in_one_tier_or_lacking(house: Workbench) -> None:
    for plan in PLANS:
        served = [feature for features in lineup.tiers(house.policy, plan).values() for feature in features]
        assert sorted([*served, *lineup.lacking(house.policy, plan)]) == sorted(FEATURES)


def test_the_place_of_a_model_is_its_place_in_the_tier(house: Workbench) -> None:
    found = {entry.name: entry for entry in lineup.lineup(house.policy, configured=("openai",), at=now())}
    luna = found["openai/gpt-6-luna"]
    assert {(use.plan, use.tier): use.place for use in luna.uses} == {
        ("free", "cheap"): 1,
        ("pro", "cheap"): 1,
        ("pro", "premium"): 2,
        ("premium", "premium"): 2,
    }
    assert luna.configured and not found["embedded/smollm2-135m"].configured


@pytest.mark.parametrize(
    ("dollars", "words"), [("0.1", "$0.10"), ("1", "$1.00"), ("0.0125", "$0.0125"), ("1250", "$1,250.00")]
)
def test_a_price_keeps_all_its_decimals(dollars: str, words: str) -> None:
    assert price_rows.dollars(int(Decimal(dollars).scaleb(9))) == words


@pytest.mark.parametrize(
    ("at_limit", "cheap", "words"),
    [
        ("refuse", True, "refused"),
        ("step_down", True, "the cheap models answer; at 100%, only the rules"),
        ("step_down", False, "on, only the rules answer"),
    ],
)
def test_the_end_of_a_budget_is_said_as_it_will_be(house: Workbench, at_limit: str, cheap: bool, words: str) -> None:
    kept = {name: models for name, models in house.policy.tiers.items() if cheap or name != "cheap"}
    assert words in admin_plans._at_limit(house.policy.model_copy(update={"tiers": kept}), at_limit)
