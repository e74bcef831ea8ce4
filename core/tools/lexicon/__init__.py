"""The terms the workbench knows, and what their surroundings say for or against them.

`known.txt` is written by hand and always counts; `terms.tsv.gz` and `weights.tsv.gz` are learned by
`tests/bench/learn_skills.py`. Origins and licences: NOTICE.
"""

import functools
import gzip
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from core.tools.lexicon.words import key

HERE = Path(__file__).resolve().parent
EVERYDAY, SOFT, TOPIC, HARD = -1, 0, 1, 2
PLAIN, CAPITAL, WRITTEN, LETTER = 0, 1, 2, 3

_Kind = Literal["before", "pair", "after", "case", "line", "context"]


class Entry(NamedTuple):
    """One spelling of a term.

    `shown` is the term's one display form. `grade`: 2 a named tool, method or certificate, 1 a field of knowledge,
    0 a soft skill, -1 an everyday word that may be one. `score` is the learned log-odds of being a skill without its
    surroundings, None when it always counts. `care`: 0 any case, 1 needs a capital, 2 only as in `written`, 3 also
    needs a tool near it.
    """

    shown: str
    grade: int
    score: float | None
    care: int
    written: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every spelling by its key (`core.tools.lexicon.words.key`), and the learned weights of surroundings.

    `longest` is how many words the longest term has that begins with a word; `ends` the last words of terms of several;
    `tools` the words that name a tool by
    themselves, `written` those that do only as written; `spellings` the keys of each shown form, left out where the
    two are the same.
    """

    entries: Mapping[str, Entry]
    weights: Mapping[_Kind, Mapping[str, float]]
    longest: Mapping[str, int] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def build(entries: Mapping[str, Entry], weights: Mapping[_Kind, Mapping[str, float]]) -> Lexicon:
    """A lexicon with its indexes."""
    longest: dict[str, int] = {}
    ends: set[str] = set()
    words = {name: name for name in entries if " " not in name}  # so that a word is kept once
    spellings: dict[str, list[str]] = {}
    for name, entry in entries.items():
        size = name.count(" ") + 1
        if size > 1:
            end = name.rpartition(" ")[2]
            ends.add(words.get(end, end))
        first = name.partition(" ")[0]
        if longest.get(first, 0) < size:
            longest[first] = size
        if entry.shown != name:
            spellings.setdefault(entry.shown, []).append(name)
    written = frozenset(form for entry in entries.values() if entry.care in (WRITTEN, LETTER) for form in entry.written)
    tools = frozenset(
        name for name, entry in entries.items() if entry.score is None and entry.care == PLAIN and " " not in name
    )
    return Lexicon(
        entries,
        weights,
        longest,
        frozenset(ends),
        tools,
        written,
        {shown: tuple(names) for shown, names in spellings.items()},
    )


def read_known(lines: Iterable[str]) -> dict[str, Entry]:
    """The entries of `known.txt`: a line is a shown form and its spellings, parted by bars.

    All are HARD, those after the line `# soft` SOFT. Where two lines have one spelling, it is the first line's.
    """
    entries: dict[str, Entry] = {}
    grade = HARD
    for line in lines:
        grade = SOFT if line.strip() == "# soft" else grade
        if line[:2] == "# " or not line.strip():
            continue
        forms = [form.strip() for form in line.split("|")]
        shown = forms[0].lstrip("=")
        for form in forms:
            bare = form.lstrip("=")
            care = (PLAIN, WRITTEN, LETTER)[len(form) - len(bare)]
            name = key(bare)
            written = frozenset({bare}) | (entries[name].written if name in entries else frozenset())
            entries.setdefault(name, Entry(shown, grade, None, care, written))
    return entries


def read_terms(lines: Iterable[str]) -> dict[str, Entry]:
    """The learned entries: key, shown form, grade, score, care, parted by tabs. WRITTEN means in capitals."""
    entries = {}
    nothing: frozenset[str] = frozenset()
    number = functools.cache(float)  # few different ones: shared, they take a megabyte less
    for line in lines:
        name, shown, grade, score, care = line.rstrip("\n").split("\t")
        written = frozenset({name.upper()}) if care == "2" else nothing
        entries[name] = Entry(shown or name, int(grade), number(score), int(care), written)
    return entries


def read_weights(lines: Iterable[str]) -> dict[_Kind, dict[str, float]]:
    """The learned weights: kind, word, log-odds, parted by tabs."""
    weights: dict[_Kind, dict[str, float]] = {
        "before": {}, "pair": {}, "after": {}, "case": {}, "line": {}, "context": {}
    }  # fmt: skip
    number = functools.cache(float)
    for line in lines:
        kind, word, value = line.rstrip("\n").split("\t")
        weights[kind][word] = number(value)  # type: ignore[index]
    return weights


@functools.cache
def _shipped() -> Lexicon:
    with gzip.open(HERE / "terms.tsv.gz", "rt", encoding="utf-8") as terms:
        entries = read_terms(terms)
    with gzip.open(HERE / "weights.tsv.gz", "rt", encoding="utf-8") as weights:
        learned = read_weights(weights)
    entries.update(read_known((HERE / "known.txt").read_text(encoding="utf-8").splitlines()))
    return build(entries, learned)


_once = threading.Lock()


def shipped() -> Lexicon:
    """The lexicon of this folder, read on first use and kept. Safe from any thread."""
    with _once:
        return _shipped()
