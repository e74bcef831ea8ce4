"""From a request to its record: what refuses, what steps down, and that it is said."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from core.access import admission
from core.access.limits import limits
from core.access.plans import load_policy
from core.errors import BudgetExceeded, ProviderBusy, QuotaExceeded, RateLimited
from core.llm import history
from core.llm.provider import Deadlines
from core.llm.scripted import Play, Scripted
from core.schema import Usage, usd
from core.store import Store
from core.store.columns import now
from tests.benches import CALLER, USED, bench, finished, letter, waited_for, write_policy
from tests.databases import person
from tests.ledgers import assert_balanced, holding, line, spend, statuses

PATIENT = Deadlines(connect=60, first_token=60, idle=60, leg=60)
LUNA, TERRA = "openai/gpt-6-luna", "openai/gpt-6.1-terra"


def estimate(store: Store, tmp_path: Path, **chosen: object) -> tuple[int, int]:
    """Tokens and nano-dollars that one cover letter of a bench asks for."""
    with bench(store, letter(), policy=write_policy(tmp_path / "free.toml")) as one:
        claim = one.workbench.desk.prepare(one.request(**chosen), CALLER).claim
    assert claim is not None
    return claim.tokens, claim.nanousd


@pytest.mark.parametrize("what", ["runs", "tokens", "dollars"])
def test_two_hundred_calls_at_once_for_fifty_places_start_fifty(store: Store, tmp_path: Path, what: str) -> None:
    tokens, nanousd = estimate(store, tmp_path)
    given, error = {
        "runs": ({"runs": 50}, RateLimited),
        "tokens": ({"tokens": 50 * tokens}, QuotaExceeded),
        "dollars": ({"usd": usd(50 * nanousd), "own": "refuse"}, BudgetExceeded),
    }[what]
    policy = write_policy(tmp_path / "p.toml", **given)
    with bench(store, Play(hang=True), policy=policy, deadlines=PATIENT) as one:
        registry, request = one.workbench.registry, one.request()

        async def ask() -> list[object]:
            calls = [registry.start(request, CALLER) for _ in range(200)]
            return await asyncio.gather(*calls, return_exceptions=True)

        assert one.workbench.portal is not None
        outcomes = one.workbench.portal.call(ask)
        assert Counter(type(one).__name__ for one in outcomes) == {"str": 50, error.__name__: 150}
        waited_for(lambda: len(one.provider.heard) == 50)
        held = holding(one.workbench.policy, one.user_id)
        assert_balanced(store, held)
    assert statuses(store)["refused", error.code] == 150
    assert line(store, held.tokens).reserved == line(store, held.dollars).reserved == 0  # all were stopped and settled


def test_a_finished_run_gives_back_what_it_did_not_use(store: Store, tmp_path: Path) -> None:
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml")) as one:
        result = one.run()
        held = holding(one.workbench.policy, one.user_id)
    assert line(store, held.tokens).taken == USED.input_tokens + USED.output_tokens
    assert usd(line(store, held.dollars).taken) == usd(line(store, held.project).taken) == result.cost_usd
    assert_balanced(store, held)


def test_a_refusal_is_recorded_calls_nobody_and_leaves_its_key(sqlite_store: Store, tmp_path: Path) -> None:
    with bench(sqlite_store, letter(), policy=write_policy(tmp_path / "p.toml", runs=1)) as one:
        finished(one.start())
        with pytest.raises(RateLimited, match="0 are left") as refused:
            one.start(key="k")
        assert 1 <= refused.value.retry_after_s <= 60
        assert statuses(sqlite_store) == {("ok", None): 1, ("refused", "rate_limited"): 1}
        assert len(one.provider.heard) == 1
        one.workbench.desk.clock = lambda: now() + timedelta(seconds=61)
        assert finished(one.start(key="k")).status == "ok"


def test_the_run_a_key_made_is_found_when_the_limit_is_reached(sqlite_store: Store, tmp_path: Path) -> None:
    with bench(sqlite_store, letter(), policy=write_policy(tmp_path / "p.toml", runs=1)) as one:
        live = one.start(key="k")
        assert one.start(key="k") is live
        with pytest.raises(RateLimited):
            one.start()


# used of the plan's 10 dollars, model chosen -> the model that answers, words of the warning and of the route
STEPS: dict[str, tuple[int, str | None, str | None, str]] = {
    "below the step": (899, None, "gpt-6.1-terra", ""),
    "at the step": (900, None, "gpt-6-luna", "90 % used, so this run was given the cheap models"),
    "at the step, chosen": (900, TERRA, "gpt-6-luna", "which was chosen"),
    "at the end": (1_000, None, None, "used up, so the rules answered"),
    "at the end, chosen": (1_000, LUNA, None, "used up, so the rules answered"),
}


@pytest.mark.parametrize("what", STEPS)
def test_a_step_down_is_said_in_the_answer_and_in_the_route(store: Store, tmp_path: Path, what: str) -> None:
    cents, model, answered, warning = STEPS[what]
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml", usd="10.00")) as one:
        spend(store, holding(one.workbench.policy, one.user_id).dollars, cents * 10**7)
        live = one.start(model=model)
        result = finished(live)
        record = history.story(store, result.run_id)
    assert (result.status, result.model) == ("ok", answered)
    assert len(one.provider.heard) == (answered is not None)
    said = [text for text in result.answer.warnings if "budget" in text]
    assert bool(said) is bool(warning) and warning in " ".join(said)
    assert ("because the month's budget of plan pro is" in record.run.route) is bool(warning)
    assert live.events[0].data["route"] == record.run.route
    assert record.result == result


@pytest.mark.parametrize(("own", "shared"), [("refuse", "step_down"), ("step_down", "refuse")])
def test_a_budget_that_refuses_refuses(store: Store, tmp_path: Path, own: str, shared: str) -> None:
    policy = write_policy(tmp_path / "p.toml", usd="10.00", project="10.00", own=own, shared=shared)
    with bench(store, letter(), policy=policy) as one:
        held = holding(one.workbench.policy, one.user_id)
        spend(store, held.dollars if own == "refuse" else held.project, 10**10)
        for model in (None, LUNA, "rules"):
            with pytest.raises(BudgetExceeded, match=r"\$0\.00 is left"):
                one.start(model=model)
        assert one.provider.heard == []
    assert statuses(store) == {("refused", "budget_exceeded"): 3}


def test_a_dearer_model_that_would_break_the_budget_does_not_take_over(store: Store, tmp_path: Path) -> None:
    _, luna = estimate(store, tmp_path, model=LUNA)
    policy = write_policy(tmp_path / "p.toml", usd=usd(luna + 1), premium=(LUNA, TERRA))
    with bench(store, Play("Letter", error=ProviderBusy("The model is busy."), usage=USED), policy=policy) as one:
        live = one.start()
        result = finished(live)
        record = history.story(store, result.run_id)
        held = holding(one.workbench.policy, one.user_id)
    assert (result.status, [attempt.provider for attempt in result.attempts]) == ("fallback", ["openai", "rules"])
    assert len(one.provider.heard) == 1
    assert record.run.route.endswith(f"; {TERRA} skipped: budget_exceeded")
    notices = [event.data for event in live.events if event.kind == "notice"]
    assert [notice["code"] for notice in notices] == ["provider_busy", "budget_exceeded"]
    assert notices[1]["message"] in result.answer.warnings and f"{TERRA} was not asked" in notices[1]["message"]
    assert_balanced(store, held)


def test_a_dearer_model_takes_over_while_there_is_room(store: Store, tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "p.toml", premium=(LUNA, TERRA))
    held_meanwhile = []
    with bench(
        store,
        Play("Letter", error=ProviderBusy("The model is busy."), usage=USED),
        lambda _: held_meanwhile.append(line(store, held.dollars).reserved) or letter(),  # type: ignore[func-returns-value]
        policy=policy,
    ) as one:
        held = holding(one.workbench.policy, one.user_id)
        asked = one.workbench.desk.prepare(one.request(), CALLER).claim
        result = one.run()
    assert (result.status, result.model) == ("fallback", "gpt-6.1-terra")
    assert asked is not None and held_meanwhile[0] > asked.nanousd  # more was taken before it began
    assert usd(line(store, held.dollars).taken) == result.cost_usd
    assert_balanced(store, held)


def test_a_budget_that_ends_between_routing_and_opening_still_holds(store: Store, tmp_path: Path) -> None:
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml", usd="10.00")) as one:
        workbench, held = one.workbench, holding(one.workbench.policy, one.user_id)
        make_ready = workbench.desk.make_ready

        def slow(*given: object) -> object:
            prepared = make_ready(*given)  # type: ignore[arg-type]
            spend(store, held.dollars, 10**10)
            return prepared

        workbench.desk.make_ready = slow  # type: ignore[assignment, method-assign]
        live = one.start()
        result = finished(live)
    assert (result.provider, one.provider.heard) == ("rules", [])
    kinds = [event.kind for event in live.events]
    assert kinds[0] == "started" and kinds[1:3] == ["notice", "notice"]
    assert sum("was not asked" in text for text in result.answer.warnings) == 2
    assert line(store, held.dollars).taken == 10**10
    assert_balanced(store, held)


def test_a_model_without_a_price_reserves_tokens_only(sqlite_store: Store, tmp_path: Path) -> None:
    with bench(sqlite_store, letter(), policy=write_policy(tmp_path / "p.toml", usd="0.000000001")) as one:
        result = one.run(model="openai/nobody-knows")
        held = holding(one.workbench.policy, one.user_id)
    assert (result.model, result.cost_status) == ("nobody-knows", "unknown")
    assert line(sqlite_store, held.dollars).taken == 0
    assert line(sqlite_store, held.tokens).taken == USED.input_tokens + USED.output_tokens


def test_the_embedded_models_tokens_count_and_cost_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    said = Play("A fine candidate for this job.", usage=Usage(input_tokens=70, output_tokens=7))
    embedded = Scripted([said], name="embedded", writes="opening")
    with bench(sqlite_store, letter(), policy=write_policy(tmp_path / "p.toml"), embedded=embedded) as one:
        one.run(model="embedded/smollm2-135m")
        held = holding(one.workbench.policy, one.user_id)
    assert len(embedded.heard) == 1
    assert (line(sqlite_store, held.tokens).taken, line(sqlite_store, held.dollars).taken) == (77, 0)


def test_rules_alone_take_a_run_only(sqlite_store: Store, tmp_path: Path) -> None:
    with bench(sqlite_store, letter(), policy=write_policy(tmp_path / "p.toml", tokens=1)) as one:
        assert one.run(model="rules").status == "ok"
        held = holding(one.workbench.policy, one.user_id)
        assert [line(sqlite_store, limit).taken for limit in held] == [1, 0, 0, 0]
        with pytest.raises(QuotaExceeded, match="1 are left and this call may need"):
            one.start()


def test_a_stopped_run_gives_back_the_rest(sqlite_store: Store, tmp_path: Path) -> None:
    policy = write_policy(tmp_path / "p.toml")
    with bench(sqlite_store, Play("Letter\n", hang=True), policy=policy, deadlines=PATIENT) as one:
        live = one.start()
        waited_for(lambda: one.provider.heard)
        held = holding(one.workbench.policy, one.user_id)
        before = line(sqlite_store, held.tokens)
        one.workbench.cancel(live.id)
        result = finished(live)
    used = result.usage.input_tokens + result.usage.output_tokens
    assert before.reserved > used > 0
    assert (line(sqlite_store, held.tokens).used, line(sqlite_store, held.tokens).reserved) == (used, 0)


def test_the_estimate_of_the_input_is_what_is_counted_of_it(sqlite_store: Store) -> None:
    """What is reserved for the messages is what is counted when a server does not say."""
    with bench(sqlite_store, Play("Letter\n\nA summary.\n\nDear team")) as one:
        prepared = one.workbench.desk.prepare(one.request(), CALLER)
        composed = prepared.compose(prepared.route.legs[0], one.provider)
        assert prepared.claim is not None
        assert prepared.claim.tokens == composed.input_tokens + composed.call.max_tokens
        assert one.run().attempts[0].usage.input_tokens == composed.input_tokens


def test_what_is_left_is_said_with_its_reset(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", runs=10, tokens=1_000, usd="2.00", project="5.00"))
    user = person(store)
    fresh = admission.left(store, policy, user, "pro")
    assert [fresh.runs.left, fresh.tokens.left, fresh.nanousd.left] == [10, 1_000, 2 * 10**9]
    assert fresh.runs.resets_at is None and fresh.tokens.resets_at is not None
    at = now()
    held = limits(policy, "pro", user, at)
    spend(store, held.tokens, 300, reserved=200)
    spend(store, held.dollars, 3 * 10**9)
    left = admission.left(store, policy, user, "pro", at=at)
    assert (left.tokens.most, left.tokens.left) == (1_000, 500)
    assert (left.nanousd.left, left.project_nanousd.left) == (0, 5 * 10**9)
    assert left.tokens.resets_at is not None and left.tokens.resets_at - at <= timedelta(days=1)
    assert left.nanousd.resets_at is not None and left.nanousd.resets_at.day == 1
