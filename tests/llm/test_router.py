"""The route follows feature and plan, skips what is not configured, ends with the rules and says why."""

import pytest

from core.access.plans import Policy, load_policy
from core.errors import Invalid, PlanDenied
from core.llm import router
from core.llm.router import Leg
from core.settings import HOUSE

LUNA, TERRA, SMOL = Leg("openai", "gpt-6-luna"), Leg("openai", "gpt-6.1-terra"), Leg("embedded", "smollm2-135m")
RULES = Leg("rules", None)
BOTH = {"openai", "embedded"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(HOUSE / "core" / "policy.toml")


@pytest.mark.parametrize(
    ("plan", "feature", "configured", "tier", "legs"),
    [
        ("free", "match", BOTH, "cheap", (LUNA, SMOL, RULES)),
        ("pro", "match", BOTH, "cheap", (LUNA, SMOL, RULES)),
        ("pro", "tailor_resume", BOTH, "premium", (TERRA, LUNA, SMOL, RULES)),
        ("pro", "cover_letter", BOTH, "premium", (TERRA, LUNA, SMOL, RULES)),
        ("premium", "match", BOTH, "premium", (TERRA, LUNA, SMOL, RULES)),
        ("premium", "match", {"openai"}, "premium", (TERRA, LUNA, RULES)),
        ("premium", "match", {"embedded"}, "premium", (SMOL, RULES)),
        ("premium", "match", set(), "premium", (RULES,)),
        ("free", "match", {"embedded", "rules"}, "cheap", (SMOL, RULES)),
    ],
)
def test_feature_and_plan_choose_the_legs(policy, plan, feature, configured, tier, legs) -> None:
    route = router.choose(policy, feature=feature, plan=plan, configured=configured)
    assert (route.tier, route.legs) == (tier, legs)


def test_the_reason_is_said_in_words(policy: Policy) -> None:
    route = router.choose(policy, feature="tailor_resume", plan="pro", configured=BOTH)
    assert route.why == "premium, because plan pro and feature tailor_resume"
    assert route.skipped == ()


def test_each_skipped_leg_is_named_with_what_it_lacks(policy: Policy) -> None:
    route = router.choose(policy, feature="match", plan="free", configured=())
    assert route.skipped == (LUNA, SMOL)
    assert route.why == (
        "cheap, because plan free and feature match; openai/gpt-6-luna skipped: no key; "
        "embedded/smollm2-135m skipped: switched off or not installed"
    )


def test_rules_named_in_a_tier_are_not_tried_twice(policy: Policy) -> None:
    tiers = {"cheap": ("openai/gpt-6-luna", "rules"), "premium": ("rules",)}
    policy = policy.model_copy(update={"tiers": tiers})
    assert router.choose(policy, feature="match", plan="free", configured=BOTH).legs == (LUNA, RULES)
    assert router.choose(policy, feature="match", plan="premium", configured=BOTH).legs == (RULES,)


@pytest.mark.parametrize(
    ("model", "legs", "why"),
    [
        ("openai/gpt-6-luna", (LUNA, RULES), "gpt-6-luna, chosen by the caller"),
        ("openai/qwen/qwen3:8b", (Leg("openai", "qwen/qwen3:8b"), RULES), "qwen/qwen3:8b, chosen by the caller"),
        ("openai/rules", (Leg("openai", "rules"), RULES), "rules, chosen by the caller"),
        ("embedded/smollm2-135m", (SMOL, RULES), "smollm2-135m, chosen by the caller"),
        ("rules", (RULES,), "rules, chosen by the caller"),
        ("scripted/any", (Leg("scripted", "any"), RULES), "any, chosen by the caller"),
    ],
)
def test_a_chosen_model_is_the_only_leg_before_the_rules(policy, model, legs, why) -> None:
    configured = {*BOTH, "scripted"}
    route = router.choose(policy, feature="match", plan="free", configured=configured, model=model)
    assert (route.tier, route.legs, route.why, route.skipped) == (None, legs, why, ())


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-6-luna", "anthropic/x", "openai", "openai/", "/x", "", "rules/", "rules/x", "OpenAI/x"),
        *("openai/a\r\nb", "openai/\x1b]0;a\x07", "openai/\u202ea", "openai/ a", "openai/\t"),  # it would be printed
    ],
)
def test_a_chosen_model_that_cannot_be_is_refused_with_what_exists(policy: Policy, model: str) -> None:
    with pytest.raises(Invalid, match=r"provider/name; choose one of openai/…, embedded/…, rules\."):
        router.choose(policy, feature="match", plan="free", configured=BOTH, model=model)


@pytest.mark.parametrize(
    ("model", "configured", "words"),
    [
        ("openai/gpt-6-luna", {"embedded"}, r"openai/gpt-6-luna cannot be used: no key\. Set OPENAI_API_KEY"),
        ("embedded/smollm2-135m", {"openai"}, "switched off or not installed.*make setup.*WORKBENCH_EMBEDDED_MODEL"),
    ],
)
def test_a_chosen_model_that_is_not_configured_is_refused_with_the_cure(policy, model, configured, words) -> None:
    with pytest.raises(Invalid, match=words):
        router.choose(policy, feature="match", plan="free", configured=configured, model=model)


@pytest.mark.parametrize("model", [None, "rules"])
def test_a_feature_outside_the_plan_is_denied_with_the_plans_that_have_it(policy: Policy, model: str | None) -> None:
    with pytest.raises(PlanDenied, match="Plan free does not include cover_letter; plans pro and premium do"):
        router.choose(policy, feature="cover_letter", plan="free", configured=BOTH, model=model)


def test_a_feature_of_no_plan_is_denied_as_such(policy: Policy) -> None:
    with pytest.raises(PlanDenied, match="No plan includes tea"):
        router.choose(policy, feature="tea", plan="premium", configured=BOTH)


def test_an_unknown_plan_is_refused(policy: Policy) -> None:
    with pytest.raises(Invalid, match="no plan 'gold'"):
        router.choose(policy, feature="match", plan="gold", configured=BOTH)
