"""Candidates and jobs: each candidate has their own."""

import pytest

from core.drive import people
from core.errors import Invalid, NotFound
from core.store import EVERYONE, ResumeVersion, Store, User, columns
from tests.databases import person, posting, version


def test_candidates_are_listed_by_name(store: Store) -> None:
    for name in ("Zoë Abel", "Ada Moreno", "Bo Lind"):
        people.add_candidate(store, name=name, plan="free", profile={})
    assert [user.name for user in people.candidates(store)] == ["Ada Moreno", "Bo Lind", "Zoë Abel"]


def test_a_new_candidate_is_kept_as_given(store: Store) -> None:
    made = people.add_candidate(store, name="  Ada Moreno ", plan="premium", profile={"headline": "Engineer"})
    assert people.candidates(store) == ((made.id, "Ada Moreno", "premium"),)
    with store.reading(EVERYONE) as session:
        assert session.get_one(User, made.id).profile == {"headline": "Engineer"}


def test_the_list_is_one_for_all_who_hold_it_until_somebody_changes(store: Store) -> None:
    ada = person(store)
    before = people.candidates(store)
    assert people.candidates(store) is before
    people.change_plan(store, ada, "premium" if before[0].plan != "premium" else "free")
    assert people.candidates(store) != before


@pytest.mark.parametrize(
    ("name", "plan", "said"), [("  ", "free", "needs a name"), ("Ada", "gold", "no plan 'gold'. Use one of free")]
)
def test_a_candidate_without_name_or_plan_is_refused(store: Store, name: str, plan: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        people.add_candidate(store, name=name, plan=plan, profile={})
    assert not people.candidates(store)


def test_jobs_are_the_candidates_own_newest_first(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    posting(store, mine, title="First")
    posting(store, mine, title="Second")
    posting(store, other, title="Theirs")
    assert [job.title for job in people.jobs(store, mine)] == ["Second", "First"]


def test_a_new_job_is_kept_as_given(store: Store) -> None:
    user = person(store)
    people.add_job(store, user, title=" Data engineer ", company=" Norrsken ", description="# We use\n\n- Python")
    (job,) = people.jobs(store, user)
    assert (job.title, job.company, job.description) == ("Data engineer", "Norrsken", "# We use\n\n- Python")


@pytest.mark.parametrize(
    ("title", "description", "said"),
    [(" ", "Python", "no title"), ("Engineer", " \n ", "no description"), ("", "", "no description")],
)
def test_an_empty_job_says_what_to_add(store: Store, title: str, description: str, said: str) -> None:
    user = person(store)
    with pytest.raises(Invalid, match=said):
        people.add_job(store, user, title=title, company="", description=description)
    assert not people.jobs(store, user)


def test_a_job_needs_its_candidate(store: Store) -> None:
    with pytest.raises(NotFound, match="no candidate 999"):
        people.add_job(store, 999, title="Engineer", company="", description="Python")


def test_a_candidate_is_moved_to_another_plan(store: Store) -> None:
    user = person(store)
    people.change_plan(store, user, "premium")
    assert people.candidates(store)[0].plan == "premium"


@pytest.mark.parametrize(("user", "plan", "error"), [(None, "gold", Invalid), (999, "pro", NotFound)])
def test_an_unknown_plan_or_candidate_changes_nothing(
    store: Store, user: int | None, plan: str, error: type[Exception]
) -> None:
    mine = person(store)
    before = people.candidates(store)[0].plan
    with pytest.raises(error):
        people.change_plan(store, user or mine, plan)
    assert people.candidates(store)[0].plan == before


def test_a_candidate_is_renamed_and_an_empty_name_is_refused(store: Store) -> None:
    user = people.add_candidate(store, name="Dana Rot", plan="free", profile={}).id
    people.rename(store, user, " Dana Roth ")
    with pytest.raises(Invalid, match="needs a name"):
        people.rename(store, user, " ")
    assert [one.name for one in people.candidates(store) if one.id == user] == ["Dana Roth"]
    with pytest.raises(NotFound):
        people.rename(store, 999_999, "Nobody")


def test_a_jobs_title_and_company_are_corrected_by_its_owner_alone(store: Store) -> None:
    owner, other = (people.add_candidate(store, name=name, plan="free", profile={}).id for name in ("Dana", "Bo"))
    job = people.add_job(store, owner, title="Key objectives", company="", description="Write Python.").id
    people.correct_job(store, owner, job, title="Engineer", company="Norrsken")
    with pytest.raises(NotFound, match="no job"):
        people.correct_job(store, other, job, title="Mine", company="")
    with pytest.raises(Invalid, match="no title"):
        people.correct_job(store, owner, job, title=" ", company="")
    assert [(one.title, one.company) for one in people.jobs(store, owner)] == [("Engineer", "Norrsken")]


def test_who_has_a_job_and_a_resume_outside_the_bin_can_be_worked_for(store: Store) -> None:
    whole, only_job, only_resume, binned = (person(store, name=name) for name in ("Ada", "Bo", "Cy", "Di"))
    for user in (whole, only_job, binned):
        posting(store, user)
    for user in (whole, only_resume, binned):
        resume = version(store, user)
        if user == binned:
            with store.writing(user) as session:
                session.get_one(ResumeVersion, resume).deleted_at = columns.now()
    assert people.furnished(store) == {whole}


def test_a_candidate_is_called_by_name_and_nobody_by_none(store: Store) -> None:
    ada = person(store)
    assert (people.name(store, ada), people.name(store, ada + 1)) == ("Ada Moreno", None)
