"""A report states nothing of the candidate or of the posting that the context does not hold."""

from dataclasses import replace

import pytest

from core.llm import finish, reports
from core.llm.grounding import Ground
from core.llm.parser import Parsed
from core.llm.statements import Statement, statements
from core.schema import Feature
from tests.fakes.candidate import MATERIAL, TODAY

FULL = ("title", "summary", "content", "bullets", "warnings", "next_actions")
GROUND = Ground(MATERIAL, 8.9, TODAY)


def claimed(text: str, of: str = "either") -> tuple[str, ...]:
    return reports.unfounded(Statement(text, of), GROUND)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of", "text"),
    [
        ("either", "Apply now: eight years of backend work meet the five asked."),
        ("either", "Ines runs PostgreSQL in production and has done so since 2018."),
        ("either", "The score is 71 of 100, held down by Kubernetes and Terraform."),
        ("either", "Terraform, which the posting requires, is not shown."),
        ("either", "She would need Kubernetes in the first week; 5+ years are asked and she has them."),
        ("either", "Could the 12 services have run on Kubernetes at AWS?"),
        ("either", "Ask whether the ticket service ran on AWS with 3 replicas."),
        ("either", "Two of the demands stand in the skills alone."),
        ("either", "If she has used Kafka at all, the 2021 post is the place."),
        ("job", "They want 5+ years of backend development and Kubernetes."),
        ("evidence", "“Cut the nightly import from 4 hours to 20 minutes” (Brightmoor Rail, 2021–now)"),
        ("evidence", "“ticket service in Python … 900 requests a second” (Brightmoor Rail)"),
        ("evidence", "nothing"),
        ("evidence", "Docker at Fennel Shop (2017–2020)"),
        ("candidate", "Moved 12 services to Docker (Fennel Shop)."),
        ("candidate", "Cut the nightly import from 4 hours to 20 minutes."),
        ("script", "You moved twelve services to Docker, so recall how long it took."),
        ("either", "Ines joined Fennel Shop in 2017."),
        ("either", "Ines left Fennel Shop in 2020."),
        ("either", "Ines was a Software Developer at Fennel Shop for three years."),
        ("either", "The posting asks for Kubernetes and for backend development."),
        ("either", "I looked for a Kubernetes cluster and found none."),
        ("candidate", "Built a Python service for tickets, 900 requests a second (Brightmoor Rail)."),
        ("evidence", "“Moved 12 services to Docker” (Fennel Shop)"),
        ("either", "Write “Moved 12 services to Docker, with no downtime” only if there was none."),
    ],
)
def test_what_the_context_holds_or_nobody_claims_raises_no_doubt(of: str, text: str) -> None:
    assert claimed(text, of) == ()


@pytest.mark.parametrize(
    ("of", "text", "claim"),
    [
        ("either", "Ines cut the nightly import from 6 hours to 20 minutes.", "6"),
        ("either", "She learned her trade at Google.", "Google"),
        ("either", "She brings 12 years of backend work.", "12"),
        ("either", "The posting asks for 9 years and for Kubernetes.", "9"),
        ("either", "She managed a team of eleven.", "eleven"),
        ("either", "She has worked in property software.", "property software"),
        ("either", "Her doctorate may help.", "doctorate"),
        ("either", "She is fluent in Danish and speaks Spanish.", "Spanish"),
        ("job", "They serve 300 utilities.", "300"),
        (
            "evidence",
            "“Led the onboarding of new colleagues” (Brightmoor Rail)",
            "Led the onboarding of new colleagues",
        ),
        ("evidence", "“from 4 hours to 10 minutes” (Brightmoor Rail)", "from 4 hours to 10 minutes"),
        ("evidence", "“Kafka” (Skills)", "Kafka"),
        ("evidence", "Docker at Fennel Shop (2015–2020)", "2015"),
        ("candidate", "Runs Kubernetes on PostgreSQL hosts (Brightmoor Rail).", "Kubernetes"),
        ("candidate", "Moved 12 services to Docker at Brightmoor Rail.", "12"),
        ("candidate", "Three years at Aarhus University as a Senior Lecturer.", "Senior Lecturer"),
        ("candidate", "Led a team of backend developers (Brightmoor Rail).", "led a team of backend developers"),
        ("candidate", "I have been at Fennel Shop for six years.", "six"),
        ("script", "You moved forty services to Docker.", "forty"),
        ("either", "She has been with Brightmoor Rail since 2023.", "2023"),
        ("either", "Ines joined Fennel Shop in 2019.", "2019"),
        ("either", "Ines left Fennel Shop in 2018.", "2018"),
        ("either", "She has seventeen years of backend work.", "seventeen"),
        ("either", "Ines spent six years at Fennel Shop.", "six"),
        ("either", "The posting asks for frequent travel.", "frequent travel"),
        ("either", "The job is fully remote.", "remote"),
        ("either", "They want a certified welder.", "certified"),
        ("candidate", "Cut the nightly import from 4 hours to 3 minutes.", "3"),
        (
            "candidate",
            "Perl billing scripts maintained (Brightmoor Rail).",
            "Perl billing scripts maintained (Brightmoor Rail)",
        ),
        ("evidence", "“Moved 12 services to Docker” (Brightmoor Rail)", "Moved 12 services to Docker"),
    ],
)
def test_what_nothing_holds_is_named(of: str, text: str, claim: str) -> None:
    assert any(claim in said for said in claimed(text, of)), claimed(text, of)


CONTENT = """## What the job asks for

| Demand | Evidence in the resume | Verdict |
|---|---|---|
| Kubernetes, 7 years | “Moved 12 services to Docker” (Fennel Shop) | shown in 3 other words |

## Likely questions

### What did you do at Google for 11 years?
**Why they ask:** It is a must.
**Evidence:** “Moved 12 services”
**How to tell it:** You moved them.
**Fix:** Add “Led 40 people”.

## Questions to ask them

- Who ran the 90 servers?
"""


def test_each_part_of_a_report_is_of_what_its_heading_column_or_label_says() -> None:
    found = list(statements("Apply now.", CONTENT, ("Cut it.",), "interview_prep"))
    assert found == [
        ("Apply now.", "either"),
        ("Kubernetes, 7 years", "job"),
        ("“Moved 12 services to Docker” (Fennel Shop)", "evidence"),
        ("It is a must.", "job"),
        ("“Moved 12 services”", "evidence"),
        ("You moved them.", "script"),
        ("Cut it.", "candidate"),
    ]


def test_a_doubt_of_the_recruiters_stands_in_its_heading() -> None:
    found = statements("", "### Thin on Kubernetes\nNothing shows it.", (), "recruiter_lens")
    assert [each.text for each in found] == ["Thin on Kubernetes", "Nothing shows it."]


@pytest.mark.parametrize("feature", ["match", "recruiter_lens", "interview_prep"])
@pytest.mark.parametrize("field", ["summary", "content", "bullets"])
def test_a_report_says_what_it_cannot_prove_in_each_of_its_fields(feature: Feature, field: str) -> None:
    invented = "Ines led 40 people at Google."
    parsed = replace(
        Parsed(
            title="T", summary="Apply now.", content="She uses Python.", bullets=("Python.",), next_actions=("Ask.",)
        ),
        **{field: (invented,) if field == "bullets" else invented},
    )
    written = finish.finish(parsed, feature, MATERIAL, FULL, today=TODAY)
    (doubt,) = written.details.doubts
    assert doubt.sentence == invented and {"40", "Google"} <= set(doubt.claims)
    (warning,) = [each for each in written.answer.warnings if "Nothing in the context holds" in each]
    assert "“40”" in warning and "Check it, or take it out." in warning


def test_the_rules_own_words_raise_no_doubt() -> None:
    for feature in ("match", "recruiter_lens", "interview_prep"):
        written = finish.finish(Parsed(title="T"), feature, MATERIAL, FULL, today=TODAY)  # type: ignore[arg-type]
        assert written.details.doubts == () and written.answer.content


def test_what_a_ground_heard_is_bounded_and_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_HEARD", 3)
    ground = Ground(MATERIAL, 8.9, TODAY)
    said = [Statement(f"Ines ran Kafka for {number} teams.", "either") for number in range(20, 30)]
    first = [reports.unfounded(each, ground) for each in said]
    assert [reports.unfounded(each, ground) for each in said] == first
    assert all("Kafka" in claims for claims in first)
    assert len(ground.heard) <= 3


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("Ines worked as a developer at Google.", ("Google",)),
        ("Ines knows Google Analytics.", ()),
        ("Ines worked as a developer at Fennel Shop.", ()),
    ],
)
def test_who_makes_a_tool_is_no_employer(text: str, strange: tuple[str, ...]) -> None:
    skills = [{"id": "s1", "name": "Marketing", "keywords": ["Google Analytics"]}]
    ground = Ground(replace(MATERIAL, resume={**(MATERIAL.resume or {}), "skills": skills}), 8.9, TODAY)
    assert reports.unfounded(Statement(text, "either"), ground) == strange
    in_a_letter = text.replace("Ines worked", "I worked").replace("Ines knows", "I know")
    assert tuple(ground.unfounded(in_a_letter)) == strange
