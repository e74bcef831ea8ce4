"""How a learned term is shown and how firm it is, from its spelling in the training set and in the lists."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from core.tools import lexicon
from core.tools.lexicon import words
from tests.bench.skillspan import Posting, overlaps

_CASED = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ORDINARY = re.compile(
    r"(?:ing|tions?|ments?|ity|ities|ances?|ences?|ship|ness|ism|ics|logy|al|ive|ous|ful|able|ers?|ors?|ly|ed|es|cy|ry)$"
)
_VOWEL = re.compile(r"[aeiouy]")
# What may follow or precede a name without making it another term.
_TAILS = frozenset(
    "skill skills knowledge experience programming development developer framework frameworks methodology methodologies"
    " software tool tools technology technologies language languages environment environments principle practice"
    " platform script query certification certificate application coding proficiency methode method system".split()
)
_HEADS = frozenset("microsoft ms google adobe apache amazon aws oracle ibm advanced basic strong modern core".split())
COMMON_SHARE = 0.1


class Grader:
    """Spellings, marks and spread of words over the training postings."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        self._spread: Counter[str] = Counter()
        self._kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
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
                name = words.key(posting.text[start:end].strip(" ()[].,;:*•"))
                if name:
                    self._kinds[name][kind] += 1
                    self._heads[name.rpartition(" ")[2]][kind] += 1

    def form(self, word: str) -> str | None:
        """The usual spelling of a word inside a sentence, None when it was not seen."""
        forms = self._forms.get(word)
        return max(sorted(forms), key=forms.__getitem__) if forms else None

    def grade(self, name: str, shown: str, named: bool) -> int:
        """2 a named tool or the like (`named`: a product of O*NET), 1 a field of knowledge, 0 soft or everyday."""
        parts = name.split(" ")
        skill, knowledge = self._kinds.get(name, (0, 0))
        soft_head, firm_head = self._heads.get(parts[-1], (0, 0))
        if named or (shown != shown.lower() and any(self._is_name(part, shown) for part in parts)):
            return lexicon.HARD
        if skill > knowledge or (not knowledge and soft_head > firm_head + 1):
            return lexicon.SOFT
        if len(parts) == 1 and self._spread[name] >= self._many:
            return lexicon.SOFT
        return lexicon.TOPIC

    def _is_name(self, part: str, shown: str) -> bool:
        return any(word.lower() == part and word != part for word in _CASED.findall(shown))


def display(name: str, lists: Sequence[Mapping[str, str]], known: Mapping[str, lexicon.Entry], grader: Grader) -> str:
    """The form to show: of a known name inside it, of the first list that has capitals, or word by word."""
    if entry := _inside(name, known):
        return entry.shown
    given = next((shown[name] for shown in lists if shown.get(name)), name)
    if given[1:] != given[1:].lower():
        return given
    alone = " " not in name
    if given != given.lower() and alone:
        return given
    return _CASED.sub(lambda word: _cased(word[0].lower(), alone, grader), given)


def _inside(name: str, known: Mapping[str, lexicon.Entry]) -> lexicon.Entry | None:
    parts = name.split(" ")
    while len(parts) > 1 and parts[-1] in _TAILS:
        parts = parts[:-1]
        if entry := known.get(words.key(" ".join(parts))):
            return entry
    return known.get(" ".join(parts[1:])) if len(parts) > 1 and parts[0] in _HEADS else None


def _cased(word: str, alone: bool, grader: Grader) -> str:
    if form := grader.form(word) or grader.form(words.singular(word)):
        return form if form.lower() == word else word
    if len(word) <= 5 and not _VOWEL.search(word) and word not in ("my", "by"):
        return word.upper()
    if not alone or _ORDINARY.search(word):
        return word
    return word.upper() if len(word) <= 4 else word.capitalize()
