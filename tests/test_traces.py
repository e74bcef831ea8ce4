"""No log repeats what an exception says, whoever writes it; kind and place are enough to mend it."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable

import pytest

from core import traces

CANARY = "zq7canary"
log = logging.getLogger("somebody.else")


def fail() -> None:
    try:
        raise KeyError(f"ada@example.com {CANARY}")
    except KeyError as cause:
        raise ValueError(f"could not read {CANARY}") from cause


def caught() -> ValueError:
    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


def with_traceback() -> None:
    try:
        fail()
    except ValueError:
        log.exception("It broke.")


def lost_task() -> None:
    async def work() -> None:
        fail()

    async def leave() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        del task
        await asyncio.sleep(0)

    asyncio.run(leave())


def in_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


WRITERS: dict[str, Callable[[], object]] = {
    "with a traceback": with_traceback,
    "with the exception it is given": lambda: log.error("It broke.", exc_info=caught()),
    "with the exception in its words": lambda: log.error(f"It broke: {caught()}", exc_info=caught()),
    "with the exception as an argument": lambda: log.warning("It broke: %s, %r", caught(), caught()),
    "with the exception among named arguments": lambda: log.warning("It broke: %(why)s", {"why": caught()}),
    "with the exception alone": lambda: log.error(caught()),
    "a task that nobody awaits": lost_task,
    "a thread": in_thread,
    "the interpreter": lambda: sys.excepthook(ValueError, caught(), None),
}


@pytest.mark.parametrize("who", WRITERS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_log_holds_the_kind_and_the_place_and_not_a_word_of_the_exception(
    who: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with traces.discreet():
        WRITERS[who]()
    seen = caplog.text + "".join(capfd.readouterr())
    assert "ValueError at test_traces.py:" in seen and "caused by < KeyError" in seen
    assert CANARY not in seen and "ada@" not in seen


def test_what_is_no_exception_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with traces.discreet():
        log.warning("%s of %d, %s", "3", 4, {"a": 1})
        log.warning("100 %")
    assert [record.getMessage() for record in caplog.records] == ["3 of 4, {'a': 1}", "100 %"]


def test_a_message_that_cannot_be_put_together_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    stray = logging.getLogger("stray")
    stray.propagate, stray.handlers = False, [logging.StreamHandler()]
    with traces.discreet():
        stray.error("%d", CANARY)
    assert CANARY not in "".join(capfd.readouterr())


def test_afterwards_logs_are_as_they_were(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    with traces.discreet():
        assert logging.getLogRecordFactory() is not before[0]
    assert (logging.getLogRecordFactory(), sys.excepthook, threading.excepthook) == before
    with_traceback()
    assert CANARY in caplog.text
