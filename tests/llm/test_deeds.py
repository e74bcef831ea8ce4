"""What a letter tells of the candidate's past is held against the resume alone, entry by entry."""

import json
from datetime import date
from functools import cache

import pytest

from core.drive.resume import normalise
from core.llm import rules
from core.llm.deeds import without_employer
from core.llm.grounding import Ground, ground
from core.llm.rules import facts as facts_of
from core.settings import HOUSE
from core.tools import posting
from core.tools.material import JobFacts, Material

TODAY = date(2026, 11, 23)
MOST_DOUBTED = 0.01  # of the sentences that the rules write

TRUE = [
    (
        "1",
        "At Tessaline Payments I redesigned the ledger, and at Pinehollow Freight I built the API that matches carriers.",
    ),
    ("1", "I have run Kafka and PostgreSQL in production at Tessaline since 2021."),
    ("1", "Your team moves from a nightly core to an event-driven one; I have moved nine services to Kubernetes."),
    ("1", "I grew up with Portuguese, speak fluent English and get by in Spanish."),
    ("1", "I wrote pgsluice, an open-source library that drains an outbox table into Kafka."),
    ("1", "I was glad to read that Harborlight is a cooperative owned by its credit unions."),
    ("1", "I mentored four engineers, and two of them were promoted."),
    ("1", "I admire how Harborlight Mutual serves 140 credit unions, and I would like to help."),
    ("1", "I started as a software developer in São Paulo, writing claims software for insurers."),
    ("3", "I lead six registered nurses and eight medical assistants today."),
    ("3", "As an evening nursing assistant I worked my way through nursing school."),
    ("3", "I speak Somali with patients and Arabic well enough for a conversation."),
    ("3", "I was named Community Partner of the Year for screening at four mosques."),
    ("3", "I trained 45 colleagues when the clinic changed to Epic."),
    ("3", "Your clinic counts 12 medical assistants, and I know what such a team needs."),
    ("5", "I ran paid search at Palomar Helpdesk and brought the cost per trial from $96 to $58."),
    ("5", "I moved the hotel newsletter to segmented mailings, which doubled direct bookings."),
    ("5", "I hired and trained three marketers at Gantrybloom."),
    ("5", "I plan a budget of $1.6 million and report pipeline in the numbers that sales uses."),
    # several deeds in one sentence, each told in a line of its own
    ("3", "I prepared our site for two Joint Commission surveys and the yearly supply budget of $640,000."),
    ("3", "At Cedar Bluff I cut telephone waiting to under three minutes, trained 45 colleagues and lowered turnover."),
    # what two figures of a line come to
    ("5", "At Palomar Helpdesk I cut the cost per trial by about 40 percent."),
    ("5", "I more than doubled pipeline from marketing in three years."),
    ("1", "I rewrote the quote engine in Go, which made the median quote about ten times faster."),
    # figures of the employer's own
    ("5", "I would enjoy talking about the 212 workflows in your HubSpot."),
    ("3", "Your target of 65 percent for hypertension control is familiar ground."),
    # wishes
    ("5", "I would be glad to learn Demandbase from your team."),
    ("3", "I look forward to learning how you run CLIA testing."),
]
INVENTED = [
    ("1", "I built the real-time settlement service at Tessaline Payments."),
    ("1", "While at Harborlight I wrote the reconciliation engine."),
    ("1", "I have been a consultant to three central banks."),
    ("1", "I speak French with our partners in Montreal."),
    ("1", "I was voted Mentor of the Year by my colleagues."),
    ("1", "I managed nine backend engineers and two site reliability engineers."),
    ("1", "I co-founded a lending company in São Paulo."),
    ("1", "I led the migration of the claims-intake module to Kafka."),
    ("1", "At Dois Vales Software I designed the payout ledger."),
    ("1", "As a former auditor I read ledgers the way others read novels."),
    ("1", "In my last post I ran the on-call program for 140 credit unions."),
    ("1", "I was promoted to director of engineering at Pinehollow Freight."),
    ("3", "I opened a second clinic in St. Paul."),
    ("3", "I negotiated the union contract for the nursing staff."),
    ("3", "I supervised 11 physicians at Northgate Family Medicine."),
    ("3", "I grew up speaking Hmong at home."),
    ("3", "I have served as a flight nurse and as a midwife."),
    ("5", "I launched the partner program in Germany and France."),
    ("5", "I rebuilt the Casa Verbena website in Webflow."),
    ("5", "I was shortlisted for Marketer of the Year in 2024."),
    # after a true deed, one that nobody tells
    ("3", "At Cedar Bluff I cut telephone waiting to under three minutes, opened two clinics and hired all nurses."),
    ("1", "I moved nine services to Kubernetes and founded a bank in Recife."),
    ("1", "I founded a start-up that was bought in 2015."),
    # what only the posting has, or only the candidate's goals
    ("5", "I have used Demandbase for named accounts since 2022."),
    ("3", "I worked with CLIA testing every day."),
    ("3", "I hold a Master of Science in Nursing."),
    ("3", "As Nurse Manager I cut waiting times."),
    ("5", "I ran your conference with 600 guests."),
    ("5", "I would bring seven years at Marketo to your team of 212."),
    # years that the dates do not hold
    ("3", "I bring twenty years of nursing."),
    ("5", "I bring eight years of demand generation."),
    ("6", "I bring eight years of experience as a UX researcher."),
]


@cache
def told(number: str) -> dict:
    (file,) = (HOUSE / "core" / "demo" / "candidates").glob(f"{number}_*.json")
    return json.loads(file.read_text(encoding="utf-8"))


@cache
def material(number: str, job: int = 0) -> Material:
    """A demo candidate with one of their postings."""
    of = told(number)
    at = of["jobs"][job]
    goals = of["profile"].get("goals", "")
    profile = {"name": of["resume"]["basics"]["name"], "plan": "pro", "goals": goals}
    facts = JobFacts(1, at["title"], at["company"], at["description"])
    return Material(profile=profile, resume=normalise(of["resume"]), job=facts)


@cache
def grounded(number: str, job: int = 0) -> Ground:
    facts = facts_of.read(material(number, job), TODAY)
    return ground(facts.material, facts.years, TODAY)


@pytest.mark.parametrize(("number", "sentence"), TRUE)
def test_a_true_sentence_in_other_words_raises_no_doubt(number: str, sentence: str) -> None:
    assert grounded(number).unfounded(sentence) == []


@pytest.mark.parametrize(("number", "sentence"), INVENTED)
def test_an_invented_sentence_in_words_of_the_context_is_doubted(number: str, sentence: str) -> None:
    assert grounded(number).unfounded(sentence)


def test_letters_by_the_rules_are_hardly_ever_doubted() -> None:
    doubted = said = 0
    for number in "123456":
        for job in range(len(told(number)["jobs"])):
            letter = rules.write_from("cover_letter", facts_of.read(material(number, job), TODAY)).answer.content
            body = letter.partition("\n\n")[2].rpartition("\n\n")[0]
            sentences = [each for line in body.splitlines() for each in posting.split(posting.plain(line))]
            said += len(sentences)
            doubted += sum(bool(grounded(number, job).unfounded(each)) for each in sentences)
    assert said > 80 and doubted <= MOST_DOUBTED * said


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Your ledger posts five million entries; mine posts 3.8 million.", "mine posts 3.8 million."),
        ("I posted 3.8 million entries; I cut costs.", "I posted 3.8 million entries; I cut costs."),
        ("Your ledger posts five million entries.", "Your ledger posts five million entries."),
    ],
)
def test_a_clause_about_the_employer_is_set_apart(sentence: str, left: str) -> None:
    assert without_employer(sentence, "Harborlight Mutual") == left


# -- fields, counted things, people led ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sentence", "claim"),
    [
        ("5", "I know your market from my years in real estate.", "real estate"),
        ("4", "I am named on three patents.", "three"),
        ("6", "I led a research team of six at Neighbor Shelf Chicago.", "led a research team"),
        ("4", "I have worked in aerospace.", "aerospace"),
        ("4", "I am glad of my years in medical devices.", "medical devices"),  # the goals name them, the work does not
        ("4", "I have worked in volume production for seven years.", ""),
    ],
)
def test_a_field_a_count_and_a_team_that_the_papers_lack_are_named(number: str, sentence: str, claim: str) -> None:
    found = grounded(number).unfounded(sentence)
    assert any(claim in said for said in found) or (not claim and not found)
