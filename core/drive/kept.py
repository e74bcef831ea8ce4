"""How much of what a model wrote people kept when they saved it."""

import re
from collections.abc import Collection
from typing import Any, Protocol

from rapidfuzz.distance import LCSseq

from core.drive import answer_text
from core.schema import AiAnswer, Change

_WORD = re.compile(r"\w+(?:[-'’.+#]\w*)*")
MOST_WORDS = 20_000  # compared; more is no text that anybody edits by hand


class Source(Protocol):
    """What is read of the run that a text came from."""

    feature: str
    answer: dict[str, Any] | None
    changes: list[dict[str, Any]]


def of_answer(run: Source | None, saved: str) -> int | None:
    """Permille of the run's answer, as a document, that stands in the saved text; None where there is no answer."""
    if run is None or not run.answer:
        return None
    return of_text(answer_text.to_markdown(run.feature, AiAnswer.model_validate(run.answer)), saved)


def of_proposed(run: Source | None, accepted: Collection[Change]) -> int | None:
    """Permille of the run's proposed changes that were accepted as they were; None where none was proposed."""
    return of_changes([Change.model_validate(one) for one in run.changes], accepted) if run else None


def of_text(written: str, saved: str) -> int | None:
    """Permille of the written words that stand in the saved text in the same order; None where nothing was written."""
    before, after = _words(written), _words(saved)
    if not before:
        return None
    return round(1000 * LCSseq.similarity(before, after) / len(before))


def of_changes(proposed: Collection[Change], accepted: Collection[Change]) -> int | None:
    """Permille of the proposed changes that were accepted as they were; None where none was proposed."""
    if not proposed:
        return None
    said = {(one.op, one.path, one.value) for one in accepted}
    return round(1000 * sum((one.op, one.path, one.value) in said for one in proposed) / len(proposed))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)[:MOST_WORDS]]
