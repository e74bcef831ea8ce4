"""A model's answer is made whole by code: keywords, score, changes and warnings come from the finished text."""

from dataclasses import replace

import pytest

from core.drive.resume import normalise
from core.llm import fallback, finish
from core.llm.parser import Parsed
from core.schema import Change, Feature, Written
from tests.fakes.candidate import MATERIAL, RESUME, TODAY

TEXT = ("title", "summary", "content")
FULL = (*TEXT, "bullets", "warnings", "next_actions")
LETTER = (
    "Dear team,\n\nI built a ticket service in Python that answers 900 requests a second.\n\nKind regards,\nInes Holm"
)


def finished(parsed: Parsed, feature: Feature = "cover_letter", writes: tuple[str, ...] = TEXT) -> Written:
    return finish.finish(parsed, feature, MATERIAL, writes, today=TODAY)


def opened(text: str, feature: Feature = "cover_letter") -> Written:
    return finish.opening(text, feature, MATERIAL, today=TODAY)


RULES = fallback.write("cover_letter", MATERIAL, today=TODAY).answer

# -- a whole answer -------------------------------------------------------------------------------


def test_fields_the_prompt_does_not_write_come_from_the_rules() -> None:
    answer = finished(Parsed(title="T", summary="S", content=LETTER, bullets=("not asked",))).answer
    assert (answer.title, answer.summary, answer.content) == ("T", "S", LETTER)
    assert "not asked" not in answer.bullets
    assert answer.next_actions == RULES.next_actions


def test_a_field_the_model_left_empty_comes_from_the_rules() -> None:
    assert finished(Parsed(content=LETTER)).answer.title == RULES.title


def test_a_models_answer_is_not_marked_made_without_ai() -> None:
    for feature in ("cover_letter", "match", "improve_text"):
        written = finished(Parsed(title="T", summary="S", content=LETTER), feature)
        assert not any("without AI" in warning for warning in written.answer.warnings)


def test_keywords_are_the_jobs_terms_that_letter_and_resume_both_have() -> None:
    letter = Parsed(content="I know Python and Docker. Terraform I would learn. Excel too.")
    assert set(finished(letter).answer.keywords_added) == {"Python", "Docker"}


def test_a_letters_bullets_are_the_lines_it_retells() -> None:
    (bullet,) = finished(Parsed(content=LETTER)).answer.bullets
    assert bullet.startswith("“Built a ticket service")


def test_the_rules_own_letter_keeps_the_bullets_it_came_with() -> None:
    assert finished(Parsed(title="T", summary="S", content=RULES.content)).answer.bullets == RULES.bullets


def test_the_score_stands_beside_every_answer() -> None:
    details = finished(Parsed(content=LETTER)).details
    assert details.score is not None and details.parts and details.matched


@pytest.mark.parametrize(
    ("sentence", "claimed"),
    [
        ("I have used Terraform for years.", True),
        ("Ines Holm runs Terraform daily.", True),
        ("I have not used Terraform yet.", False),
        ("The posting asks for Terraform.", False),
        ("I have used Python for years.", False),
        ("I would be happy to get up to speed with Terraform.", False),
        ("She would need Terraform in the first week.", False),
        ("I looked for Terraform and found Docker.", False),
        ("Ask the candidate about any Terraform project.", False),
        ("I would bring my Terraform modules along.", True),
    ],
)
def test_a_gap_that_the_text_claims_is_warned_of(sentence: str, claimed: bool) -> None:
    for feature in ("cover_letter", "match"):
        written = finished(Parsed(content=sentence, warnings=("mine",)), feature, FULL)
        assert any("text claims it" in warning for warning in written.answer.warnings) is claimed
        assert "mine" in written.answer.warnings


def test_gaps_are_called_unclaimed_only_where_the_letter_does_not_name_them() -> None:
    quiet = finished(Parsed(content=LETTER)).answer.warnings
    loud = finished(Parsed(content="I have used Terraform and Kubernetes.")).answer.warnings
    assert any("not claimed" in warning and "Terraform" in warning for warning in quiet)
    assert not any("not claimed" in warning and "Terraform" in warning for warning in loud)


def test_an_improved_text_does_not_list_the_rules_own_edits() -> None:
    written = finish.finish(
        Parsed(content="A tight text."),
        "improve_text",
        replace(MATERIAL, inputs={"text": "In order to test."}),
        TEXT,
        today=TODAY,
    )
    assert written.answer.content == "A tight text." and written.answer.bullets == ()


# -- tailoring ---------------------------------------------------------------------------------------

GOOD = Change(op="replace", path="work/w1/highlights/w1h3", original="Cut the nightly import from 4 hours to 20 minutes",
              value="Cut the nightly import from 4 hours to 20 minutes in Python", reason="Python is asked")  # fmt: skip
BAD = Change(op="replace", path="work/w1/position", original="Backend Developer", value="Senior Backend Engineer")


def tailored(*changes: Change, material: object = MATERIAL) -> Written:
    parsed = Parsed(title="T", summary="S", content="ignored", changes=changes)
    return finish.finish(parsed, "tailor_resume", MATERIAL, ("title", "summary", "changes"), today=TODAY)


def test_changes_that_hold_are_applied_and_the_others_listed_and_warned_of() -> None:
    written = tailored(GOOD, BAD)
    assert [change.path for change in written.changes] == [GOOD.path]
    assert [refused.change.path for refused in written.details.rejected] == [BAD.path]
    assert "20 minutes in Python" in written.answer.content and "ignored" not in written.answer.content
    assert any(BAD.path in warning and "Job titles are never changed" in warning for warning in written.answer.warnings)


def test_a_resume_with_no_change_that_holds_stays_as_it_was_and_says_so() -> None:
    written = tailored(BAD)
    assert written.changes == () and "Senior Backend Engineer" not in written.answer.content
    assert any("as it was" in warning for warning in written.answer.warnings)


REVIEW = GOOD.model_copy(update={"path": "w1h1", "original": "Wrote the onboarding guide for new colleagues",
                                 "value": "Wrote the onboarding guide for Docker"})  # fmt: skip
BLOCKED = GOOD.model_copy(update={"path": "w2h1", "original": "Moved 12 services to Docker",
                                  "value": "Moved 12 services to Docker and Terraform"})  # fmt: skip


def test_only_verified_changes_are_in_the_resume_and_the_others_say_why_they_are_not() -> None:
    written = tailored(GOOD, REVIEW, BLOCKED, BAD)
    assert [change.verdict for change in written.changes] == ["verified", "needs review", "blocked"]
    assert written.changes[0].why == "" and "“Docker”" in written.changes[1].why
    assert "“Terraform” stands only in the job posting" in written.changes[2].why
    content = written.answer.content
    assert "20 minutes in Python" in content and "guide for Docker" not in content and "Terraform" not in content
    assert "Terraform" in {found.term for found in written.details.missing}
    assert written.answer.warnings[0] == (
        "The resume shown holds 1 of 3 changes: those that code could verify. "
        "1 needs review and 1 is blocked; each says which claim lacks evidence."
    )


def test_a_line_about_a_change_goes_with_its_change() -> None:
    lines = ("About the import.", "About the guide.", "About the title.")
    parsed = Parsed(title="T", summary="S", bullets=lines, changes=(GOOD, REVIEW, BAD))
    written = finish.finish(parsed, "tailor_resume", MATERIAL, (*FULL[:2], "bullets", "changes"), today=TODAY)
    assert written.answer.bullets == lines[:1]


def test_what_the_rules_change_is_verified() -> None:
    changes = fallback.write("tailor_resume", MATERIAL, today=TODAY).changes
    assert changes and {change.verdict for change in changes} == {"verified"}


# -- what a letter or a text claims --------------------------------------------------------------------


@pytest.mark.parametrize("feature", ["cover_letter", "improve_text"])
def test_each_claim_without_evidence_is_named_with_its_sentence(feature: Feature) -> None:
    invented = "I led 40 people at Google."
    written = finished(Parsed(content=f"{LETTER}\n\n{invented}"), feature)
    (doubt,) = written.details.doubts
    assert doubt.sentence == invented and set(doubt.claims) == {"40", "Google"}
    (warning,) = [each for each in written.answer.warnings if "Nothing in the context holds" in each]
    assert "“40”" in warning and "“Google”" in warning and invented[:-1] in warning


def test_a_letter_that_rests_on_the_context_raises_no_doubt() -> None:
    assert finished(Parsed(content=f"Dear Ms Okafor,\n\n{LETTER}")).details.doubts == ()
    assert finished(Parsed(content=LETTER), "match").details.doubts == ()


# -- keywords --------------------------------------------------------------------------------------------


def test_keywords_added_to_a_resume_are_those_it_did_not_spell_so_before() -> None:
    resume = normalise({**RESUME, "skills": [{"name": "Backend", "keywords": ["k8s"]}]})
    change = Change(
        op="replace", path="basics/summary", original=RESUME["basics"]["summary"], value="I have run kubernetes."
    )
    written = finish.finish(
        Parsed(changes=(change,)), "tailor_resume", replace(MATERIAL, resume=resume), ("changes",), today=TODAY
    )
    assert "Kubernetes" in written.answer.keywords_added
    assert tailored(GOOD).answer.keywords_added == ()


def test_without_a_resume_there_is_nothing_to_tailor_and_nothing_breaks() -> None:
    written = finish.finish(
        Parsed(changes=(GOOD,)), "tailor_resume", replace(MATERIAL, resume=None), ("changes",), today=TODAY
    )
    assert written.changes == () and written.answer.content


# -- the small model's opening ----------------------------------------------------------------------------

SMALL = "I built services in Python at Brightmoor Rail. I have used Kafka at Google. I like small services. I like small serv"


def test_an_opening_becomes_the_first_paragraph_after_the_salutation() -> None:
    paragraphs = opened(SMALL).answer.content.split("\n\n")
    assert paragraphs[0] == "Dear Tideline Energy hiring team,"
    assert paragraphs[1] == "I built services in Python at Brightmoor Rail. I like small services."
    assert paragraphs[2:] == RULES.content.split("\n\n")[1:]


@pytest.mark.parametrize(
    "sentence",
    [
        "I built a ticket service in Python.",
        "As Backend Developer at Brightmoor Rail, I built a ticket service in Python that answers 900 requests.",
    ],
)
def test_an_opening_does_not_tell_what_the_letter_tells(sentence: str) -> None:
    paragraph = opened(f"{sentence} I like small services.").answer.content.split("\n\n")[1]
    assert paragraph == "I like small services."


def test_the_demo_model_is_named_with_how_much_was_dropped() -> None:
    warning = opened(SMALL).answer.warnings[0]
    assert warning.startswith("Demo model:") and "2 sentences" in warning


def test_an_opening_of_which_nothing_holds_leaves_the_rules_text() -> None:
    answer = opened("I have used Kafka at Google for 12 years.").answer
    assert (answer.content, answer.summary) == (RULES.content, RULES.summary)
    assert "nothing it wrote could be kept" in answer.warnings[0]


def test_an_opening_is_three_sentences_at_most() -> None:
    text = " ".join(f"I like {what} services." for what in ("small", "nightly", "backend", "ticket", "billing"))
    assert opened(text).answer.content.split("\n\n")[1].count(".") == 3


@pytest.mark.parametrize("feature", ["match", "recruiter_lens", "interview_prep"])
def test_a_report_gets_a_summary_and_an_opening_about_the_candidate(feature: Feature) -> None:
    written = opened(
        "Ines Holm is a backend developer.\n\nShe moved 12 services to Docker. I am Ines Holm today.", feature
    )
    rules = fallback.write(feature, MATERIAL, today=TODAY)
    assert written.answer.summary == "Ines Holm is a backend developer."
    assert written.answer.content == f"She moved 12 services to Docker.\n\n{rules.answer.content}"
    assert written.details == rules.details and written.answer.bullets == rules.answer.bullets


@pytest.mark.parametrize("feature", ["tailor_resume", "improve_text"])
def test_a_document_of_the_candidates_own_gets_no_opening(feature: Feature) -> None:
    written = opened("Ines Holm is a backend developer.\n\nShe moved 12 services to Docker.", feature)
    assert written.answer.summary == "Ines Holm is a backend developer."
    assert written.answer.content == fallback.write(feature, MATERIAL, today=TODAY).answer.content
    assert "opening" not in written.answer.warnings[0]


@pytest.mark.parametrize("text", ["", "\n\n", "[]{}", "Dear team,", "1. 2. 3."])
def test_an_opening_may_be_anything(text: str) -> None:
    assert opened(text).answer.content == RULES.content
