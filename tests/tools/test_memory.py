"""Memory: short notes for one candidate and job, newest first, that expire and can be deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import NotFound
from core.schema import AiAnswer, AiRequest, Details, Found, Written
from core.store import Store
from core.tools import memory
from tests.databases import person, posting

TODAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANSWER = AiAnswer(title="A match", summary="", content="")


def keep(store: Store, user_id: int, text: str, *, job_id: int | None = None, ago: timedelta = timedelta()) -> None:
    with store.write() as connection:
        at = datetime.now(UTC) - ago
        memory.keep(connection, user_id=user_id, job_id=job_id, text=text, run_id="run-1", at=at)


def recalled(store: Store, user_id: int, job_id: int | None) -> list[str]:
    with store.read() as connection:
        return [note.text for note in memory.recall(connection, user_id, job_id)]


def test_only_this_candidates_notes_on_this_job_are_recalled(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    job, elsewhere = posting(store, mine), posting(store, mine)
    keep(store, mine, "on the job", job_id=job)
    keep(store, mine, "on another", job_id=elsewhere)
    keep(store, mine, "on none")
    keep(store, other, "of another person")
    assert recalled(store, mine, job) == ["on the job"]
    assert recalled(store, mine, None) == ["on none"]


def test_the_newest_five_are_recalled_newest_first(store: Store) -> None:
    user = person(store)
    for day in range(7):
        keep(store, user, f"{day} days ago", ago=timedelta(days=day))
    assert recalled(store, user, None) == [f"{day} days ago" for day in range(memory.MOST_ENTRIES)]


def test_an_expired_note_is_neither_recalled_nor_shown(store: Store) -> None:
    user = person(store)
    keep(store, user, "long ago", ago=memory.LASTS + timedelta(minutes=1))
    keep(store, user, "just in time", ago=memory.LASTS - timedelta(minutes=1))
    assert recalled(store, user, None) == ["just in time"]
    assert [note.text for note in memory.about(store, user)] == ["just in time"]


def test_about_shows_every_job_of_one_candidate(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    job = posting(store, mine)
    keep(store, mine, "older", job_id=job, ago=timedelta(hours=1))
    keep(store, mine, "newer")
    keep(store, other, "of another person")
    assert [(note.text, note.job_id) for note in memory.about(store, mine)] == [("newer", None), ("older", job)]


def test_a_forgotten_note_is_gone_and_comes_back_as_it_was(store: Store) -> None:
    user = person(store)
    keep(store, user, "first", ago=timedelta(hours=2))
    keep(store, user, "second", ago=timedelta(hours=1))
    first = memory.about(store, user)[-1]
    gone = memory.forget(store, first.id, user_id=user)
    assert gone == first
    assert recalled(store, user, None) == ["second"]
    memory.put_back(store, gone)
    assert recalled(store, user, None) == ["second", "first"]
    back = memory.about(store, user)[-1]
    assert (back.text, back.created_at, back.expires_at, back.source_run_id) == (
        first.text,
        first.created_at,
        first.expires_at,
        first.source_run_id,
    )


def test_nobody_deletes_another_candidates_note(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    keep(store, mine, "mine")
    note = memory.about(store, mine)[0]
    with pytest.raises(NotFound, match="not there any more"):
        memory.forget(store, note.id, user_id=other)
    assert recalled(store, mine, None) == ["mine"]


def test_a_note_is_deleted_once(store: Store) -> None:
    user = person(store)
    keep(store, user, "once")
    note = memory.about(store, user)[0]
    memory.forget(store, note.id, user_id=user)
    with pytest.raises(NotFound):
        memory.forget(store, note.id, user_id=user)


def test_what_was_asked_says_the_wish_the_score_and_the_gaps() -> None:
    request = AiRequest(feature="cover_letter", user_id=1, instructions="Keep  it\nshort")
    details = Details(score=64, missing=(Found(term="Kafka"), Found(term="Go")))
    text = memory.asked(request, Written(ANSWER, details=details), TODAY)
    assert text.startswith("23 Nov 2026: cover letter. Asked: Keep it short")
    assert text.endswith("Match score 64 of 100. Not shown in the resume: Kafka, Go.")


def test_a_run_without_a_wish_or_score_leaves_one_short_sentence() -> None:
    request = AiRequest(feature="improve_text", user_id=1)
    assert memory.asked(request, Written(ANSWER), TODAY) == "23 Nov 2026: improve text."


def test_a_note_is_cut_at_a_word() -> None:
    text = memory.chosen("Kept " + "word " * 400, TODAY)
    assert len(text) <= memory.LONGEST
    assert text.endswith("word…")


def test_as_text_is_one_line_a_note(store: Store) -> None:
    user = person(store)
    keep(store, user, "second", ago=timedelta(hours=1))
    keep(store, user, "first")
    assert memory.as_text(memory.about(store, user)) == "- first\n- second"
