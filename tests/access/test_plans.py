"""The policy file is read strictly: whatever it says wrongly is named with file, line and cure."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.access import plans
from core.errors import Invalid, Misconfigured
from core.schema import FEATURES
from core.settings import HOUSE

SHIPPED = HOUSE / "core" / "policy.toml"

GOOD = """\
[tiers]
cheap = ["openai/gpt-6-luna"]
premium = [
    "openai/gpt-6.1-terra",  # the better one
    "openai/gpt-6-luna",
]

[plans.free]
features = ["match"]
tier = "cheap"
runs_per_minute = 1
tokens_per_day = 2
usd_per_month = 0.10

[plans.pro]
features = "all"
tier = { default = "cheap", cover_letter = "premium" }
runs_per_minute = 3
tokens_per_day = 4
usd_per_month = 5

[plans.premium]
features = "all"
tier = "premium"
runs_per_minute = 6
tokens_per_day = 7
usd_per_month = 8.00
at_limit = "refuse"

[project]
usd_per_month = 9.00
step_down_at = 0.9
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(tmp_path: Path, text: str) -> plans.Policy:
    return plans.load_policy(write(tmp_path, text))


def refusal(tmp_path: Path, text: str) -> str:
    path = write(tmp_path, text)
    with pytest.raises(Misconfigured) as refused:
        plans.load_policy(path)
    assert refused.value.message.startswith(str(path))
    return refused.value.message.removeprefix(str(path))


# -- what is read ------------------------------------------------------------------------------------


def test_the_shipped_policy_is_the_one_the_design_promises() -> None:
    policy = plans.load_policy(SHIPPED)
    free, pro, premium = (policy.plan(name) for name in plans.PLANS)
    assert policy.tiers == {
        "cheap": ("openai/gpt-6-luna", "embedded/smollm2-135m"),
        "premium": ("openai/gpt-6.1-terra", "openai/gpt-6-luna", "embedded/smollm2-135m"),
    }
    assert (free.features, pro.features) == (("match", "recruiter_lens", "improve_text"), FEATURES)
    assert [pro.tier_of(name) for name in ("match", "tailor_resume", "cover_letter")] == ["cheap", "premium", "premium"]
    assert premium.tier_of("match") == "premium"
    assert [(p.runs_per_minute, p.tokens_per_day, p.nanousd_per_month) for p in (free, pro, premium)] == [
        (10, 50_000, 1_000_000_000),
        (60, 1_000_000, 20_000_000_000),
        (120, 5_000_000, 100_000_000_000),
    ]
    assert (policy.project.nanousd_per_month, policy.project.step_down_at) == (500_000_000_000, Decimal("0.9"))


def test_money_is_read_exactly_and_at_limit_has_a_default(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert policy.plan("free").nanousd_per_month == 100_000_000
    assert policy.plan("pro").nanousd_per_month == 5_000_000_000
    assert [policy.plan(name).at_limit for name in plans.PLANS] == ["step_down", "step_down", "refuse"]
    assert policy.project.at_limit == "step_down"


@pytest.mark.parametrize(
    "change",
    [str.strip, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text],
    ids=["no last newline", "windows", "byte order mark"],
)
def test_line_endings_and_a_byte_order_mark_do_not_matter(tmp_path: Path, change) -> None:
    assert load(tmp_path, change(GOOD)) == load(tmp_path, GOOD)


def test_a_tier_may_be_the_rules_alone_or_end_with_them(tmp_path: Path) -> None:
    text = GOOD.replace('cheap = ["openai/gpt-6-luna"]', 'cheap = ["rules"]').replace(
        '"openai/gpt-6-luna",\n', '"openai/qwen/qwen3:8b", "rules"\n'
    )
    policy = load(tmp_path, text)
    assert policy.tiers == {"cheap": ("rules",), "premium": ("openai/gpt-6.1-terra", "openai/qwen/qwen3:8b", "rules")}
    assert policy.models() == ("rules", "openai/gpt-6.1-terra", "openai/qwen/qwen3:8b")


def test_a_policy_cannot_be_changed_after_it_was_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(tmp_path, GOOD).plan("free").tokens_per_day = 1


def test_an_unknown_plan_is_refused_with_the_plans_there_are(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no plan 'gold'.*free, pro, premium"):
        load(tmp_path, GOOD).plan("gold")


# -- what is refused: (what to change, into what, the line, words of the sentence) --------------------

WRONG = {
    "unknown key": ("tokens_per_day = 2", "token_per_day = 2", 12, "unknown key `token_per_day`", "`tokens_per_day`?"),
    "unknown project key": ("step_down_at = 0.9", "step_down_at = 0.9\nstop = 1", 33, "project.stop", "step_down_at"),
    "unknown table": ("[project]", "[limits]\n[project]", 30, "unknown key `limits`", "tiers, plans, project"),
    "unknown plan": ("[plans.free]", "[plans.gold]\n[plans.free]", 8, "unknown plan `gold`", "free, pro, premium"),
    "misspelt plan": ("[plans.free]", "[plans.fre]", 8, "unknown plan `fre`", "`free`?"),
    "unknown feature": ('["match"]', '["mach"]', 9, "plans.free.features: `mach` is no feature", "`match`?"),
    "unknown feature on its own line": (
        '["match"]',
        '[\n  "match",\n  "cv"\n]',
        11,
        "`cv` is no feature",
        "cover_letter",
    ),
    "feature word": ('features = ["match"]', 'features = "most"', 9, 'Write "all" or a list'),
    "feature twice": ('["match"]', '["match", "match"]', 9, "`match` is listed twice"),
    "feature number": ('["match"]', "[3]", 9, "plans.free.features: write text in quotes"),
    "unknown tier": (
        'tier = "cheap"',
        'tier = "cheep"',
        10,
        "`cheep` is no tier",
        "`cheap`?",
        "Tiers are cheap, premium",
    ),
    "unknown tier of a feature": ('"premium" }', '"gold" }', 17, "plans.pro.tier.cover_letter: `gold` is no tier"),
    "unknown feature in a tier table": ("cover_letter = ", "letter = ", 17, "plans.pro.tier: `letter` is no feature"),
    "tier table without default": ("default = ", "match = ", 17, "lacks `default`"),
    "tier number": ('tier = "cheap"', "tier = 3", 10, "plans.free.tier: Write a tier"),
    "model without provider": (
        '["openai/gpt-6-luna"]',
        '["gpt-6-luna"]',
        2,
        "`gpt-6-luna` is no model",
        "provider/name",
    ),
    "model without name": ('["openai/gpt-6-luna"]', '["openai/"]', 2, "`openai/` is no model"),
    "model of the rules": ('["openai/gpt-6-luna"]', '["rules/big"]', 2, "`rules/big` is no model"),
    "model in a list of many lines": ('"openai/gpt-6-luna",\n', '"luna",\n', 5, "tiers.premium: `luna` is no model"),
    "model with a space": ('["openai/gpt-6-luna"]', '["openai/ gpt-6-luna"]', 2, "is no model"),
    "same leg twice": ("gpt-6.1-terra", "gpt-6-luna", 3, "`openai/gpt-6-luna` is listed twice"),
    "rules before a model": ('["openai/gpt-6-luna"]', '["rules", "openai/x"]', 2, "Put `rules` last"),
    "tier that is no list": ('["openai/gpt-6-luna"]', '"openai/gpt-6-luna"', 2, "tiers.cheap: write a list of models"),
    "tiers that are no table": ("[tiers]\n", "tiers = 3\n[extra]\n", 1, "tiers: write a table"),
    "negative runs": ("runs_per_minute = 1", "runs_per_minute = -1", 11, "whole number, zero or more"),
    "half a token": ("tokens_per_day = 2", "tokens_per_day = 2.5", 12, "plans.free.tokens_per_day", "whole number"),
    "true runs": ("runs_per_minute = 1", "runs_per_minute = true", 11, "whole number"),
    "quoted tokens": ("tokens_per_day = 2", 'tokens_per_day = "2"', 12, "whole number"),
    "negative dollars": ("usd_per_month = 0.10", "usd_per_month = -0.10", 13, "amount of dollars"),
    "quoted dollars": ("usd_per_month = 0.10", 'usd_per_month = "0.10"', 13, "without quotes"),
    "dollars without end": ("usd_per_month = 0.10", "usd_per_month = inf", 13, "amount of dollars"),
    "dollars that are no number": ("usd_per_month = 0.10", "usd_per_month = nan", 13, "amount of dollars"),
    "dollars too fine": ("usd_per_month = 0.10", "usd_per_month = 0.0000000001", 13, "nine decimals"),
    "share above one": ("step_down_at = 0.9", "step_down_at = 90", 32, "project.step_down_at", "between 0 and 1"),
    "unknown at_limit": (
        'at_limit = "refuse"',
        'at_limit = "stop"',
        28,
        "plans.premium.at_limit",
        "'refuse' or 'step_down'",
    ),
    "missing key": ("tokens_per_day = 2\n", "", 8, "plans.free.tokens_per_day is missing", "Add the key"),
    "missing share": ("step_down_at = 0.9\n", "", 30, "project.step_down_at is missing"),
    "missing project": ("[project]\nusd_per_month = 9.00\nstep_down_at = 0.9\n", "", 28, "Add the table [project]"),
    "key twice": ("tokens_per_day = 2", "tokens_per_day = 2\ntokens_per_day = 2", 13, "not TOML"),
    "table twice": ("[project]", "[plans.free]\n[project]", 30, "not TOML"),
    "not closed": ('cheap = ["openai/gpt-6-luna"]', 'cheap = ["openai/gpt-6-luna"', 3, "not TOML", "Mend the line"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_its_line_and_cure(tmp_path: Path, case: tuple) -> None:
    good, bad, line, *words = case
    assert good in GOOD
    message = refusal(tmp_path, GOOD.replace(good, bad, 1))
    assert message.startswith(f", line {line}: ")
    for word in words:
        assert word in message


@pytest.mark.parametrize("name", plans.PLANS)
def test_each_of_the_three_plans_must_be_there(tmp_path: Path, name: str) -> None:
    start = GOOD.index(f"[plans.{name}]")
    end = GOOD.index("\n[", start)
    assert f"Add the table [plans.{name}]" in refusal(tmp_path, GOOD[:start] + GOOD[end:])


def test_a_key_of_a_tier_table_written_as_its_own_table_is_found_too(tmp_path: Path) -> None:
    table = '\n[plans.free.tier]\ndefault = "cheap"\nmach = "cheap"\n'
    text = GOOD.replace('tier = "cheap"\n', "", 1).replace(
        "usd_per_month = 0.10\n", f"usd_per_month = 0.10\n{table}", 1
    )
    assert refusal(tmp_path, text).startswith(", line 16: plans.free.tier: `mach` is no feature")


def test_of_many_mistakes_the_first_in_the_file_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("step_down_at = 0.9", "step_down_at = 2").replace("tokens_per_day = 4", "tokens_per_day = -4")
    assert refusal(tmp_path, text).startswith(", line 19: plans.pro.tokens_per_day")


def test_an_empty_file_lacks_everything(tmp_path: Path) -> None:
    assert refusal(tmp_path, "").startswith(", line 1: tiers is missing. Add the table [tiers]")


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir], ids=["missing", "folder"])
def test_a_file_that_cannot_be_read_names_the_variable_to_set(tmp_path: Path, make) -> None:
    path = tmp_path / "policy.toml"
    make(path)
    with pytest.raises(Misconfigured, match=r"policy\.toml: the policy file cannot be read.*WORKBENCH_POLICY_FILE"):
        plans.load_policy(path)


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(GOOD.encode().replace(b"the better one", b"la meilleure \xe9"))
    with pytest.raises(Misconfigured, match="line 4: this is not UTF-8"):
        plans.load_policy(path)
