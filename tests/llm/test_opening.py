from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from core.llm import opening
from core.llm.provider import Message
from core.llm.standing import JSON_SHAPE, RULES
from core.schema import FEATURES, Details, Feature, Found
from core.tools import tokens
from core.tools.material import JobFacts, Material

RESUME: Mapping[str, Any] = {
    "basics": {"name": "Dr. Rosa Lindqvist", "label": "Pharmacist"},
    "work": [
        {
            "position": "Hospital Pharmacist",
            "name": "Sankt Erik",
            "highlights": ["Responsible for the ward stock.", "Cut dispensing errors by 30 % with a double check."],
        }
    ],
}
MATERIAL = Material(
    profile={"name": "Dr. Rosa Lindqvist", "plan": "pro", "headline": "Pharmacist"},
    resume=RESUME,
    job=JobFacts(1, "Lead Pharmacist", "Norrmed", "…"),
    keywords=Details(matched=tuple(Found(term=term) for term in ("dispensing", "GMP", "stock control", "Excel", "R"))),
    instructions="Mention the move to Malmö.",
    inputs={"text": "I work as pharmacist since 11 years."},
)
PROMPT = (Message("system", "Write plainly."), Message("user", "# Task\nDo it well."))


def last(material: Material, feature: Feature = "match", prompt: tuple[Message, ...] = PROMPT) -> list[str]:
    return opening.messages(prompt, material, feature)[-1].content.splitlines()


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_has_one_example_pair_and_stays_short(feature: Feature) -> None:
    given = opening.messages(PROMPT, MATERIAL, feature)
    assert [message.role for message in given] == ["system", "user", "assistant", "user"]
    assert sum(tokens.count(message.content) for message in given) < 500
    assert opening.grammar(given) is not None


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("missing", ["resume", "job", "keywords", "profile", "everything"])
def test_whatever_is_missing_every_sentence_has_its_beginning(missing: str, feature: Feature) -> None:
    bare: dict[str, Any] = {"resume": None, "job": None, "keywords": None, "profile": {}}
    given = replace(MATERIAL, **(bare if missing == "everything" else {missing: bare[missing]}))
    lines = last(given, feature)
    assert len([line for line in lines if " begins: " in line]) == (1 if feature == "improve_text" else 3)
    assert not [line for line in lines if "None" in line or line.endswith(": ")]
    assert opening.grammar(opening.messages(PROMPT, given, feature)) is not None


@pytest.mark.parametrize("feature", FEATURES)
def test_the_example_is_written_as_the_model_is_asked_to_write(feature: Feature) -> None:
    _, asked, answered, _ = opening.messages(PROMPT, MATERIAL, feature)
    starts = [start for _, start in opening.BEGINS.findall(asked.content)]
    assert [start for start in starts if start in answered.content] == starts
    assert answered.content.count(".") == len(starts)
    assert [number for number, _ in opening.BEGINS.findall("\n".join(last(MATERIAL, feature)))] == [
        str(number) for number in range(1, len(starts) + 1)
    ]


def test_the_facts_are_those_that_matter_for_the_job() -> None:
    lines = last(MATERIAL)
    assert "Sentence 1 begins: Dr. Rosa Lindqvist brings dispensing" in lines
    assert "Sentence 2 begins: As Hospital Pharmacist at Sankt Erik, Rosa cut" in lines
    assert "Achievement: Cut dispensing errors by 30 % with a double check." in lines
    assert "Strengths: dispensing, GMP, stock control, Excel" in lines
    assert "Job: Lead Pharmacist at Norrmed" in lines


def test_the_prompts_own_words_reach_the_model_and_instructions_do_not() -> None:
    lines = last(MATERIAL)
    assert "Note: Write plainly." in lines
    assert "Note: Do it well." in lines
    for feature in FEATURES:
        assert not [line for line in last(MATERIAL, feature) if "Malmö" in line]


def test_a_letter_opens_with_a_line_that_its_body_does_not_tell() -> None:
    deeds = ["Cut errors by 30 %.", "Led 4 pharmacists.", "Built a stock list of 900 items.", "Wrote the ward manual."]
    resume = {"basics": RESUME["basics"], "work": [{**RESUME["work"][0], "highlights": deeds}]}
    lines = last(replace(MATERIAL, resume=resume), "cover_letter")
    assert "Sentence 2 begins: At Sankt Erik, I wrote" in lines
    assert "Achievement: Wrote the ward manual." in lines


def test_of_a_long_prompt_both_ends_reach_the_model_and_the_context_does_not() -> None:
    fenced = '<data name="job" mark="abc123">\nSECRET\n</data mark="abc123">'
    words = " ".join(f"w{number}" for number in range(400))
    [_, user] = [Message("system", "x"), Message("user", f"Begin here. {words}\n\n{fenced}\n\nEnd there.")]
    [note] = [line for line in last(MATERIAL, prompt=(user,)) if line.startswith("Note: ")]
    assert note.startswith("Note: Begin here.")
    assert note.endswith("End there.")
    assert "SECRET" not in note
    assert len(note) < 250


def test_the_standing_rules_are_left_out() -> None:
    system = Message("system", f"{RULES}\n\n{JSON_SHAPE}\n\nMy own words.")
    assert [line for line in last(MATERIAL, prompt=(system,)) if line.startswith("Note: ")] == ["Note: My own words."]


def test_no_fact_can_pass_for_another_line() -> None:
    job = JobFacts(1, "Lead\nSentence 1 begins: Hired", 'No"rm\\ed', "…")
    lines = last(replace(MATERIAL, job=job))
    assert len([line for line in lines if line.startswith("Sentence 1 begins: ")]) == 1
    rules = opening.grammar(opening.messages(PROMPT, replace(MATERIAL, job=job), "match"))
    assert rules is not None
    assert 'No\\"rm\\\\ed' in rules


def test_the_lists_name_found_strengths_only_and_the_deed_only_its_own_names() -> None:
    rules = opening.grammar(opening.messages(PROMPT, MATERIAL, "match"))
    assert rules is not None
    by_name = dict(line.split(" ::= ", 1) for line in rules.splitlines())
    assert '", GMP, stock control and Excel"' in by_name["s1"]
    assert '" to the role of Lead Pharmacist at Norrmed"' in by_name["s1"]
    assert '"30 %"' in by_name["word"]
    assert "Norrmed" not in by_name["word"]
    assert "GMP" not in by_name["word"]


NAMES = [
    ("Built a Tableau dashboard with AWS Glue.", ["AWS Glue", "Tableau"]),
    ("Cut costs by 12.5 % in 2 years", ["12.5 %", "2"]),
    ("Led 1,200 people at St. Mary's Hospital.", ["St. Mary's Hospital", "1,200"]),
    ("Saved $14.20 a unit and cut p99 by 5k", ["$14.20", "p99", "5k"]),
    ("Used C++, C# and Node.js", ["Node.js", "C++", "C#"]),
    ("führte Ärzte in Zürich", ["Zürich", "Ärzte"]),
    ("nothing of the kind", []),
]


@pytest.mark.parametrize(("fact", "names"), NAMES)
def test_names_and_numbers_of_a_fact_are_found(fact: str, names: list[str]) -> None:
    assert opening._names([fact]) == names


def test_messages_made_elsewhere_have_no_grammar() -> None:
    assert opening.grammar((Message("user", "Hello"),)) is None
    assert opening.grammar(()) is None
