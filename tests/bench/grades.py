"""How a learned term is shown and how firm it is, from its spelling in the training set and in the lists."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.tools import lexicon
from core.tools.lexicon import words
from tests.bench.skillspan import Posting

_CASED = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ORDINARY = re.compile(
    r"(?:ing|tions?|ments?|ity|ities|ances?|ences?|ship|ness|ism|ics|logy|al|ive|ous|ful|able|ers?|ors?|ly|ed|es|cy|ry)$"
)
EDGES = " ()[].,;:*•\x95\x92'\"/?!–-+&"
_VERSION = re.compile(r"[+.]|v?\d+\+?")
_SPELLED_OUT = re.compile(r"^[^aeiouy]+$|[^aeiouy]{3}")
# What may follow or precede a name without making it another term.
_TAILS = frozenset({
    "skill", "skills", "knowledge", "experience", "programming", "development", "developer", "framework",
    "frameworks", "methodology", "methodologies", "software", "tool", "tools", "technology", "technologies",
    "language", "languages", "environment", "environments", "principle", "practice", "platform", "script", "query",
    "certification", "certificate", "application", "coding", "proficiency", "methode", "method", "system",
})  # fmt: skip
_HEADS = frozenset({
    "microsoft", "ms", "google", "adobe", "apache", "amazon", "aws", "oracle", "ibm", "advanced", "basic", "strong",
    "modern", "core",
})  # fmt: skip
COMMON_SHARE = 0.1
# Terms by every figure, yet nothing a person would put on a resume.
_NOTHING = frozenset(
    words.key(term)
    for term in (
        "requests", "follow-up", "customer-facing", "lessons learned", "project phases", "government entities", "techniques",
        "project lifecycle", "training sessions", "it services", "best practices", "industry best practices", "new technology",
        "technical field", "business needs", "related field", "relevant field", "technical feasibility", "team members",
        "related degree", "trade-offs", "internal controls", "end-to-end", "products and services", "feedback systems",
        "fast-paced environment", "work environment", "day-to-day operations", "equal opportunity",
        "full time", "part time", "health insurance", "dental insurance", "paid time off",
    )
)  # fmt: skip


class Grader:
    """Spellings, marks and spread of words over the training postings; `terms` are the gazetteer's keys."""

    def __init__(self, postings: Sequence[Posting], terms: Iterable[str]) -> None:
        self._parts = Counter(part for term in terms if " " in term for part in term.split(" "))
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        self._spread: Counter[str] = Counter()
        self._kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._surfaces: dict[str, Counter[str]] = defaultdict(Counter)
        self._heads: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for posting in postings:
            self._read(posting)
        self._many = len(postings) * COMMON_SHARE

    def _read(self, posting: Posting) -> None:
        seen = set()
        for line in posting.text.split("\n"):
            tokens = _CASED.findall(line)
            shouted = sum(token[0].isupper() for token in tokens) > len(tokens) / 2
            for number, token in enumerate(tokens):
                seen.add(words.singular(token.lower()))
                if (number and not shouted) or token[1:] != token[1:].lower() or token.islower():
                    self._forms[token.lower()][token] += 1
        self._spread.update(seen)
        for kind, spans in enumerate((posting.skill, posting.knowledge)):
            for start, end in spans:
                surface = posting.text[start:end].strip(EDGES)
                name = words.key(surface)
                if name:
                    self._surfaces[name][surface] += 1
                    self._kinds[name][kind] += 1
                    self._heads[name.rpartition(" ")[2]][kind] += 1

    def form(self, word: str) -> str | None:
        """The usual spelling of a word inside a sentence, None when it was not seen."""
        forms = self._forms.get(word)
        return max(sorted(forms), key=forms.__getitem__) if forms else None

    def surface(self, name: str) -> str:
        """A term as people most often marked it, else its key."""
        seen = self._surfaces.get(name)
        return max(sorted(seen), key=seen.__getitem__) if seen else name

    def is_ordinary(self, word: str) -> bool:
        """Whether a single word is mostly written small inside sentences, or its ending is a common word's."""
        form = self.form(word)
        return form.islower() if form else self._parts[word] >= 3 or bool(_ORDINARY.search(word))

    def grade(self, name: str, shown: str, product: bool) -> int:
        """2 a named tool or the like (`product`: of O*NET), 1 a field of knowledge, -1 soft or everyday."""
        parts = name.split(" ")
        if name in _NOTHING:
            return lexicon.EVERYDAY
        skill, knowledge = self._kinds.get(name, (0, 0))
        if len(parts) == 1 and self.is_ordinary(name):
            spread = self._spread[name]
            firm = knowledge >= 2 and knowledge > skill and knowledge * 2 >= spread and spread < self._many
            return lexicon.TOPIC if firm else lexicon.EVERYDAY
        if product or (shown != shown.lower() and any(self._is_name(part, shown) for part in parts)):
            return lexicon.HARD
        soft_head, firm_head = self._heads.get(parts[-1], (0, 0))
        if skill > knowledge or (not knowledge and soft_head > firm_head + 1):
            return lexicon.EVERYDAY
        return lexicon.TOPIC

    def _is_name(self, part: str, shown: str) -> bool:
        return any(word.lower() == part and word != part for word in _CASED.findall(shown))


def display(name: str, lists: Sequence[Mapping[str, str]], known: Mapping[str, lexicon.Entry], grader: Grader) -> str:
    """The form to show: of a known name inside it, of the first list that has capitals, or word by word."""
    if entry := _inside(name, known):
        return entry.shown
    given = next((shown[name] for shown in lists if shown.get(name)), None) or _plain(grader.surface(name), grader)
    alone = " " not in name
    if alone and grader.is_ordinary(name):
        return given.lower()
    if given[1:] != given[1:].lower() or (alone and given != given.lower()):
        return given
    return _CASED.sub(lambda word: _cased(word[0].lower(), alone, grader), given)


def _plain(surface: str, grader: Grader) -> str:
    """A marked surface without the capitals of a heading."""
    return _CASED.sub(
        lambda word: (
            word[0].lower()
            if word[0].istitle() and (grader.is_ordinary(word[0].lower()) or _ORDINARY.search(word[0]))
            else word[0]
        ),
        surface,
    )


def _inside(name: str, known: Mapping[str, lexicon.Entry]) -> lexicon.Entry | None:
    parts = name.split(" ")
    while len(parts) > 1 and (parts[-1] in _TAILS or _VERSION.fullmatch(parts[-1])):
        parts = parts[:-1]
        if entry := known.get(words.key(" ".join(parts))):
            return entry
    return known.get(" ".join(parts[1:])) if len(parts) > 1 and parts[0] in _HEADS else None


def _cased(word: str, alone: bool, grader: Grader) -> str:
    if form := grader.form(word):
        return form
    if grader.is_ordinary(word):
        return word
    if len(word) <= 3 or (len(word) <= 5 and _SPELLED_OUT.search(word)):
        return word.upper()
    return word.capitalize() if alone else word
