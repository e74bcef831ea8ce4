"""Text as words with their places: the one view of it that learning and finding share."""

import functools
import re
from dataclasses import dataclass
from itertools import accumulate

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_HYPHENS = frozenset("-\u2010\u2011\u2012\u2013")
_APOSTROPHES = ("\u2019", "\u2018", "\x92")
# Counted parts (`{1,64}`): an open-ended one would try every start of a megabyte without spaces.
_ADDRESS = re.compile(
    r"https?://[^\s<>()]+|www\.[^\s<>()]+|[^\s@]{1,64}@[^\s@]{1,255}|[\w-]{1,64}\.(?:com|org|edu|gov)\b[^\s,;)]*",
    re.IGNORECASE,
)
_ADDRESS_MARK = re.compile(r"@|://|www\.|\.(?:com|org|edu|gov)")
# A line break ends a sentence unless it wraps a long line; possessive (`*+`), so that no run of spaces is tried twice.
_SENTENCE = re.compile(
    r"[\r\n.!?;](?:(?<=[\r\n])(?:(?<![^\r\n]{50}[\r\n])\s*+|\s*+(?![a-z]))|(?<=[.!?;])[^\S\r\n]++(?=[A-Z(\"\u201c\u2022]))"
)

# Words whose plural is another word, or that only look like plurals.
_NOT_PLURALS = frozenset({
    "windows", "sales", "news", "operations", "analytics", "mathematics", "physics", "statistics", "graphics",
    "logistics", "economics", "ethics", "mechanics", "dynamics", "electronics", "robotics", "diagnostics",
    "genetics", "genomics", "linguistics", "optics", "thermodynamics", "kubernetes", "jenkins", "pandas", "redis",
    "express", "rails", "series", "canvas", "postgres", "goods",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text, lower case, with places in the original.

    `flat` is the words joined by single spaces and `at[i]` where word i starts in it; `starts` and
    `ends` are character offsets into the text; `last[i]` is word i as a term's last word (singular).
    """

    words: list[str]
    last: list[str]
    starts: list[int]
    ends: list[int]
    flat: str
    at: list[int]

    def key(self, first: int, past: int) -> str:
        """The key of the words from `first` up to, not including, `past`."""
        return self.flat[self.at[first] : self.at[past - 1]] + self.last[past - 1]


def lower(text: str) -> str:
    """Lower case of the same length, so that places stay true."""
    low = text.lower()
    if low.isascii():
        return low
    for mark in _APOSTROPHES:
        low = low.replace(mark, "'")
    if len(low) == len(text):
        return low
    return "".join(small if len(small := mark.lower()) == 1 else mark for mark in text)


@functools.lru_cache(maxsize=1 << 13)
def singular(word: str) -> str:
    """The word without its plural ending. Only sameness matters: both sides of a match pass through here."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us")) or word in _NOT_PLURALS:
        return word
    if word.endswith("is") and not word.endswith(("pis", "uis")):  # analysis, but APIs, KPIs and GUIs
        return word
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def split(text: str) -> Words:
    """The words of `text`. A hyphen inside a word counts as a space; addresses of the web and of mail are left out."""
    low = lower(text)
    if _ADDRESS_MARK.search(low):
        low = _ADDRESS.sub(lambda found: " " * len(found[0]), low)
    spans = [found.span() for found in _WORD.finditer(low)]
    if "-" in low or not low.isascii():
        spans = [span for span in spans if not _joins(low, *span)]
    words = [low[start:end] for start, end in spans]
    at = list(accumulate([end - start + 1 for start, end in spans], initial=0))[:-1]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    return Words(words, list(map(singular, words)), starts, ends, " ".join(words), at)


def _joins(low: str, start: int, end: int) -> bool:
    """Whether the word at this place is a hyphen inside a word."""
    return low[start] in _HYPHENS and start > 0 and end < len(low) and low[start - 1].isalnum() and low[end].isalnum()


def key(term: str) -> str:
    """A term's key: equal for spellings that differ in case, hyphens, spaces or the last word's plural."""
    said = split(term)
    return said.key(0, len(said.words)) if said.words else ""


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence or line with something in it, in order."""
    spans, start = [], 0
    for gap in _SENTENCE.finditer(text):
        stop = gap.start() if gap[0][0] in "\r\n" else gap.start() + 1
        if stop > start:
            spans.append((start, stop))
        start = gap.end()
    if len(text) > start:
        spans.append((start, len(text)))
    return spans
