"""A run is started once, refused before its first byte or not at all, and never lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.errors import Conflict, Denied, Invalid, NotFound, PlanDenied, StorageDown
from core.llm import history, registry, runs
from core.llm.live import LiveRun
from core.llm.scripted import Play
from core.schema import AiRequest, Caller, Cost
from core.store import EVERYONE, AiAttempt, AiRun, Store
from core.store.columns import now
from tests.benches import CALLER, Bench, bench, finished, letter, recent, statuses, waited_for
from tests.databases import person, posting, version


def test_the_same_key_finds_the_run_it_made(store: Store) -> None:
    with bench(store, letter(pause_s=0.02)) as one:
        first, again = one.start(key="click-1"), one.start(key="click-1")
        assert first is again
        finished(first)
        assert one.start(key="click-1").id == first.id  # a finished run too
        assert len(one.provider.heard) == 1


def test_without_a_key_equal_requests_are_different_runs(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        assert one.start().id != one.start().id


def test_the_same_key_with_another_request_is_a_conflict(store: Store) -> None:
    with bench(store, letter()) as one:
        finished(one.start(key="k"))
        with pytest.raises(Conflict, match="another request"):
            one.start(key="k", instructions="something else")


def test_a_key_belongs_to_its_caller(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        mine = one.start(key="k")
        other = one.workbench.start(one.request(), CALLER.model_copy(update={"name": "member:2"}), key="k")
        assert other != mine.id


def test_a_key_older_than_a_day_is_forgotten(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        first = finished(one.start(key="k"))
        with sqlite_store.writing(EVERYONE) as session:
            session.execute(update(AiRun).values(created_at=now() - timedelta(hours=25)))
        assert one.start(key="k", instructions="new").id != first.run_id


Refusal = Callable[[Bench], dict[str, object]]
REFUSED: dict[str, tuple[Refusal, type[Exception], str]] = {
    "an unknown candidate": (lambda one: {"user_id": 999}, NotFound, "no candidate 999"),
    "an unknown job": (lambda one: {"job_id": 999}, NotFound, "no job 999"),
    "an unknown resume": (lambda one: {"resume_version_id": 999}, NotFound, "no resume version 999"),
    "an unknown document": (lambda one: {"document_ids": [999]}, NotFound, "no document 999"),
    "no job where one is needed": (lambda one: {"job_id": None}, Invalid, "Pick a job"),
    "a job that is switched off": (lambda one: {"switched_off": ["job"]}, Invalid, "chip on"),
    "an unknown prompt": (lambda one: {"prompt": "nope"}, Invalid, "no prompt"),
    "another feature's prompt": (lambda one: {"prompt": "match"}, Invalid, "match"),
    "a label": (lambda one: {"prompt": "cover_letter@production"}, Invalid, "labels"),
    "a broken draft": (lambda one: {"draft": "no front matter"}, Invalid, "front matter"),
    "an unknown model": (lambda one: {"model": "nowhere/x"}, Invalid, "no model"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_comes_before_the_first_byte_and_leaves_no_row(sqlite_store: Store, what: str) -> None:
    change, error, sentence = REFUSED[what]
    with bench(sqlite_store, letter()) as one:
        with pytest.raises(error, match=sentence):
            one.start(**change(one))
        assert one.provider.heard == []
        assert len(statuses(sqlite_store)) == 0


def test_another_candidates_things_are_as_unknown_as_missing_ones(store: Store) -> None:
    with bench(store, letter()) as one:
        other = person(store, name="Bo Lind")
        theirs = {"job_id": posting(store, other), "resume_version_id": version(store, other)}
        for name, id in theirs.items():
            with pytest.raises(NotFound) as foreign:
                one.start(**{name: id})
            with pytest.raises(NotFound) as missing:
                one.start(**{name: 999})
            assert foreign.value.message == missing.value.message.replace("999", str(id))
        assert one.provider.heard == []


def test_a_plan_without_the_feature_is_refused_and_recorded(store: Store) -> None:
    with bench(store, letter()) as one:
        free = person(store, plan="free", name="Bo Lind")
        request = AiRequest(feature="cover_letter", user_id=free)
        for _ in range(2):  # a refusal does not use up the key
            with pytest.raises(PlanDenied, match="Plan free does not include cover_letter"):
                one.workbench.start(request, CALLER, key="k")
        rows = recent(store, user_id=free)
    assert [(row.status, row.cost_nanousd, row.cost_status) for row in rows] == [("refused", 0, "exact")] * 2
    assert one.provider.heard == []


@pytest.mark.parametrize(
    ("change", "scope"), [({"model": "rules"}, "choose-model"), ({"prompt": "cover_letter"}, "choose-prompt")]
)
def test_choosing_needs_its_scope(sqlite_store: Store, change: dict[str, object], scope: str) -> None:
    plain = Caller(name="token:plain")
    with bench(sqlite_store, letter()) as one, pytest.raises(Denied, match=scope):
        one.workbench.start(one.request(**change), plain)


def test_a_token_for_one_candidate_finds_no_other(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one, pytest.raises(NotFound):
        one.workbench.start(one.request(), Caller(name="token:t", user_id=one.user_id + 1))


def test_closing_stops_and_records_every_run(store: Store) -> None:
    with bench(store, Play("Letter\n", hang=True)) as one:
        lives = [one.start() for _ in range(5)]
        waited_for(lambda: len(one.provider.heard) == 5)
    assert [_status(store, live) for live in lives] == ["cancelled"] * 5
    assert all(live.events[-1].kind == "done" for live in lives)


def test_a_workbench_that_closes_takes_no_new_runs(sqlite_store: Store) -> None:
    with bench(sqlite_store, letter()) as one:
        assert one.workbench.portal is not None
        one.workbench.portal.call(one.workbench.registry.close)
        with pytest.raises(StorageDown, match="shutting down"):
            one.start()


def test_only_an_expired_lease_is_closed_as_abandoned(store: Store) -> None:
    user = person(store)
    ids = [_running(store, user) for _ in range(2)]
    with store.writing(EVERYONE) as session:
        session.execute(update(AiRun).where(AiRun.id == ids[0]).values(lease_until=now() - timedelta(seconds=1)))
    assert runs.close_expired(store) == 1
    assert [history.story(store, id).run.status for id in ids] == ["abandoned", "running"]
    dead = history.story(store, ids[0])
    assert (dead.run.cost_nanousd, dead.run.cost_status) == (None, "unknown")


def test_renewing_keeps_a_process_s_runs_and_no_others(store: Store) -> None:
    user = person(store)
    mine, other = _running(store, user, owner="me"), _running(store, user, owner="other")
    past = now() - timedelta(seconds=1)
    gone = _running(store, user, owner="me")  # its task has ended, but its record could not be written
    with store.writing(EVERYONE) as session:
        session.execute(update(AiRun).values(lease_until=past))
    runs.renew(store, "me", [mine, other])
    assert runs.close_expired(store) == 2
    statuses = [history.story(store, id).run.status for id in (mine, other, gone)]
    assert statuses == ["running", "abandoned", "abandoned"]


def test_a_run_is_settled_exactly_once(store: Store) -> None:
    with bench(store, letter()) as one:
        result = one.run()
        opening = runs.Opening(result.run_id, CALLER, one.request(), result.prompt, "pro")
        again = result.model_copy(update={"status": "cancelled"})
        assert not runs.settle(store, opening, again, [], Cost(nanousd=0, status="exact"), note="twice")
        assert one.workbench.result(result.run_id).status == "ok"
    with store.reading(EVERYONE) as session:
        assert session.scalar(select(func.count()).select_from(AiAttempt)) == 1


def test_a_run_taken_for_dead_by_mistake_is_settled_with_what_it_cost(store: Store) -> None:
    with bench(store, letter(pause_s=0.6)) as one:
        live = one.start()
        waited_for(lambda: one.provider.heard)
        with store.writing(EVERYONE) as session:
            session.execute(update(AiRun).values(lease_until=now() - timedelta(seconds=1)))
        assert runs.close_expired(store) == 1
        result = finished(live)
        assert one.workbench.result(live.id) == result
    assert result.status == "ok"


def test_a_double_click_from_two_threads_makes_one_run(store: Store) -> None:
    with bench(store, letter()) as one, ThreadPoolExecutor(6) as pool:
        for number in range(5):
            ids = set(pool.map(lambda _, key=f"k{number}": one.start(key=key).id, range(6)))
            assert len(ids) == 1


def test_run_ids_sort_by_time() -> None:
    ids = [runs.new_id() for _ in range(50)]
    assert ids == sorted(ids) and len(set(ids)) == 50


def _running(store: Store, user_id: int, *, owner: str = "me") -> str:
    request = AiRequest(feature="match", user_id=user_id)
    return runs.open_run(store, runs.Opening(runs.new_id(), CALLER, request, "match@1", "pro"), owner=owner)


def _status(store: Store, live: LiveRun) -> str:
    return history.story(store, live.id).run.status


def test_of_finished_runs_with_long_answers_the_oldest_go_first(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench(sqlite_store, letter()) as one:
        lives = [one.start()]
        finished(lives[0])
        monkeypatch.setattr(registry, "MOST_KEPT", 2 * lives[0].size)
        for _ in range(3):
            lives.append(one.start())
            finished(lives[-1])
        waited_for(lambda: [one.workbench.find(live.id) is live for live in lives] == [False, False, True, True])
        assert one.workbench.result(lives[0].id).status == "ok"  # the record is there for good


def test_of_many_finished_runs_those_nobody_followed_go_first(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MOST_UNSEEN", 2)
    with bench(sqlite_store, letter()) as one:
        followed = one.start()
        finished(followed)

        async def unseen() -> list[str]:
            ids = []
            for _ in range(4):
                ids.append(await one.workbench.registry.start(one.request(), CALLER))
                live = one.workbench.find(ids[-1])
                assert live is not None
                await live.ended.wait()
            return ids

        assert one.workbench.portal is not None
        ids = one.workbench.portal.call(unseen)
        waited_for(lambda: [one.workbench.find(id) is not None for id in ids] == [False, False, True, True])
        assert one.workbench.find(followed.id) is followed
        assert one.workbench.result(ids[0]).status == "ok"  # the record is there for good
