"""Which models the budgets still allow a run, and what it is asked to reserve."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.access import admission
from core.access.admission import Estimate
from core.access.ledger import Line
from core.access.limits import day, limits, money, month
from core.access.plans import load_policy
from core.llm import router
from core.llm.router import Leg
from tests.benches import write_policy

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOLLAR = 10**9
PREMIUM = ["openai/gpt-6.1-terra", "openai/gpt-6-luna", "embedded/smollm2-135m", "rules"]
CHEAP = PREMIUM[1:]
RULES = ["rules"]
PRICES = {"openai/gpt-6.1-terra": DOLLAR // 10, "openai/gpt-6-luna": DOLLAR // 100, "embedded/smollm2-135m": 0}

# policy, model chosen, dollars used by the candidate and by the project, the legs left, words of why and of the warning
CASES: dict[str, tuple[dict[str, str], str | None, float, float, list[str], str, str]] = {
    "nothing used": ({}, None, 0, 0, PREMIUM, "premium, because plan pro", ""),
    "just below the step": ({}, None, 8.99, 89.9, PREMIUM, "premium, because plan pro", ""),
    "the plan at the step": (
        {}, None, 9, 0, CHEAP, "cheap, because the month's budget of plan pro is 90 % used (else premium, because",
        "The month's budget of plan pro is 90 % used, so this run was given the cheap models instead of the premium ones",
    ),
    "the project at the step": ({}, None, 0, 92, CHEAP, "cheap, because the month's budget of the project is 92 % used", "92 %"),
    "the plan at its end": (
        {}, None, 10, 0, RULES, "rules, because the month's budget of plan pro is used up (else premium",
        "The month's budget of plan pro is used up, so the rules answered",
    ),
    "the project at its end": ({}, None, 0, 100, RULES, "rules, because the month's budget of the project is used up", "used up"),
    "one near and one at its end": ({}, None, 9.5, 101, RULES, "the project is used up", "the project is used up"),
    "no tier called cheap": (
        {"cheap": "small"}, None, 9, 0, RULES,
        "rules, because the month's budget of plan pro is 90 % used and the policy has no tier `cheap` (else premium",
        "no tier `cheap`",
    ),
    "a budget of nothing": ({"usd": "0"}, None, 0, 0, RULES, "plan pro is used up", "used up"),
    "a plan that refuses near its end": ({"own": "refuse"}, None, 9.99, 0, PREMIUM, "premium, because plan pro", ""),
    "a plan that refuses at its end": ({"own": "refuse"}, None, 11, 0, PREMIUM, "premium, because plan pro", ""),
    "a project that refuses beside a plan that steps down": (
        {"shared": "refuse"}, None, 9, 99, CHEAP, "cheap, because the month's budget of plan pro", "90 %",
    ),
    "a chosen dear model near the end": (
        {}, "openai/gpt-6.1-terra", 9, 0, CHEAP, "(else gpt-6.1-terra, chosen by the caller)",
        "instead of openai/gpt-6.1-terra, which was chosen",
    ),
    "a chosen cheap model near the end": ({}, "openai/gpt-6-luna", 9, 0, [CHEAP[0], "rules"], "gpt-6-luna, chosen", ""),
    "a chosen free model near the end": ({}, "embedded/x", 9, 0, ["embedded/x", "rules"], "x, chosen", ""),
    "a chosen model at the end": ({}, "openai/gpt-6-luna", 10, 0, RULES, "rules, because", "used up"),
    "chosen rules at the end": ({}, "rules", 10, 0, RULES, "rules, chosen by the caller", ""),
    "too little left for the first": (
        {"usd": "0.05"}, None, 0, 0, CHEAP,
        "; openai/gpt-6.1-terra skipped: it may cost $0.10 and the month's budget of plan pro has $0.05 left",
        "The budget begins anew on 1 December 2026",
    ),
    "too little left for all that cost": ({"project": "0.009"}, None, 0, 0, CHEAP[1:], "openai/gpt-6-luna skipped", "the project"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_budgets_step_down(tmp_path: Path, what: str) -> None:
    given, model, own, project, legs, why, warning = CASES[what]
    policy = load_policy(write_policy(tmp_path / "p.toml", **({"usd": "10.00", "project": "100.00"} | given)))
    configured = {"openai", "embedded"}
    route = router.choose(policy, feature="match", plan="pro", configured=configured, model=model)
    admitted = admission.admit(
        policy,
        limits(policy, "pro", 1, AT),
        (Line(used=int(own * DOLLAR)), Line(used=int(project * DOLLAR) - DOLLAR if project else 0, reserved=bool(project) * DOLLAR)),
        route,
        configured=configured,
        estimate=lambda leg: Estimate(1_000, PRICES.get(str(leg), 0)),
        at=AT,
    )  # fmt: skip
    assert [str(leg) for leg in admitted.route.legs] == legs
    assert why in admitted.route.why
    assert bool(admitted.warnings) is bool(warning)
    assert warning in " ".join(admitted.warnings)
    first = legs[0]
    assert admitted.claim.tokens == (0 if first == "rules" else 1_000)
    assert admitted.claim.nanousd == PRICES.get(first, 0)


ESTIMATES: dict[str, tuple[Leg, Estimate]] = {
    "a model with a price": (Leg("openai", "gpt-6-luna"), Estimate(3_000, 0)),
    "a model without one": (Leg("openai", "nobody/knows-this"), Estimate(3_000, 0)),
    "the embedded model": (Leg("embedded", "smollm2-135m"), Estimate(3_000, 0)),
}


@pytest.mark.parametrize("what", ESTIMATES)
def test_an_estimate_is_what_is_sent_and_the_longest_answer(what: str) -> None:
    leg, expected = ESTIMATES[what]
    found = admission.estimate(leg, input_tokens=2_000, max_tokens=1_000, at=AT)
    assert found.tokens == expected.tokens
    assert bool(found.nanousd) is (what == "a model with a price")
    if found.nanousd:
        longer = admission.estimate(leg, input_tokens=2_000, max_tokens=2_000, at=AT)
        assert longer.nanousd > found.nanousd


@pytest.mark.parametrize(
    ("nanousd", "down", "up"),
    [
        (0, "$0.00", "$0.00"),
        (1, "$0.00", "$0.0001"),
        (50_000_000, "$0.05", "$0.05"),
        (1_234_567_890, "$1.2345", "$1.2346"),
        (1_500 * DOLLAR, "$1,500.00", "$1,500.00"),
    ],
)
def test_money_never_reads_as_more_than_is_left_or_less_than_is_needed(nanousd: int, down: str, up: str) -> None:
    assert (money(nanousd), money(nanousd, up=True)) == (down, up)


def test_days_and_months_are_utc() -> None:
    late = datetime.fromisoformat("2026-11-30T23:30:00-05:00")
    assert (day(late), month(late)) == ("2026-12-01", "2026-12")
