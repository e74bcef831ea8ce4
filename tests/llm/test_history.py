"""Runs as they were recorded: one run's whole story."""

import json
from datetime import UTC, datetime
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
from tests.databases import person

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
