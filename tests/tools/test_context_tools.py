"""Each tool reads one thing, of this candidate alone, and says where it came from."""

from datetime import date, timedelta

import pytest

from core.drive import bin, papers
from core.errors import NotFound
from core.schema import AiRequest
from core.store import Store
from core.store.columns import now
from core.tools import context_tools, memory, tokens
from tests.benches import POSTING, RESUME
from tests.databases import person, posting, version

TODAY = date(2026, 11, 23)
CONTACT = {"email": "ada@example.com", "phone": "+46 70 555 01 23", "url": "https://example.com/ada"}


def gather(store: Store, user: int, **more: object) -> context_tools.Material:
    request = AiRequest.model_validate({"feature": "match", "user_id": user} | more)
    return context_tools.gather(store, request, today=TODAY)


@pytest.fixture
def user(store: Store) -> int:
    return person(store)


def test_every_chip_comes_with_its_tokens_and_its_origin(store: Store, user: int) -> None:
    job, resume = posting(store, user, description=POSTING), version(store, user, RESUME)
    paper = papers.save_document(store, user, title="Notes", body="Likes boats.", kind="notes", by="member:1")
    with store.write() as connection:
        memory.keep(connection, user_id=user, job_id=job, text="Asked: keep it short.", run_id=None)
    found = gather(store, user, job_id=job, resume_version_id=resume, document_ids=[paper.id])
    chips = {piece.chip: piece for piece in found.pieces}
    assert list(chips) == ["profile", "job", "resume", "keywords", f"document:{paper.id}", "memory"]
    assert all(piece.tokens == tokens.count(piece.text) for piece in found.pieces)
    assert all(len(piece.source["sha256"]) == 64 for piece in found.pieces)
    assert chips["job"].source["id"] == job and chips["resume"].source["id"] == resume
    assert chips[f"document:{paper.id}"].source["revision"] == 1


def test_contact_data_never_reach_a_model(store: Store, user: int) -> None:
    version(store, user, {**RESUME, "basics": {**RESUME["basics"], **CONTACT}})
    told = "\n".join(piece.text for piece in gather(store, user).pieces)
    assert "Ada Moreno" in told
    assert not any(value in told for value in CONTACT.values())


def test_the_resume_is_told_with_the_ids_that_changes_name(store: Store, user: int) -> None:
    version(store, user, RESUME)
    text = next(piece.text for piece in gather(store, user).pieces if piece.chip == "resume")
    assert "[w1h1]" in text and "[w1]" in text


def test_without_a_choice_the_newest_resume_version_is_used(store: Store, user: int) -> None:
    version(store, user, RESUME)
    newest = version(store, user, RESUME, number=2)
    piece = next(piece for piece in gather(store, user).pieces if piece.chip == "resume")
    assert piece.source["id"] == newest


def test_keywords_need_both_a_job_and_a_resume(store: Store, user: int) -> None:
    job = posting(store, user, description=POSTING)
    assert gather(store, user, job_id=job).keywords is None
    version(store, user, RESUME)
    found = gather(store, user, job_id=job).keywords
    assert found is not None and {"Python", "PostgreSQL"} <= {term.term for term in found.matched}
    assert gather(store, user, job_id=job, switched_off=["job"]).keywords is None


def test_a_document_is_told_in_its_newest_revision_and_never_from_the_bin(store: Store, user: int) -> None:
    paper = papers.save_document(store, user, title="Notes", body="Old.", kind="notes", by="member:1")
    papers.save_revision(store, user, paper.id, body="New.", by="member:1")
    assert [text for _, text in gather(store, user, document_ids=[paper.id]).documents] == ["New."]
    bin.put(store, user, "document", paper.id)
    with pytest.raises(NotFound, match=f"no document {paper.id}"):
        gather(store, user, document_ids=[paper.id])


def test_memory_is_five_notes_and_400_tokens_at_most_newest_first(store: Store, user: int) -> None:
    job = posting(store, user)
    with store.write() as connection:
        for number in range(8):
            at = now() - timedelta(minutes=number)
            memory.keep(connection, user_id=user, job_id=job, text=f"Note {number}.", run_id=None, at=at)
    assert gather(store, user, job_id=job).memory == tuple(f"- Note {number}." for number in range(5))
    with store.write() as connection:
        memory.keep(connection, user_id=user, job_id=job, text="word " * 300, run_id=None)
        memory.keep(connection, user_id=user, job_id=job, text="word " * 300, run_id=None)
    piece = next(piece for piece in gather(store, user, job_id=job).pieces if piece.chip == "memory")
    assert piece.tokens <= 400


def test_memory_of_another_job_or_one_that_expired_is_not_recalled(store: Store, user: int) -> None:
    job, other = posting(store, user), posting(store, user)
    with store.write() as connection:
        memory.keep(connection, user_id=user, job_id=other, text="Other.", run_id=None)
        memory.keep(connection, user_id=user, job_id=job, text="Old.", run_id=None, at=now() - timedelta(days=200))
    assert gather(store, user, job_id=job).memory == ()
    assert gather(store, user, job_id=other).memory == ("- Other.",)
    assert gather(store, user, job_id=other, memory=False).memory == ()


@pytest.mark.parametrize("chip", ["job_id", "resume_version_id", "document_ids"])
def test_another_candidates_thing_is_as_unknown_as_a_missing_one(store: Store, user: int, chip: str) -> None:
    other = person(store, name="Bo Lind")
    paper = papers.save_document(store, other, title="Notes", body="Private.", kind="notes", by="member:1")
    theirs = {"job_id": posting(store, other), "resume_version_id": version(store, other), "document_ids": paper.id}[
        chip
    ]
    said = []
    for id in (theirs, 999):
        with pytest.raises(NotFound) as refused:
            gather(store, user, **{chip: [id] if chip == "document_ids" else id})
        said.append(refused.value.message.replace(str(id), "ID"))
    assert said[0] == said[1]
