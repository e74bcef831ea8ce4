"""Drive keeps every text it was given: revisions and resume versions are added, never overwritten."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from core.drive import bin, papers
from core.errors import Invalid, NotFound, WorkbenchError
from core.llm import runs
from core.schema import AiAnswer, Change
from core.store import AiRun, DocumentRevision, Store
from core.tools import memory
from tests.databases import person, posting

RESUME: dict[str, Any] = {
    "basics": {"name": "Ada Moreno", "summary": "Backend engineer."},
    "work": [
        {"name": "Norrsken", "position": "Engineer", "highlights": ["Wrote Python services", "Kept the pagers quiet"]}
    ],
}


def saved(store: Store, user_id: int, **given: Any) -> papers.DriveDocument:
    return papers.save_document(
        store, user_id, **({"title": "Letter", "body": "Dear team", "kind": "letter", "by": "member:1"} | given)
    )


def titles(found: list[papers.DriveDocument]) -> list[str]:
    return [paper.title for paper in found]


def test_a_saved_document_is_found_with_all_it_was_given(store: Store) -> None:
    user = person(store)
    job, run_id = posting(store, user), runs.new_id()
    saved(store, user, job_id=job, run_id=run_id, title="  Letter to Norrsken ")
    (paper,) = papers.documents(store, user)
    assert (paper.title, paper.body, paper.kind) == ("Letter to Norrsken", "Dear team", "letter")
    assert (paper.job_id, paper.source_run_id, paper.created_by, paper.revision) == (job, run_id, "member:1", 1)


def test_documents_are_listed_last_changed_first(store: Store) -> None:
    user = person(store)
    first = saved(store, user, title="first")
    saved(store, user, title="second")
    assert titles(papers.documents(store, user)) == ["second", "first"]
    papers.save_revision(store, user, first.id, body="Changed", by="member:1")
    assert titles(papers.documents(store, user)) == ["first", "second"]


def test_a_new_revision_keeps_the_earlier_texts(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    assert papers.save_revision(store, user, paper.id, body="Dear all", by="member:2").revision == 2
    kept = papers.revisions(store, user, paper.id)
    assert [(r.number, r.body, r.created_by) for r in kept] == [
        (2, "Dear all", "member:2"),
        (1, "Dear team", "member:1"),
    ]
    assert papers.documents(store, user)[0].body == "Dear all"


def test_the_same_text_again_makes_no_revision(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    assert papers.save_revision(store, user, paper.id, body="Dear team", by="member:2").revision == 1
    assert len(papers.revisions(store, user, paper.id)) == 1


def test_an_earlier_text_can_become_the_newest_again(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    papers.save_revision(store, user, paper.id, body="Dear all", by="member:1")
    assert papers.save_revision(store, user, paper.id, body="Dear team", by="member:1").revision == 3
    assert papers.documents(store, user)[0].body == "Dear team"


def test_rename_changes_the_title_and_nothing_else(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    papers.rename(store, user, paper.id, " Other ")
    (after,) = papers.documents(store, user)
    assert (after.title, after.revision, after.body) == ("Other", 1, "Dear team")


def test_a_binned_document_leaves_the_list_until_it_is_restored(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    bin.put(store, user, "document", paper.id)
    assert papers.documents(store, user) == []
    assert titles(papers.documents(store, user, binned=True)) == ["Letter"]
    bin.take_out(store, user, "document", paper.id)
    assert titles(papers.documents(store, user)) == ["Letter"]
    assert papers.documents(store, user, binned=True) == []


DOORS: dict[str, Callable[[Store, int, int], object]] = {
    "revisions": lambda store, user, id: papers.revisions(store, user, id),
    "revise": lambda store, user, id: papers.save_revision(store, user, id, body="Mine", by="member:1"),
    "rename": lambda store, user, id: papers.rename(store, user, id, "Mine"),
    "bin": lambda store, user, id: bin.put(store, user, "document", id),
}


@pytest.mark.parametrize("door", DOORS)
def test_another_candidates_document_is_not_found(store: Store, door: str) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    paper = saved(store, mine)
    with pytest.raises(NotFound):
        DOORS[door](store, other, paper.id)
    assert papers.documents(store, mine)[0] == paper


@pytest.mark.parametrize("door", DOORS)
def test_a_document_in_the_bin_is_left_alone(store: Store, door: str) -> None:
    user = person(store)
    paper = saved(store, user)
    bin.put(store, user, "document", paper.id)
    with pytest.raises(NotFound, match="bin"):
        DOORS[door](store, user, paper.id)


def test_only_what_is_in_the_bin_can_be_restored(store: Store) -> None:
    user = person(store)
    paper = saved(store, user)
    with pytest.raises(NotFound):
        bin.take_out(store, user, "document", paper.id)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"title": "  "}, Invalid, "needs a title"),
        ({"body": " \n"}, Invalid, "no text to save"),
        ({"body": "x" * (papers.LONGEST + 1)}, Invalid, "longer than 200,000"),
        ({"job_id": 999}, NotFound, "no such job"),
    ],
)
def test_what_cannot_be_saved_says_why_and_leaves_nothing(
    store: Store, given: dict[str, Any], error: type[WorkbenchError], said: str
) -> None:
    user = person(store)
    with pytest.raises(error, match=said):
        saved(store, user, **given)
    assert papers.documents(store, user) == []


def test_a_document_is_not_filed_under_another_candidates_job(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    job = posting(store, other)
    with pytest.raises(NotFound, match="no such job"):
        saved(store, mine, job_id=job)


def test_the_owner_of_a_paper_is_found_by_its_id(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    saved(store, mine)
    paper = saved(store, other)
    resume = papers.add_resume(store, other, RESUME, label="Base")
    assert papers.owner(store, document_id=paper.id) == other
    assert papers.owner(store, resume_version_id=resume.id) == other
    assert papers.owner(store, document_id=999) is None
    assert papers.owner(store) is None


# -- resume versions ---------------------------------------------------------------------------------


def test_resume_versions_are_numbered_for_each_candidate(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    papers.add_resume(store, mine, RESUME, label="Base")
    papers.add_resume(store, mine, RESUME, label="Again", kind="manual")
    papers.add_resume(store, other, RESUME, label="Theirs")
    assert [(v.number, v.label, v.kind) for v in papers.resume_versions(store, mine)] == [
        (2, "Again", "manual"),
        (1, "Base", "base"),
    ]
    assert [v.number for v in papers.resume_versions(store, other)] == [1]


def test_a_tailored_version_is_its_source_plus_the_changes(store: Store) -> None:
    user = person(store)
    base = papers.add_resume(store, user, RESUME, label="Base")
    job, run_id = posting(store, user), runs.new_id()
    change = Change(op="remove", path="work/w1/highlights/w1h2", original="Kept the pagers quiet")
    made = papers.save_tailored(store, user, base.id, [change], label="For Norrsken", job_id=job, run_id=run_id)
    assert (made.kind, made.parent_id, made.job_id, made.source_run_id) == ("tailored", base.id, job, run_id)
    assert made.content["work"][0]["highlights"] == ["Wrote Python services"]
    assert made.sha256 != base.sha256
    assert papers.resume_versions(store, user)[-1].content == base.content


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([Change(op="replace", path="work/w1/position", original="Engineer", value="Director")], "cannot be applied"),
        ([], "No change is left"),
    ],
)
def test_a_change_that_may_not_be_made_saves_no_version(store: Store, changes: list[Change], said: str) -> None:
    user = person(store)
    base = papers.add_resume(store, user, RESUME, label="Base")
    with pytest.raises(Invalid, match=said):
        papers.save_tailored(store, user, base.id, changes, label="Up", job_id=None, run_id=None)
    assert len(papers.resume_versions(store, user)) == 1


def test_a_blocked_change_is_saved_only_when_a_person_confirms_it(store: Store) -> None:
    user = person(store)
    base = papers.add_resume(store, user, RESUME, label="Base")
    path = "work/w1/highlights/w1h2"
    change = Change(
        op="replace", path=path, original="Kept the pagers quiet", value="Kept 90 pagers quiet", verdict="verified"
    )
    with pytest.raises(Invalid, match=r"“90” stands nowhere in the resume\. Confirm it"):
        papers.save_tailored(store, user, base.id, [change], label="Up", job_id=None, run_id=None)
    made = papers.save_tailored(store, user, base.id, [change], confirmed=[path], label="Up", job_id=None, run_id=None)
    assert made.content["work"][0]["highlights"][1] == "Kept 90 pagers quiet"


def test_another_candidates_resume_cannot_be_tailored(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    base = papers.add_resume(store, mine, RESUME, label="Base")
    with pytest.raises(NotFound, match="no such resume version"):
        papers.save_tailored(store, other, base.id, [], label="Mine now", job_id=None, run_id=None)


def test_a_resume_needs_a_label_and_a_candidate(store: Store) -> None:
    with pytest.raises(Invalid, match="label"):
        papers.add_resume(store, person(store), RESUME, label=" ")
    with pytest.raises(NotFound, match="no candidate 999"):
        papers.add_resume(store, 999, RESUME, label="Base")


# -- what keeping something leaves for the next run --------------------------------------------------


def test_keeping_a_runs_text_is_remembered_and_other_saves_are_not(store: Store) -> None:
    user = person(store)
    job, run_id = posting(store, user), runs.new_id()
    saved(store, user, title="Typed by hand")
    saved(store, user, title="Letter", job_id=job, run_id=run_id)
    (note,) = memory.about(store, user)
    assert "Letter (revision 1)" in note.text
    assert (note.job_id, note.source_run_id) == (job, run_id)


# -- how much of what a run wrote was kept ------------------------------------------------------------------


def answered(store: Store, user_id: int, *, content: str = "", changes: Sequence[Change] = ()) -> str:
    """A run with this answer, as it is recorded."""
    run_id, answer = runs.new_id(), AiAnswer(title="T", summary="S", content=content)
    with store.writing(user_id) as session:
        session.add(
            AiRun(
                id=run_id,
                user_id=user_id,
                caller="cli",
                feature="cover_letter",
                plan="pro",
                prompt="cover_letter@1",
                status="ok",
                request={},
                request_sha256="0" * 64,
                answer=answer.model_dump(mode="json"),
                changes=[change.model_dump(mode="json") for change in changes],
            )
        )
    return run_id


def test_a_revision_says_how_much_of_its_runs_text_it_holds(store: Store) -> None:
    user = person(store)
    run_id = answered(store, user, content="one two three four")
    paper = saved(store, user, body="one two four", run_id=run_id)
    papers.save_revision(store, user, paper.id, body="one two three four, and more", by="member:1", run_id=run_id)
    papers.save_revision(store, user, paper.id, body="by hand", by="member:1")
    with store.reading(user) as session:
        shares = session.scalars(select(DocumentRevision.kept_permille).order_by(DocumentRevision.number)).all()
    assert shares == [750, 1000, None]


def test_a_tailored_version_says_how_many_of_its_runs_changes_were_taken(store: Store) -> None:
    user = person(store)
    base = papers.add_resume(store, user, RESUME, label="Base")
    dropped, kept = (
        Change(op="remove", path=f"work/w1/highlights/w1h{number}", original=text)
        for number, text in enumerate(RESUME["work"][0]["highlights"], 1)
    )
    run_id = answered(store, user, changes=[dropped, kept])
    made = papers.save_tailored(store, user, base.id, [kept], label="Up", job_id=None, run_id=run_id)
    assert (base.kept_permille, made.kept_permille) == (None, 500)


def test_another_candidates_run_is_no_source(store: Store) -> None:
    theirs = answered(store, person(store), content="one two")
    mine = person(store)
    saved(store, mine, body="one two", run_id=theirs)
    with store.reading(mine) as session:
        assert session.scalar(select(DocumentRevision.kept_permille)) is None
