"""The context fits its model: the least needed gives way first, and what was lost is said."""

import pytest

from core.tools import budget, tokens
from core.tools.material import JobFacts, Material, Piece

SENTENCE = "We run Python services on PostgreSQL and care for the people who use them. "


def piece(chip: str, sentences: int) -> Piece:
    text = SENTENCE * sentences
    return Piece(chip, chip.title(), text, tokens.count(text), {"id": 1})


def material(**sentences: int) -> Material:
    pieces = tuple(piece(chip.replace("_", ":"), count) for chip, count in sentences.items())
    return Material(pieces=pieces, job=JobFacts(1, "Engineer", "Norrsken", SENTENCE * 50))


def test_what_fits_is_left_alone() -> None:
    whole = material(profile=1, job=5, resume=5)
    assert budget.fit(whole, 10_000) is whole
    assert budget.trimmed(whole.pieces) == []


@pytest.mark.parametrize("limit", [100, 300, 500, 900, 1_500])
def test_never_more_than_the_limit_and_never_another_order(limit: int) -> None:
    whole = material(profile=3, job=60, resume=40, keywords=5, document_1=30, document_2=30, memory=4)
    fitted = budget.fit(whole, limit)
    assert sum(one.tokens for one in fitted.pieces) <= limit
    assert [one.chip for one in fitted.pieces] == [one.chip for one in whole.pieces]
    assert all(one.tokens == tokens.count(one.text) for one in fitted.pieces)


def test_documents_give_way_before_the_posting_and_the_resume() -> None:
    fitted = {one.chip: one for one in budget.fit(material(job=10, resume=10, document_1=60), 400).pieces}
    assert fitted["document:1"].trimmed_from is not None
    assert fitted["job"].trimmed_from is None and fitted["resume"].trimmed_from is None


def test_a_long_posting_cannot_push_the_resume_out() -> None:
    fitted = {one.chip: one for one in budget.fit(material(job=500, resume=40), 800).pieces}
    assert fitted["resume"].tokens >= 0.5 * 800
    assert fitted["job"].tokens > 0


def test_a_short_posting_leaves_its_room_to_the_resume() -> None:
    fitted = {one.chip: one for one in budget.fit(material(job=2, resume=100), 800).pieces}
    assert fitted["resume"].tokens > 0.9 * (800 - fitted["job"].tokens)


def test_what_was_trimmed_or_left_out_is_said_with_its_figures() -> None:
    whole = material(job=30, resume=30, document_1=30)
    said = budget.trimmed(budget.fit(whole, whole.pieces[1].tokens + 60).pieces)
    assert any("Job" in sentence and " of " in sentence and "used" in sentence for sentence in said)
    assert any("Document:1: left out" in sentence for sentence in said)


def test_a_rest_too_short_to_say_anything_is_left_out() -> None:
    fitted = budget.fit(material(resume=10, document_1=30), tokens.count(SENTENCE * 10) + budget.LEAST - 1)
    assert fitted.pieces[1].tokens == 0 and fitted.pieces[1].text == ""


def test_the_facts_stay_whole() -> None:
    whole = material(job=500)
    assert budget.fit(whole, 200).job == whole.job
