"""What a prompt engineer changed in a prompt, in the few words that the 135M model can be told of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.llm.prompt import Prompt

NOTE_CHARS = 240
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
HOLE = re.compile(r"\{\{[^{}]*\}\}")
MARKS = re.compile(r"^(?:[-*+>]|\d+[.)])\s+|[*`_]{1,2}(?=\S)|(?<=\S)[*`_]{1,2}")
WORD = re.compile(r"[^\W\d_]{4,}")
REFUSING = re.compile(
    r"n[’']t\b|\b(?:not|never|no|none|without|avoid|omit|skip|drop|ignore|leave out|instead of)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The sentences that a draft has and its shipped prompt has not, and the words that are new in them."""

    sentences: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def note(self) -> str:
        """As many of the sentences as fit, the first one cut if it has to be; empty for none."""
        kept = ""
        for sentence in self.sentences:
            if len(longer := f"{kept} {sentence}".strip()) > NOTE_CHARS:
                return kept or sentence[:NOTE_CHARS].rpartition(" ")[0] or sentence[:NOTE_CHARS]
            kept = longer
        return kept

    def ranked(self, terms: Iterable[str]) -> list[str]:
        """The terms with those asked for first, in the order in which they are asked for; unwanted ones left out."""
        left = [term for term in terms if term not in self.unwanted(terms)]
        text = "\n".join(self.sentences)
        places = {term: at for term in left if (at := place(term, text)) is not None}
        return sorted(places, key=places.__getitem__) + [term for term in left if term not in places]

    def unwanted(self, terms: Iterable[str]) -> set[str]:
        """The terms of which a sentence says that they should not be there: `Do not mention Go.`"""
        refused = [sentence[found.end() :] for sentence in self.sentences if (found := REFUSING.search(sentence))]
        return {term for term in terms for rest in refused if place(term, rest) is not None}

    def names(self, line: str) -> bool:
        """Whether a line has a word that the draft asks for and its shipped prompt does not have."""
        return bool(self.words & _words(line))


def read(draft: Prompt, shipped: Prompt | None) -> Wishes:
    """What a draft asks for beyond the shipped prompt, its task first; nothing for a prompt that is no draft."""
    if not draft.draft:
        return Wishes()
    known = set() if shipped is None else {*_sentences(shipped.user), *_sentences(shipped.system)}
    new = tuple(dict.fromkeys(one for one in (*_sentences(draft.user), *_sentences(draft.system)) if one not in known))
    asked = [sentence for sentence in new if not REFUSING.search(sentence)]
    old = _words(shipped.text) if shipped else _words(draft.text)
    return Wishes(new, _words(" ".join(asked)) - old)


def place(term: str, sentence: str) -> int | None:
    """Where a term stands in a sentence as a word of its own, in any case; None where it does not."""
    found = re.search(rf"(?<!\w){re.escape(term)}(?!\w)", sentence, re.IGNORECASE)
    return found.start() if found else None


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a prompt's own words, without headings, holes and marks of emphasis."""
    for one in SENTENCE_END.split(text):
        bare = " ".join(MARKS.sub("", HOLE.sub("", one.strip())).split())
        if WORD.search(bare) and not one.lstrip().startswith("#"):
            yield bare


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in WORD.findall(text))
