"""Runs as they were recorded: the list with its filters and pages, and one run's whole story."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.drive import papers
from core.errors import NotFound
from core.llm import history, runs
from core.llm.provider import Message
from core.llm.runs import Attempt, Opening
from core.schema import AiAnswer, AiRequest, AttemptView, Caller, Cost, Details, RunResult, Usage
from core.store import Store
from core.tools.material import Piece
from tests.databases import person, posting

STAFF = Caller(name="member:1", role="support")
ANSWER = AiAnswer(title="A good fit", summary="It fits.", content="Python is used daily.", warnings=("No Kafka.",))
BUSY = Attempt(
    1,
    "openai",
    "gpt-6-luna",
    datetime.now(UTC),
    messages=(Message("user", "Compare"),),
    parts=({"name": "system", "tokens": 40},),
    status="failed",
    error_code="provider_busy",
    error="The model was busy.",
    text=["half an "],
    usage=Usage(input_tokens=100, output_tokens=7),
    cost=Cost(nanousd=5_000, status="estimated", price="genai-prices 0.2.3"),
    latency_ms=900,
)
RULES = Attempt(
    2, "rules", None, datetime.now(UTC), status="ok", finish_reason="stop", cost=Cost(nanousd=0, status="exact")
)


def opened(store: Store, user_id: int, *, at: datetime | None = None, **given: Any) -> Opening:
    """A run under way; `at` is when it was made."""
    request = AiRequest(**{"feature": "match", "user_id": user_id} | given)
    piece = Piece("job", "Job: Engineer", "text", 12, {"kind": "job", "id": 3, "sha256": "ab"}, trimmed_from=30)
    opening = Opening(
        runs.new_id(), STAFF, request, "match@1", "pro", tier="premium", route="premium, because", pieces=(piece,)
    )
    runs.open_run(store, opening, owner="me")
    if at:
        with store.write() as connection:
            connection.execute(update(runs.RUN).where(runs.RUN.c.id == opening.id).values(created_at=at))
    return opening


def ended(store: Store, user_id: int, *attempts: Attempt, cost: Cost, status: Any = "ok", **given: Any) -> Opening:
    opening = opened(store, user_id, **given)
    result = RunResult(
        run_id=opening.id,
        status=status,
        answer=ANSWER,
        changes=(),
        details=Details(score=64),
        provider=attempts[-1].provider,
        model=attempts[-1].model,
        prompt="match@1",
        usage=Usage(input_tokens=100, output_tokens=7),
        cost_usd=None,
        cost_status=cost.status,
        latency_ms=1_400,
        ttft_ms=None,
        attempts=tuple(attempt.view() for attempt in attempts),
    )
    assert runs.settle(store, opening, result, attempts, cost, note=None)
    return opening


# -- the list ------------------------------------------------------------------------------------------


def test_a_line_says_who_what_and_how_much(store: Store) -> None:
    user = person(store)
    job = posting(store, user)
    opening = ended(
        store, user, BUSY, RULES, cost=Cost(nanousd=5_000, status="estimated"), status="fallback", job_id=job
    )
    (row,) = history.recent(store)
    assert (row.id, row.status, row.feature, row.candidate) == (opening.id, "fallback", "match", "Ada Moreno")
    assert (row.job, row.prompt, row.provider, row.model) == ("Backend engineer", "match@1", "rules", None)
    assert (row.input_tokens, row.output_tokens, row.cost_nanousd, row.cost_status) == (100, 7, 5_000, "estimated")
    assert (row.latency_ms, row.ttft_ms, row.caller) == (1_400, None, "member:1")


def test_an_unknown_cost_stays_unknown(store: Store) -> None:
    user = person(store)
    opening = ended(store, user, RULES, cost=Cost(nanousd=None, status="unknown"))
    assert history.recent(store)[0].cost_nanousd is None
    assert history.result(store, opening.id).cost_usd is None


def test_a_run_under_way_is_listed_as_running(store: Store) -> None:
    opening = opened(store, person(store))
    assert [(row.id, row.status) for row in history.recent(store)] == [(opening.id, "running")]


def test_pages_of_the_list_meet_without_gap_or_overlap(store: Store) -> None:
    user, now = person(store), datetime.now(UTC)
    same = now - timedelta(hours=1)  # runs of one instant are told apart by their ids
    made = [opened(store, user, at=same).id for _ in range(4)]
    made += [opened(store, user, at=now + timedelta(minutes=n)).id for n in range(3)]
    seen: list[str] = []
    while page := history.recent(store, limit=2, before=seen[-1] if seen else None):
        seen += [row.id for row in page]
    assert seen == made[::-1]


def test_older_pages_reach_into_the_same_second_and_over_midnight(store: Store) -> None:
    user = person(store)
    times = [
        datetime(2026, 3, 1, 23, 59, 59, 999_999, UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 2, 0, 0, 0, 1, UTC),
    ]
    made = [opened(store, user, at=at).id for at in times]
    assert [row.id for row in history.recent(store, before=made[2])] == [made[1], made[0]]
    assert [row.id for row in history.recent(store, before=made[1])] == [made[0]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"feature": "cover_letter"}, ["letter"]),
        ({"status": "ok"}, ["done"]),
        ({"status": "running"}, ["other", "letter"]),
        ({"user_id": 2}, ["other"]),
        ({"user_id": 1, "status": "running"}, ["letter"]),
        ({"feature": "match", "status": "cancelled"}, []),
    ],
)
def test_filters_narrow_the_list(store: Store, wanted: dict[str, Any], found: list[str]) -> None:
    one, two = person(store), person(store, name="Bo Lind")
    assert (one, two) == (1, 2)
    named = {
        ended(store, one, RULES, cost=Cost(nanousd=0, status="exact")).id: "done",
        opened(store, one, feature="cover_letter").id: "letter",
        opened(store, two).id: "other",
    }
    assert [named[row.id] for row in history.recent(store, **wanted)] == found


def test_an_unknown_place_in_the_list_starts_at_the_newest(store: Store) -> None:
    opened(store, person(store))
    assert len(history.recent(store, before="no-such-run")) == 1


# -- one run -------------------------------------------------------------------------------------------


def test_a_story_holds_the_failed_leg_as_well(store: Store) -> None:
    user = person(store)
    opening = ended(store, user, BUSY, RULES, cost=Cost(nanousd=5_000, status="estimated"), status="fallback")
    story = history.story(store, opening.id)
    first, second = story.attempts
    assert (first.number, first.status, first.error_code, first.error) == (
        1,
        "failed",
        "provider_busy",
        "The model was busy.",
    )
    assert (first.text, first.messages, first.parts) == (
        "half an ",
        [{"role": "user", "content": "Compare"}],
        [{"name": "system", "tokens": 40}],
    )
    assert (first.price, first.cost_nanousd, second.provider, second.status) == (
        "genai-prices 0.2.3",
        5_000,
        "rules",
        "ok",
    )
    assert story.run.route == "premium, because"
    assert story.run.context[0] | {"trimmed_from": 30, "tokens": 12} == story.run.context[0]


def test_the_result_of_a_record_is_the_one_that_was_settled(store: Store) -> None:
    user = person(store)
    opening = ended(store, user, BUSY, RULES, cost=Cost(nanousd=5_000, status="estimated"), status="fallback")
    result = history.result(store, opening.id)
    assert (result.status, result.answer, result.details.score) == ("fallback", ANSWER, 64)
    assert (result.cost_usd, result.cost_status) == ("0.000005", "estimated")
    assert result.attempts[0] == AttemptView.model_validate(BUSY.view().model_dump())


def test_a_run_without_an_answer_yet_has_a_result_all_the_same(store: Store) -> None:
    opening = opened(store, person(store))
    result = history.result(store, opening.id)
    assert (result.status, result.answer, result.attempts) == ("running", history.UNANSWERED, ())


def test_a_story_says_what_was_kept_of_it(store: Store) -> None:
    user = person(store)
    opening = ended(store, user, RULES, cost=Cost(nanousd=0, status="exact"))
    other = ended(store, user, RULES, cost=Cost(nanousd=0, status="exact"))
    paper = papers.save_document(
        store, user, title="Report", body="It fits.", kind="match", by="member:1", run_id=opening.id
    )
    papers.save_revision(store, user, paper.id, body="It fits well.", by="member:1", run_id=opening.id)
    assert history.story(store, opening.id).kept == ["Report, revision 1", "Report, revision 2"]
    assert [(kept.document_id, kept.resume_version_id) for kept in history.kept(store, opening.id)] == [
        (paper.id, None)
    ] * 2
    assert history.kept(store, other.id) == []


@pytest.mark.parametrize("ask", [history.story, history.result])
def test_an_unknown_run_is_not_found(store: Store, ask: Any) -> None:
    with pytest.raises(NotFound, match="no such run"):
        ask(store, "no-such-run")


def test_an_export_is_json_with_every_attempt_and_no_lease(store: Store) -> None:
    user = person(store)
    opening = ended(store, user, BUSY, RULES, cost=Cost(nanousd=5_000, status="estimated"), status="fallback")
    read = json.loads(json.dumps(history.export(history.story(store, opening.id))))
    assert (read["run"]["id"], read["run"]["status"], read["candidate"]) == (opening.id, "fallback", "Ada Moreno")
    assert read["run"]["answer"]["title"] == "A good fit"
    assert [attempt["text"] for attempt in read["attempts"]] == ["half an ", ""]
    assert read["run"]["created_at"].endswith("+00:00")
    assert not {"owner", "lease_until", "idempotency_key"} & set(read["run"])
