"""Prose as people read it: no control characters, no stray edges, cut between words."""

import re
import unicodedata
from itertools import groupby
from operator import itemgetter

_CONTROLS = "".join(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0xFEFF))
_SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())  # U+3000 is the last there is

EDGES = "".join(sorted({*_CONTROLS, *_SPACES}))
"""What never begins or ends a text: white space of any alphabet and control characters."""

LONGEST_GAP = 1_000
"""Characters held back at most: a model that loops on white space must not make each later chunk dearer."""

_ROUGH = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAPS = re.compile(r"\s+")


def clean(text: str) -> str:
    """`text` without control characters other than newline and tab; a lone surrogate becomes U+FFFD."""
    if not _ROUGH.search(text):
        return text
    text = _SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _ROUGH.sub("", text)


def flatten(text: str) -> str:
    """`text` with every run of white space made one space."""
    return _GAPS.sub(" ", text)


def block(text: str) -> str:
    """A text of several lines: clean, without its edges."""
    return clean(text.strip(EDGES))


def line(text: str) -> str:
    """A text of one line: clean, without its edges, gaps made single spaces."""
    return flatten(block(text))


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between words and ended with an ellipsis when cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        words = re.match(r"(?s).*\s", head[-80:])
        head = head[:-80] + words[0] if words else head
    while head and unicodedata.combining(text[len(head)]):
        head = head[:-1]
    return head.rstrip(EDGES) + "…"


class Flow:
    """Text on its way out, field by field.

    White space at the edge of a field is held back until more text follows, so that what has come
    out always equals the finished field.
    """

    __slots__ = ("_begun", "_field", "_flat", "_gap", "_held", "_out", "_written")

    def __init__(self) -> None:
        self._out: list[tuple[str, str]] = []
        self._written: set[str] = set()
        self._field = ""
        self._flat = False
        self._begun = False
        self._gap = ""
        self._held = ""

    def open(self, field: str, *, flat: bool = False, gap: str = "\n") -> None:
        """Begin a text of `field`: one line when `flat`, set off by `gap` from what the field has already."""
        self._field, self._flat, self._gap = field, flat, gap
        self._begun = False
        self._held = ""

    def say(self, text: str) -> None:
        """Add text to the open field."""
        if self._held:
            text = self._held + text
            self._held = ""
        body = text.rstrip(EDGES)
        if len(body) != len(text):
            self._held = text[len(body) :][:LONGEST_GAP]
        if not body:
            return
        lead = ""
        if not self._begun:
            self._begun = True
            body = body.lstrip(EDGES)
            lead = self._gap if self._field in self._written else ""
            self._written.add(self._field)
        body = clean(body)
        if self._flat:
            body = flatten(body)
        if body:
            self._out.append((self._field, lead + body))

    def take(self) -> list[tuple[str, str]]:
        """What came out since the last call: (field, text), neighbours of one field joined."""
        out = self._out
        if not out:
            return []
        self._out = []
        if len(out) == 1:
            return out
        runs = groupby(out, key=itemgetter(0))
        return [(field, "".join(text for _, text in run)) for field, run in runs]
