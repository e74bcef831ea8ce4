"""What was kept is counted from memory, and is at every moment what the tables say."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from core.drive import bin, erasure
from core.schema import Caller
from core.store import Document, DocumentRevision, ResumeVersion, Store
from core.usage import fold, kept_papers
from core.usage.filters import Filter
from core.usage.kept_counts import Papers
from core.usage.kept_papers import REVISION, VERSION
from core.usage.queries import Usage
from core.usage.records import RUN
from tests.databases import person
from tests.usage import history

ALL = Filter(history.START, history.START + timedelta(days=9))
SOME = Filter(history.START + timedelta(days=2), history.START + timedelta(days=3, hours=7))
GROUPINGS = ((), ("feature",), ("feature", "prompt", "model", "plan"), ("status", "cost_status"))
ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"run", "admin"}))


def keep(
    store: Store, user_id: int, *run_ids: str | None, permille: int | None = 1000, at: datetime | None = None
) -> int:
    """One document with a revision from each of these runs; returns its id."""
    with store.writing(user_id) as session:
        paper = Document(user_id=user_id, title="Letter", kind="cover_letter")
        session.add(paper)
        session.flush()
        for number, run_id in enumerate(run_ids, 1):
            session.add(revision(user_id, paper.id, number, run_id, permille, at))
    return paper.id


def revision(
    user_id: int, document_id: int, number: int, run_id: str | None, permille: int | None, at: datetime | None = None
) -> DocumentRevision:
    return DocumentRevision(
        user_id=user_id,
        document_id=document_id,
        number=number,
        body="text",
        sha256="0" * 64,
        source_run_id=run_id,
        kept_permille=permille,
        created_by="member:1",
        created_at=at or datetime.now(UTC),
    )


def keep_version(store: Store, user_id: int, number: int, run_id: str | None, permille: int | None) -> int:
    with store.writing(user_id) as session:
        version = ResumeVersion(
            user_id=user_id, number=number, label="x", kind="tailored", content={}, sha256="0" * 64,
            source_run_id=run_id, kept_permille=permille,
        )  # fmt: skip
        session.add(version)
    return version.id


def made(store: Store, user_id: int, chance: random.Random | None = None, **given: Any) -> str:
    one = history.run(chance or random.Random(1), user_id, at=given.pop("created_at", None)) | given
    with store.write() as connection:
        history.put(connection, one, noted=one["status"] != "running")
    return str(one["id"])


def by_hand(store: Store, asked: Filter, by: Sequence[str]) -> tuple[Papers, dict[tuple[Any, ...], Papers]]:
    """The same from the tables, read whole."""
    with store.read() as connection:
        runs = {row.id: row._mapping for row in connection.execute(select(RUN))}
        found = [
            (row.source_run_id, ("paper", row.document_id), row.kept_permille) for row in rows(connection, REVISION)
        ]
        found += [(row.source_run_id, ("version", row.id), row.kept_permille) for row in rows(connection, VERSION)]
    groups: dict[tuple[Any, ...], list[tuple[Any, int | None]]] = {}
    for run_id, paper, share in found:
        run = runs.get(run_id)
        if run is None or not asked.start <= run["created_at"] < asked.end:
            continue
        values = {**run, "user": run["user_id"]}
        if all(values[name] in wanted for name, wanted in asked.where.items()):
            groups.setdefault(tuple(run[name] for name in by), []).append((paper, share))
    every = [one for group in groups.values() for one in group]
    return counted(every), {values: counted(group) for values, group in groups.items()}


def rows(connection: Any, table: Any) -> Any:
    return connection.execute(select(table))


def counted(kept: Sequence[tuple[Any, int | None]]) -> Papers:
    shares = [share for _, share in kept if share is not None]
    return Papers(len({paper for paper, _ in kept}), round(sum(shares) / len(shares)) if shares else None)


class Life:
    """What happens to runs and papers, by chance."""

    def __init__(self, store: Store, seed: int, exports: Path) -> None:
        self.store, self.chance, self.exports = store, random.Random(seed), exports
        self.users = [person(store) for _ in range(4)]
        self.runs: list[tuple[int, str]] = []
        self.papers: list[tuple[int, int, int]] = []  # user, document, revisions
        self.versions = 0
        self.binned: list[tuple[int, int]] = []

    def step(self) -> None:
        self.chance.choice((self.run, self.run, self.keep, self.keep, self.keep, self.revise, self.version,
                            self.bin, self.restore, self.change, self.under_way, self.fold, self.erase))()  # fmt: skip

    def run(self) -> None:
        user_id = self.chance.choice(self.users)
        self.runs += [(user_id, made(self.store, user_id, self.chance)) for _ in range(self.chance.randrange(1, 6))]

    def some(self, user_id: int) -> str | None:
        """A run of theirs; at times none, as a paper of one's own has, or one that is not there."""
        theirs = [run_id for owner, run_id in self.runs if owner == user_id]
        return self.chance.choice([*theirs, *theirs, None, "gone"])

    def share(self) -> int | None:
        return self.chance.choice((None, 0, 1000, self.chance.randrange(1001)))

    def keep(self) -> None:
        user_id, many = self.chance.choice(self.users), self.chance.randrange(1, 4)
        at = self.chance.choice((None, history.START + timedelta(days=self.chance.randrange(5, 9))))
        id = keep(self.store, user_id, *(self.some(user_id) for _ in range(many)), permille=self.share(), at=at)
        self.papers.append((user_id, id, many))

    def revise(self) -> None:
        if self.papers:
            place = self.chance.randrange(len(self.papers))
            user_id, id, many = self.papers[place]
            with self.store.writing(user_id) as session:
                session.add(revision(user_id, id, many + 1, self.some(user_id), self.share()))
            self.papers[place] = user_id, id, many + 1

    def version(self) -> None:
        user_id, self.versions = self.chance.choice(self.users), self.versions + 1
        keep_version(self.store, user_id, self.versions, self.some(user_id), self.share())

    def bin(self) -> None:
        if left := [(user_id, id) for user_id, id, _ in self.papers if (user_id, id) not in self.binned]:
            self.binned.append(self.chance.choice(left))
            bin.put(self.store, self.binned[-1][0], "document", self.binned[-1][1])

    def restore(self) -> None:
        if self.binned:
            user_id, id = self.binned.pop()
            bin.take_out(self.store, user_id, "document", id)

    def change(self) -> None:
        """A run ends otherwise, as one does whose costs are corrected."""
        if self.runs:
            user_id, run_id = self.chance.choice(self.runs)
            with self.store.write() as connection:
                began = connection.execute(select(RUN.c.created_at).where(RUN.c.id == run_id)).scalar_one()
                history.again(connection, history.run(self.chance, user_id, at=began) | {"id": run_id})

    def under_way(self) -> None:
        """A run of which something is kept before it ends, and then it ends."""
        user_id = self.chance.choice(self.users)
        lease = history.START + timedelta(days=30)
        run_id = made(self.store, user_id, self.chance, status="running", lease_until=lease)
        self.papers.append((user_id, keep(self.store, user_id, run_id), 1))
        if self.chance.random() < 0.7:
            with self.store.write() as connection:
                connection.execute(update(RUN).where(RUN.c.id == run_id).values(status="ok", lease_until=None))
                history.pending.note(connection, [run_id])
            self.runs.append((user_id, run_id))

    def fold(self) -> None:
        fold.fold_all(self.store)

    def erase(self) -> None:
        if self.chance.random() < 0.3:
            gone = self.users.pop(self.chance.randrange(len(self.users)))
            erasure.erase(self.store, gone, ADMIN, exports=self.exports)
            self.runs = [one for one in self.runs if one[0] != gone]
            self.papers = [one for one in self.papers if one[0] != gone]
            self.binned = [one for one in self.binned if one[0] != gone]
            self.users.append(person(self.store))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_counts_are_what_the_tables_say(store: Store, seed: int, tmp_path: Path) -> None:
    life, usage = Life(store, seed, tmp_path / "exports"), Usage(store)
    seen = 0
    for step in range(70):
        life.step()
        by = life.chance.choice(GROUPINGS)
        asked = life.chance.choice((ALL, ALL, SOME, ALL.narrowed("user", life.users[:2]),
                                    ALL.narrowed("plan", ["pro"]), ALL.narrowed("model", [None, "gpt-6-luna"])))  # fmt: skip
        found = usage.now().kept(asked, by)
        assert found == by_hand(store, asked, by), f"step {step}: {asked.where} by {by}"
        seen += found[0].kept
    assert seen > 100


@pytest.fixture
def user_id(store: Store) -> int:
    return person(store)


def kept(usage: Usage, asked: Filter = ALL) -> int:
    return usage.now().kept(asked, ())[0].kept


def test_what_is_in_the_bin_was_kept_once_and_counts(store: Store, user_id: int) -> None:
    usage, id = Usage(store), keep(store, user_id, made(store, user_id, created_at=history.START))
    bin.put(store, user_id, "document", id)
    assert kept(usage) == 1


def test_an_id_that_is_given_again_is_another_paper(store: Store, user_id: int) -> None:
    usage = Usage(store)
    early, late = (made(store, user_id, created_at=history.START + timedelta(days=day)) for day in (0, 3))
    for run_id in (early, early):
        last = keep(store, user_id, run_id)
    assert kept(usage) == kept(usage, Filter(ALL.start, SOME.start)) == 2
    with store.write() as connection:
        connection.execute(delete(Document.__table__).where(Document.__table__.c.id == last))
    keep(store, user_id, late)  # SQLite gives it the number of the one that has gone
    assert (kept(usage), kept(usage, Filter(ALL.start, SOME.start))) == (2, 1)


def test_a_paper_whose_transaction_was_slower_is_not_missed(store: Store, user_id: int) -> None:
    usage, run_id = Usage(store), made(store, user_id, created_at=history.START)
    id = keep(store, user_id, run_id)
    fold.fold_all(store)  # papers of what is noted are read at every look
    assert kept(usage) == 1

    def put(number: int, row_id: int) -> None:
        row = {
            "id": row_id,
            "user_id": user_id,
            "document_id": id + number,
            "number": 1,
            "body": "",
            "sha256": "0" * 64,
        }
        with store.write() as connection:
            connection.execute(insert(Document.__table__).values(id=id + number, user_id=user_id, title="x", kind="x"))
            connection.execute(insert(REVISION).values(**row, source_run_id=run_id, created_by="cli"))

    put(1, 1_000)
    assert kept(usage) == 2
    put(2, 900)
    assert kept(usage) == 3


def test_a_run_that_comes_after_its_paper_counts_from_then_on(store: Store, user_id: int) -> None:
    usage, one = Usage(store), history.run(random.Random(1), user_id)
    keep(store, user_id, one["id"])
    made(store, user_id)
    fold.fold_all(store)
    assert kept(usage) == 0
    history.fill(store, [one])
    fold.fold_all(store)
    assert kept(usage) == 1


def test_a_run_that_begins_as_the_period_ends_is_not_in_it(store: Store, user_id: int) -> None:
    keep(store, user_id, made(store, user_id, created_at=SOME.end))
    assert (kept(Usage(store), SOME), kept(Usage(store), Filter(SOME.end, ALL.end))) == (0, 1)


def test_a_wider_period_reads_what_is_older(store: Store, user_id: int) -> None:
    usage = Usage(store)
    for day in range(5):
        began = history.START + timedelta(days=day)
        keep(store, user_id, made(store, user_id, created_at=began), at=began + timedelta(minutes=1))
    fold.fold_all(store)
    spans = [Filter(history.START + timedelta(days=day), ALL.end) for day in (4, 2, 3, 0)]
    assert [kept(usage, asked) for asked in spans] == [1, 3, 2, 5]


def test_what_is_known_is_not_read_again(store: Store, user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = Usage(store)
    for day in range(4):
        keep(store, user_id, made(store, user_id, created_at=history.START + timedelta(days=day)))
    fold.fold_all(store)
    kept(usage)
    rows: list[int] = []
    lay_out = kept_papers.Shelf._lay_out
    monkeypatch.setattr(
        kept_papers.Shelf, "_lay_out", lambda shelf, found: lay_out(shelf, (rows.append(1) or row for row in found))
    )
    assert (kept(usage), len(rows)) == (4, 0)
    made(store, user_id, created_at=history.START)
    fold.fold_all(store)
    assert (kept(usage), len(rows)) == (4, 1)  # of the day that has changed
