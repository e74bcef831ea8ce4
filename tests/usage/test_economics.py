"""What a kept document costs: everything spent in its group, by what was saved from it."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.errors import Invalid
from core.store import Document, DocumentRevision, ResumeVersion, Store
from core.usage.economics import Economy, economics
from core.usage.filters import Filter, Value
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history

ALL = Filter(history.START, history.START + timedelta(days=9))


@pytest.fixture
def user_id(store: Store) -> int:
    return person(store)


def run(
    store: Store, user_id: int, feature: str, nanousd: int | None, *, status: str = "ok", prompt: str = "p@1"
) -> str:
    one = history.run(random.Random(1), user_id, at=history.START)
    one |= {"feature": feature, "prompt": prompt, "status": status, "cost_nanousd": nanousd, "legs": []}
    one["cost_status"] = "unknown" if nanousd is None else "exact"
    with store.write() as connection:
        history.put(connection, one)
    return str(one["id"])


def keep_document(store: Store, user_id: int, *run_ids: str, permille: int = 1000) -> None:
    """One document, with a revision from each of the runs."""
    with store.writing(user_id) as session:
        paper = Document(user_id=user_id, title="Letter", kind="cover_letter")
        session.add(paper)
        session.flush()
        for number, run_id in enumerate(run_ids, 1):
            session.add(
                DocumentRevision(
                    user_id=user_id,
                    document_id=paper.id,
                    number=number,
                    body="text",
                    sha256="0" * 64,
                    source_run_id=run_id,
                    kept_permille=permille,
                    created_by="member:1",
                )
            )


def keep_version(store: Store, user_id: int, run_id: str, permille: int) -> None:
    with store.writing(user_id) as session:
        session.add(
            ResumeVersion(
                user_id=user_id,
                number=1,
                label="x",
                kind="tailored",
                content={},
                sha256="0" * 64,
                source_run_id=run_id,
                kept_permille=permille,
            )
        )


def by_feature(store: Store, asked: Filter = ALL, by: Sequence[str] = ("feature",)) -> dict[tuple[Value, ...], Economy]:
    return {one.values: one for one in economics(Usage(store).now(), asked, by)[1]}


def test_failures_and_unsaved_runs_are_paid_by_what_is_kept(store: Store, user_id: int) -> None:
    saved = run(store, user_id, "cover_letter", 600)
    run(store, user_id, "cover_letter", 300, status="cancelled")
    run(store, user_id, "cover_letter", 100, status="fallback")
    keep_document(store, user_id, saved, permille=900)
    letter = by_feature(store)["cover_letter",]
    assert (letter.kept, letter.nanousd_each, letter.kept_permille) == (1, 1000, 900)


def test_a_document_counts_once_however_often_it_was_revised(store: Store, user_id: int) -> None:
    keep_document(store, user_id, *(run(store, user_id, "cover_letter", 500) for _ in range(3)))
    assert by_feature(store)["cover_letter",].nanousd_each == 1500


def test_documents_and_resume_versions_of_one_number_are_two(store: Store, user_id: int) -> None:
    both = run(store, user_id, "tailor_resume", 1000)
    keep_document(store, user_id, both, permille=1000)
    keep_version(store, user_id, both, permille=500)
    tailored = by_feature(store)["tailor_resume",]
    assert (tailored.kept, tailored.nanousd_each, tailored.kept_permille) == (2, 500, 750)


def test_where_nothing_is_kept_or_nothing_is_known_there_is_no_figure(store: Store, user_id: int) -> None:
    run(store, user_id, "match", 500)
    keep_document(store, user_id, run(store, user_id, "cover_letter", None))
    groups = by_feature(store)
    assert (groups["match",].kept, groups["match",].nanousd_each, groups["match",].kept_permille) == (0, None, None)
    assert (groups["cover_letter",].kept, groups["cover_letter",].nanousd_each) == (1, None)


def test_groups_are_of_any_dimensions_and_keep_to_the_filter(store: Store, user_id: int) -> None:
    keep_document(store, user_id, run(store, user_id, "match", 400, prompt="match@1"))
    keep_document(store, user_id, run(store, user_id, "match", 200, prompt="match@2"))
    both = by_feature(store, by=("feature", "prompt"))
    assert {values: one.nanousd_each for values, one in both.items()} == {
        ("match", "match@1"): 400,
        ("match", "match@2"): 200,
    }
    narrowed = by_feature(store, ALL.narrowed("prompt", ["match@2"]))
    assert narrowed["match",].nanousd_each == 200
    assert by_feature(store, Filter(ALL.start + timedelta(days=1), ALL.end)) == {}


def test_all_together_counts_a_document_of_two_groups_once(store: Store, user_id: int) -> None:
    keep_document(store, user_id, run(store, user_id, "match", 100), run(store, user_id, "cover_letter", 200))
    whole, groups = economics(Usage(store).now(), ALL, ("feature",))
    assert (whole.kept, whole.nanousd_each, [one.kept for one in groups]) == (1, 300, [1, 1])


def test_legs_have_no_documents(store: Store) -> None:
    with pytest.raises(Invalid, match="attempt_model"):
        economics(Usage(store).now(), ALL, ("attempt_model",))


def test_the_dearest_group_comes_first(store: Store, user_id: int) -> None:
    for feature, nanousd in (("match", 1), ("cover_letter", 3), ("recruiter_lens", 2)):
        run(store, user_id, feature, nanousd)
    _, found = economics(Usage(store).now(), ALL, ("feature",))
    assert [one.values[0] for one in found] == ["cover_letter", "recruiter_lens", "match"]
