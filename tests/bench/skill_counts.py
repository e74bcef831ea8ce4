"""What a set of marked postings says about terms and about the words around them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from core.tools import lexicon
from core.tools.lexicon import scan, words
from core.tools.lexicon.scan import Candidate, Page
from tests.bench import skillspan
from tests.bench.grades import EDGES
from tests.bench.skill_sources import Sources, is_acronym, is_list, usable
from tests.bench.skillspan import Posting, Span

PRIOR = 0.3
FEATURES = (
    "one", "term", "seen", "last", "first", "words", "before", "after", "case", "here", "near",
    "gazetteer", "onet", "marked_knowledge", "marked_skill", "size", "pair",
)  # fmt: skip
OWN = ("one", "term", "seen", "last", "first", "words", "gazetteer", "onet", "marked_knowledge", "marked_skill", "size")


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


def mined(postings: Iterable[Posting], known: Mapping[str, lexicon.Entry]) -> tuple[frozenset[str], frozenset[str]]:
    """Keys of marked spans of at most four words: every `knowledge`, and each `skill` of two postings or more."""
    knowledge, skill = set(), Counter[str]()
    for posting in postings:
        knowledge |= {_marked_key(posting.text[start:end]) for start, end in posting.knowledge}
        skill.update({_marked_key(posting.text[start:end]) for start, end in posting.skill})
    firm = {name for name, count in skill.items() if count > 1}
    return _mined(knowledge, known), _mined(firm, known)


def _mined(names: set[str], known: Mapping[str, lexicon.Entry]) -> frozenset[str]:
    return frozenset(usable({name: "" for name in names if not is_list(name, known)}))


def _marked_key(text: str) -> str:
    name = words.key(text.strip(EDGES))
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
    knowledge, skill = mined((read.posting for read in reads), given.known)
    names = {*given.onet, *given.gazetteer, *knowledge, *skill}
    entries = {
        name: lexicon.Entry(name, 0, 0.0, _care(name, given, knowledge, skill), frozenset({name.upper()}))
        for name in sorted(names)
    }
    book = lexicon.build({**entries, **given.known}, {})
    tables = [Counts() for _ in range(8)]
    terms, last, first, every, before, pair, after, case = tables
    lines = Counts()
    for read in reads:
        for row in examples(read, book):
            parts = row.found.key.split(" ")
            for table, feature in zip((terms, last, first), (row.found.key, parts[-1], parts[0]), strict=True):
                table.add(feature, row.marked)
            for part in sorted(set(parts)):
                every.add(part, row.marked)
            for table, feature in zip((before, pair, after, case), row.around, strict=True):
                table.add(feature, row.marked)
        for (begin, finish), marked in zip(read.page.sentences, read.marked, strict=True):
            for word in set(read.page.said.words[begin:finish]):
                lines.add(word, marked)
    values = {word: lines.odds(word, 5, 0.4) for word in lines.names()}
    return Learned(*tables, values, knowledge, skill, book)


def _care(name: str, given: Sources, knowledge: frozenset[str], skill: frozenset[str]) -> int:
    """A one-word product name that no other list has is only itself with a capital ("Surfer")."""
    if name in given.onet and is_acronym(name, given.onet[name]):
        return lexicon.WRITTEN
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


def figures(read: Read, rows: Sequence[Example], learned: Learned, given: Sources) -> list[list[float]]:
    """One row of figures for each candidate, in the order of FEATURES."""
    own = [scan.line_value(read.page, place, learned.lines) for place in read.page.sentences]
    table = []
    for row in rows:
        before, pair, after, case = row.around
        value = dict(zip(OWN, own_figures(row.found.key, learned, given), strict=True))
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
