"""Drive: whose it is, jobs with files coming in, the bin, erasing a candidate, memory."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.drive import bin, papers, people
from core.store import EVERYONE, Member
from core.tools import memory
from core.wiring import Workbench
from tests.databases import posting, version
from tests.pages.drives import Pages, ada, drive, labels, letter, with_ada
from tests.pages.reading import said


@pytest.fixture
def house(opening: Callable[..., Workbench]) -> Workbench:
    return with_ada(opening())


# -- whose Drive ---------------------------------------------------------------------------------------


def test_a_link_opens_the_drive_of_its_candidate(house: Workbench, page: Pages) -> None:
    at = drive(page, house)
    assert at.selectbox(key="drive_user").value == ada(house)


def test_another_candidate_shows_their_own_papers(house: Workbench, page: Pages) -> None:
    letter(house)
    at = drive(page, house)
    assert "Letter" in labels(at)
    other = next(user.id for user in people.candidates(house.store) if user.id != ada(house))
    at.selectbox(key="drive_user").select(other).run()
    assert "Letter" not in labels(at)
    assert {paper.title for paper in papers.documents(house.store, other)} <= set(labels(at))


@pytest.mark.parametrize("unknown", ["999", "abc", "-1", "9" * 30])
def test_an_unknown_candidate_in_the_url_is_said(house: Workbench, page: Pages, unknown: str) -> None:
    at = drive(page, house, user=unknown)
    assert "There is no candidate" in at.warning[0].value


@pytest.mark.parametrize("kind", ["document", "version", "posting"])
@pytest.mark.parametrize("unknown", ["999", "abc", "9" * 30])
def test_an_unknown_paper_in_the_url_is_said(house: Workbench, page: Pages, kind: str, unknown: str) -> None:
    at = drive(page, house, **{kind: unknown})
    assert "Ada Moreno has no such" in at.warning[0].value


def test_another_candidates_document_is_not_shown(house: Workbench, page: Pages) -> None:
    other = next(user.id for user in people.candidates(house.store) if papers.documents(house.store, user.id))
    theirs = papers.documents(house.store, other)[0]
    at = drive(page, house, document=theirs.id)
    assert "Ada Moreno has no such document" in said(at)
    assert theirs.body.split("\n")[0] not in said(at)


def test_a_link_that_names_only_a_document_finds_its_candidate(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = page("drive.py", document=str(paper.id))
    assert at.selectbox(key="drive_user").value == ada(house)
    assert "Dear *team*" in said(at)


def test_a_new_candidate_is_added_and_shown(house: Workbench, page: Pages) -> None:
    at = drive(page, house)
    at.text_input(key="drive_new_name").input("Bo Lind")
    at.button(key="FormSubmitter:drive_new_candidate-Add").click().run()
    assert [user.name for user in people.candidates(house.store)].count("Bo Lind") == 1
    assert at.selectbox(key="drive_user").value == next(
        user.id for user in people.candidates(house.store) if user.name == "Bo Lind"
    )
    assert "Bo Lind was added" in said(at)
    assert "There is no resume yet" in said(at)


def test_a_candidate_without_a_name_is_refused_with_a_sentence(house: Workbench, page: Pages) -> None:
    at = drive(page, house)
    at.button(key="FormSubmitter:drive_new_candidate-Add").click().run()
    assert "A candidate needs a name" in at.error[0].value


def test_an_empty_workbench_says_how_to_begin(opening: Callable[..., Workbench], page: Pages) -> None:
    opening(empty=True)
    at = page("drive.py")
    assert not at.exception
    assert "no candidate yet" in at.info[0].value


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        ("documents", "There is no document yet. Make one on the page Generate"),
        ("resumes", "There is no resume yet. Import one below"),
        ("jobs", "There is no job yet. Paste a posting below"),
        ("memory", "Nothing is remembered yet. The first run"),
    ],
)
def test_an_empty_view_says_what_to_do_next(house: Workbench, page: Pages, view: str, sentence: str) -> None:
    assert sentence in drive(page, house, view=view).info[0].value


def test_a_candidates_name_is_mended_where_the_candidate_is(house: Workbench, page: Pages) -> None:
    user = ada(house)
    at = drive(page, house)
    at.text_input(key=f"drive_name_of_{user}").input("Ada Morena")
    at.button(key=f"FormSubmitter:drive_plan_{user}-Change").click().run()
    assert next((one.name, one.plan) for one in people.candidates(house.store) if one.id == user) == (
        "Ada Morena",
        "pro",
    )


def test_a_plan_is_changed_where_the_candidate_is(house: Workbench, page: Pages) -> None:
    at = drive(page, house)
    at.segmented_control(key=f"drive_plan_of_{ada(house)}").set_value("premium")
    at.button(key=f"FormSubmitter:drive_plan_{ada(house)}-Change").click().run()
    assert "Ada Moreno is on plan premium now." in said(at)
    assert next(user.plan for user in people.candidates(house.store) if user.id == ada(house)) == "premium"


# -- jobs ----------------------------------------------------------------------------------------------


def test_a_pasted_job_is_added_and_opened(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="jobs")
    at.text_input(key=f"drive_job_title_{ada(house)}").input("Data engineer")
    at.text_area(key=f"drive_job_description_{ada(house)}").input("We use Kafka.")
    at.button(key="FormSubmitter:drive_new_job-Add the job").click().run()
    assert not at.exception
    (job,) = people.jobs(house.store, ada(house))
    assert (job.title, job.description) == ("Data engineer", "We use Kafka.")
    assert "We use Kafka." in said(at)
    at.button(key="drive_back_jobs").click().run()
    assert not at.text_input(key=f"drive_job_title_{ada(house)}").value


def test_a_job_without_description_is_refused_and_what_was_typed_stays(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="jobs")
    at.text_input(key=f"drive_job_title_{ada(house)}").input("Data engineer")
    at.button(key="FormSubmitter:drive_new_job-Add the job").click().run()
    assert "The job has no description" in at.error[0].value
    assert at.text_input(key=f"drive_job_title_{ada(house)}").value == "Data engineer"
    assert not people.jobs(house.store, ada(house))


def test_a_job_without_title_is_called_by_its_first_line(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="jobs")
    at.text_area(key=f"drive_job_description_{ada(house)}").input("## Integration Engineer\n\nWe use SAML.")
    at.button(key="FormSubmitter:drive_new_job-Add the job").click().run()
    assert people.jobs(house.store, ada(house))[0].title == "Integration Engineer"
    assert "press Correct" in said(at)


def test_a_job_called_wrongly_is_corrected(house: Workbench, page: Pages) -> None:
    job = people.add_job(house.store, ada(house), title="Key objectives", company="", description="Write Python.").id
    at = drive(page, house, posting=job)
    at.text_input(key=f"drive_title_of_{job}").input("Engineer")
    at.text_input(key=f"drive_company_of_{job}").input("Norrsken")
    at.button(key=f"FormSubmitter:drive_correct_job_{job}-Correct").click().run()
    (held,) = people.jobs(house.store, ada(house))
    assert (held.title, held.company) == ("Engineer", "Norrsken") and at.subheader[0].value == "Engineer"


def test_a_posting_file_fills_in_the_form(house: Workbench, page: Pages) -> None:
    posting = {"title": "Data engineer", "company": "Norrsken", "description": "We use Kafka."}
    at = drive(page, house, view="jobs")
    at.file_uploader(key=f"drive_file_job_{ada(house)}_0").upload("posting.json", json.dumps(posting).encode()).run()
    assert at.text_input(key=f"drive_job_company_{ada(house)}").value == "Norrsken"
    at.text_input(key=f"drive_job_company_{ada(house)}").input("Norrsken Freight")
    at.button(key="FormSubmitter:drive_new_job-Add the job").click().run()
    assert people.jobs(house.store, ada(house))[0].company == "Norrsken Freight"


# -- the bin of jobs and versions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "paper", "name"), [("jobs", "posting", "Engineer"), ("resumes", "version", "v1 · Base")]
)
def test_a_job_and_a_version_go_in_the_bin_and_come_back(
    house: Workbench, page: Pages, view: str, paper: str, name: str
) -> None:
    user = ada(house)
    made = {"posting": posting(house.store, user, title="Engineer"), "version": version(house.store, user)}
    at = drive(page, house, **{paper: made[paper]})
    at.button(key="drive_bin").click().run()
    assert "is in the bin" in at.success[0].value and not labels(at).count(name)
    assert at.expander[0].label == "Bin (1)"
    at.button(key="drive_undo").click().run()
    assert "is back" in at.success[0].value and name in labels(at)

    at = drive(page, house, **{paper: made[paper]})
    at.button(key="drive_bin").click().run()
    at.switch_page("drive.py").run()  # the notice is gone, the bin stays
    at = drive(page, house, view=view)
    at.button(key=f"drive_unbin_{made[paper]}").click().run()
    assert name in labels(at)


@pytest.mark.parametrize("paper", ["posting", "version"])
def test_a_link_to_what_is_in_the_bin_offers_the_way_out(house: Workbench, page: Pages, paper: str) -> None:
    user = ada(house)
    made = {"posting": posting(house.store, user, title="Engineer"), "version": version(house.store, user)}
    bin.put(house.store, user, "job", made["posting"])
    bin.put(house.store, user, "resume_version", made["version"])
    at = drive(page, house, **{paper: made[paper]})
    assert "is in the bin" in at.warning[0].value
    at.button(key=f"drive_unbin_{made[paper]}").click().run()
    assert not at.warning and at.subheader


def test_a_document_names_its_job_though_that_is_in_the_bin(house: Workbench, page: Pages) -> None:
    job = posting(house.store, ada(house), title="Engineer")
    letter(house, job_id=job)
    bin.put(house.store, ada(house), "job", job)
    assert "Engineer" in said(drive(page, house))


# -- erasing a candidate ---------------------------------------------------------------------------------


def erasing(page: Pages, house: Workbench) -> AppTest:
    at = drive(page, house)
    at.session_state[f"drive_erasing_{ada(house)}_0"] = True
    at.run()
    return at


def test_a_candidate_is_erased_when_their_name_was_typed(house: Workbench, page: Pages) -> None:
    user = ada(house)
    posting(house.store, user)
    at = erasing(page, house)
    at.text_input(key=f"drive_erase_name_{user}").set_value("ada moreno")
    at.button(key=f"FormSubmitter:drive_erase_{user}-Erase for good").click().run()
    assert not at.exception
    assert at.success[0].value == "Ada Moreno is erased: 1 job."
    assert user not in [one.id for one in people.candidates(house.store)]
    assert at.selectbox(key="drive_user").value in [one.id for one in people.candidates(house.store)]


@pytest.mark.parametrize("typed", ["", "Ada", "Bo Lind"])
def test_another_name_erases_nobody(house: Workbench, page: Pages, typed: str) -> None:
    user = ada(house)
    at = erasing(page, house)
    at.text_input(key=f"drive_erase_name_{user}").set_value(typed)
    at.button(key=f"FormSubmitter:drive_erase_{user}-Erase for good").click().run()
    assert "Nothing was erased. To erase Ada Moreno, type that name." in at.error[0].value
    assert ada(house) == user


def test_only_admins_are_offered_to_erase(house: Workbench, page: Pages) -> None:
    assert "Erase for good" in labels(erasing(page, house))
    with house.store.writing(EVERYONE) as session:
        session.execute(update(Member).values(role="support"))
    assert "Erase for good" not in labels(erasing(page, house))


# -- memory --------------------------------------------------------------------------------------------


def remembered(house: Workbench, text: str, job_id: int | None = None) -> int:
    with house.store.write() as connection:
        memory.keep(connection, user_id=ada(house), job_id=job_id, text=text, run_id="run-1")
    return memory.about(house.store, ada(house))[0].id


def test_memory_says_what_it_is_for_and_what_it_holds_job_by_job(house: Workbench, page: Pages) -> None:
    job = people.add_job(house.store, ada(house), title="Data engineer", company="Norrsken", description="Kafka")
    remembered(house, "Asked for a short letter.", job.id)
    remembered(house, "Asked for nothing.")
    shown = said(drive(page, house, view="memory"))
    assert "Memory tells the next run" in shown
    assert "**Data engineer · Norrsken**" in shown
    assert "**Without a job**" in shown
    assert "Asked for a short letter." in shown


def test_a_note_is_deleted_and_put_back(house: Workbench, page: Pages) -> None:
    note = remembered(house, "Asked for a short letter.")
    at = drive(page, house, view="memory")
    at.button(key=f"drive_forget_{note}").click().run()
    assert "The note is deleted." in said(at)
    assert memory.about(house.store, ada(house)) == []
    at.button(key="drive_undo").click().run()
    assert "Asked for a short letter." in said(at)
    assert [one.text for one in memory.about(house.store, ada(house))] == ["Asked for a short letter."]
