"""Words in quotation marks stand where they are said to stand, nearly word for word."""

import pytest

from core.llm.quotations import misquoted, without

SOURCE = "Cut build time from 40 to 12 minutes with Gradle\nHelped three teams to move to Kubernets"


@pytest.mark.parametrize(
    "text",
    [
        "“Cut build time from 40 to 12 minutes”",
        '"cut build time … with Gradle"',
        "“Helped three teams to move to Kubernetes”",
        "“from 40 to 12 minutes.”",
        "Say “I led the move to Kubernetes for three teams” only if it is so.",
        "They will ask “Who led the three teams that moved?”",
    ],
)
def test_a_quotation_that_stands_or_is_proposed_is_none_to_doubt(text: str) -> None:
    assert list(misquoted(text, SOURCE, strict=True)) == []


@pytest.mark.parametrize(
    "said",
    [
        "Cut build time from 40 to 10 minutes",
        "Led three teams to move to Kubernetes",
        "Jenkins",
        "Cut build time by Maven",
    ],
)
def test_a_quotation_with_another_word_or_figure_is_named(said: str) -> None:
    assert list(misquoted(f"It says “{said}” (Acme).", SOURCE, strict=True)) == [said]


def test_outside_of_evidence_a_word_or_two_in_marks_is_a_way_of_speaking() -> None:
    assert list(misquoted("A “hands-on” post.", SOURCE, strict=False)) == []
    assert list(misquoted("“You must know three clouds”", SOURCE, "You must know three clouds", strict=False)) == []


def test_without_its_quotations_a_sentence_keeps_its_own_words() -> None:
    assert without('He writes "led" where I expect more.').split() == ["He", "writes", "where", "I", "expect", "more."]
