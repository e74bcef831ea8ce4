"""The ledger admits exactly what its limits allow, and gives back exactly what was not used."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from core.access import ledger
from core.access.ledger import Claim, Line
from core.access.limits import Limits, limits
from core.access.plans import Policy, load_policy
from core.errors import BudgetExceeded, LimitReached, QuotaExceeded, RateLimited
from core.llm import runs
from core.store import Store
from core.store.columns import now
from tests.benches import write_policy
from tests.databases import person
from tests.ledgers import RUN, assert_balanced, end, expire, holding, line, opening, spend, statuses

EACH = 1_000  # tokens, and nano-dollars, of one run
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
FIFTY: dict[str, tuple[dict[str, object], type[LimitReached]]] = {
    "runs": ({"runs": 50}, RateLimited),
    "tokens": ({"tokens": 50 * EACH + EACH - 1}, QuotaExceeded),
    "a plan's dollars": ({"usd": "0.00005", "own": "refuse"}, BudgetExceeded),
    "the project's dollars": ({"project": "0.000050999", "shared": "refuse"}, BudgetExceeded),
}


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return load_policy(write_policy(tmp_path / "policy.toml"))


@pytest.mark.parametrize("what", FIFTY)
def test_two_hundred_at_once_for_fifty_places_are_fifty(store: Store, tmp_path: Path, what: str) -> None:
    given, error = FIFTY[what]
    user = person(store)
    held = holding(load_policy(write_policy(tmp_path / "p.toml", **given)), user)

    def ask(_: int) -> str:
        try:
            runs.open_run(store, opening(held, user, tokens=EACH, nanousd=EACH), owner="me")
        except LimitReached as reached:
            return type(reached).__name__
        return "admitted"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(ask, range(200)))
    assert outcomes == {"admitted": 50, error.__name__: 150}
    assert statuses(store) == {("running", None): 50, ("refused", error.code): 150}
    assert_balanced(store, held)


def test_all_or_nothing_is_taken(store: Store, tmp_path: Path) -> None:
    user = person(store)
    held = holding(load_policy(write_policy(tmp_path / "p.toml", project="0.0000001", shared="refuse")), user)
    with pytest.raises(BudgetExceeded, match="the project is"):
        runs.open_run(store, opening(held, user, tokens=10, nanousd=101), owner="me")
    assert [line(store, one) for one in held] == [Line()] * 4


def test_a_minutes_runs_begin_with_its_first_and_are_not_refilled_inside_it(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", runs=3))
    seconds = {
        0: True,
        30: True,
        59: True,
        59.9: False,
        60: True,
        61: True,
        89: True,
        90: False,
        119.9: False,
        120: True,
    }
    for after, admitted in seconds.items():
        at = NOON + timedelta(seconds=after)
        assert _claimed(store, policy, at) is admitted, after


def test_a_clock_that_is_set_back_opens_a_new_minute(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", runs=1))
    assert _claimed(store, policy, NOON) and not _claimed(store, policy, NOON)
    assert not _claimed(store, policy, NOON - timedelta(seconds=30))  # a run that had to wait for the database
    before = NOON - timedelta(hours=2)
    with store.read() as connection:
        left = ledger.lines(connection, limits(policy, "pro", 1, before), before)[0]
    assert left.used == 0
    assert _claimed(store, policy, before) and not _claimed(store, policy, before + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("given", "full", "fresh"),
    [
        ({"tokens": 100}, NOON + timedelta(hours=11, minutes=59), NOON + timedelta(hours=12)),
        ({"usd": "0.0000001", "own": "refuse"}, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        ({"project": "0.0000001", "shared": "refuse"}, NOON, datetime(2026, 12, 1, tzinfo=UTC)),
    ],
    ids=["a day of tokens", "a plan's month", "the project's month"],
)
def test_a_period_ends_with_its_utc_day_or_month(
    store: Store, tmp_path: Path, given: dict[str, object], full: datetime, fresh: datetime
) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", **given))
    assert [_claimed(store, policy, at) for at in (NOON, full, fresh)] == [True, False, True]


def test_limits_are_each_candidates_own_but_the_projects(store: Store, tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path / "p.toml", runs=1))
    assert [_claimed(store, policy, NOON, user) for user in (1, 1, 2)] == [True, False, True]
    policy = load_policy(write_policy(tmp_path / "p.toml", project="0.00000025", shared="refuse"))
    assert [_claimed(store, policy, NOON, user) for user in (3, 4)] == [False, False]  # 200 of 250 are held


def _claimed(store: Store, policy: Policy, at: datetime, user: int = 1) -> bool:
    try:
        with store.write() as connection:
            ledger.claim(connection, Claim(limits(policy, "pro", user, at), at, 100, 100), runs.new_id())
    except LimitReached:
        return False
    return True


# used, cost, known costs of the legs -> tokens and nano-dollars that stay used
SETTLED: dict[str, tuple[int, int | None, tuple[int, ...], int, int]] = {
    "less than was held": (300, 70, (70,), 300, 70),
    "more than was held": (5_000, 9_000, (9_000,), 5_000, 9_000),
    "nothing": (0, 0, (), 0, 0),
    "an unknown cost": (300, None, (), 300, 1_000),
    "an unknown cost beside a large known one": (300, None, (4_000,), 300, 4_000),
}


@pytest.mark.parametrize("what", SETTLED)
def test_settling_leaves_what_was_used_and_frees_the_rest(store: Store, policy: Policy, what: str) -> None:
    used, cost, known, tokens, nanousd = SETTLED[what]
    user = person(store)
    held = holding(policy, user)
    opened = opening(held, user, tokens=1_000, nanousd=1_000)
    runs.open_run(store, opened, owner="me")
    assert [line(store, one).reserved for one in held] == [0, 1_000, 1_000, 1_000]
    assert end(store, opened, tokens=used, nanousd=cost, known=known)
    assert not end(store, opened, tokens=used, nanousd=cost, known=known)  # once
    assert [line(store, one).taken for one in held] == [1, tokens, nanousd, nanousd]
    assert_balanced(store, held)


def test_a_run_is_settled_in_the_periods_it_was_opened_in(store: Store, policy: Policy) -> None:
    user = person(store)
    before = limits(policy, "pro", user, NOON)
    opened = opening(before, user, tokens=1_000, nanousd=1_000)
    runs.open_run(store, opened, owner="me")
    end(store, opened, tokens=10, nanousd=20)  # today, in another month
    assert [line(store, one).taken for one in before] == [1, 10, 20, 20]


def test_what_an_abandoned_run_held_counts_as_used(store: Store, policy: Policy) -> None:
    users = [person(store), person(store, name="Bo Lind")]
    held = [holding(policy, user) for user in users]
    for user, one in zip(users, held, strict=True):
        runs.open_run(store, opening(one, user, tokens=100, nanousd=200), owner="dead")
        runs.open_run(store, opening(one, user, tokens=10, nanousd=20), owner="alive")
    expire(store, "dead")
    assert runs.close_expired(store) == 2
    for one in held:
        assert line(store, one.tokens) == Line(used=100, reserved=10)
        assert line(store, one.dollars) == Line(used=200, reserved=20)
    assert line(store, held[0].project) == Line(used=400, reserved=40)


@pytest.mark.parametrize(("cost", "stays"), [(7, 7), (None, 200)], ids=["known", "unknown"])
def test_a_run_that_was_only_taken_for_dead_is_put_right(
    store: Store, policy: Policy, cost: int | None, stays: int
) -> None:
    user = person(store)
    held = holding(policy, user)
    opened = opening(held, user, tokens=100, nanousd=200)
    runs.open_run(store, opened, owner="dead")
    expire(store, "dead")
    runs.close_expired(store)
    assert [line(store, one).taken for one in held] == [1, 100, 200, 200]
    assert end(store, opened, tokens=5, nanousd=cost)
    assert not end(store, opened, tokens=5, nanousd=cost)
    assert [line(store, one).taken for one in held] == [1, 5, stays, stays]
    assert_balanced(store, held)


def test_what_an_erased_run_held_is_not_held_for_ever(store: Store, policy: Policy) -> None:
    user = person(store)
    held = holding(policy, user)
    opened = opening(held, user, tokens=100, nanousd=200)
    runs.open_run(store, opened, owner="me")
    with store.write() as connection:
        connection.execute(delete(RUN))
    runs.close_expired(store)
    assert line(store, held.project) == Line(used=200)


def test_a_run_of_nothing_but_rules_takes_a_run_and_leaves_no_reservation(store: Store, policy: Policy) -> None:
    user = person(store)
    held = holding(policy, user)
    opened = opening(held, user)
    runs.open_run(store, opened, owner="me")
    end(store, opened)
    assert [line(store, one).taken for one in held] == [1, 0, 0, 0]


def test_a_refusing_budget_at_its_end_refuses_what_costs_nothing_too(store: Store, tmp_path: Path) -> None:
    user = person(store)
    held = holding(load_policy(write_policy(tmp_path / "p.toml", usd="0.001", own="refuse")), user)
    spend(store, held.dollars, 1_000_000)
    with pytest.raises(BudgetExceeded):
        runs.open_run(store, opening(held, user), owner="me")


def test_when_a_budget_that_steps_down_is_gone_meanwhile_a_run_opens_without_dollars(
    store: Store, policy: Policy
) -> None:
    user = person(store)
    held = holding(policy, user)
    spend(store, held.project, held.project.most)
    opened = opening(held, user, tokens=100, nanousd=200)
    runs.open_run(store, opened, owner="me")
    assert opened.claim and (opened.claim.whole, opened.claim.nanousd) == (False, 0)
    assert [line(store, one).reserved for one in held] == [0, 100, 0, 0]
    assert line(store, held.runs).used == 1
    end(store, opened, tokens=40, nanousd=0)
    assert [line(store, one).taken for one in held] == [1, 40, 0, held.project.most]


def test_the_same_key_finds_its_run_whatever_the_limits(store: Store, tmp_path: Path) -> None:
    user = person(store)
    held = holding(load_policy(write_policy(tmp_path / "p.toml", runs=1)), user)
    first = runs.open_run(store, opening(held, user, key="k"), owner="me")
    assert runs.open_run(store, opening(held, user, key="k"), owner="me") == first
    assert line(store, held.runs).used == 1


def test_a_key_sent_many_times_at_once_makes_one_run(store: Store, policy: Policy) -> None:
    user = person(store)
    held = holding(policy, user)
    same = opening(held, user, tokens=10, key="k")

    def ask(_: int) -> str:
        mine = replace(same, id=runs.new_id(), claim=Claim(held, now(), 10))
        return runs.open_run(store, mine, owner="me")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(24)))) == 1
    assert_balanced(store, held)


REFUSED: dict[str, tuple[dict[str, object], str, int]] = {
    "runs": ({"runs": 1}, r"Plan pro allows 1 runs a minute .* 0 are left\. Try again in 60 s, at 12:01:00 UTC", 60),
    "tokens": ({"tokens": 150}, r"150 tokens a day .*; 50 are left .* need 100\. .* 1 December 2026, 00:00", 43_200),
    "a plan's dollars": (
        {"usd": "1.50", "own": "refuse"},
        r"budget of plan pro is \$1\.50; \$0\.50 is left and this call may cost \$1\.00\. It begins anew on 1 December",
        43_200,
    ),
    "the project's dollars": (
        {"project": "1.00", "shared": "refuse"},
        r"the project is \$1\.00; \$0\.00 is left",
        43_200,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_says_which_limit_what_is_left_and_when_it_resets(store: Store, tmp_path: Path, what: str) -> None:
    given, sentence, seconds = REFUSED[what]
    held = limits(load_policy(write_policy(tmp_path / "p.toml", **given)), "pro", 1, NOON)
    with store.write() as connection:
        ledger.claim(connection, Claim(held, NOON, 100, 10**9), "first")
    with pytest.raises(LimitReached, match=sentence) as refused, store.write() as connection:
        ledger.claim(connection, Claim(held, NOON, 100, 10**9), "second")
    assert (refused.value.status, refused.value.retry_after_s) == (429, seconds)


def test_opening_settling_and_closing_at_once_loses_nothing(store: Store, policy: Policy) -> None:
    users = [person(store, name=name) for name in ("Ada Moreno", "Bo Lind", "Cy Okafor")]

    def work(i: int) -> None:
        user = users[i % 3]
        opened = opening(holding(policy, user), user, tokens=100, nanousd=50)
        runs.open_run(store, opened, owner="ends" if i % 4 else "dies")
        if i % 4:
            end(store, opened, tokens=5, nanousd=None if i % 2 else 7)
        elif i % 3:
            expire(store, "dies", run_id=opened.id)
            runs.close_expired(store)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(96)))
    everyone = [holding(policy, user) for user in users]
    own = [line(store, held.dollars) for held in everyone]
    assert sum(line(store, held.runs).used for held in everyone) == 96
    assert [line(store, held.tokens).reserved for held in everyone] == [800, 0, 0]  # 8 runs are under way
    project = line(store, everyone[0].project)
    assert (project.used, project.reserved) == (sum(one.used for one in own), sum(one.reserved for one in own))
    assert project == Line(used=24 * 7 + 48 * 50 + 16 * 50, reserved=8 * 50)


WORK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from core.access.plans import load_policy
from core.llm import runs
from core.store import Store
from tests.ledgers import end, holding, opening

url, policy, user = sys.argv[1], load_policy(Path(sys.argv[2])), int(sys.argv[3])
store, held = Store(url), None

def work(_):
    opened = opening(holding(policy, user), user, tokens=100, nanousd=1000)
    runs.open_run(store, opened, owner="killed")
    end(store, opened, tokens=7, nanousd=11)
    print("+", end="", flush=True)

with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(1_000_000)))
"""


@pytest.mark.parametrize("finished", [1, 20])
def test_after_kill_9_every_run_is_counted_once(store: Store, tmp_path: Path, finished: int) -> None:
    path = write_policy(tmp_path / "p.toml")
    user = person(store)
    held = holding(load_policy(path), user)
    url = store.url.render_as_string(hide_password=False)
    house = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([house, os.environ["PYTHONPATH"]])}
    command = [sys.executable, "-c", WORK, url, str(path), str(user)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=house) as child:
        assert child.stdout is not None
        assert child.stdout.read(finished) == b"+" * finished
        child.send_signal(signal.SIGKILL)
    _wait_for_the_dead(store)
    assert_balanced(store, held)
    expire(store, "killed")
    abandoned = runs.close_expired(store)
    assert_balanced(store, held)
    ok = statuses(store)["ok", None]
    assert ok >= finished
    assert line(store, held.runs).used == ok + abandoned
    assert line(store, held.tokens) == Line(used=7 * ok + 100 * abandoned)
    assert line(store, held.dollars) == Line(used=11 * ok + 1000 * abandoned)
    assert line(store, held.project) == Line(used=11 * ok + 1000 * abandoned)


def _wait_for_the_dead(store: Store) -> None:
    """PostgreSQL notices a moment later that a client died: until then its last transaction may still be open."""
    if store.url.get_backend_name() == "postgresql":
        time.sleep(0.2)


def test_lines_that_are_over_count_for_nothing(store: Store, policy: Policy) -> None:
    held: Limits = limits(policy, "pro", 1, NOON)
    with store.write() as connection:
        ledger.claim(connection, Claim(held, NOON, 100, 100), "a")
    with store.read() as connection:
        inside = ledger.lines(connection, held, NOON + timedelta(seconds=59))
        after = ledger.lines(connection, held, NOON + timedelta(seconds=60))
        assert connection.execute(select(func.count()).select_from(RUN)).scalar_one() == 0
    assert [one.taken for one in inside] == [1, 100, 100, 100]
    assert [one.taken for one in after] == [0, 100, 100, 100]
