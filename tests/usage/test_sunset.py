"""The radar names what goes away, when, and what hangs on it; no day is made up."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.access.plans import Policy, load_policy, parse_policy
from core.errors import Misconfigured
from core.settings import HOUSE
from core.store import Store
from core.usage import policy_lines, sunset
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history
from tests.usage.test_repricing import leg, run

FILE = HOUSE / "core/policy.toml"
SHIPPED = FILE.read_text("utf-8").partition("\n[sunset]")[0]
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def policy(table: str = "") -> Policy:
    return parse_policy(f"{SHIPPED}\n[sunset]\n{table}", FILE)


def test_the_shipped_policy_leads_nobody_to_a_model_that_goes_away() -> None:
    shipped = load_policy(FILE)
    assert shipped.sunset, "the radar would have nothing to go by"
    assert not [name for name in shipped.models() if sunset.shut_down(shipped, name)]


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("openai/gpt-5-mini-2025-08-07", date(2026, 12, 11)),
        ("openai/gpt-4o", date(2027, 1, 14)),
        ("openai/gpt-4.1-nano", date(2027, 1, 14)),
        ("openai/gpt-6-luna", None),
    ],
)
def test_the_shipped_policy_knows_what_openai_shuts_down(model: str, day: date | None) -> None:
    assert sunset.shut_down(load_policy(FILE), model) == day


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"openai/gpt-6-luna" = "2027-01-15"', "Write the day `openai/gpt-6-luna` is shut down without quotes"),
        ('"openai/gpt-6-luna" = 2027-01-15T10:00:00Z', "without a time"),
        ("luna = 2027-01-15", "`luna` is no model. Write provider/name"),
        ("rules = 2027-01-15", "The rules are part of the workbench"),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_line(line: str, words: str) -> None:
    number = SHIPPED.count("\n") + 4
    with pytest.raises(Misconfigured, match=f"line {number}: sunset.*{words}"):
        policy(f'"openai/one" = 2030-01-15\n{line}\n')


def test_models_of_policy_and_recent_runs_are_listed_by_days_left(store: Store) -> None:
    user, month_ago = person(store), AT - timedelta(days=31)
    history.fill(
        store,
        [
            run(user, leg(9, 70, model="gpt-5-mini-2025-08-07"), at=AT) | {"prompt": "match@3"},
            run(user, leg(9, 5), at=AT),
            run(user, leg(9, None), at=AT),
            run(user, leg(9, 900), at=month_ago),
        ],
    )
    table = '"openai/gpt-6-luna" = 2027-06-30\n"openai/gpt-5-mini" = 2026-12-11\n"openai/gone" = 2026-01-01\n'
    found = sunset.radar(policy(table), Usage(store).now(), AT)
    mini, luna = found.fading
    assert (mini.model, mini.day, mini.days_left) == ("openai/gpt-5-mini-2025-08-07", date(2026, 12, 11), 18)
    assert (mini.tiers, mini.prompts, mini.legs, mini.nanousd) == ((), ("match@3",), 1, 70)
    assert (luna.model, luna.days_left, luna.tiers) == ("openai/gpt-6-luna", 219, ("cheap", "premium"))
    assert (luna.legs, luna.nanousd, luna.cost_status, luna.instead) == (2, 5, "unknown", ("embedded/smollm2-135m",))
    assert found.unused == ("openai/gone",)


def test_without_a_table_nothing_fades(store: Store) -> None:
    found = sunset.radar(policy(), Usage(store).now(), AT)
    assert (found.fading, found.unused, found.watched) == ((), (), 3)


# -- lines to change ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "changed"),
    [
        ({"*": "openai/x"}, {"cheap": ["openai/x", "embedded/smollm2-135m"], "premium": ["openai/x", "embedded/smollm2-135m"]}),
        ({"openai/gpt-6.1-terra": "openai/gpt-6-luna"}, {"premium": ["openai/gpt-6-luna", "embedded/smollm2-135m"]}),
        ({"openai/none": "openai/x"}, {}),
    ],
)  # fmt: skip
def test_other_models_are_lines_of_the_policy_file(models: dict[str, str], changed: dict[str, list[str]]) -> None:
    before = parse_policy(SHIPPED, FILE)
    text, lines = policy_lines.for_models(SHIPPED, before, models)
    after = parse_policy(text, FILE)
    tiers = {name: tuple(changed.get(name, models)) for name, models in before.tiers.items()}
    assert after == before.model_copy(update={"tiers": tiers})
    assert len(lines) == len(changed)
    rest = [line for line in text.split("\n") if line not in [one.after for one in lines]]
    assert rest == [line for line in SHIPPED.split("\n") if line not in [one.before for one in lines]]


def test_a_tier_of_many_lines_becomes_one() -> None:
    old = SHIPPED.replace(
        'premium = ["openai/gpt-6.1-terra", ', 'premium = [\n    "openai/gpt-6.1-terra",  # the better one\n    '
    )
    text, (one,) = policy_lines.for_models(old, parse_policy(old, FILE), {"openai/gpt-6.1-terra": "openai/x"})
    assert (one.last - one.first, one.after.startswith("premium = [")) == (2, True)
    assert parse_policy(text, FILE).tiers["premium"][0] == "openai/x"
