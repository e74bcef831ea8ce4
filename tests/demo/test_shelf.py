"""The demo data holds together: shapes, numbers, dates, addresses."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.demo import shelf
from core.errors import Misconfigured

CANDIDATES = shelf.candidates()
JOBS = [job for candidate in CANDIDATES for job in candidate.jobs]
DOCUMENTS = [document for candidate in CANDIDATES for document in candidate.documents]

each_candidate = pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda c: c.profile.name)
each_job = pytest.mark.parametrize("job", JOBS, ids=lambda j: j.company)

# JSON Resume v1: the keys of each section's entries. `basics` is one object, the others are lists.
SECTIONS = {
    "basics": {"name", "label", "image", "email", "phone", "url", "summary", "location", "profiles"},
    "work": {"name", "position", "url", "startDate", "endDate", "summary", "highlights", "location", "description"},
    "volunteer": {"organization", "position", "url", "startDate", "endDate", "summary", "highlights"},
    "education": {"institution", "url", "area", "studyType", "startDate", "endDate", "score", "courses"},
    "awards": {"title", "date", "awarder", "summary"},
    "certificates": {"name", "date", "issuer", "url"},
    "publications": {"name", "publisher", "releaseDate", "url", "summary"},
    "skills": {"name", "level", "keywords"},
    "languages": {"language", "fluency"},
    "interests": {"name", "keywords"},
    "references": {"name", "reference"},
    "projects": {
        *("name", "description", "highlights", "keywords", "startDate", "endDate"),
        *("url", "roles", "entity", "type"),
    },
}
DATES = {"startDate", "endDate", "date", "releaseDate"}
LIFE_OF_THE_DATA = ("2010-01", "2026-11")


def texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def entries(candidate: shelf.DemoCandidate) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry of every list section, with the section's name."""
    for section, value in candidate.resume.items():
        if section != "basics":
            yield from ((section, entry) for entry in value)


def months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


def raw(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shelf.CANDIDATES / name).read_text(encoding="utf-8"))
    return loaded


# -- the shelf as a whole ---------------------------------------------------------------------------


def test_six_candidates_with_three_postings_each_stand_on_the_shelf() -> None:
    assert [len(candidate.jobs) for candidate in CANDIDATES] == [3] * 6
    assert len(DOCUMENTS) == 8
    assert all(len(candidate.documents) <= 2 for candidate in CANDIDATES)


def test_every_plan_has_two_candidates() -> None:
    assert Counter(candidate.profile.plan for candidate in CANDIDATES) == {"free": 2, "pro": 2, "premium": 2}


def test_every_kind_of_document_is_there() -> None:
    assert {document.kind for document in DOCUMENTS} == {"cover_letter", "notes", "interview_prep"}


def test_nobody_and_no_posting_is_there_twice() -> None:
    assert len({candidate.profile.email for candidate in CANDIDATES}) == 6
    assert len({(job.title, job.company) for job in JOBS}) == 18


def test_the_terms_that_are_hard_to_find_occur_in_postings_and_in_resumes() -> None:
    postings = " ".join(job.description for job in JOBS)
    resumes = " ".join(text for candidate in CANDIDATES for text in texts(candidate.resume))
    for term in ("C++", "C#", ".NET", "Node.js", "Go", "R"):
        found = re.compile(rf"(?<![\w+#.]){re.escape(term)}(?![\w+#])")
        assert found.search(postings), term
        assert found.search(resumes), term


def test_just_one_posting_gives_applicants_an_odd_instruction() -> None:
    assert [job.company for job in JOBS if "lighthouse" in job.description] == ["Ledgerwick"]


def test_a_caller_may_change_its_resume_without_spoiling_the_next_ones() -> None:
    shelf.candidates()[0].resume.clear()
    assert shelf.candidates()[0].resume == CANDIDATES[0].resume


# -- each posting and document ----------------------------------------------------------------------


@each_job
def test_a_posting_is_as_long_as_a_real_one(job: shelf.DemoJob) -> None:
    assert 3_000 <= len(job.description) <= 6_000


@each_job
def test_a_posting_is_markdown_that_names_the_company_years_and_requirements(job: shelf.DemoJob) -> None:
    assert job.description.startswith(f"# {job.title}")
    assert job.company.split()[0] in job.description
    assert re.search(r"\b\d+[+–]?\d* years", job.description), "must-haves with years"
    assert len(re.findall(r"^(?:- |\d+\. )", job.description, re.MULTILINE)) >= 15
    assert "\n## " in job.description


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.title)
def test_a_document_has_substance(document: shelf.DemoDocument) -> None:
    assert 150 <= len(document.body.split()) <= 350


# -- each candidate ---------------------------------------------------------------------------------


@each_candidate
def test_a_resume_has_only_names_json_resume_knows(candidate: shelf.DemoCandidate) -> None:
    assert set(candidate.resume) <= set(SECTIONS)
    assert {"basics", "work", "education", "skills"} <= set(candidate.resume)
    assert set(candidate.resume["basics"]) <= SECTIONS["basics"]
    for section, entry in entries(candidate):
        assert set(entry) <= SECTIONS[section], section


@each_candidate
def test_a_resume_is_full(candidate: shelf.DemoCandidate) -> None:
    assert 550 <= sum(len(text.split()) for text in texts(candidate.resume)) <= 1_000
    assert 2 <= len(candidate.resume["work"]) <= 5
    latest = candidate.resume["work"][0]
    assert 4 <= len(latest["highlights"]) <= 7
    assert sum(bool(re.search(r"\d", line)) for line in latest["highlights"]) >= 4


@each_candidate
def test_profile_and_resume_speak_of_the_same_person(candidate: shelf.DemoCandidate) -> None:
    basics = candidate.resume["basics"]
    assert (basics["name"], basics["email"]) == (candidate.profile.name, candidate.profile.email)
    assert basics["location"]["city"] in candidate.profile.location
    assert candidate.resume_label


@each_candidate
def test_dates_are_months_in_order(candidate: shelf.DemoCandidate) -> None:
    for section, entry in entries(candidate):
        for name in DATES & set(entry):
            assert re.fullmatch(r"20\d\d-(?:0[1-9]|1[0-2])", entry[name]), (section, entry)
            assert LIFE_OF_THE_DATA[0] <= entry[name] <= LIFE_OF_THE_DATA[1]
        if "endDate" in entry:
            assert entry["startDate"] < entry["endDate"], (section, entry)


@each_candidate
def test_jobs_follow_one_another_newest_first_and_only_the_newest_is_current(candidate: shelf.DemoCandidate) -> None:
    work = candidate.resume["work"]
    assert "endDate" not in work[0]
    for later, earlier in pairwise(work):
        assert earlier["endDate"] <= later["startDate"]


@each_candidate
def test_years_of_experience_are_those_of_the_jobs(candidate: shelf.DemoCandidate) -> None:
    jobs = candidate.resume["work"]
    total = sum(months(job.get("endDate", LIFE_OF_THE_DATA[1])) - months(job["startDate"]) + 1 for job in jobs)
    beyond = total / 12 - candidate.profile.years_experience  # an internship may come on top
    assert 0 <= beyond < 1.25


@each_candidate
def test_addresses_and_numbers_belong_to_nobody(candidate: shelf.DemoCandidate) -> None:
    everything = json.dumps(candidate.model_dump(), ensure_ascii=False)
    hosts = re.findall(r"(?:[\w.+-]+@|https?://|www\.)([\w-]+(?:\.[\w-]+)+)", everything)
    assert hosts
    assert all(re.fullmatch(r"(?:[\w-]+\.)*example\.(?:com|org)", host) for host in hosts), hosts
    assert re.fullmatch(r"\+1 \d{3} 555 01\d\d", candidate.resume["basics"]["phone"])


@each_candidate
def test_resumes_come_without_ids(candidate: shelf.DemoCandidate) -> None:
    assert not [entry for _, entry in entries(candidate) if {"id", "highlight_ids"} & set(entry)]


# -- a file that is wrong ---------------------------------------------------------------------------


def spoil_plan(data: dict[str, Any]) -> None:
    data["profile"]["plan"] = "gold"


def spoil_key(data: dict[str, Any]) -> None:
    data["jobs"][0]["salary"] = "a lot"


def spoil_index(data: dict[str, Any]) -> None:
    data["documents"][0]["job"] = 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(spoil_plan, "profile.plan"), (spoil_key, "jobs.0.salary"), (spoil_index, "names job 3 of 3")],
)
def test_a_wrong_file_is_named_with_its_field_and_a_cure(tmp_path: Path, spoil: Any, said: str) -> None:
    name = "1_rafael_quintanilha.json"
    data = raw(name)
    spoil(data)
    (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(Misconfigured) as refused:
        shelf.candidates(tmp_path)
    assert name in refused.value.message
    assert said in refused.value.message
    assert "WORKBENCH_DEMO_DATA=off" in refused.value.message


def test_a_broken_file_is_named_too(tmp_path: Path) -> None:
    shutil.copy(shelf.CANDIDATES / "1_rafael_quintanilha.json", tmp_path / "1.json")
    (tmp_path / "2.json").write_text("{", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"2\.json"):
        shelf.candidates(tmp_path)
