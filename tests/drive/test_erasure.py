"""Erasing a candidate: nothing of theirs is left, nobody else loses anything, and no figure changes."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from core import demo
from core.access import members, tokens
from core.access.tokens import Gate
from core.drive import erasure, papers, people
from core.drive.erasure import belongings, erase
from core.errors import Denied, NotFound, Unauthenticated
from core.llm import history, registry
from core.llm.provider import Deadlines
from core.llm.scripted import Play
from core.schema import Caller, Usage
from core.store import (
    AiAttempt,
    AiMemory,
    AiRun,
    Base,
    Ledger,
    RepricingLine,
    Reservation,
    Store,
    UsageErased,
    UsagePending,
    User,
    scrub,
)  # fmt: skip
from core.store.columns import Owned
from core.usage import audit, fold, queries
from core.usage.filters import Filter
from tests.benches import bench, finished, letter, waited_for
from tests.databases import person, posting, version
from tests.usage import history as made_up

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"run", "admin"}))
ALL = Filter.days(date(2026, 1, 1), date(2099, 12, 31))
CANARY = "kanarienvogel"
LONG = Deadlines(first_token=30, idle=30, leg=30)
USED = Usage(input_tokens=1_000, output_tokens=50)


def total(store: Store) -> object:
    return queries.Usage(store).totals(ALL)


def owners(store: Store) -> dict[str, set[int]]:
    """Whose rows stand in each table that has owners."""
    tables = [one.__table__ for one in Owned.__subclasses__()]
    with store.read() as connection:
        return {str(one): set(connection.execute(select(one.c.user_id)).scalars()) for one in tables}  # type: ignore[attr-defined]


def bytes_beside(store: Store) -> bytes:
    """Every file in the database's folder: the database, its log, the exports."""
    folder = Path(str(store.url.database)).parent
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


# -- nothing of theirs is left ---------------------------------------------------------------------------


def live_through(store: Store, exports: Path) -> int:
    """A candidate who has left a trace wherever one can be left; returns the id."""
    answer = letter().texts
    with bench(store, Play(*answer, f"{CANARY} said so.")) as one:
        user = people.add_candidate(store, name=f"Ada {CANARY}", plan="pro", profile={"headline": CANARY}).id
        job = people.add_job(store, user, title=f"At {CANARY}", company=CANARY, description=f"Python. {CANARY}").id
        resume = version(store, user, {"basics": {"name": CANARY, "summary": f"Python {CANARY}"}})
        told = {"user_id": user, "job_id": job, "resume_version_id": resume, "instructions": f"Mention {CANARY}."}
        for number in range(3):
            run = finished(one.start(key=f"{CANARY}-{number}", **told))
        paper = papers.save_document(
            store, user, title=CANARY, body=CANARY, kind="cover_letter", by="cli", run_id=run.run_id
        )
        papers.save_revision(store, user, paper.id, body=f"{CANARY} twice", by="cli")
    exports.mkdir()
    (exports / "runs.csv").write_text(f"candidate\n{CANARY}\n")
    return user


def test_no_file_holds_a_word_of_an_erased_candidate(sqlite_store: Store) -> None:
    exports = Path(str(sqlite_store.url.database)).parent / "exports"
    user = live_through(sqlite_store, exports)
    assert bytes_beside(sqlite_store).count(CANARY.encode()) > 20
    assert erase(sqlite_store, user, ADMIN, exports=exports)
    assert CANARY.encode() not in bytes_beside(sqlite_store)


def test_no_table_holds_a_row_of_an_erased_candidate_and_others_keep_theirs(store: Store, tmp_path: Path) -> None:
    user = live_through(store, tmp_path / "exports")
    before = owners(store)
    assert all(user in found for found in before.values())
    erase(store, user, ADMIN, exports=tmp_path / "exports")
    assert owners(store) == {name: found - {user} for name, found in before.items()}
    with store.read() as connection:
        assert connection.execute(select(Ledger).where(Ledger.subject == f"user:{user}")).all() == []
        assert connection.execute(select(UsagePending)).all() == []
        kept = connection.execute(select(UsageErased.figures)).scalars().all()
    assert len(kept) == 3 and {figures[1] for figures in kept} == {0}
    with pytest.raises(NotFound):
        belongings(store, user)


@pytest.mark.parametrize("seed", [1, 11, 21])  # with these SQLite itself leaves something
def test_what_was_moved_within_the_file_before_it_was_deleted_is_gone_too(
    sqlite_store: Store, tmp_path: Path, seed: int
) -> None:
    """SQLite does not zero the place from which it moved a row to another page."""
    chance, users, at = random.Random(seed), range(1, 31), datetime.now(UTC)
    with sqlite_store.write() as connection:
        people = [{"id": id, "name": f"{CANARY}{id:03d}", "plan": "free", "profile": {}} for id in users]
        connection.execute(insert(User), people)
        for _ in range(300):
            user = chance.choice(users)
            text = f" CANARY{user:03d} " * chance.randrange(1, 60)
            connection.execute(insert(AiMemory), {"user_id": user, "text": text, "expires_at": at})
    gone = chance.sample(users, 20)
    for user in gone:
        erase(sqlite_store, user, ADMIN, exports=tmp_path / "none")
    left = bytes_beside(sqlite_store)
    assert [user for user in gone if f"CANARY{user:03d}".encode() in left] == []


def test_a_file_that_somebody_reads_keeps_its_log_and_says_so(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrub, "TRIES", 2)
    user = person(sqlite_store, name=CANARY)
    with sqlite_store.read() as connection:
        connection.execute(select(User)).all()
        assert not erase(sqlite_store, user, ADMIN, exports=tmp_path / "none")
    assert CANARY.encode() in bytes_beside(sqlite_store)
    assert scrub.scrub(sqlite_store)
    assert CANARY.encode() not in bytes_beside(sqlite_store)


def test_a_large_file_is_not_written_anew_unasked(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrub, "AT_ONCE", 1)
    monkeypatch.setattr(scrub, "scrub", lambda _store: pytest.fail("it was written anew"))
    assert not erase(sqlite_store, person(sqlite_store), ADMIN, exports=tmp_path / "none")


def test_the_audit_log_says_who_and_how_much_and_nothing_of_the_person(store: Store, tmp_path: Path) -> None:
    user = person(store, name=CANARY)
    posting(store, user, title=CANARY)
    erase(store, user, ADMIN, exports=tmp_path / "none")
    (event,) = audit.events(store, "user")
    assert (event.who, event.action, event.subject, event.after) == ("member:1", "user.erase", f"user:{user}", None)
    assert event.before == {"job": 1, "resume version": 0, "document": 0, "note": 0, "run": 0, "token": 0}


def test_only_admins_erase(store: Store, tmp_path: Path) -> None:
    user = person(store)
    with pytest.raises(Denied):
        erase(store, user, ADMIN.model_copy(update={"scopes": frozenset({"run"})}), exports=tmp_path / "none")
    assert belongings(store, user).name == "Ada Moreno"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Ada Moreno", True), ("  ada   MORENO ", True), ("7", True), ("Ada", False), ("", False), ("17", False)],
)
def test_a_candidate_is_meant_by_name_or_id(typed: str, meant: bool) -> None:
    assert erasure.Belongings(7, "Ada  Moreno", {}).is_meant(typed) == meant


def test_a_token_for_the_candidate_is_refused_and_others_work(store: Store, tmp_path: Path) -> None:
    gone, stays = person(store), person(store, name="Bo Lind")
    secrets = {user: tokens.create(store, f"for-{user}", ["run"], user_id=user) for user in (gone, stays)}
    everyone = tokens.create(store, "everyone", ["run"])
    erase(store, gone, ADMIN, exports=tmp_path / "none")
    with pytest.raises(Unauthenticated):
        Gate(store).look_up(secrets[gone])
    assert Gate(store).look_up(secrets[stays]).caller.user_id == stays
    assert Gate(store).look_up(everyone).caller.user_id is None


def test_no_candidate_ever_gets_the_number_of_an_erased_one(store: Store, tmp_path: Path) -> None:
    """The backend may still ask for that number: it must never find somebody else."""
    ids = [people.add_candidate(store, name=name, plan="free", profile={}).id for name in ("Ada", "Bo")]
    for id in ids:
        erase(store, id, ADMIN, exports=tmp_path / "none")
    assert people.add_candidate(store, name="Cy", plan="free", profile={}).id > max(ids)


def test_the_demo_does_not_come_back_when_the_last_candidate_is_erased(store: Store, tmp_path: Path) -> None:
    erase(store, person(store), ADMIN, exports=tmp_path / "none")
    assert not demo.load_once(store)
    assert people.candidates(store) == ()


# -- what it cost stays ----------------------------------------------------------------------------------


@pytest.fixture
def spent(store: Store) -> Iterator[tuple[Store, int, int]]:
    """Two candidates with runs, some of them added up, some only noted; the one who goes and the one who stays."""
    chance, gone, stays = random.Random(6), person(store), person(store, name="Bo Lind")
    runs = [made_up.run(chance, user) for user in (gone, stays) * 20]
    made_up.fill(store, runs[:20])
    fold.fold_all(store)
    made_up.fill(store, runs[20:])
    yield store, gone, stays


@pytest.mark.parametrize("at_once", [1, 7, 500])
def test_no_total_changes_in_one_part_or_in_many_nor_when_the_days_are_made_anew(
    spent: tuple[Store, int, int], at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, gone, stays = spent
    monkeypatch.setattr(erasure, "AT_ONCE", at_once)
    before = total(store)
    erase(store, gone, ADMIN, exports=tmp_path / "none")
    assert total(store) == before
    assert {row.user_id for row in queries.Usage(store).users(ALL)} == {0, stays}
    fold.rebuild(store)
    assert total(store) == before
    begun = [event.action for event in audit.events(store, "user")]
    assert begun == (["user.erase", "user.erase.begin"] if at_once < 20 else ["user.erase"])


def test_who_is_stopped_half_way_erases_again_and_it_goes_on(
    spent: tuple[Store, int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, gone, stays = spent
    before, parts = total(store), iter(range(2))
    monkeypatch.setattr(erasure, "AT_ONCE", 3)

    def killed(_seconds: float) -> None:
        if next(parts, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasure.time, "sleep", killed)
        erase(store, gone, ADMIN, exports=tmp_path / "none")
    assert belongings(store, gone).counts["run"] == 20 - 9
    assert total(store) == before
    erase(store, gone, ADMIN, exports=tmp_path / "none")
    assert total(store) == before
    assert owners(store)["ai_run"] == {stays}


def test_what_corrections_noted_of_their_calls_goes_with_them(spent: tuple[Store, int, int], tmp_path: Path) -> None:
    """Or undoing one would, on SQLite, find another call under the number of one that is gone."""
    store, gone, stays = spent
    cost = {"nanousd": 1, "status": "exact", "price": None}
    with store.write() as connection:
        legs = connection.execute(select(AiAttempt.id, AiAttempt.run_id, AiAttempt.user_id)).all()
        about = {"who": "cli", "reason": "", "filter": {}, "attempts": 0, "before_nanousd": 0, "after_nanousd": 0}
        repricing = Base.metadata.tables["repricing"]
        id = connection.execute(insert(repricing).values(at=datetime.now(UTC), **about).returning(repricing.c.id))
        number = id.scalar_one()
        connection.execute(
            insert(RepricingLine),
            [{"repricing_id": number, "attempt_id": a, "run_id": r, "before": cost, "after": cost} for a, r, _ in legs],
        )
    erase(store, gone, ADMIN, exports=tmp_path / "none")
    with store.read() as connection:
        left = set(connection.execute(select(RepricingLine.attempt_id)).scalars())
    assert left == {leg for leg, _, user in legs if user == stays}


# -- a run that is under way -----------------------------------------------------------------------------


def test_a_run_under_way_is_stopped_and_what_it_used_is_nobodys(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registry, "RENEW_S", 0.05)
    with bench(store, Play("Letter\n\n", "Dear team, ", hang=True), deadlines=LONG) as one:
        live = one.start()
        waited_for(lambda: live.progress.output)
        erase(store, one.user_id, ADMIN, exports=tmp_path / "none")
        result = finished(live)
        assert result.status == "cancelled" and result.usage.input_tokens > 0
        assert one.workbench.registry.runner.unrecorded == {}
        with pytest.raises(NotFound):
            history.result(store, live.id)
    (row,) = queries.Usage(store).users(ALL)
    assert (row.user_id, row.runs) == (0, 1)
    counted = queries.Usage(store).totals(ALL)
    assert counted.input_tokens == result.usage.input_tokens
    assert counted.output_tokens == result.usage.output_tokens
    assert counted.cost_nanousd is not None and counted.cost_nanousd > 0
    fold.rebuild(store)
    assert queries.Usage(store).totals(ALL) == counted
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(AiRun)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(AiAttempt)).scalar_one() == 0
        assert connection.execute(select(Reservation)).all() == []
        lines = {row.subject: row for row in connection.execute(select(Ledger))}
    assert f"user:{one.user_id}" not in lines
    assert lines["project"].used == counted.cost_nanousd and lines["project"].reserved == 0
    assert "failed" not in caplog.text and "not recorded" not in caplog.text


def test_a_run_that_ends_in_the_moment_of_the_erasure_is_nobodys_too(store: Store, tmp_path: Path) -> None:
    """Nobody stops it: its settle finds that there is no row any more."""
    with bench(store, Play("Letter\n\n", "Dear team.", usage=USED, pause_s=0.3), deadlines=LONG) as one:
        live = one.start()
        waited_for(lambda: live.progress.output)
        erase(store, one.user_id, ADMIN, exports=tmp_path / "none")
        assert finished(live).status == "ok"
        counted = queries.Usage(store).totals(ALL)
    assert (counted.runs, counted.input_tokens, counted.output_tokens) == (1, 1_000, 50)
    assert owners(store)["ai_run"] == owners(store)["ai_memory"] == set()


def test_a_request_that_comes_too_late_is_refused(store: Store, tmp_path: Path) -> None:
    with bench(store, letter()) as one:
        erase(store, one.user_id, ADMIN, exports=tmp_path / "none")
        with pytest.raises(NotFound):
            one.start()
    assert members.names(store) == {}
