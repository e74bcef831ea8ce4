"""SkillSpan postings as texts with the places people marked, and the measure both scripts use."""

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

Span = tuple[int, int]


class Posting(NamedTuple):
    """One posting: its sentences joined by line breaks, and the places marked `knowledge` and `skill` in it."""

    text: str
    knowledge: tuple[Span, ...]
    skill: tuple[Span, ...]

    @property
    def marked(self) -> tuple[Span, ...]:
        return self.knowledge + self.skill


class Measure(NamedTuple):
    """Precision, recall and their harmonic mean, with the counts they come from."""

    found: int
    found_true: int
    marked: int
    marked_found: int

    @property
    def precision(self) -> float:
        return self.found_true / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.marked_found / self.marked if self.marked else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def locate(path: Path, name: str) -> Path:
    """The file `name` at `path`: the file itself, its folder, or the folder above `skills/`."""
    for place in (path, path / name, path / "skills" / name):
        if place.is_file():
            return place
    raise SystemExit(f"No {name} at {path}. Give the folder that holds SkillSpan's {name}.")


def read(file: Path) -> list[Posting]:
    """The postings of one SkillSpan file, in its order. A posting is every row of one source and `idx`."""
    rows: dict[tuple[str, int], list[dict[str, list[str]]]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows.setdefault((row["source"], row["idx"]), []).append(row)
    return [_posting(group) for group in rows.values()]


def _posting(rows: Iterable[dict[str, list[str]]]) -> Posting:
    text, marks = "", {"tags_knowledge": [], "tags_skill": []}  # type: tuple[str, dict[str, list[Span]]]
    for row in rows:
        places = []
        for number, token in enumerate(row["tokens"]):
            text += (" " if number else "\n" if text else "") + token
            places.append((len(text) - len(token), len(text)))
        for kind, spans in marks.items():
            spans += _spans(row[kind], places)
    return Posting(text, tuple(marks["tags_knowledge"]), tuple(marks["tags_skill"]))


def _spans(tags: Sequence[str], places: Sequence[Span]) -> list[Span]:
    spans: list[Span] = []
    inside = False
    for tag, (start, end) in zip(tags, places, strict=True):
        if tag[0] == "I" and inside:
            spans[-1] = (spans[-1][0], end)
        elif tag[0] != "O":
            spans.append((start, end))
        inside = tag[0] != "O"
    return spans


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    """Whether a span shares at least one character with one of the others."""
    return any(span[0] < end and start < span[1] for start, end in others)


def measure(pairs: Iterable[tuple[Posting, Sequence[Span]]]) -> Measure:
    """Overlap precision and recall over all postings together (micro-averaged)."""
    counts = [0, 0, 0, 0]
    for posting, found in pairs:
        counts[0] += len(found)
        counts[1] += sum(overlaps(span, posting.marked) for span in found)
        counts[2] += len(posting.marked)
        counts[3] += sum(overlaps(span, found) for span in posting.marked)
    return Measure(*counts)
