"""The events of a run that has ended read as they did before, and take little room."""

import asyncio
import gc
import weakref

import pytest

from core.llm.live import LiveRun
from core.llm.past import Past
from core.schema import AiAnswer, Details, Event, RunResult, Usage

STARTED = ("started", {"run_id": "r"})
NOTICE = ("notice", {"code": "provider_down"})
RESULT = RunResult(
    run_id="r",
    status="ok",
    answer=AiAnswer(title="T", summary="S", content="C"),
    changes=(),
    details=Details(),
    provider="openai",
    model="m",
    prompt="match@1",
    usage=Usage(),
    cost_usd=None,
    cost_status="unknown",
    latency_ms=1,
    ttft_ms=None,
    attempts=(),
)


def events(*told: object) -> list[Event]:
    """A text is a delta of the content, a pair of field and text one of that field, else (kind, data) as it is."""
    made = []
    for at, one in enumerate(told, 1):
        if isinstance(one, str):
            made.append(Event(at, "delta", {"field": "content", "text": one}))
        else:
            kind, data = one  # type: ignore[misc]
            known = kind in ("started", "notice", "done")
            made.append(Event(at, kind, data) if known else Event(at, "delta", {"field": kind, "text": data}))
    return made


@pytest.mark.parametrize(
    "told",
    [
        (),
        ("one",),
        (STARTED, "a ", "", "b 🙂", "c"),
        (STARTED, ("title", "T"), ("summary", "S"), ("summary", "s"), "x", "y", ("title", "again"), ("done", {})),
        (STARTED, "x", NOTICE, "y", NOTICE, NOTICE, ("bullets", "z"), ("done", {})),
    ],
)
def test_it_reads_like_the_list_it_was_made_of(told: tuple[object, ...]) -> None:
    given = events(*told)
    past = Past(given)
    assert list(past) == given and len(past) == len(given)
    for last_id in range(len(given) + 2):
        assert past[last_id:] == given[last_id:]
    for at in range(-len(given), len(given)):
        assert past[at] == given[at]
    with pytest.raises(IndexError):
        past[len(given)]


def test_what_is_kept_of_a_run_does_not_grow_with_its_deltas() -> None:
    past = Past(events(STARTED, *["word "] * 1_000, ("done", {})))
    assert len(past._stretches) == 1 and len(past._others) == 2


def test_nothing_holds_on_to_a_run_that_has_ended() -> None:
    async def run() -> bool:
        live = LiveRun("r", 1, "cli", unwatched_s=60)
        live.mind()
        with live.watched():
            live.emit("delta", {"field": "content", "text": "x"})
        live.finish(RESULT)
        assert [event.kind for event in live.events] == ["delta", "done"] and live.events[-1].data is RESULT
        gone = weakref.ref(live)
        del live
        gc.collect()
        return gone() is None

    assert asyncio.run(run())
