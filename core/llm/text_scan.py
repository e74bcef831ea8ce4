"""The parts of a plain-text answer while it is still arriving: first line, first paragraph, the rest."""

import re
from collections.abc import Sequence

from core.llm.json_scan import TEXTS
from core.llm.prose import EDGES, LONGEST_GAP, Flow

LONGEST_TITLE = 120
"""Characters. A first line that goes on is a paragraph, and the title is missing."""

_MARKS = "#*_ \t"
_LABELS = {part: re.compile(rf"[{_MARKS}]*{part}[*_ \t]*(?::[*_ \t]*|(?=\n)|\Z)", re.IGNORECASE) for part in TEXTS}
_HEADING = re.compile(r"(?:#{1,6}(?=[ \t]|\Z)|[*_ \t]+)*")
_CLOSING = re.compile(r"(?:\s+#+|[*_]+)?\s*\Z")
_CLOSING_FENCE = re.compile(r"(?:\A|\n)[ \t]*`{1,3}\s*\Z")
_SALUTATION = re.compile(r"(?:dear|to whom it may)\s", re.IGNORECASE)
_SALUTATIONS = ("dear ", "to whom it may ")
_NO_SUMMARY = re.compile(r"#{1,6}[ \t]|[-*+•][ \t]|\d{1,2}[.)][ \t]|[|>]|```|---|\*\*\*\n|___")
_MAYBE_NO_SUMMARY = re.compile(r"(?:[-#*_+•`]+[ \t]*|\d{1,2}[.)]?)\Z")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n")
_SPACE = re.compile(r"\s")
_LONGEST_OPENING = 40


class TextScan:
    """Hands a text to those of title, summary and content that are asked for; the last takes all the rest.

    Labels and heading marks before a part are dropped; a letter that begins with its salutation
    has no title and no summary. In a `fenced` text the closing fence is no part of it. `untitled`
    tells, late, that the first line was a paragraph: what came out as a title was its beginning.
    """

    def __init__(self, flow: Flow, fields: Sequence[str], *, fenced: bool = False) -> None:
        self._flow = flow
        self._parts = [part for part in TEXTS if part in fields] or ["content"]
        self._fenced = fenced
        self._edges = EDGES + "`" if fenced else EDGES
        self._begun = False
        self._plain = False
        self._tail = ""
        self._title_length = 0
        self.untitled = False

    def feed(self, text: str) -> None:
        if self._plain:
            self._flow.say(text)
        else:
            self._read(text, final=False)

    def end(self) -> None:
        """The text is over: what was held back in order to be understood comes out."""
        self._read("", final=True)
        tail = self._tail
        if self._begun and self._parts[0] == "title" and len(self._parts) > 1:
            tail = _CLOSING.sub("", tail)
        if self._fenced:
            tail = _CLOSING_FENCE.sub("", tail)
        if self._begun and tail:
            self._flow.say(tail)

    def _read(self, text: str, *, final: bool) -> None:
        text = self._tail + text
        self._tail = ""
        while text:
            if self._begun:
                text = self._write(text)
                continue
            text = text.lstrip(EDGES)
            if text and not final and self._undecided(text):
                self._tail = text
                return
            text = self._begin(text)

    # -- the start of a part -----------------------------------------------------------------------

    def _undecided(self, text: str) -> bool:
        """Whether what follows could still change how `text` is understood as the start of a part."""
        if len(text) > _LONGEST_OPENING:
            return False
        part, bare = self._parts[0], text.lstrip(_MARKS).lower()
        label = _LABELS[part].match(text)
        if not bare or text.endswith("#") or part.startswith(bare) or (label and label.end() == len(text)):
            return True
        if self._fenced and not text.strip(self._edges):
            return True
        if part == "content":
            return False
        return any(word.startswith(bare) for word in _SALUTATIONS) or (
            part == "summary" and bool(_MAYBE_NO_SUMMARY.match(text))
        )

    def _begin(self, text: str) -> str:
        """Drop what stands before the part, or pass it by; what is left of `text`."""
        if self._fenced and not text.strip(self._edges):
            return ""
        part, last = self._parts[0], len(self._parts) == 1
        if label := _LABELS[part].match(text):
            return self._begin_unlabelled(text[label.end() :])
        if not last and _SALUTATION.match(text):
            self._parts = self._parts[-1:]
        elif not last and part == "summary" and _NO_SUMMARY.match(text):
            self._parts.pop(0)
        else:
            return self._begin_unlabelled(text)
        return text

    def _begin_unlabelled(self, text: str) -> str:
        part = self._parts[0]
        if part == "title" and (marks := _HEADING.match(text)):
            text = text[marks.end() :]
        if text and not text.startswith("\n"):
            self._begun = True
            self._flow.open(part, flat=part == "title")
        return text

    # -- inside a part -----------------------------------------------------------------------------

    def _write(self, text: str) -> str:
        """Say what is certain of `text`, hold back what is not; what is left for the next part."""
        if len(self._parts) == 1:
            self._plain = not self._fenced
            return self._hold(text, self._edges if self._fenced else "")
        if self._parts[0] == "title":
            return self._write_title(text)
        found = _PARAGRAPH_END.search(text)
        if not found:
            return self._hold(text, self._edges)
        self._flow.say(text[: found.start()])
        self._next()
        return text[found.end() :]

    def _write_title(self, text: str) -> str:
        end = text.find("\n")
        space = _SPACE.search(text, max(0, LONGEST_TITLE - self._title_length))
        if space and (end < 0 or space.start() < end):
            self._flow.say(text[: space.start()])
            self._next()
            self._begun = self.untitled = True
            self._flow.open(self._parts[0])
            return text[space.end() :]
        if end < 0:
            before = len(text)
            rest = self._hold(text.replace("**", "") if "**" in text else text, EDGES + "#*_")
            self._title_length += before - len(self._tail)
            return rest
        self._flow.say(_CLOSING.sub("", text[:end].replace("**", "")))
        self._next()
        return text[end + 1 :]

    def _next(self) -> None:
        self._parts.pop(0)
        self._begun = False

    def _hold(self, text: str, edges: str) -> str:
        body = text.rstrip(edges) if edges else text
        self._tail = text[len(body) :][:LONGEST_GAP]
        if body:
            self._flow.say(body)
        return ""
