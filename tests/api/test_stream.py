"""`/stream` and coming back to it: no event is lost, none is paid for twice, and `done` is always last."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from core.api import sse
from core.errors import ProviderCut
from core.llm.live import LiveRun
from core.llm.scripted import Play
from core.store import Store
from tests.benches import CALLER, LETTER, Bench, letter, rewrite, waited_for
from tests.fakes.door import AI, QUICK, Door, door


def test_a_stream_is_events_as_they_come(sqlite_store: Store) -> None:
    with door(sqlite_store, letter(pause_s=0.05)) as one, one.stream() as stream:
        assert stream.response.status_code == 200
        headers = stream.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        at, events = [], []
        for event in stream:
            events.append(event)
            at.append(time.monotonic())
    assert [id for id, _, _ in events] == list(range(1, len(events) + 1))
    kinds = [kind for _, kind, _ in events]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("started", "done", {"delta"})
    assert set(events[0][2]) == {"run_id", "feature", "prompt", "provider", "model", "route"}
    assert events[0][2]["run_id"] == stream.run_id == events[-1][2]["run_id"]
    assert "".join(data["text"] for _, kind, data in events if kind == "delta").startswith("Letter to Norrsken")
    assert at[-1] - at[0] > 0.1  # not all at the end


def test_done_is_what_run_answers(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        with one.stream(key="k") as stream:
            done = list(stream)[-1][2]
        assert one.run(key="k").json() == done
        assert one.ask("GET", f"/runs/{stream.run_id}").json() == done


def test_the_wire_is_one_line_of_data_whatever_the_text(sqlite_store: Store) -> None:
    odd = 'Line\u2028 two\r\n\n"quoted" \\ and ünïcode 🙂\x85 end'
    with door(sqlite_store, Play("Title\n", "Summary\n\n", odd)) as one:
        wire = one.ask("POST", "/stream", json=one.body()).content
    for block in wire.decode().removesuffix("\n\n").split("\n\n"):
        assert [line.partition(":")[0] for line in block.split("\n")] == ["id", "event", "data"]
    assert "🙂" in wire.decode()


def test_a_hand_over_is_a_notice_inside_the_stream(sqlite_store: Store) -> None:
    cut = Play("Letter\n", "A beginning", error=ProviderCut("The connection was reset."))
    with door(sqlite_store, cut, letter()) as one, one.stream() as stream:
        events = list(stream)
    (notice,) = [data for _, kind, data in events if kind == "notice"]
    assert set(notice) == {"code", "message", "provider", "model"} and notice["code"] == "provider_cut"
    assert (events[-1][1], events[-1][2]["status"]) == ("done", "fallback")


def test_a_refusal_comes_before_the_stream(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        refused = one.ask("POST", "/stream", json=one.body(job_id=999))
        assert refused.status_code == 404 and refused.headers["content-type"] == "application/problem+json"


# -- coming back ---------------------------------------------------------------------------------------


def test_coming_back_loses_no_event_and_costs_nothing_twice(store: Store) -> None:
    with door(store, letter(pause_s=0.05)) as one:
        with one.stream() as stream:
            first = stream.some(2)
        rest = one.again(stream.run_id, first[-1][0])
        assert [id for id, _, _ in first + rest] == list(range(1, len(first + rest) + 1))
        assert rest[-1][2]["status"] == "ok"
        assert len(one.provider.calls) == 1
        assert one.again(stream.run_id) == first + rest  # everything, as long as it is kept


def test_many_may_follow_one_run_and_all_see_the_same(sqlite_store: Store) -> None:
    seen: dict[int, Any] = {}
    with door(sqlite_store, letter(pause_s=0.1)) as one:
        with one.stream() as stream:
            threads = [_in_thread(lambda n=n: seen.update({n: one.again(stream.run_id)})) for n in range(6)]
            events = list(stream)
        for thread in threads:
            thread.join(5)
    assert list(seen.values()) == [events] * 6


def test_one_who_has_seen_done_gets_it_again(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        with one.stream() as stream:
            events = list(stream)
        assert one.again(stream.run_id, events[-1][0]) == events[-1:]
        assert one.again(stream.run_id, 999) == events  # an id that never was


def test_after_the_list_is_gone_there_is_done_alone(store: Store) -> None:
    with door(store, letter()) as one:
        with one.stream() as stream:
            events = list(stream)
        one.workbench.registry._live.clear()
        ((id, kind, done),) = one.again(stream.run_id, 2)
        assert (id, kind, done) == (3, "done", events[-1][2])


def test_the_end_of_another_processes_run_is_waited_for(store: Store) -> None:
    with door(store, letter(), pace=replace(QUICK, heartbeat_s=0.05)) as one:
        run_id = one.run().json()["run_id"]
        one.workbench.registry._live.clear()
        rewrite(store, status="running")
        with one.stream(f"/runs/{run_id}/events", method="GET") as stream:
            stream.beats(2)
            rewrite(store, status="fallback")
            ((_, kind, done),) = list(stream)
    assert (kind, done["run_id"], done["status"]) == ("done", run_id, "fallback")


def test_a_key_attaches_to_the_stream_it_began(sqlite_store: Store) -> None:
    with door(sqlite_store, letter(pause_s=0.05)) as one:
        with one.stream(key="k") as first:
            head = first.some(1)
            with one.stream(key="k") as second:
                again = list(second)
            assert head + list(first) == again
        assert first.run_id == second.run_id and len(one.provider.calls) == 1


def test_of_two_last_event_ids_neither_is_believed(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one:
        path = f"/runs/{one.run().json()['run_id']}/events"
        refused = one.ask("GET", path, headers=[("Last-Event-ID", "1"), ("Last-Event-ID", "2")])
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("last_id", ["x", "-1", "1.5", "9" * 40])
def test_a_last_event_id_that_is_none_is_refused(sqlite_store: Store, last_id: str) -> None:
    with door(sqlite_store, letter()) as one:
        run_id = one.run().json()["run_id"]
        refused = one.ask("GET", f"/runs/{run_id}/events", headers={"Last-Event-ID": last_id})
        assert refused.status_code == 422


# -- silence, and who leaves ---------------------------------------------------------------------------


def test_silence_is_filled_with_comments(sqlite_store: Store) -> None:
    slow = Play("Letter\n", "Summary\n\n", "Text", pause_s=0.3)
    began = time.monotonic()
    with door(sqlite_store, slow, pace=replace(QUICK, heartbeat_s=0.1)) as one, one.stream() as stream:
        events = list(stream)
    assert 4 <= stream.comments <= 1 + (time.monotonic() - began) / 0.1
    assert events[-1][1] == "done"


def test_a_busy_stream_has_no_comments(sqlite_store: Store) -> None:
    busy = Play("Letter\n", "Summary\n\n", *["word "] * 30, pause_s=0.02)
    with door(sqlite_store, busy, pace=replace(QUICK, heartbeat_s=0.3)) as one, one.stream() as stream:
        assert list(stream)[-1][1] == "done"
    assert stream.comments == 0


def test_one_who_leaves_is_noticed_at_once(sqlite_store: Store) -> None:
    with door(sqlite_store, Play("Letter\n", hang=True)) as one:
        with one.stream() as stream:
            stream.some(2)
            live = _live(one, stream.run_id)
            assert live._watchers == 1
        waited_for(lambda: live._watchers == 0, within_s=8)  # its next heartbeat would find out after 10 s
        assert not live.done


def test_an_unwatched_run_is_stopped_and_recorded(sqlite_store: Store) -> None:
    with door(sqlite_store, Play("Letter\n", hang=True), pace=replace(QUICK, unwatched_s=0.3)) as one:
        with one.stream() as stream:
            stream.some(2)
        began = time.monotonic()
        waited_for(lambda: one.provider.heard[0].ended == "cancelled")
        assert time.monotonic() - began >= 0.2
        waited_for(lambda: one.ask("GET", f"/runs/{stream.run_id}").json()["status"] == "cancelled")


def test_a_run_that_is_watched_again_in_time_goes_on(sqlite_store: Store) -> None:
    slow = Play("Letter\n", "Summary\n\n", *["word "] * 8, pause_s=0.3)
    with door(sqlite_store, slow, pace=replace(QUICK, unwatched_s=2)) as one:
        with one.stream() as stream:
            stream.some(1)
        time.sleep(0.2)
        assert one.again(stream.run_id, 1)[-1][2]["status"] == "ok"


def test_a_page_that_looks_keeps_a_run_going(sqlite_store: Store) -> None:
    with door(sqlite_store, letter(pause_s=0.7), pace=replace(QUICK, unwatched_s=2)) as one:
        with one.stream() as stream:
            stream.some(1)
        live, seen = _live(one, stream.run_id), 0
        while not live.done:
            seen += len(live.after(seen, wait_s=0.05))
        assert live.result is not None and live.result.status == "ok"


def test_a_run_of_a_page_needs_no_watcher(sqlite_store: Store) -> None:
    with door(sqlite_store, letter(pause_s=0.1), pace=replace(QUICK, unwatched_s=0.05)) as one:
        bench = Bench(one.workbench, one.provider, one.user_id, one.job_id, one.resume_id)
        run_id = one.workbench.start(bench.request(), CALLER)
        admin = one.key("boss", "admin")
        with one.client(admin).stream("GET", f"{AI}/runs/{run_id}/events") as response:
            next(response.iter_raw())  # an admin looks in and leaves again
        live = _live(one, run_id)
        waited_for(lambda: live.done)
        assert live.result is not None and live.result.status == "ok"


def test_frames_are_made_once_however_many_follow(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = sse.frame
    monkeypatch.setattr(sse, "frame", lambda id, kind, json: made.append(id) or real(id, kind, json))
    with door(sqlite_store, letter(pause_s=0.05)) as one, one.stream(key="k") as first:
        head = first.some(1)
        with one.stream(key="k") as second, one.stream(key="k") as third:
            events = list(third)
            assert list(second) == head + list(first) == events
    assert made == [id for id, _, _ in events]


def test_the_letter_arrives_whole(sqlite_store: Store) -> None:
    with door(sqlite_store, letter()) as one, one.stream() as stream:
        events = list(stream)
    prose = [data["text"] for _, kind, data in events if kind == "delta" and data["field"] == "content"]
    assert "".join(prose).strip() == "".join(LETTER[2:]).strip()


def test_a_long_event_is_sent_in_pieces() -> None:
    """What a client has not read yet is held for it: little, whatever the length of an answer."""
    long, sent = bytes(range(256)) * 1_000, []

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield b"short"
        yield long

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        stream = sse.Stream("r", chunks(), asyncio.Event().wait)  # type: ignore[arg-type]
        await stream({"type": "http", "method": "GET"}, asyncio.Event().wait, send)  # type: ignore[arg-type]

    asyncio.run(run())
    pieces = [message["body"] for message in sent[1:]]
    assert pieces[0] == b"short" and b"".join(pieces[1:]) == long
    assert max(map(len, pieces)) <= 65_536 and not sent[-1].get("more_body")


def _live(one: Door, run_id: str) -> LiveRun:
    live = one.workbench.find(run_id)
    assert live is not None
    return live


def _in_thread(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_client_dismissed_within_a_long_event_gets_that_event_whole_and_the_refusal_after_it() -> None:
    """Of an event cut in the middle the refusal would be read as a part."""
    event, refused = sse.frame(1, "delta", b'"' + b"x" * 3 * sse.MOST_SENT + b'"'), sse.refusal(b"{}")
    sent: list[bytes] = []

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield event

    async def stream() -> None:
        revoked = asyncio.Event()

        async def dismissed() -> bytes:
            await revoked.wait()
            return refused

        async def send(message: Any) -> None:
            if len(sent) == 1 and not revoked.is_set():  # the client reads slowly, and its token is revoked meanwhile
                revoked.set()
                await asyncio.sleep(60)
            if body := message.get("body"):
                sent.append(body)

        async def receive() -> Any:
            await asyncio.sleep(60)

        await sse.Stream("run", chunks(), dismissed)({"method": "GET"}, receive, send)

    asyncio.run(asyncio.wait_for(stream(), 5))
    assert b"".join(sent) == event + refused
