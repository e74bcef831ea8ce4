"""What may be told of a failure: its kind and the lines it came through, never what it says.

An exception's text can hold a resume, a key or a server's answer. `discreet` keeps such texts out of every log of the
process, whoever writes it.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import StorageDown

log = logging.getLogger(__name__)

LEAST = 4  # characters of a text that is cut out of a message; fewer tell nothing and stand everywhere


def where(error: BaseException) -> str:
    """`KeyError at jobs.py:12 < page.py:3`, the innermost line first, and the same for what caused it."""
    return " < caused by < ".join(_lines(one) for one in _causes(error))


def brief(error: BaseException) -> str:
    """Our own sentence where the database failed, for that says all; else `where`."""
    return error.message if isinstance(error, StorageDown) else where(error)


@contextmanager
def discreet() -> Iterator[None]:
    """While this holds, no log record and no unhandled exception repeats what an exception says."""
    made, hook, thread_hook = logging.getLogRecordFactory(), sys.excepthook, threading.excepthook
    raising = logging.raiseExceptions

    def make(*given: Any, **more: Any) -> logging.LogRecord:
        return _silenced(made(*given, **more))

    def unhandled(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("unhandled: %s", where(error))

    def unhandled_in_thread(broken: threading.ExceptHookArgs) -> None:
        log.critical(
            "unhandled in a thread: %s", where(broken.exc_value) if broken.exc_value else broken.exc_type.__name__
        )

    logging.setLogRecordFactory(make)
    logging.raiseExceptions = False  # it would print the arguments of a message that cannot be put together
    sys.excepthook, threading.excepthook = unhandled, unhandled_in_thread
    try:
        yield
    finally:
        logging.setLogRecordFactory(made)
        logging.raiseExceptions = raising
        sys.excepthook, threading.excepthook = hook, thread_hook


def _silenced(record: logging.LogRecord) -> logging.LogRecord:
    """The record with kind and place in the stead of exceptions, wherever it holds one."""
    if isinstance(record.msg, BaseException):
        record.msg, record.args = where(record.msg), ()
    if isinstance(record.args, tuple):
        record.args = tuple(where(one) if isinstance(one, BaseException) else one for one in record.args)
    elif isinstance(record.args, Mapping):
        record.args = {name: where(one) if isinstance(one, BaseException) else one for name, one in record.args.items()}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.msg, record.args = f"{_without_texts(record.getMessage(), error)}: {where(error)}", ()
    record.exc_info = record.exc_text = None
    return record


def _without_texts(message: str, error: BaseException) -> str:
    """A message, as far as it does not repeat the exception: loops put the whole of it there."""
    for one in _causes(error):
        for said in (repr(one), str(one)):
            if len(said) >= LEAST:
                message = message.replace(said, type(one).__name__)
    return message


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _lines(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {lines}" if lines else type(error).__name__
