"""A sentence stays only where the context holds what it says."""

from dataclasses import replace

import pytest

from core.llm.grounding import Ground
from core.llm.sifting import sift, why_not
from core.schema import Details, Found
from tests.fakes.candidate import MATERIAL


def supported(sentence, material):
    why = why_not(sentence, Ground(material))
    return not why, why


@pytest.mark.parametrize(
    "sentence",
    [
        "I built a ticket service in Python that answers 900 requests a second.",
        "Ines Holm is a backend developer at Brightmoor Rail.",
        "I am applying for the position of Senior Backend Engineer at Tideline Energy.",
        "The posting asks for Kubernetes and Terraform.",
        "Her resume does not mention Kafka.",
        "I moved twelve services to Docker at Fennel Shop.",
        "She has run PostgreSQL in production since 2018.",
    ],
)
def test_a_sentence_that_the_context_holds_stays(sentence: str) -> None:
    assert supported(sentence, MATERIAL) == (True, "")


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("I have led a team of 40 people.", "40"),
        ("I have led a team of forty people.", "forty"),
        ("I cut the import time by 35%.", "35%"),
        ("I have run databases since 2009.", "2009"),
        ("I learned this at Google in my spare time.", "Google"),
        ("Microsoft taught me to write services.", "Microsoft"),
        ("I have written a service in Rust for this.", "Rust"),
        ("My work on NLP was well received.", "NLP"),
        ("I have used Kafka every day.", "Kafka"),
        ("Experienced in Terraform and Kubernetes.", "Terraform"),
        ("Ines has worked with Kafka for years.", "Kafka"),
        ("I bring 5 years of experience to this.", "5"),
        ("In my work at Tideline Energy I built services.", "Tideline Energy"),
        ("I am a Senior Backend Engineer with a love for services.", "title"),
        ("I have worked with Python and", "finished"),
        ("I moved twelve services to Docker from.", "not finished"),
        ("Dear [Hiring Manager], I write to you.", "task"),
        ("Here is the cover letter you asked for.", "task"),
        ("See https://example.org for my services.", ""),
        ("Yes.", "nothing"),
    ],
)
def test_a_sentence_that_says_more_is_dropped_with_the_reason(sentence: str, named: str) -> None:
    kept, why = supported(sentence, MATERIAL)
    assert not kept and named in why


def test_a_tool_that_only_a_document_of_the_candidate_names_is_theirs() -> None:
    sentence = "I have used Kafka every day."
    assert supported(sentence, replace(MATERIAL, documents=(("Notes", "Kafka since spring"),)))[0]


@pytest.mark.parametrize(
    ("sentence", "instructions"),
    [
        ("At Brightmoor Rail, I built and kept it short.", "Keep it short."),
        ("Ines Holm should talk about Python, services and the boat.", "Mention the boat."),
        ("I built services in Python and like sailing.", "She likes sailing."),
    ],
)
def test_what_only_the_instructions_say_is_no_evidence(sentence: str, instructions: str) -> None:
    for given in (replace(MATERIAL, instructions=instructions), replace(MATERIAL, memory=(instructions,))):
        assert not supported(sentence, given)[0]


@pytest.mark.parametrize(("name", "holds"), [("motivation", True), ("text", True), ("goal", False), ("contact", False)])
def test_of_the_inputs_only_the_candidates_own_words_are_evidence(name: str, holds: bool) -> None:
    given = replace(MATERIAL, inputs={name: "I used Kafka."})
    assert supported("I have used Kafka every day.", given)[0] is holds


@pytest.mark.parametrize(
    "sentence",
    [
        "Ines Holm comes with Python at the top of the list, and Docker at the top of the list.",
        "Ines Holm works at thefrontofthe services.",
        "Ines Holm enjoys marvellous sunshine.",
        "A recruiter will ask about marvellous sunshine.",
    ],
)
def test_babble_is_dropped(sentence: str) -> None:
    assert not supported(sentence, MATERIAL)[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "At Brightmoor Rail, I built PostgreSQL and Python.",
        "As Backend Developer at Brightmoor Rail, you built PostgreSQL and Python.",
        "I built a ticket service to answer thousands by design.",
    ],
)
def test_a_deed_told_otherwise_than_the_resume_tells_it_is_dropped(sentence: str) -> None:
    assert not supported(sentence, MATERIAL)[0]


def test_a_term_that_the_resume_shows_in_other_words_may_be_named() -> None:
    found = Details(matched=(Found(term="Kafka"),))
    assert supported("Ines Holm brings Kafka to her work.", replace(MATERIAL, keywords=found))[0]


def test_repeated_and_unfinished_sentences_are_dropped_in_order() -> None:
    text = "I like small services. I have used Kafka.\n\nI like small services. I built services in"
    kept, dropped = sift(text, Ground(MATERIAL))
    assert kept == [["I like small services."], []]
    assert [sentence for sentence, _ in dropped] == [
        "I have used Kafka.",
        "I like small services.",
        "I built services in",
    ]


def test_without_any_context_only_plain_sentences_stay() -> None:
    ground = Ground(replace(MATERIAL, resume=None, job=None))
    kept, dropped = sift("I like to work with people. I know Python.", ground)
    assert kept == [["I like to work with people."]] and len(dropped) == 1


# -- what a letter claims ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "Your posting asks for 5+ years and for Kubernetes; I can show the first.",
        "At Brightmoor Rail I cut the nightly import from four hours to 20 minutes.",
        "I am applying for the position of Senior Backend Engineer at Tideline Energy.",
        "Since 2018 I have run PostgreSQL in production.",
        "With a bachelor's degree in computer science I began at Fennel Shop.",
        "The role at Tideline Energy is about thousands of requests a second.",
        "You ask for 5 years of experience, and I have built services since 2017.",
        "I would like to talk about how your services and mine are alike.",
    ],
)
def test_a_letters_sentence_that_the_context_holds_raises_no_doubt(sentence: str) -> None:
    assert Ground(MATERIAL).unfounded(sentence) == []


def test_the_years_that_a_resumes_dates_add_up_to_are_evidence() -> None:
    sentence = "I bring about 8 years of work to this."
    assert Ground(MATERIAL, 8.3).unfounded(sentence) == []
    assert Ground(MATERIAL).unfounded(sentence) == ["8"]


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("I led forty people at Brightmoor Rail.", "forty"),
        ("I cut the import time fivefold.", "fivefold"),
        ("I halved what the import cost.", "halved"),
        ("I bring 5 years of experience in backend development.", "5"),
        ("My services answered ٤٠ requests a second.", "40"),
        ("I hold a phd in physics.", "phd"),
        ("As a senior engineer I built services at Brightmoor Rail.", "senior engineer"),
        ("I am certified in PostgreSQL.", "certified"),
        ("My service won an award.", "award"),
        ("I built services; Google took notice.", "Google"),
        ("I wrote the billing in cobol.", "cobol"),
    ],
)
def test_a_letters_claim_that_the_context_lacks_is_named(sentence: str, claim: str) -> None:
    assert claim in Ground(MATERIAL).unfounded(sentence)
