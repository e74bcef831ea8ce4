"""`/run`, the record, and the same run found again: one answer in one shape, whatever becomes of it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.errors import ProviderBusy
from core.llm.scripted import Play
from core.schema import RunResult
from core.store import EVERYONE, AiRun, Store
from tests.benches import letter, rewrite, statuses, waited_for
from tests.fakes.door import QUICK, Door, door

SHAPE = [
    *("run_id", "status", "answer", "changes", "details", "provider", "model", "prompt", "usage"),
    *("cost_usd", "cost_status", "latency_ms", "ttft_ms", "attempts"),
]
NO_RUN = "019b0f6e-9d0a-7c31-8f55-3c9d6f0a2b41"


def test_run_answers_the_whole_result(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        answer = one.run()
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        assert list(said) == SHAPE
        assert answer.headers["x-run-id"] == said["run_id"]
        assert (said["status"], said["provider"], len(said["attempts"])) == ("ok", "openai", 1)
        RunResult.model_validate_json(answer.content)


def test_accept_text_event_stream_changes_nothing_for_run(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        answer = one.ask("POST", "/run", json=one.body(), headers={"Accept": "text/event-stream"})
        assert answer.headers["content-type"] == "application/json"


def test_the_record_says_the_same_as_the_answer(store: Store) -> None:
    with door(store, Play(error=ProviderBusy("The model is busy.")), letter()) as one:
        answer = one.run()
        assert answer.json()["status"] == "fallback"
        record = one.ask("GET", f"/runs/{answer.headers['x-run-id']}")
        assert record.status_code == 200 and record.headers["x-run-id"] == answer.headers["x-run-id"]
        assert record.json() == answer.json()


def test_a_run_is_recorded_under_its_tokens_name(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        one.run()
        with sqlite_store.reading(EVERYONE) as session:
            assert session.scalar(select(AiRun.caller)) == "token:tests"


def test_whatever_follows_the_slash_of_a_model_is_passed_on(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        answer = one.run(model="openai/org/some-model:v2@x").json()
        assert one.provider.calls[0].model == answer["model"] == "org/some-model:v2@x"


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("cover_letter@9", "There is no prompt cover_letter@9. Choose one of these: cover_letter@1, cover_letter@2."),
        ("cover_letter@" + "9" * 60, "There is no prompt cover_letter@9999"),
        ("cover_letter@production", "labels are not available yet"),
        ("match@1", "is made for match, not for cover_letter"),
        ("nothing", "There is no prompt of that name."),
    ],
)
def test_a_prompt_that_cannot_be_used_is_refused_with_what_there_is(
    sqlite_store: Store, prompt: str, sentence: str
) -> None:
    with door(sqlite_store, letter()) as one:
        refused = one.run(prompt=prompt)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
        assert sentence in refused.json()["detail"] and one.provider.calls == []


# -- stopping ------------------------------------------------------------------------------------------


def test_a_cancelled_run_answers_200_with_what_had_arrived(store: Store) -> None:
    with door(store, Play("Letter\n", "A summary.\n\n", hang=True)) as one, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.run)
        waited_for(lambda: _live(one))
        (run_id,) = _live(one)
        waited_for(lambda: len(one.workbench.registry.find(run_id).events) >= 2)  # type: ignore[union-attr]
        stopped = one.ask("POST", f"/runs/{run_id}/cancel")
        answer = waiting.result(5)
    for said in (stopped, answer):
        assert said.status_code == 200 and said.headers["x-run-id"] == run_id
        assert said.json()["status"] == "cancelled"
        assert said.json()["answer"]["summary"] == "A summary."
        assert "Stopped" in said.json()["answer"]["warnings"][0]
    assert stopped.json() == answer.json()


def test_stopping_a_finished_run_leaves_it_as_it_is(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        answer = one.run()
        run_id = answer.headers["x-run-id"]
        assert one.ask("POST", f"/runs/{run_id}/cancel").json() == answer.json()
        one.workbench.registry._live.clear()  # as minutes later
        assert one.ask("POST", f"/runs/{run_id}/cancel").json() == answer.json()


# -- the same key --------------------------------------------------------------------------------------


def test_the_same_key_and_body_is_one_run(store: Store) -> None:
    with door(store, letter(pause_s=0.05)) as one, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: one.run(key="k-1"), range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert one.run(key="k-1").content == answers[0].content  # finished
        one.workbench.registry._live.clear()
        assert one.run(key="k-1").json() == answers[0].json()  # finished long ago
        assert len(one.provider.calls) == 1


def test_the_order_of_the_bodys_keys_does_not_make_it_another(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        first = one.run(key="k")
        turned = json.dumps(dict(reversed(one.body().items())))
        again = one.ask(
            "POST", "/run", content=turned, headers={"Idempotency-Key": "k", "Content-Type": "application/json"}
        )
        assert again.json() == first.json()


def test_a_key_finds_its_run_even_when_what_it_was_made_from_is_gone(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        first = one.run(key="k")
        with sqlite_store.write() as connection:
            connection.exec_driver_sql("DELETE FROM job")
        assert one.run(key="k").json() == first.json()
        assert one.run(key="other").status_code == 404


def test_the_same_key_with_another_body_is_a_conflict(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        one.run(key="k")
        refused = one.run(key="k", instructions="Shorter.")
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert "Shorter" not in refused.text
        assert len(one.provider.calls) == 1


def test_a_key_belongs_to_its_token(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        first, second = one.run(key="k"), one.run(key="k", token=one.key("other"))
        assert first.json()["run_id"] != second.json()["run_id"]


@pytest.mark.parametrize("key", ["", "k" * 201, "clé", "a\tb"])
def test_a_key_that_is_none_is_refused(sqlite_store: Store, key: str) -> None:
    with door(sqlite_store, letter()) as one:
        refused = one.ask("POST", "/run", json=one.body(), headers={b"Idempotency-Key": key.encode()})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
        assert one.run(key="k" * 200).status_code == 200


# -- other processes -----------------------------------------------------------------------------------


def test_run_waits_for_the_run_that_another_process_makes(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one, ThreadPoolExecutor(1) as pool:
        first = one.run(key="k")
        one.workbench.registry._live.clear()
        rewrite(sqlite_store, status="running", owner="another")
        waiting = pool.submit(one.run, key="k")
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        assert one.ask("POST", f"/runs/{first.headers['x-run-id']}/cancel").status_code == 409
        rewrite(sqlite_store, status="ok")
        assert waiting.result(5).json() == first.json()


# -- who leaves ----------------------------------------------------------------------------------------


def test_a_run_whose_caller_left_is_stopped_after_a_while(sqlite_store: Store) -> None:
    with door(sqlite_store, Play("Letter\n", hang=True), pace=replace(QUICK, unwatched_s=0.2)) as one:
        asyncio.run(_ask_and_leave(one))
        waited_for(lambda: one.provider.heard[0].ended == "cancelled")
        waited_for(lambda: statuses(sqlite_store) == ["cancelled"])


def test_a_run_that_is_waited_for_is_not_stopped(sqlite_store: Store) -> None:
    with door(sqlite_store, letter(pause_s=0.1), pace=replace(QUICK, unwatched_s=0.05)) as one:
        assert one.run().json()["status"] == "ok"


async def _ask_and_leave(one: Door) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(one.url.rpartition(":")[2]))
    body = json.dumps(one.body()).encode()
    head = f"POST /api/v1/ai/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {one.token}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    await asyncio.to_thread(waited_for, lambda: one.provider.heard)
    writer.close()


def _live(one: Door) -> list[str]:
    return list(one.workbench.registry._live)
