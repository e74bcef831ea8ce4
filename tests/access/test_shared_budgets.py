"""Budgets of plans, features and callers admit exactly what they allow, and give back exactly what was not used."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.access import admission, budget, ledger
from core.access.admission import Estimate
from core.access.ledger import Claim, Line
from core.access.limits import Limits, limits, shared
from core.access.offer import offer
from core.access.plans import Policy, load_policy
from core.errors import BudgetExceeded, LimitReached, Misconfigured
from core.llm import history, router, runs
from core.llm.scripted import Play
from core.schema import Caller, usd
from core.store import Store
from core.store.columns import now
from core.usage.budgets import carry_over
from core.usage.queries import Usage
from tests.benches import CALLER, bench, finished, letter, write_policy
from tests.databases import person
from tests.ledgers import HELD, LINES, end, expire, line, opening, spend, statuses
from tests.usage import history as past

EACH = 1_000
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOLLAR = 10**9
ALL = """
[budgets.plans]
pro = 1000
[budgets.features]
match = 1000
[budgets.callers]
"member:1" = 1000
"""
KINDS = {
    "a plan's": ("[budgets.plans]\npro = {}", "everybody on plan pro", "plan:pro"),
    "a feature's": ("[budgets.features]\nmatch = {}", "the feature match", "feature:match"),
    "a caller's": ('[budgets.callers]\n"member:1" = {}', "the caller member:1", "caller:member:1"),
}


def refusing(kind: str, dollars: str) -> str:
    return KINDS[kind][0].format(f'{{ usd_per_month = {dollars}, at_limit = "refuse" }}')


def held_by(policy: Policy, user: int, at: datetime | None = None) -> Limits:
    return limits(policy, "pro", user, at or now(), feature="match", caller=CALLER.name)


def balanced(store: Store, held: Limits) -> None:
    """Every budget that a run shares holds what the reservations say."""
    sums = select(func.coalesce(func.sum(HELD.c.nanousd), 0))
    with store.read() as connection:
        nanousd = connection.execute(sums).scalar_one()
    assert {line(store, one).reserved for one in (*held.also, held.project)} == {nanousd}


# -- what the file may say -----------------------------------------------------------------------------------


def test_a_budget_is_an_amount_or_a_table(tmp_path: Path) -> None:
    text = '[budgets.plans]\nfree = 50.00\n[budgets.features]\nmatch = { usd_per_month = 7, at_limit = "refuse" }\n'
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=text))
    found = [(one.subject, one.most, one.refuses) for one in shared(policy, AT)[1:]]
    assert found == [("plan:free", 50 * DOLLAR, False), ("feature:match", 7 * DOLLAR, True)]


WRONG = {
    "a plan that is none": ("[budgets.plans]\ngold = 1", "budgets.plans: `gold` is no plan", "free, pro, premium"),
    "a misspelt feature": ("[budgets.features]\nmach = 1", "budgets.features: `mach` is no feature", "`match`?"),
    "a caller that is none": ("[budgets.callers]\nbackend = 1", "`backend` is no caller", '"token:NAME"'),
    "an unknown kind": ("[budgets]\nmodels = { x = 1 }", "budgets.models: unknown key", "plans, features, callers"),
    "an unknown key": ("[budgets.plans]\nfree = { usd = 1 }", "budgets.plans.free.usd: unknown key", "usd_per_month"),
    "a quoted amount": ('[budgets.plans]\nfree = "1"', "budgets.plans.free.usd_per_month", "without quotes"),
    "no amount": ('[budgets.plans]\nfree = { at_limit = "refuse" }', "is missing", "Add the key `usd_per_month`"),
    "another end": ('[budgets.plans]\nfree = { usd_per_month = 1, at_limit = "stop" }', "at_limit", "'step_down'"),
    "no table": ("[budgets]\nplans = 3", "budgets.plans", "Write a table"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_budget_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    text, *words = WRONG[what]
    path = write_policy(tmp_path / "p.toml", budgets=text)
    at = path.read_text().count("\n") + 1
    with pytest.raises(Misconfigured) as refused:
        load_policy(path)
    assert f", line {at}: " in refused.value.message
    assert all(word in refused.value.message for word in words)


# -- taking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_at_once_for_fifty_places_are_fifty(store: Store, tmp_path: Path, kind: str) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=refusing(kind, "0.000050999")))
    users = [person(store, name=name) for name in ("Ada Moreno", "Bo Lind")]

    def ask(i: int) -> str:
        held = held_by(policy, users[i % 2])
        try:
            runs.open_run(store, opening(held, users[i % 2], tokens=EACH, nanousd=EACH), owner="me")
        except LimitReached as reached:
            assert f"The month's budget of {KINDS[kind][1]} is $0.00" in reached.message
            return type(reached).__name__
        return "admitted"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(ask, range(200)))
    assert outcomes == {"admitted": 50, "BudgetExceeded": 150}
    assert statuses(store) == {("running", None): 50, ("refused", "budget_exceeded"): 150}
    held = held_by(policy, users[0])
    assert line(store, held.also[0]) == Line(reserved=50 * EACH)
    balanced(store, held)


def test_a_run_is_held_to_the_budgets_of_its_own_plan_feature_and_caller_alone(tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))

    def subjects(plan: str, feature: str, caller: str) -> list[str]:
        return [one.subject for one in limits(policy, plan, 7, AT, feature=feature, caller=caller).budgets]

    everything = ["user:7", "caller:member:1", "feature:match", "plan:pro", "project"]
    assert subjects("pro", "match", "member:1") == everything
    assert subjects("free", "cover_letter", "token:backend") == ["user:7", "project"]
    assert subjects("free", "match", "cli") == ["user:7", "feature:match", "project"]


def test_without_room_in_one_nothing_is_taken_of_any(store: Store, tmp_path: Path) -> None:
    policy = load_policy(
        write_policy(
            tmp_path / "p.toml",
            budgets=ALL.replace("match = 1000", refusing("a feature's", "0.0000001").split("\n")[1]),
        )
    )
    user = person(store)
    held = held_by(policy, user)
    with pytest.raises(BudgetExceeded, match="the feature match"):
        runs.open_run(store, opening(held, user, tokens=10, nanousd=101), owner="me")
    assert [line(store, one) for one in (*held, *held.also)] == [Line()] * 7


def test_a_budget_that_steps_down_and_is_gone_meanwhile_takes_no_dollars_of_any(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))
    user = person(store)
    held = held_by(policy, user)
    spend(store, held.also[1], held.also[1].most)
    opened = opening(held, user, tokens=100, nanousd=200)
    runs.open_run(store, opened, owner="me")
    assert opened.claim and not opened.claim.whole
    assert [line(store, one).reserved for one in (*held, *held.also)] == [0, 100, 0, 0, 0, 0, 0]


def test_more_for_a_later_leg_is_held_on_every_budget_and_settled(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))
    user = person(store)
    held = held_by(policy, user)
    opened = opening(held, user)  # the rules first: it holds nothing
    runs.open_run(store, opened, owner="me")
    assert opened.claim
    assert admission.more(store, opened.claim, opened.id, used=Estimate(), need=Estimate(50, 70)) is None
    assert [line(store, one).reserved for one in held.budgets] == [70] * 5
    end(store, opened, tokens=5, nanousd=9)
    assert [line(store, one) for one in held.budgets] == [Line(used=9)] * 5


# -- giving back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "known", "stays"),
    [(70, (70,), 70), (9_000, (), 9_000), (0, (), 0), (None, (), 1_000), (None, (4_000,), 4_000)],
)
def test_settling_is_exact_on_every_budget_and_happens_once(
    store: Store, tmp_path: Path, cost: int | None, known: tuple[int, ...], stays: int
) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))
    user = person(store)
    held = held_by(policy, user)
    opened = opening(held, user, tokens=1_000, nanousd=1_000)
    runs.open_run(store, opened, owner="me")
    assert [line(store, one).reserved for one in held.budgets] == [1_000] * 5
    assert end(store, opened, tokens=3, nanousd=cost, known=known)
    assert not end(store, opened, tokens=3, nanousd=cost, known=known)
    assert [line(store, one) for one in held.budgets] == [Line(used=stays)] * 5


@pytest.mark.parametrize(("cost", "stays"), [(7, 7), (None, 200)], ids=["known", "unknown"])
def test_a_run_that_was_only_taken_for_dead_is_put_right_everywhere(
    store: Store, tmp_path: Path, cost: int | None, stays: int
) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))
    user = person(store)
    held = held_by(policy, user)
    opened = opening(held, user, tokens=100, nanousd=200)
    runs.open_run(store, opened, owner="dead")
    expire(store, "dead")
    runs.close_expired(store)
    assert [line(store, one) for one in held.budgets] == [Line(used=200)] * 5
    assert end(store, opened, tokens=5, nanousd=cost)
    assert [line(store, one) for one in held.budgets] == [Line(used=stays)] * 5


def test_what_a_dead_process_held_is_used_up_whatever_the_policy_says_today(store: Store, tmp_path: Path) -> None:
    before = load_policy(write_policy(tmp_path / "p.toml", budgets=ALL))
    user = person(store)
    held = held_by(before, user)
    runs.open_run(store, opening(held, user, tokens=100, nanousd=200), owner="dead")
    runs.open_run(store, opening(limits(before, "pro", user, now()), user, tokens=1, nanousd=30), owner="dead")
    expire(store, "dead")
    assert runs.close_expired(store) == 2
    assert [line(store, one).used for one in held.budgets] == [
        230,
        200,
        200,
        230,
        230,
    ]  # the second is of no feature with a budget


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_in_whatever_order_every_budget_adds_up(store: Store, tmp_path: Path, seed: int) -> None:
    """Random runs of two plans, two features and two callers, opened, settled, killed and put right."""
    text = ALL + '"cli" = 1000\n'
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=text))
    chance, user = random.Random(seed), person(store)
    under_way, expected = [], Counter[str]()
    for _ in range(60):
        match chance.choice(("open", "open", "settle", "die")):
            case "open":
                plan, feature, caller = (
                    chance.choice(("pro", "free")),
                    chance.choice(("match", "cover_letter")),
                    chance.choice(("member:1", "cli")),
                )
                held = limits(policy, plan, user, now(), feature=feature, caller=caller)
                opened = opening(held, user, tokens=chance.randrange(9), nanousd=chance.randrange(900))
                runs.open_run(store, opened, owner="me")
                under_way.append(opened)
            case "settle" if under_way:
                opened = under_way.pop(chance.randrange(len(under_way)))
                cost = chance.choice((None, chance.randrange(2_000)))
                end(store, opened, nanousd=cost)
                assert opened.claim
                for one in opened.claim.limits.budgets:
                    expected[one.subject] += opened.claim.nanousd if cost is None else cost
            case "die" if under_way:
                opened = under_way.pop(chance.randrange(len(under_way)))
                expire(store, "me", run_id=opened.id)
                runs.close_expired(store)
                assert opened.claim
                late = chance.choice((None, None, chance.randrange(500)))
                if late is not None:
                    end(store, opened, nanousd=late)
                for one in opened.claim.limits.budgets:
                    expected[one.subject] += opened.claim.nanousd if late is None else late
    holding = Counter[str]()
    for opened in under_way:
        assert opened.claim
        for one in opened.claim.limits.budgets:
            holding[one.subject] += opened.claim.nanousd
    with store.read() as connection:
        rows = connection.execute(select(LINES).where(LINES.c.measure == "nanousd")).all()
    assert {row.subject: (row.used, row.reserved) for row in rows if row.used or row.reserved} == {
        subject: (expected[subject], holding[subject])
        for subject in {*expected, *holding}
        if expected[subject] or holding[subject]
    }


WORK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from core.access.plans import load_policy
from core.llm import runs
from core.store import Store
from tests.access.test_shared_budgets import held_by
from tests.ledgers import end, opening

url, policy, user = sys.argv[1], load_policy(Path(sys.argv[2])), int(sys.argv[3])
store = Store(url)

def work(_):
    opened = opening(held_by(policy, user), user, tokens=100, nanousd=1000)
    runs.open_run(store, opened, owner="killed")
    end(store, opened, tokens=7, nanousd=11)
    print("+", end="", flush=True)

with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(1_000_000)))
"""


def test_after_kill_9_every_run_is_counted_once_on_every_budget(store: Store, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "p.toml", budgets=ALL)
    user = person(store)
    house = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([house, os.environ["PYTHONPATH"]])}
    command = [sys.executable, "-c", WORK, store.url.render_as_string(hide_password=False), str(path), str(user)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=house) as child:
        assert child.stdout is not None
        assert child.stdout.read(8) == b"+" * 8
        child.send_signal(signal.SIGKILL)
    if store.url.get_backend_name() == "postgresql":
        time.sleep(0.2)  # it notices a moment later that a client died
    held = held_by(load_policy(path), user)
    balanced(store, held)
    expire(store, "killed")
    abandoned = runs.close_expired(store)
    done = statuses(store)["ok", None]
    assert done >= 8
    assert [line(store, one) for one in held.budgets] == [Line(used=11 * done + 1_000 * abandoned)] * 5


# -- stepping down, and saying so ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "first", "words"),
    [
        (0.5, "openai/gpt-6.1-terra", ""),
        (0.92, "openai/gpt-6-luna", "The month's budget of {} is 92 % used, so this run was given the cheap models"),
        (1.0, "rules", "The month's budget of {} is used up, so the rules answered, without a model."),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_down_names_the_budget(tmp_path: Path, kind: str, share: float, first: str, words: str) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", budgets=KINDS[kind][0].format("10.00")))
    held = held_by(policy, 1, AT)
    spent = [Line(), Line(used=int(share * 10 * DOLLAR)), Line()]
    route = router.choose(policy, feature="match", plan="pro", configured={"openai"})
    admitted = admission.admit(
        policy, held, spent, route, configured={"openai"}, estimate=lambda _: Estimate(10, 10), at=AT
    )
    assert str(admitted.route.legs[0]) == first
    assert " ".join(admitted.warnings).startswith(words.format(KINDS[kind][1]))
    assert bool(admitted.warnings) is bool(words)


def test_a_run_through_the_whole_path_is_held_to_its_feature(store: Store, tmp_path: Path) -> None:
    text = "[budgets.features]\ncover_letter = 10.00\n"
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml", budgets=text)) as one:
        (letters,) = limits(one.workbench.policy, "pro", one.user_id, now(), feature="cover_letter").also
        result = one.run()
        assert usd(line(store, letters).used) == result.cost_usd
        spend_up_to(store, letters, 10 * DOLLAR)
        stepped = finished(one.start())
        assert stepped.provider == "rules"
        assert "The month's budget of the feature cover_letter is used up" in " ".join(stepped.answer.warnings)
        assert "the feature cover_letter is used up" in (history.story(store, stepped.run_id).run.route or "")
        assert finished(one.start("improve_text", inputs={"text": "I ran databases."})).provider == "openai"


def spend_up_to(store: Store, limit: object, used: int) -> None:
    with store.write() as connection:
        connection.execute(update(LINES).where(LINES.c.subject == limit.subject).values(used=used))  # type: ignore[attr-defined]


def test_a_refusing_budget_of_a_feature_refuses_with_its_name(sqlite_store: Store, tmp_path: Path) -> None:
    text = '[budgets.features]\ncover_letter = { usd_per_month = 0.000000001, at_limit = "refuse" }\n'
    with bench(sqlite_store, Play("Hello"), policy=write_policy(tmp_path / "p.toml", budgets=text)) as one:
        with pytest.raises(
            BudgetExceeded, match=r"^The month's budget of the feature cover_letter is \$0\.00"
        ) as refused:
            one.start()
        assert refused.value.retry_after_s > 0
        assert one.provider.heard == []


# -- what is left of them ----------------------------------------------------------------------------------------


def test_a_new_budget_begins_with_what_its_runs_have_cost_this_month(store: Store, tmp_path: Path) -> None:
    user = person(store)
    chance = random.Random(1)
    one = past.run(chance, user, at=AT - timedelta(days=3)) | {"feature": "match", "status": "ok"}
    legs = [past.leg(chance) | {"cost_nanousd": 500, "cost_status": "exact"}]
    old = replace_at(one, AT - timedelta(days=40))
    past.fill(store, [one | {"legs": legs} | past.summed(legs), old | {"legs": legs} | past.summed(legs)])
    policy = load_policy(
        write_policy(tmp_path / "p.toml", budgets="[budgets.features]\nmatch = 1.00\ncover_letter = 1.00\n")
    )
    for _ in range(2):
        carry_over(store, policy, Usage(store), at=AT)
    found = {limit.subject: standing.used for limit, standing in budget.shared(store, policy, at=AT)}
    assert found == {"project": 0, "feature:match": 500, "feature:cover_letter": 0}


def replace_at(one: dict[str, object], at: datetime) -> dict[str, object]:
    return past.run(random.Random(2), int(str(one["user_id"])), at=at) | {"feature": "match", "status": "ok"}


OPEN = ["project", "feature:match", "plan:free", "plan:pro"]
CALLERS: dict[str, tuple[Caller, int | None, list[str]]] = {
    "a token of everybody": (Caller(name="token:backend"), None, [*OPEN, "caller:token:backend"]),
    "the same about a candidate on pro": (
        Caller(name="token:backend"),
        1,
        ["project", "feature:match", "plan:pro", "caller:token:backend"],
    ),
    "a token of one candidate": (Caller(name="token:other", user_id=1), None, ["caller:token:other"]),
    "an admin": (
        Caller(name="cli", scopes=frozenset({"admin"})),
        None,
        [*OPEN, "caller:token:backend", "caller:token:other"],
    ),
}
EVERY_KIND = """
[budgets.plans]
free = 1
pro = 2.50
[budgets.features]
match = 3
[budgets.callers]
"token:backend" = 4
"token:other" = 5
"""


@pytest.mark.parametrize("who", CALLERS)
def test_a_caller_sees_what_is_left_of_the_budgets_that_concern_it(
    sqlite_store: Store, tmp_path: Path, who: str
) -> None:
    caller, user_id, seen = CALLERS[who]
    with bench(sqlite_store, policy=write_policy(tmp_path / "p.toml", budgets=EVERY_KIND)) as one:
        house = one.workbench
        pro = limits(house.policy, "pro", 1, now()).also[0]
        spend(sqlite_store, pro, DOLLAR, reserved=DOLLAR // 2)
        told = offer(house.store, house.policy, house.prompts, caller, user_id=user_id).budgets
    assert sorted(one.budget for one in told) == sorted(seen)
    left = {one.budget: (one.most, one.left) for one in told}
    assert left.get("plan:pro", ("2.5", "1")) == ("2.5", "1")


def test_lines_of_several_budgets_are_read_in_their_order(store: Store, tmp_path: Path) -> None:
    held = held_by(load_policy(write_policy(tmp_path / "p.toml", budgets=ALL)), 1, AT)
    with store.write() as connection:
        ledger.claim(connection, Claim(held, AT, 5, 7), "a")
    for place, one in enumerate(held.also, 1):
        spend_up_to(store, one, place)
    with store.read() as connection:
        found = ledger.budgets(connection, held)
    assert [one.used for one in found] == [0, 1, 2, 3, 0]
    assert {one.reserved for one in found} == {7}
