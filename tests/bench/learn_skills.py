"""Learn the lexicon of `core.tools.keywords`: `python -m tests.bench.learn_skills PATH_TO_SKILLS_FOLDER`.

Candidates are the O*NET technology names, the skill-extractor gazetteer and the spans marked in SkillSpan's training
set. From that training set alone are learned: for each term, its last, first and every word, how often such a
candidate was marked; for the words around it, how often a candidate beside them was; for each word
of a sentence, how often such a sentence held a mark; then how much each of these says (logistic regression
over figures taken out of fold, so that no posting speaks for itself); then the threshold,
where ten-fold cross-validation has the best overlap F1. The development set is never opened. The same input writes the
same bytes.
"""

import csv
import gzip
import io
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.tools import lexicon
from core.tools.lexicon import scan, words
from core.tools.lexicon.scan import Candidate, Page
from tests.bench import skillspan
from tests.bench.grades import Grader, display
from tests.bench.skillspan import Posting, Span

FOLDS = 10
PRIOR = 0.3
FEATURES = (
    "one", "term", "seen", "last", "first", "words", "before", "after", "case", "here", "near",
    "gazetteer", "onet", "marked_knowledge", "marked_skill", "size", "pair",
)  # fmt: skip
_SURROUNDINGS = ("before", "pair", "after", "case", "here", "near")
_ACRONYM = re.compile(r"^(.+) \(?([A-Z][A-Z0-9/&-]{1,7})\)?(?: (?:software|systems?))?$")
_EDGES = " ()[].,;:*•\x95\x92'\"/?!–-+&"


class Sources(NamedTuple):
    """The lists that do not depend on the postings, by key, each with its display form."""

    known: dict[str, lexicon.Entry]
    onet: dict[str, str]
    gazetteer: dict[str, str]


class Example(NamedTuple):
    """A candidate in its posting: where, what stands around it, whether people marked it."""

    found: Candidate
    around: tuple[str, str, str, str]
    span: Span
    marked: bool


class Read(NamedTuple):
    """A posting with its page and, for each sentence, whether a mark touches it."""

    posting: Posting
    page: Page
    marked: list[bool]


class Counts:
    """How often each feature was unmarked and marked."""

    def __init__(self) -> None:
        self._seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, feature: str, marked: bool) -> None:
        self._seen[feature][marked] += 1

    def __contains__(self, feature: str) -> bool:
        return feature in self._seen

    def names(self) -> list[str]:
        return sorted(self._seen)

    def odds(self, feature: str, weight: float, prior: float = PRIOR) -> float:
        """Log-odds against the prior's, which weighs as much as `weight` sightings."""
        if feature not in self._seen:
            return 0.0
        no, yes = self._seen[feature]
        smoothed = math.log((yes + weight * prior) / (no + weight * (1 - prior)))
        return smoothed - math.log(prior / (1 - prior))


class Learned(NamedTuple):
    """What one set of postings taught, before it is weighed."""

    terms: Counts
    last: Counts
    first: Counts
    words: Counts
    before: Counts
    pair: Counts
    after: Counts
    case: Counts
    lines: dict[str, float]
    knowledge: frozenset[str]
    skill: frozenset[str]
    lexicon: lexicon.Lexicon


def sources(folder: Path) -> Sources:
    """The hand-written names, O*NET's and the gazetteer's."""
    known = lexicon.read_known((lexicon.HERE / "known.txt").read_text(encoding="utf-8").splitlines())
    onet: dict[str, str] = {}
    with (folder / "onet_technology.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for form, shown in _onet_forms(row["name"]):
                onet.setdefault(words.key(form), shown)
    terms = json.loads((folder / "skill_extractor_gazetteer.json").read_text(encoding="utf-8"))
    gazetteer = {words.key(term): term for term in sorted(terms)}
    return Sources(known, _usable(onet), _usable(gazetteer))


def _onet_forms(name: str) -> Iterable[tuple[str, str]]:
    """The name, and where it ends in its own acronym ("Extensible markup language XML") its two halves."""
    found = _ACRONYM.match(name)
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z0-9]+", found[1])).upper() if found else ""
    if found and len(found[2]) > 2 and initials.startswith(re.sub(r"\W", "", found[2])):
        shown = f"{found[1]} ({found[2]})"
        return ((name, shown), (found[1], shown), (found[2], shown), (f"{found[1]} {found[2]}", shown))
    return ((name, name),)


def _usable(terms: dict[str, str]) -> dict[str, str]:
    return {
        name: shown
        for name, shown in terms.items()
        if len(name) > 1 and name.count(" ") < 5 and any(mark.isalpha() for mark in name) and "\t" not in name
    }


def mined(postings: Iterable[Posting]) -> tuple[frozenset[str], frozenset[str]]:
    """Keys of marked spans of at most four words: every `knowledge`, and each `skill` of two postings or more."""
    knowledge, skill = set(), Counter[str]()
    for posting in postings:
        knowledge |= {_marked_key(posting.text[start:end]) for start, end in posting.knowledge}
        skill.update({_marked_key(posting.text[start:end]) for start, end in posting.skill})
    firm = {name for name, count in skill.items() if count > 1}
    return (frozenset(_usable(dict.fromkeys(sorted(knowledge), ""))), frozenset(_usable(dict.fromkeys(sorted(firm), ""))))


def _marked_key(text: str) -> str:
    name = words.key(text.strip(_EDGES))
    return name if name.count(" ") < 4 else ""


def examples(read: Read, known: lexicon.Lexicon) -> list[Example]:
    """The candidates of a posting, longest first, none overlapping."""
    rows, past = [], 0
    for found in scan.spellings(read.page, known):
        if found.first >= past:
            past = found.past
            span = read.page.said.starts[found.first], read.page.said.ends[found.past - 1]
            marked = skillspan.overlaps(span, read.posting.marked)
            rows.append(Example(found, scan.surroundings(read.page, found), span, marked))
    return rows


def opened(posting: Posting) -> Read:
    page = scan.read(posting.text)
    starts, ends = page.said.starts, page.said.ends
    marked = [skillspan.overlaps((starts[a], ends[b - 1]), posting.marked) for a, b in page.sentences]
    return Read(posting, page, marked)


def count(reads: Sequence[Read], given: Sources) -> Learned:
    """Count everything in these postings."""
    knowledge, skill = mined(read.posting for read in reads)
    nothing: frozenset[str] = frozenset()
    names = {*given.onet, *given.gazetteer, *knowledge, *skill}
    entries = {
        name: lexicon.Entry(name, 0, 0.0, _care(name, given, knowledge, skill), nothing) for name in sorted(names)
    }
    book = lexicon.build({**entries, **given.known}, {})
    tables = [Counts() for _ in range(8)]
    terms, last, first, every, before, pair, after, case = tables
    lines = Counts()
    for read in reads:
        for row in examples(read, book):
            parts = row.found.key.split(" ")
            for table, feature in zip((terms, last, first), (row.found.key, parts[-1], parts[0])):
                table.add(feature, row.marked)
            for part in sorted(set(parts)):
                every.add(part, row.marked)
            for table, feature in zip((before, pair, after, case), row.around):
                table.add(feature, row.marked)
        for (begin, finish), marked in zip(read.page.sentences, read.marked):
            for word in set(read.page.said.words[begin:finish]):
                lines.add(word, marked)
    values = {word: lines.odds(word, 5, 0.4) for word in lines.names()}
    return Learned(*tables, values, knowledge, skill, book)


def _care(name: str, given: Sources, knowledge: frozenset[str], skill: frozenset[str]) -> int:
    """A one-word product name that no other list has is only itself with a capital ("Surfer")."""
    alone = " " not in name and name in given.onet
    return lexicon.CAPITAL if alone and name not in given.gazetteer and name not in knowledge | skill else lexicon.PLAIN


def own_figures(name: str, learned: Learned, given: Sources) -> list[float]:
    """What is known of a term without its surroundings, in the order of FEATURES."""
    parts = name.split(" ")
    return [
        1.0,
        learned.terms.odds(name, 2),
        float(name in learned.terms),
        learned.last.odds(parts[-1], 4),
        learned.first.odds(parts[0], 4),
        sum(learned.words.odds(part, 4) for part in parts) / len(parts),
        float(name in given.gazetteer),
        float(name in given.onet),
        float(name in learned.knowledge),
        float(name in learned.skill),
        float(min(len(parts), 4) - 1),
    ]


OWN = ("one", "term", "seen", "last", "first", "words", "gazetteer", "onet", "marked_knowledge", "marked_skill", "size")


def figures(read: Read, rows: Sequence[Example], learned: Learned, given: Sources) -> list[list[float]]:
    """One row of figures for each candidate, in the order of FEATURES."""
    own = [scan.line_value(read.page, place, learned.lines) for place in read.page.sentences]
    table = []
    for row in rows:
        before, pair, after, case = row.around
        value = dict(zip(OWN, own_figures(row.found.key, learned, given)))
        value |= {
            "before": learned.before.odds(before, 8),
            "pair": learned.pair.odds(pair, 4),
            "after": learned.after.odds(after, 8),
            "case": learned.case.odds(case, 5),
            "here": own[row.found.sentence],
            "near": scan.neighbours(own, row.found.sentence),
        }
        table.append([value[name] for name in FEATURES])
    return table


def regress(table: np.ndarray, marked: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Logistic regression by Newton's steps; the first column is not held back."""
    hold = np.eye(table.shape[1]) * ridge
    hold[0, 0] = 1e-6
    weights = np.zeros(table.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (chance - marked) + hold @ weights
        bend = (table * (chance * (1 - chance))[:, None]).T @ table + hold
        weights -= np.linalg.solve(bend, slope)
    return weights


def weigh(reads: Sequence[Read], given: Sources, folds: int = FOLDS) -> dict[str, float]:
    """How much each figure says, from figures that each posting's own fold had no part in."""
    table, marked = [], []
    for held in range(folds):
        learned = count([read for number, read in enumerate(reads) if number % folds != held], given)
        for read in reads[held::folds]:
            rows = [row for row in examples(read, learned.lexicon) if row.found.entry.score is not None]
            table += figures(read, rows, learned, given)
            marked += [row.marked for row in rows]
    weights = regress(np.array(table), np.array(marked, dtype=float))
    return dict(zip(FEATURES, (float(value) for value in weights)))


def compose(learned: Learned, weights: dict[str, float], given: Sources, threshold: float) -> lexicon.Lexicon:
    """The lexicon as it ships, without display forms and grades."""
    entries = {}
    for name, entry in learned.lexicon.entries.items():
        if entry.score is None:
            entries[name] = entry
            continue
        value = sum(weights[part] * one for part, one in zip(OWN, own_figures(name, learned, given)))
        entries[name] = entry._replace(score=round(value - threshold, 2))
    tables = {"before": (learned.before, 8), "pair": (learned.pair, 4), "after": (learned.after, 8), "case": (learned.case, 5)}
    said = {
        kind: _rounded({name: weights[kind] * table.odds(name, weight) for name in table.names()})
        for kind, (table, weight) in tables.items()
    }
    said["line"] = _rounded(learned.lines)
    said["context"] = {name: round(weights[name], 3) for name in ("here", "near")}
    return lexicon.build(entries, said)  # type: ignore[arg-type]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items() if abs(value) >= 0.04}


def validate(reads: Sequence[Read], given: Sources, thresholds: Sequence[float], folds: int = 5) -> dict[float, skillspan.Measure]:
    """Overlap figures at each threshold, every posting judged by a lexicon learned from the others."""
    from core.tools import keywords

    pairs: dict[float, list[tuple[Posting, list[Span]]]] = {threshold: [] for threshold in thresholds}
    for held in range(folds):
        train = [read for number, read in enumerate(reads) if number % folds != held]
        learned, weights = count(train, given), weigh(train, given)
        for threshold in thresholds:
            book = compose(learned, weights, given, threshold)
            for read in reads[held::folds]:
                hits = keywords.find_in(read.page, book)
                pairs[threshold].append((read.posting, [(hit.start, hit.end) for hit in hits]))
    return {threshold: skillspan.measure(rows) for threshold, rows in pairs.items()}


def best(measures: dict[float, skillspan.Measure]) -> float:
    return max(measures, key=lambda threshold: measures[threshold].f1)


def learn(folder: Path) -> None:
    """Read the training set, choose, and write the two files."""
    given = sources(folder)
    reads = [opened(posting) for posting in skillspan.read(skillspan.locate(folder, "train.json.gz"))]
    measures = validate(reads, given, [round(-1.2 + 0.2 * step, 1) for step in range(9)])
    for threshold, result in measures.items():
        print(f"{threshold:5.1f}  precision {result.precision:.3f}  recall {result.recall:.3f}  F1 {result.f1:.3f}")
    learned, weights = count(reads, given), weigh(reads, given)
    print("weights", {name: round(value, 2) for name, value in weights.items()})
    book = compose(learned, weights, given, best(measures))
    write(book, Grader([read.posting for read in reads]), given)


def write(book: lexicon.Lexicon, grader: Grader, given: Sources) -> None:
    """Both files, sorted; terms that no surroundings could save are left out."""
    names, lines = {entry.shown for entry in given.known.values()}, []
    for name in sorted(book.entries):
        entry = book.entries[name]
        if entry.score is None or entry.score < -2.5:
            continue
        shown = display(name, (given.onet, given.gazetteer), given.known, grader)
        product = any(mark.isupper() for mark in given.onet.get(name, "")[1:])
        grade = lexicon.HARD if shown in names else grader.grade(name, shown, product)
        lines.append(f"{name}\t{'' if shown == name else shown}\t{grade}\t{entry.score:g}\t{entry.care}\n")
    _pack(lexicon.HERE / "terms.tsv.gz", lines)
    said = [
        f"{kind}\t{name}\t{value:g}\n" for kind, table in sorted(book.weights.items()) for name, value in sorted(table.items())
    ]
    _pack(lexicon.HERE / "weights.tsv.gz", said)
    print(f"{len(lines)} terms, {len(said)} weights")


def _pack(file: Path, lines: Sequence[str]) -> None:
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        packed.write("".join(lines).encode())
    file.write_bytes(raw.getvalue())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python -m tests.bench.learn_skills PATH_TO_SKILLS_FOLDER")
    learn(Path(sys.argv[1]))
