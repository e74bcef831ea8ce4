"""A report does not say that the resume lacks what stands in it."""

import pytest

from core.llm import finish
from core.llm.denials import false_denials
from core.llm.grounding import Ground
from core.llm.parser import Parsed
from core.llm.statements import Statement, statements
from core.schema import Feature
from tests.fakes.candidate import MATERIAL, TODAY

GROUND = Ground(MATERIAL, 8.9, TODAY)


def denied(text: str) -> list[str]:
    return [term for term, _ in false_denials([Statement(text, "either")], GROUND.papers, GROUND.names)]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("The resume does not mention Docker.", "Docker"),
        ("Perl is not shown anywhere.", "Perl"),
        ("There is no PostgreSQL in the resume.", "PostgreSQL"),
        ("Ines lacks Python.", "Python"),
        ("The candidate doesn’t know Java.", "Java"),
        ("Terraform is missing; Excel is nowhere in the resume.", "Excel"),
    ],
)
def test_a_term_of_the_resume_is_not_denied(text: str, term: str) -> None:
    assert denied(text) == [term]


@pytest.mark.parametrize(
    "text",
    [
        "The resume does not mention Kubernetes.",
        "Docker stands in one line, but no Kubernetes.",
        "No line says how Docker was run in production.",
        "She has not run Python at scale.",
        "Java is listed, never used at work.",
        "No Docker beyond one line.",
        "Is Docker not shown?",
        "The resume names Docker.",
        "Excel is not enough.",
    ],
)
def test_what_is_lacking_or_only_in_part_there_may_be_denied(text: str) -> None:
    assert denied(text) == []


@pytest.mark.parametrize(("demand", "terms"), [("Docker", ["Docker"]), ("Kubernetes", []), ("5+ years of Python", [])])
def test_a_table_row_without_evidence_denies_its_demand(demand: str, terms: list[str]) -> None:
    table = f"| Demand | Evidence in the resume | Verdict |\n|---|---|---|\n| {demand} | nothing | not shown |"
    told = statements("", table, (), "match")
    assert [term for term, _ in false_denials(told, GROUND.papers)] == terms


@pytest.mark.parametrize(("feature", "warns"), [("match", True), ("recruiter_lens", True), ("cover_letter", False)])
def test_a_false_denial_is_warned_of_in_reports(feature: Feature, warns: bool) -> None:
    parsed = Parsed(
        title="Match report", summary="Maybe.", content="## What a reader will doubt\n\nDocker is not shown."
    )
    answer = finish.finish(parsed, feature, MATERIAL, ("title", "summary", "content"), today=TODAY).answer
    said = [each for each in answer.warnings if "Docker" in each and "does not" in each]
    assert bool(said) == warns
