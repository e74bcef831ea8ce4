"""Keeping an answer: what goes into the document, and that twice is once."""

from threading import Thread

import pytest

from core.drive import answer_text, papers, save
from core.drive.resume import normalise
from core.errors import Invalid
from core.schema import AiAnswer, Change, Doubt
from core.store import Store
from tests.databases import migrated_postgresql, migrated_sqlite, person, postgresql_server, sqlite_url, store

__all__ = ["migrated_postgresql", "migrated_sqlite", "postgresql_server", "sqlite_url", "store"]

ANSWER = AiAnswer(
    title="Match report: Acme",
    summary="A fit.",
    content="## Why\n\nMuch.",
    bullets=("One\nline",),
    warnings=("A doubt",),
    next_actions=("Ask",),
)
RESUME = normalise(
    {"basics": {"name": "Ada"}, "work": [{"name": "Acme", "position": "Cook", "highlights": ["Cooked.", "Cleaned."]}]}
)
DROP = Change(op="remove", path="work/w1/highlights/w1h2", original="Cleaned.")
SWAP = Change(op="reorder", path="work/w1/highlights", value="w1h2\nw1h1")


@pytest.mark.parametrize("feature", ["match", "recruiter_lens", "interview_prep"])
def test_a_report_is_kept_without_the_warnings_to_its_reader(feature: str) -> None:
    assert answer_text.to_markdown(feature, ANSWER) == (
        "A fit.\n\n## Why\n\nMuch.\n\n## Key points\n\n- One line\n\n## Next actions\n\n- Ask\n"
    )


def test_of_a_tailored_resume_only_the_resume_is_kept() -> None:
    assert answer_text.to_markdown("tailor_resume", ANSWER, title=True) == "## Why\n\nMuch.\n"


def test_a_tailored_resume_holds_the_given_changes_and_no_other() -> None:
    whole, dropped = save.tailored(RESUME, []), save.tailored(RESUME, [DROP])
    assert "Cleaned." in whole and "Cooked." in whole
    assert "Cleaned." not in dropped and "Cooked." in dropped


@pytest.mark.parametrize("feature", ["cover_letter", "improve_text"])
def test_of_a_letter_only_the_letter_is_kept(feature: str) -> None:
    assert answer_text.to_markdown(feature, ANSWER) == "## Why\n\nMuch.\n"
    assert answer_text.to_markdown(feature, ANSWER, title=True).startswith("# Match report: Acme\n\n")


def test_the_same_document_of_the_same_run_is_kept_once(store: Store) -> None:
    user = person(store)

    def keep(body: str = "Dear all", run_id: str = "r1") -> int:
        return save.keep_document(
            store, user, title=" Letter ", body=body, kind="cover_letter", by="cli", job_id=None, run_id=run_id
        ).id

    first = keep()
    threads = [Thread(target=keep) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keep() == first
    assert len(papers.documents(store, user)) == 1
    assert keep(body="Dear Ms Okafor") != first
    assert keep(run_id="r2") != first


def test_the_same_changes_of_the_same_run_make_one_version(store: Store) -> None:
    user = person(store)
    source = papers.add_resume(store, user, RESUME, label="Base").id

    def keep(*changes: Change, label: str = "For Acme") -> int:
        return save.keep_version(store, user, source, changes, label=label, job_id=None, run_id="r1").number

    assert keep(DROP) == keep(DROP) == 2
    assert keep(SWAP) == 3
    assert keep(DROP, label="For Norrsken") == 4


def test_nothing_to_change_is_refused(store: Store) -> None:
    user = person(store)
    source = papers.add_resume(store, user, RESUME, label="Base").id
    with pytest.raises(Invalid, match="No change is left"):
        save.keep_version(store, user, source, [], label="For Acme", job_id=None, run_id="r1")


def test_changes_are_told_in_words() -> None:
    dropped, swapped = save.in_words(RESUME, [DROP, SWAP])
    assert (dropped.before, dropped.after) == ("Cleaned.", "")
    assert (swapped.before, swapped.after) == ("Cooked.\nCleaned.", "Cleaned.\nCooked.")
    assert "Acme" in dropped.place


def test_changes_of_a_run_from_before_there_were_verdicts_are_judged_when_they_are_shown() -> None:
    invented = DROP.model_copy(update={"op": "replace", "value": "Cleaned 40 pans."})
    gone = DROP.model_copy(update={"path": "work/w9/highlights/w9h1"})
    assert [one.verdict for one in save.judged(RESUME, [DROP, invented, gone])] == ["verified", "blocked", None]
    known = [DROP.model_copy(update={"verdict": "needs review", "why": "So it was found."})]
    assert save.judged(RESUME, known) == known


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("Dear all,\n\nI led **40** people at Google. Bye.", 1),
        ("I led 40 people\nat Google", 1),
        ("I led people at Google.", 0),
        ("", 0),
    ],
)
def test_a_doubt_lasts_as_long_as_its_sentence_stands_in_the_text(body: str, left: int) -> None:
    doubt = Doubt(sentence="I led 40 people at Google.", claims=("40", "Google"))
    assert len(save.unchecked(body, [doubt])) == left


def test_an_edit_by_hand_changes_the_texts_given_and_keeps_the_ids_of_what_was_there() -> None:
    moved = save.edited(RESUME, "Cook.", {"w1": "Cleaned.\n\nCooked."})
    assert moved["basics"] == {"name": "Ada", "summary": "Cook."}
    assert moved["work"][0]["highlights"] == ["Cleaned.", "Cooked."]
    assert moved["work"][0]["highlight_ids"] == ["w1h2", "w1h1"]
    new = save.edited(RESUME, "", {"w1": "Led a team."})
    assert new["work"][0]["highlights"] == ["Led a team."]
    assert save.edited(RESUME, "", {}) == RESUME
