"""The bin: what is in it is in no list, is found under no id, and comes back as it was."""

from collections.abc import Callable

import pytest
from sqlalchemy import inspect

from core.drive import bin, papers, people
from core.drive.bin import Kind
from core.errors import NotFound
from core.llm import history
from core.store import EVERYONE, ResumeVersion, Store
from core.store.migrate import migrate
from tests.benches import Bench, bench, finished, letter, statuses
from tests.databases import person, posting, version

KINDS: tuple[Kind, ...] = ("job", "document", "resume_version")

MADE: dict[Kind, Callable[[Store, int], int]] = {
    "job": posting,
    "document": lambda store, user: papers.save_document(store, user, title="A", body="B", kind="letter", by="cli").id,
    "resume_version": version,
}
LISTED: dict[Kind, Callable[..., object]] = {
    "job": people.jobs,
    "document": papers.documents,
    "resume_version": papers.resume_versions,
}


def ids(store: Store, kind: Kind, user: int, *, binned: bool = False) -> list[int]:
    return [one.id for one in LISTED[kind](store, user, binned=binned)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_put_in_leaves_the_list_until_it_is_taken_out(store: Store, kind: Kind) -> None:
    user = person(store)
    id = MADE[kind](store, user)
    bin.put(store, user, kind, id)
    assert (ids(store, kind, user), ids(store, kind, user, binned=True)) == ([], [id])
    bin.take_out(store, user, kind, id)
    assert (ids(store, kind, user), ids(store, kind, user, binned=True)) == ([id], [])


@pytest.mark.parametrize("kind", KINDS)
def test_another_candidates_things_are_not_found(store: Store, kind: Kind) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    id = MADE[kind](store, mine)
    with pytest.raises(NotFound):
        bin.put(store, other, kind, id)
    bin.put(store, mine, kind, id)
    with pytest.raises(NotFound):
        bin.take_out(store, other, kind, id)
    assert ids(store, kind, mine, binned=True) == [id]


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_else_moved_meanwhile_is_said(store: Store, kind: Kind) -> None:
    user = person(store)
    id = MADE[kind](store, user)
    with pytest.raises(NotFound, match="not in the bin any more"):
        bin.take_out(store, user, kind, id)
    bin.put(store, user, kind, id)
    with pytest.raises(NotFound, match="Look in the bin"):
        bin.put(store, user, kind, id)


NAMED: dict[Kind, Callable[[Bench], dict[str, object]]] = {
    "job": lambda one: {"job_id": one.job_id},
    "document": lambda one: {"document_ids": [MADE["document"](one.workbench.store, one.user_id)]},
    "resume_version": lambda one: {"resume_version_id": one.resume_id},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_names_it_is_refused_as_if_it_had_never_been(store: Store, kind: Kind) -> None:
    with bench(store, letter()) as one:
        named = NAMED[kind](one)
        (id,) = (value[0] if isinstance(value, list) else value for value in named.values())
        bin.put(store, one.user_id, kind, id)
        with pytest.raises(NotFound) as gone:
            one.start(**named)
        with pytest.raises(NotFound) as never:
            one.start(**{name: [999] if isinstance(value, list) else 999 for name, value in named.items()})
        assert gone.value.message == never.value.message.replace("999", str(id))
        assert statuses(store) == []


def test_without_a_version_the_newest_that_is_not_in_the_bin_is_used(store: Store) -> None:
    with bench(store, letter()) as one:
        newest = version(store, one.user_id, number=2)
        bin.put(store, one.user_id, "resume_version", newest)
        run = finished(one.start(resume_version_id=None))
        told = next(piece for piece in history.story(store, run.run_id).run.context if piece["chip"] == "resume")
        assert told["source"]["id"] == one.resume_id


def test_the_number_of_a_version_in_the_bin_is_not_given_again(store: Store) -> None:
    user = person(store)
    first = papers.add_resume(store, user, {"basics": {"name": "Ada"}}, label="First")
    bin.put(store, user, "resume_version", first.id)
    assert papers.add_resume(store, user, {"basics": {"name": "Ada"}}, label="Second").number == 2


def test_a_run_goes_on_saying_what_it_was_made_for_and_from(store: Store) -> None:
    with bench(store, letter()) as one:
        run = finished(one.start())
        bin.put(store, one.user_id, "job", one.job_id)
        bin.put(store, one.user_id, "resume_version", one.resume_id)
    assert history.story(store, run.run_id).job == "Backend engineer"
    assert people.job_titles(store, one.user_id) == {one.job_id: "Backend engineer"}
    source = papers.resume_version(store, one.user_id, one.resume_id)
    assert source is not None and source.number == 1
    assert papers.resume_version(store, person(store, name="Bo Lind"), one.resume_id) is None


def test_a_version_made_from_one_in_the_bin_keeps_its_parent(store: Store) -> None:
    user = person(store)
    parent = version(store, user)
    with store.writing(user) as session:
        child = ResumeVersion(
            user_id=user, number=2, label="B", kind="tailored", parent_id=parent, content={}, sha256="0" * 64
        )
        session.add(child)
    bin.put(store, user, "resume_version", parent)
    assert [(one.id, one.parent_id) for one in papers.resume_versions(store, user)] == [(child.id, parent)]


def test_a_job_in_the_bin_is_not_corrected(store: Store) -> None:
    user = person(store)
    job = posting(store, user)
    bin.put(store, user, "job", job)
    with pytest.raises(NotFound):
        people.correct_job(store, user, job, title="Other", company="")
    assert people.job_titles(store, user) == {job: "Backend engineer"}


def test_going_back_a_migration_keeps_every_job_and_version(store: Store) -> None:
    user = person(store)
    job, resume = posting(store, user), version(store, user)
    migrate(store, "0006")
    assert "deleted_at" not in {column["name"] for column in inspect(store.reader).get_columns("job")}
    migrate(store, "head")
    assert (ids(store, "job", user), ids(store, "resume_version", user)) == ([job], [resume])
    with store.reading(EVERYONE) as session:
        assert session.get_one(ResumeVersion, resume).deleted_at is None
