"""Made-up runs cost what the price list says, and some of them were kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from core.demo import kept, runs
from core.drive.papers import documents, resume_versions, save_document
from core.store import AiRun, Document, DocumentRevision, ResumeVersion, Store, User
from core.usage import repricing
from core.usage.economics import economics
from core.usage.filters import Filter
from core.usage.queries import Usage
from tests.databases import person

KEPT = (Document, DocumentRevision, ResumeVersion)
TODAY = datetime.now(UTC).date()
YEAR = Filter.days(TODAY - timedelta(days=366), TODAY)


def count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table.__table__)).scalar_one()


def test_todays_price_rows_would_change_no_cost_of_a_made_up_run(store: Store) -> None:
    legs = runs.make(store, 200)
    seen = repricing.preview(store, YEAR)
    assert (seen.looked_at, seen.runs, seen.total) == (legs, 0, repricing.Change())


BY_HAND = """
    SELECT feature, sum(cost_nanousd), (
        SELECT count(*) FROM ai_run kept WHERE kept.feature = ai_run.feature AND kept.id IN (
            SELECT source_run_id FROM document_revision UNION SELECT source_run_id FROM resume_version))
    FROM ai_run GROUP BY feature"""


def test_what_a_kept_document_cost_is_what_the_tables_say(store: Store) -> None:
    runs.make(store, 1_500)
    found = {one.values[0]: one for one in economics(Usage(store).now(), YEAR, ("feature",))[1]}
    with store.read() as connection:
        counted = {row[0]: (int(row[1]), row[2]) for row in connection.execute(text(BY_HAND))}
    assert {name: (one.total.cost_nanousd, one.kept) for name, one in found.items()} == counted
    for name, share in kept.SHARES.items():
        assert abs(100 * found[name].kept / found[name].total.runs - 0.94 * share) < 12  # 94 of 100 were answered
        assert 600 < (found[name].kept_permille or 0) < 1000
    assert found["outreach_note"].kept == 0


def test_what_was_kept_is_of_the_runs_candidate_after_it_ended(store: Store) -> None:
    runs.make(store, 400)
    for table, at in ((DocumentRevision, DocumentRevision.created_at), (ResumeVersion, ResumeVersion.created_at)):
        rows = select(AiRun.user_id, table.user_id, AiRun.finished_at, at, AiRun.status).join(
            AiRun, AiRun.id == table.source_run_id
        )
        with store.read() as connection:
            found = connection.execute(rows).all()
        assert found
        for one in found:
            assert one[0] == one[1] and one[2] < one[3] and one[4] in ("ok", "fallback")


def test_drive_goes_on_after_made_up_documents(store: Store) -> None:
    runs.make(store, 400)
    runs.make(store, 400)  # versions of a candidate are numbered on
    with store.read() as connection:
        user = connection.execute(select(ResumeVersion.user_id).limit(1)).scalar_one()
    numbers = [one.number for one in resume_versions(store, user)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    save_document(store, user, title="Mine", body="Text", kind="notes", by="member:1")
    assert "Mine" in [paper.title for paper in documents(store, user)]


def test_what_was_made_up_goes_and_what_is_real_stays(store: Store) -> None:
    mine = person(store)
    save_document(store, mine, title="Mine", body="Text", kind="notes", by="member:1")
    runs.make(store, 300)
    assert all(count(store, table) > 1 for table in KEPT)
    runs.clear(store)
    assert [count(store, table) for table in (*KEPT, AiRun, User)] == [1, 1, 0, 0, 1]
