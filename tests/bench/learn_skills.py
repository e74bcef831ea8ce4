"""Learn the lexicon of `core.tools.keywords`: `python -m tests.bench.learn_skills PATH_TO_SKILLS_FOLDER`.

Candidates are the O*NET technology names, the skill-extractor gazetteer and the spans marked in SkillSpan's training
set. From that training set alone are learned: for each term, its last, first and every word, how often such a
candidate was marked; for the words around it, how often a candidate beside them was; for each word
of a sentence, how often such a sentence held a mark; then how much each of these says (logistic regression
over figures taken out of fold, so that no posting speaks for itself); then the threshold,
where five-fold cross-validation has the best overlap F1. The development set is never opened. The same input writes the
same bytes.
"""

import gzip
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.tools import lexicon
from core.tools.terms import find_in
from tests.bench import skillspan
from tests.bench.grades import Grader, display
from tests.bench.skill_counts import FEATURES, OWN, Learned, Read, count, examples, figures, opened, own_figures
from tests.bench.skill_sources import Sources, sources
from tests.bench.skillspan import Posting, Span

FOLDS = 10


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
    return dict(zip(FEATURES, (float(value) for value in weights), strict=True))


def compose(learned: Learned, weights: dict[str, float], given: Sources, threshold: float) -> lexicon.Lexicon:
    """The lexicon as it ships, without display forms and grades."""
    entries = {}
    for name, entry in learned.lexicon.entries.items():
        if entry.score is None:
            entries[name] = entry
            continue
        value = sum(weights[part] * one for part, one in zip(OWN, own_figures(name, learned, given), strict=True))
        entries[name] = entry._replace(score=round(value - threshold, 2))
    tables = {
        "before": (learned.before, 8),
        "pair": (learned.pair, 4),
        "after": (learned.after, 8),
        "case": (learned.case, 5),
    }
    said = {
        kind: _rounded({name: weights[kind] * table.odds(name, weight) for name in table.names()})
        for kind, (table, weight) in tables.items()
    }
    said["line"] = _rounded(learned.lines)
    said["context"] = {name: round(weights[name], 3) for name in ("here", "near")}
    return lexicon.build(entries, said)  # type: ignore[arg-type]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items() if abs(value) >= 0.04}


def validate(
    reads: Sequence[Read], given: Sources, thresholds: Sequence[float], folds: int = 5
) -> dict[float, skillspan.Measure]:
    """Overlap figures at each threshold, every posting judged by a lexicon learned from the others."""
    pairs: dict[float, list[tuple[Posting, list[Span]]]] = {threshold: [] for threshold in thresholds}
    for held in range(folds):
        train = [read for number, read in enumerate(reads) if number % folds != held]
        learned, weights = count(train, given), weigh(train, given)
        for threshold in thresholds:
            book = compose(learned, weights, given, threshold)
            for read in reads[held::folds]:
                hits = find_in(read.page, book)
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
    write(book, Grader([read.posting for read in reads], given.gazetteer), given)


def write(book: lexicon.Lexicon, grader: Grader, given: Sources) -> None:
    """Both files, sorted; terms that no surroundings could save are left out."""
    names, lines = {entry.shown: entry.grade for entry in given.known.values()}, []
    for name in sorted(book.entries):
        entry = book.entries[name]
        if entry.score is None or entry.score < -2.5:
            continue
        shown = display(name, (given.onet, given.gazetteer), given.known, grader)
        product = any(mark.isupper() for mark in given.onet.get(name, "")[1:]) or (
            name in given.onet and shown.istitle()
        )
        grade = names[shown] if shown in names else grader.grade(name, shown, product)
        lines.append(f"{name}\t{'' if shown == name else shown}\t{grade}\t{entry.score:g}\t{entry.care}\n")
    _pack(lexicon.HERE / "terms.tsv.gz", lines)
    said = [
        f"{kind}\t{name}\t{value:g}\n"
        for kind, table in sorted(book.weights.items())
        for name, value in sorted(table.items())
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
