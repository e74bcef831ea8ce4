"""What was worked out of a material serves the next run that is told the same, and no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.llm import grounding, rules
from core.llm.rules import facts, improve, letter
from core.schema import Details, Found
from core.tools.material import Material, StoredResume, told
from tests.fakes.candidate import MATERIAL, TODAY

JOB = MATERIAL.job
assert JOB is not None
SAME = replace(MATERIAL, profile=dict(MATERIAL.profile), inputs=dict(MATERIAL.inputs), job=replace(JOB))
OTHERS = [
    replace(MATERIAL, job=replace(JOB, description=f"{JOB.description} Go.")),
    replace(MATERIAL, job=None),
    replace(MATERIAL, resume=None),
    replace(MATERIAL, resume=StoredResume(MATERIAL.resume or {}, b"another")),
    replace(MATERIAL, profile={**MATERIAL.profile, "name": "Someone Else"}),
    replace(MATERIAL, documents=(("Notes", "She knows Terraform."),)),
    replace(MATERIAL, memory=("She knows Terraform.",)),
    replace(MATERIAL, keywords=Details(matched=(Found(term="Terraform", evidence=()),))),
    replace(MATERIAL, instructions="Be brief."),
    replace(MATERIAL, inputs={"motivation": "I like trains."}),
]
OWN = rules.write("cover_letter", MATERIAL, today=TODAY).answer.content


def test_the_same_is_worked_out_once() -> None:
    assert facts.read(MATERIAL, TODAY) is facts.read(SAME, TODAY)
    assert grounding.ground(MATERIAL, 3.0) is grounding.ground(SAME, 3.0)


@pytest.mark.parametrize("other", OTHERS)
def test_whoever_is_told_something_else_gets_facts_of_their_own(other: Material) -> None:
    assert told(other) != told(MATERIAL)
    assert facts.read(other, TODAY) is not facts.read(MATERIAL, TODAY)
    assert grounding.ground(other) is not grounding.ground(MATERIAL)


def test_another_day_has_facts_of_its_own() -> None:
    assert facts.read(MATERIAL, TODAY + timedelta(1)) is not facts.read(MATERIAL, TODAY)


def test_the_terms_of_many_texts_are_not_all_kept() -> None:
    known = facts.read(replace(MATERIAL, instructions="of its own"), TODAY)
    for number in range(2 * facts.MOST_NAMED):
        assert known.terms_in(f"Python, {number} times.") == ("Python",)
    assert known.terms_in("Python. " * facts.LONGEST_NAMED) == ("Python",)
    kept = known._terms_in
    assert len(kept) <= facts.MOST_NAMED and max(map(len, kept)) <= facts.LONGEST_NAMED


@pytest.mark.parametrize(
    ("text", "is_own"),
    [
        (OWN, True),
        (f"{OWN}\n\nP.S.", False),
        (OWN.rpartition("\n\n")[0], False),
        (OWN.replace("\n\n", "\n", 1), False),
        (OWN.partition("\n\n")[0], False),
        ("Dear team,", False),
        ("", False),
    ],
)
def test_the_rules_know_their_own_letter(text: str, is_own: bool) -> None:
    assert letter.is_own(facts.read(MATERIAL, TODAY), text) is is_own


def test_the_rules_know_their_own_better_text() -> None:
    given = replace(MATERIAL, inputs={"text": "I was able to reduce costs. I utilized Python."})
    better = rules.write("improve_text", given, today=TODAY).answer.content
    assert better != given.inputs["text"]
    assert improve.is_own(facts.read(given, TODAY), better)
    assert not improve.is_own(facts.read(given, TODAY), given.inputs["text"])
