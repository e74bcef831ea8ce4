"""What a prompt engineer changes reaches the small model, and changes what it is asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.llm import opening, opening_wishes
from core.llm.prompts import Prompt, Prompts, parse
from core.llm.provider import Message
from core.schema import FEATURES, Feature
from core.settings import HOUSE
from core.tools import tokens
from tests.llm.test_opening import MATERIAL, RESUME

SHIPPED = Prompts(HOUSE / "prompts")


def draft(feature: Feature = "match", *, user: str = "", system: str = "") -> Prompt:
    """The feature's shipped prompt with something added to its task and to the end of its system part."""
    text = SHIPPED.for_feature(feature).text
    return parse(text.replace("\n# user\n\n", f"\n{system}\n\n# user\n\n{user} "), draft=True)


def asked(prompt: Prompt, feature: Feature = "match") -> list[str]:
    wishes = opening_wishes.read(prompt, SHIPPED.origin(prompt))
    given = (Message("system", prompt.system), Message("user", prompt.user))
    return opening.messages(given, MATERIAL, feature, wishes)[-1].content.splitlines()


@pytest.mark.parametrize("feature", FEATURES)
def test_an_unchanged_prompt_wishes_nothing(feature: Feature) -> None:
    shipped = SHIPPED.for_feature(feature)
    for prompt in (shipped, parse(shipped.text, draft=True)):
        assert opening_wishes.read(prompt, SHIPPED.origin(prompt)) == opening_wishes.Wishes()
        assert asked(prompt, feature) == asked(shipped, feature)


PLACES = [
    {"user": "Begin with the licence."},
    {"system": "- Begin with the **licence**."},
    {"system": "## A heading\n\n1. Begin with the licence.\n"},
]


@pytest.mark.parametrize("edit", PLACES)
@pytest.mark.parametrize("feature", FEATURES)
def test_an_added_sentence_is_told_wherever_it_stands(feature: Feature, edit: dict[str, str]) -> None:
    lines = asked(draft(feature, **edit), feature)
    assert [line for line in lines if line.startswith("Note: ") and "Begin with the licence." in line]
    assert sum(map(tokens.count, lines)) < 450


def test_a_sentence_inside_a_long_paragraph_is_told_too() -> None:
    old = "Three demands met outweigh ten wishes."
    prompt = parse(SHIPPED.get("match").text.replace(old, "Two licences outweigh ten wishes."), draft=True)
    assert old in SHIPPED.get("match").text
    assert "Note: Two licences outweigh ten wishes." in asked(prompt)


def test_a_rewritten_prompt_is_told_from_its_task_on_in_a_few_words() -> None:
    text = SHIPPED.get("match").text
    long = " ".join(f"Sentence {number} about the ward." for number in range(200))
    prompt = parse(
        text[: text.index("# system")]
        + f"# system\n\n{long}\n\n# user\n\nSay it briefly. {{{{job}}}} {{{{resume}}}}\n",
        draft=True,
    )
    note = opening_wishes.read(prompt, SHIPPED.origin(prompt)).note
    assert note.startswith("Say it briefly. Sentence 0 about the ward.")
    assert len(note) <= opening_wishes.NOTE_CHARS and note.endswith("ward.")


STRENGTHS = [
    ("Put Excel and GMP first.", "Excel, GMP, dispensing, stock control"),
    ("Lead with GMP. Then say that the candidate knows excel.", "GMP, Excel, dispensing, stock control"),
    ("Do not mention dispensing.", "GMP, stock control, Excel, R"),
    ("Leave out Excel and put R first.", "dispensing, GMP, stock control"),
    ("Rely on what is there.", "dispensing, GMP, stock control, Excel"),
]


@pytest.mark.parametrize(("edit", "strengths"), STRENGTHS)
def test_an_edit_chooses_and_orders_the_strengths(edit: str, strengths: str) -> None:
    lines = asked(draft(user=edit))
    assert f"Strengths: {strengths}" in lines
    assert f"Sentence 1 begins: Dr. Rosa Lindqvist brings {strengths.partition(',')[0]}" in lines


@pytest.mark.parametrize(
    ("edit", "deed"),
    [
        ("", "Cut dispensing errors by 30 % with a double check."),
        ("Tell about the apprentices.", "Trained four apprentices."),
        ("Never mention dispensing.", "Trained four apprentices."),
    ],
)
def test_an_edit_chooses_the_deed_that_is_told(edit: str, deed: str) -> None:
    deeds = ["Trained four apprentices.", "Cut dispensing errors by 30 % with a double check."]
    resume = {**RESUME, "work": [{**RESUME["work"][0], "highlights": deeds}]}
    prompt = draft(user=edit)
    wishes = opening_wishes.read(prompt, SHIPPED.origin(prompt))
    given = opening.messages((), replace(MATERIAL, resume=resume), "match", wishes)
    assert f"Achievement: {deed}" in given[-1].content.splitlines()


def test_the_origin_of_a_draft_is_found_by_name_then_by_feature(tmp_path: Path) -> None:
    text = SHIPPED.get("match").text
    newer = parse(text.replace("version: 2", "version: 7"), draft=True)
    renamed = parse(text.replace("name: match", "name: my_own"), draft=True)
    assert SHIPPED.origin(newer) == SHIPPED.origin(renamed) == SHIPPED.get("match")
    (tmp_path / "cover_letter_v2.md").write_text(SHIPPED.get("cover_letter").text)
    assert Prompts(tmp_path).origin(newer) is None
    assert opening_wishes.read(newer, None).note.startswith("Write the match report")
