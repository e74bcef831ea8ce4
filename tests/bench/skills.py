"""How well and how fast `core.tools.keywords.find` finds skills: `python -m tests.bench.skills PATH`.

PATH is the folder of SkillSpan's `dev.json.gz`, the folder above it, or the file. Each posting's
sentences are joined by line breaks and searched as one text.

Overlap F1: a found span is true when it shares at least one character with a marked span, be it
`knowledge` or `skill`; a marked span counts as found when at least one found span shares a character
with it. Precision = true found / all found, recall = found marked / all marked, each
over all postings together (micro-averaged), F1 = their harmonic mean. A span marked both ways counts twice
in recall. Nothing is learned here: the lexicon comes from the training set (`tests.bench.learn_skills`).
"""

import gc
import resource
import sys
import time
from pathlib import Path

from core.tools import keywords, lexicon
from tests.bench.skillspan import Measure, Posting, locate, measure, read

ROUNDS = 5


def main(path: Path) -> None:
    postings = read(locate(path, "dev.json.gz"))
    before = _memory_mb()
    started = time.perf_counter()
    lexicon.shipped()
    load_s = time.perf_counter() - started
    load_mb = _memory_mb() - before
    found = [keywords.find(posting.text) for posting in postings]
    _say(
        "all terms",
        measure((one, [(hit.start, hit.end) for hit in hits]) for one, hits in zip(postings, found, strict=True)),
    )
    firm = [[(hit.start, hit.end) for hit in hits if hit.grade > lexicon.SOFT] for hits in found]
    _say("firm terms", measure(zip(postings, firm, strict=True)))
    print(
        f"speed         {_ms_per_kb(postings):.3f} ms per kB (each posting's best of {ROUNDS}, 1 kB = 1,000 bytes of UTF-8)"
    )
    print(f"load          {load_s:.3f} s, {load_mb:.0f} MB at most")


def _say(name: str, result: Measure) -> None:
    print(
        f"{name:13} precision {result.precision:.3f}  recall {result.recall:.3f}  overlap F1 {result.f1:.3f}"
        f"  ({result.found_true}/{result.found} found, {result.marked_found}/{result.marked} marked)"
    )


def _ms_per_kb(postings: list[Posting]) -> float:
    """Wall clock, each posting's best of ROUNDS, so that another process's turn is not counted."""
    size_kb = sum(len(posting.text.encode()) for posting in postings) / 1_000
    gc.collect()
    best = [min(_seconds(posting.text) for _ in range(ROUNDS)) for posting in postings]
    return sum(best) * 1_000 / size_kb


def _seconds(text: str) -> float:
    started = time.perf_counter()
    keywords.find(text)
    return time.perf_counter() - started


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python -m tests.bench.skills PATH")
    main(Path(sys.argv[1]))
