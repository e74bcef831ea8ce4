"""A score shows its parts, and asks nothing that the posting does not ask."""

from dataclasses import replace

import pytest

from core.drive.resume import normalise
from core.schema import Details
from core.tools import career, demands, posting
from core.tools.scoring import score, years_held
from core.tools.titles import closeness, level
from tests.fakes.candidate import JOB, MATERIAL, RESUME, TODAY, asking, without


def parts(details: Details) -> dict[str, float]:
    return {part.name: part.points / part.out_of for part in details.parts}


def test_the_score_is_the_sum_of_its_parts_out_of_100() -> None:
    details = score(MATERIAL, TODAY)
    assert details.score == round(sum(part.points for part in details.parts))
    assert sum(part.out_of for part in details.parts) == pytest.approx(100, abs=0.3)
    assert 0 < (details.score or 0) < 100


def test_matched_terms_carry_quotes_and_missing_ones_the_sentence_that_asks() -> None:
    details = score(MATERIAL, TODAY)
    matched = {found.term: found.evidence for found in details.matched}
    missing = {found.term: found.evidence for found in details.missing}
    assert any("900 requests" in quote for quote in matched["Python"])
    assert missing["Terraform"] == ("Kubernetes and Terraform",)
    assert not matched.keys() & missing.keys()


def test_an_address_is_no_evidence_of_a_skill() -> None:
    resume = normalise({**RESUME, "basics": {**RESUME["basics"], "url": "https://github.io/ines", "phone": "Kafka 5"}})
    matched = [found.term for found in score(replace(MATERIAL, resume=resume), TODAY).matched]
    assert "Kafka" not in matched and "Python" in matched


@pytest.mark.parametrize(
    ("summary", "years"),
    [
        ("Developer with 4 years' experience.", 4),
        ("Developer with 4+ years of backend experience.", 4),
        ("Developer with 8 years of experience.", None),
        ("Developer with 3 years of experience with Go.", None),
        ("Served a 100 years old firm.", None),
    ],
)
def test_the_years_a_resume_states_count_where_its_dates_say_otherwise(summary: str, years: int | None) -> None:
    held = career.read(normalise({**RESUME, "basics": {"name": "Ines", "summary": summary}}))
    counted = years_held(career.read(RESUME), {}, TODAY)
    assert years_held(held, {}, TODAY) == (years if years else counted)


@pytest.mark.parametrize(
    ("term", "text", "said"),
    [
        ("Stepper motors", "- Stepper motors, wires", "stepper motors"),
        ("Python", "- Python", "Python"),
        ("Machine learning", "We do machine learning.", "machine learning"),
        ("SolidWorks", "solidworks", "SolidWorks"),
        ("Argo CD", "argo cd", "Argo CD"),
    ],
)
def test_a_term_is_worded_as_inside_a_sentence(term: str, text: str, said: str) -> None:
    assert posting.worded(term, text) == said


def test_what_the_employer_offers_is_not_asked() -> None:
    details = score(MATERIAL, TODAY)
    assert "Salesforce" not in [found.term for found in (*details.matched, *details.missing)]


def test_required_terms_come_before_wishes() -> None:
    missing = [found.term for found in score(MATERIAL, TODAY).missing]
    assert missing.index("Terraform") < missing.index("Kafka")


def test_a_missing_requirement_costs_more_than_a_missing_wish() -> None:
    wish = asking("## Requirements\n- Python\n- PostgreSQL\n## Nice to have\n- Kafka")
    need = asking("## Requirements\n- Python\n- Kafka\n## Nice to have\n- PostgreSQL")
    assert (score(wish, TODAY).score or 0) > (score(need, TODAY).score or 0)


@pytest.mark.parametrize("lacking", ["job", "resume"])
def test_there_is_no_score_without_a_job_or_a_resume(lacking: str) -> None:
    assert score(without(lacking), TODAY) == Details()


def test_a_posting_that_asks_nothing_measurable_gives_no_score() -> None:
    assert score(asking("", title="Wizard"), TODAY).score is None


def test_parts_that_are_not_asked_are_left_out_and_said_so() -> None:
    details = score(asking("## Requirements\n- Python, PostgreSQL, Docker"), TODAY)
    assert set(parts(details)) == {"Terms", "Title"}
    assert "Left out" in details.parts[0].why and "years" in details.parts[0].why


@pytest.mark.parametrize(
    ("asked", "share"),
    [("5+ years of experience with Python", 1.0), ("18 years of experience with Python", 0.5)],
)
def test_years_asked_are_held_against_years_worked(asked: str, share: float) -> None:
    assert parts(score(asking(f"## Requirements\n- {asked}"), TODAY))["Years"] == pytest.approx(share, abs=0.05)


def test_few_terms_mean_low_confidence() -> None:
    assert score(asking("## Requirements\n- Python"), TODAY).low_confidence
    assert not score(MATERIAL, TODAY).low_confidence


def test_certificates_count_where_the_posting_names_them() -> None:
    certified = {**(MATERIAL.resume or {}), "certificates": [{"name": "PMP"}]}
    wants = asking("## Requirements\n- PMP certification\n- Python")
    assert parts(score(wants, TODAY))["Certificates"] == 0
    assert parts(score(replace(wants, resume=certified), TODAY))["Certificates"] == 1


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("5+ years of experience in nursing", 5),
        ("At least three years' experience", 3),
        ("3-5 years of experience as an analyst", 3),
        ("minimum of two (2) years working with SQL", 2),
        ("We are celebrating 25 years in the industry", None),
        ("Our team has 20 years of experience", None),
        ("Projects take 2 years", None),
        ("You must be 18 years old to work here", None),
    ],
)
def test_years_asked_are_read(text: str, years: int | None) -> None:
    found = demands.years(posting.read(f"## Requirements\n- {text}"))
    assert (found.number if found else None) == years


@pytest.mark.parametrize(
    ("text", "level_asked", "softly"),
    [
        ("Bachelor's degree in economics", 2, False),
        ("Master's degree or PhD", 3, False),
        ("BSc in physics or equivalent experience", 2, True),
        ("A high degree of care", None, False),
        ("Mastery of Scrum; scrum masters welcome", None, False),
    ],
)
def test_the_lowest_degree_that_will_do_is_read(text: str, level_asked: int | None, softly: bool) -> None:
    found = demands.degree(posting.read(f"## Requirements\n- {text}"))
    assert (found.level if found else None) == level_asked
    assert found is None or found.softly == softly


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("## Requirements\n- Python", "must"),
        ("**What you'll do:**\n- Write Python", "duty"),
        ("Nice to have\n- Python", "nice"),
        ("## Benefits\n- A Python course", "offer"),
        ("Python is a plus.", "nice"),
        ("We use Python.", "other"),
        ("We are an equal opportunity employer.", "offer"),
    ],
)
def test_a_sentence_asks_as_its_heading_and_its_words_say(line: str, kind: str) -> None:
    assert posting.read(line)[-1].kind == kind


def test_a_line_that_a_margin_broke_is_one_sentence() -> None:
    text = "Specialized experience means experience with designing systems that are\nused by the public every day."
    assert len(posting.read(text)) == 1


@pytest.mark.parametrize(
    ("wanted", "closer", "farther"),
    [
        ("Senior Backend Engineer", "Backend Developer", "Frontend Developer"),
        ("Nurse Manager", "Clinic Nurse Lead", "Office Manager"),
        ("Data Analyst", "Junior Data Analyst", "Restaurant General Manager"),
    ],
)
def test_titles_of_the_same_field_are_close(wanted: str, closer: str, farther: str) -> None:
    assert closeness(wanted, closer) > closeness(wanted, farther)


@pytest.mark.parametrize(("title", "expected"), [("Junior Analyst", 1), ("Analyst", 2), ("Sr. Analyst", 3), ("", None)])
def test_a_title_tells_its_level(title: str, expected: int | None) -> None:
    assert level(title) == expected


def test_the_same_material_gives_the_same_score() -> None:
    assert score(MATERIAL, TODAY) == score(replace(MATERIAL, job=replace(JOB)), TODAY)
