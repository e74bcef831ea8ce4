"""A report as statements: what its sentences, table cells and labelled lines speak of."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from core.schema import Feature
from core.tools import posting

Of = Literal["candidate", "evidence", "job", "either", "script", "lacking"]
REPORTS: tuple[Feature, ...] = ("match", "recruiter_lens", "interview_prep")


class Statement(NamedTuple):
    """A sentence or cell and what it speaks of.

    `evidence` says what the resume holds, in quotation marks its own words; `job` is the posting's;
    `script` is told to somebody for an answer; `lacking` says only what the resume lacks; `either` may be of both.
    """

    text: str
    of: Of


_LABEL = re.compile(r"^[\s>*-]*\*\*([^*\n]{2,60}?):?\*\*:?\s*")
_LABELS: tuple[tuple[re.Pattern[str], Of | None], ...] = (
    (re.compile(r"^why\b", re.IGNORECASE), "job"),
    (re.compile(r"fix|next|advice|ask|try|mend|cure|remedy|suggest", re.IGNORECASE), None),
    (re.compile(r"evidence|resume|shows?\b|proof", re.IGNORECASE), "evidence"),
    (re.compile(r"posting|demand|job", re.IGNORECASE), "job"),
    (re.compile(r"how|tell|answer|story", re.IGNORECASE), "script"),
)
_COLUMNS: tuple[tuple[re.Pattern[str], Of | None], ...] = (
    (re.compile(r"evidence|resume|candidate|shown in|proof", re.IGNORECASE), "evidence"),
    (re.compile(r"demand|job|posting|asked|asks|requirement", re.IGNORECASE), "job"),
)
_NOTHING = re.compile(
    r"(?:nothing|none|no evidence|not (?:shown|stated|mentioned|named|found|there)|absent|missing)\W*", re.IGNORECASE
)
_RULE = re.compile(r"\|?[\s|:-]+\|?")
_QUESTIONS = re.compile(r"\bquestions? (?:to|for|you)\b|\bto ask\b|next (?:steps?|actions?)", re.IGNORECASE)


def statements(summary: str, content: str, bullets: Sequence[str], feature: Feature) -> Iterator[Statement]:
    """What a report states, in order; headings, advice and questions to others state nothing."""
    yield from (Statement(sentence, "either") for sentence in _sentences(summary))
    yield from _content(content, feature)
    for bullet in bullets:
        yield from (Statement(sentence, "candidate") for sentence in _sentences(bullet))


def _content(content: str, feature: Feature) -> Iterator[Statement]:
    columns: list[Of | None] | None = None
    asks = False
    for line in content.splitlines():
        if line.startswith("#"):
            asks = bool(_QUESTIONS.search(line)) if not line.startswith("###") else asks
            if line.startswith("###") and feature != "interview_prep":
                yield Statement(posting.plain(line), "either")
        elif line.lstrip().startswith("|"):
            cells = [posting.plain(cell) for cell in line.strip().strip("|").split("|")]
            if columns is None:
                columns = [_kind(cell, _COLUMNS, None) for cell in cells]
            elif not _RULE.fullmatch(line.strip()):
                yield from _row(cells, columns)
            continue
        elif line.strip() and not asks:
            yield from _line(line)
        columns = None


def _row(cells: Sequence[str], columns: Sequence[Of | None]) -> Iterator[Statement]:
    for cell, of in zip(cells, columns, strict=False):
        if of:
            yield from (Statement(sentence, of) for sentence in posting.split(cell))
    if "evidence" in columns and _NOTHING.fullmatch(found := cells[min(columns.index("evidence"), len(cells) - 1)]):
        demand = cells[columns.index("job")] if "job" in columns[: len(cells)] else cells[0]
        yield Statement(f"{demand}: {found}", "lacking")


def _line(line: str) -> Iterator[Statement]:
    label = _LABEL.match(line)
    of = _kind(label[1], _LABELS, "either") if label else "either"
    if of:
        yield from (Statement(sentence, of) for sentence in _sentences(line[label.end() :] if label else line))


def _kind(name: str, kinds: Sequence[tuple[re.Pattern[str], Of | None]], otherwise: Of | None) -> Of | None:
    return next((of for said, of in kinds if said.search(name)), otherwise)


def _sentences(text: str) -> Iterator[str]:
    return (sentence for line in text.splitlines() for sentence in posting.sentences(line))
