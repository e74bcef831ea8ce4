"""Requests that wait together become runs together; what refuses one of them is its own affair."""

import asyncio
from pathlib import Path
from threading import get_ident

import pytest
from sqlalchemy import event, select

from core.access.plans import load_policy
from core.errors import NotFound, QuotaExceeded, RateLimited
from core.llm import runs
from core.llm.intake import Asked, Begun, Intake
from core.llm.live import LiveRun
from core.schema import Cost, RunResult
from core.store import EVERYONE, AiRun, Store
from tests.benches import CALLER, Bench, bench, letter, write_policy
from tests.databases import person
from tests.ledgers import assert_balanced, holding, line, opening, statuses


def asked(one: Bench, *, key: str | None = None, **more: object) -> Asked:
    return Asked(one.request(**more), CALLER, key, runs.new_id())


def test_they_are_opened_in_one_commit(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        several: list[Asked] = [asked(one) for _ in range(5)]
        commits: list[int] = []  # by thread: leases are renewed meanwhile
        event.listen(one.workbench.store.writer, "commit", lambda _: commits.append(get_ident()))
        begun = Intake(one.workbench.desk, "me").begin(several)
    assert [each.run_id for each in begun if isinstance(each, Begun)] == [each.run_id for each in several]
    assert commits.count(get_ident()) == 1


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_id_that_is_not_theirs_refuses_that_one_only(store: Store, at: int) -> None:
    with bench(store, letter()) as one:
        several = [asked(one), asked(one)]
        several.insert(at, asked(one, job_id=one.job_id + 1_000))
        begun = Intake(one.workbench.desk, "me").begin(several)
    assert isinstance(begun[at], NotFound)
    assert [type(each) for each in begun].count(Begun) == 2
    assert statuses(store) == {("running", None): 2}


def test_a_limit_lets_in_as_many_as_it_has_room_for(store: Store, tmp_path: Path) -> None:
    with bench(store, letter(), policy=write_policy(tmp_path / "p.toml", runs=3)) as one:
        begun = Intake(one.workbench.desk, "me").begin([asked(one) for _ in range(8)])
        assert_balanced(store, holding(one.workbench.policy, one.user_id))
    assert [type(each) for each in begun] == [Begun] * 3 + [RateLimited] * 5
    assert statuses(store) == {("running", None): 3, ("refused", RateLimited.code): 5}


def test_what_each_holds_is_told_to_its_claim_once_it_is_committed(sqlite_store: Store, tmp_path: Path) -> None:
    """The budget has room for one; a neighbour that is refused makes all of them try again."""
    policy = load_policy(write_policy(tmp_path / "p.toml", usd="0.00000015", tokens=1_000))
    held = holding(policy, person(sqlite_store))
    user = int(held.runs.subject.partition(":")[2])
    several = [opening(held, user, tokens=10, nanousd=100) for _ in range(2)]
    several.append(opening(held, user, tokens=1_001))
    told = runs.open_all(sqlite_store, several, owner="me")
    assert [type(each) for each in told] == [str, str, QuotaExceeded]
    claims = [each.claim for each in several if each.claim]
    assert [(claim.whole, claim.nanousd) for claim in claims[:2]] == [(True, 100), (False, 0)]
    assert line(sqlite_store, held.dollars).reserved == 100
    assert_balanced(sqlite_store, held)


def test_a_key_that_comes_twice_at_once_makes_one_run(store: Store) -> None:
    with bench(store, letter()) as one:
        several = [asked(one), asked(one, key="k"), asked(one, key="k"), asked(one)]
        begun = Intake(one.workbench.desk, "me").begin(several)
    ids = [each.run_id for each in begun if isinstance(each, Begun)]
    assert ids == [several[0].run_id, several[1].run_id, several[1].run_id, several[3].run_id]
    assert [isinstance(each, Begun) and each.prepared is None for each in begun] == [False, False, True, False]


def test_a_run_is_recorded_before_anyone_hears_that_it_is_done(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    finish = LiveRun.finish

    def looked_up(live: LiveRun, result: RunResult) -> None:
        with sqlite_store.reading(EVERYONE) as session:
            found.extend(session.scalars(select(AiRun.status).where(AiRun.id == live.id)))
        finish(live, result)

    monkeypatch.setattr(LiveRun, "finish", looked_up)
    with bench(sqlite_store, letter()) as one:

        async def many() -> None:
            registry = one.workbench.registry
            ids = await asyncio.gather(*(registry.start(one.request(), CALLER) for _ in range(20)))
            for live in filter(None, map(registry.find, ids)):
                await live.ended.wait()

        assert one.workbench.portal is not None
        one.workbench.portal.call(many)
    assert found == ["ok"] * 20


def test_one_record_that_fails_keeps_back_none_of_those_that_ended_with_it(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        intake = Intake(one.workbench.desk, "me")
        begun = [each for each in intake.begin([asked(one) for _ in range(3)]) if isinstance(each, Begun)]
        result = one.run()
        endings = [
            runs.Ending(
                each.opening, result.model_copy(update={"run_id": each.run_id}), (), Cost(nanousd=0, status="exact")
            )
            for each in begun
            if each.opening
        ]
        broken = endings[1].result.model_copy(update={"latency_ms": 2**70})  # no column takes it
        endings[1] = runs.Ending(endings[1].opening, broken, (), Cost(nanousd=0, status="exact"))
        told = runs.settle_all(one.workbench.store, endings)
    assert [type(each) for each in told] == [bool, type(told[1]), bool]
    assert isinstance(told[1], Exception)
    assert statuses(sqlite_store) == {("ok", None): 3, ("running", None): 1}
