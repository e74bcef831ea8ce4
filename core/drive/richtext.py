"""Markdown as the parts of a page with their emphasis, for a format that has words for each of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["heading", "paragraph", "bullet", "number", "quote", "code", "table", "rule"]
DEEPEST = 2  # levels a list goes in, its first counted as 0

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+)\s*$")
_ITEM = re.compile(r"(\s*)(?:[-*+]|(\d{1,9})[.)])(?:\s+(.*))?$")
_QUOTE = re.compile(r"\s{0,3}>\s?(.*)$")
_COLUMNS = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CELL = re.compile(r"(?<!\\)\|")
_INLINE = re.compile(
    r"""
      \\(?P<escaped>[!-/:-@\[-`{-~])
    | (?P<ticks>`+)(?P<code>[^`\n]{1,500})(?P=ticks)(?!`)
    | !?\[(?P<label>[^\[\]\n]{0,300})\]\(\s*<?(?P<target>[^()<>\s]{0,500})>?(?:\s+["'][^"'\n]{0,300}["'])?\s*\)
    | <(?P<address>(?:https?://|mailto:)[^<>\s]{1,500})>
    | (?P<end>\ {2,}\n|\\\n|\n|<br\s*/?>)
    | (?P<mark>\*{1,3}|_{1,3})
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one look; a line end inside a part is `\\n`."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a page. `level` is a heading's, 1 the largest, or how deep a list's item stands, from 0.

    `number` is what a numbered item was given, `rows` the cells of a table, its head first.
    """

    kind: Kind
    spans: Spans = ()
    level: int = 0
    number: int = 0
    rows: tuple[tuple[Spans, ...], ...] = ()


def parts(markdown: str) -> list[Part]:
    """The page's parts in reading order. Whatever is no Markdown is text: nothing is lost, nothing fails."""
    reading = _Reading(markdown.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n"))
    return reading.parts()


def spans(text: str) -> Spans:
    """The emphasis of one text; a mark that nothing closes is a sign like any other."""
    pieces = list(_pieces(text))
    pairs = _pairs(pieces)
    told: list[Span] = []
    bold = italic = 0
    for at, piece in enumerate(pieces):
        if at in pairs:
            step = pairs[at]
            bold += step if len(piece.text) > 1 else 0
            italic += step if len(piece.text) != 2 else 0
        else:
            _add(told, Span(piece.text, bold > 0, italic > 0, piece.code))
    return tuple(told)


# -- lines ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """The page on its way from lines to parts: `text` gathers the lines of a paragraph or of a list's item."""

    lines: Sequence[str]
    found: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    item: Part | None = None
    indents: list[int] = field(default_factory=list)  # of the list's levels, the outermost first

    def parts(self) -> list[Part]:
        at = 0
        while at < len(self.lines):
            at = self._take(at)
        self._close()
        return self.found

    def _take(self, at: int) -> int:
        """Read the part that begins here, or go on with the one before; the line to read next."""
        line = self.lines[at]
        if not line.strip():
            self._close()
        elif fence := _FENCE.match(line):
            return self._fenced(at, fence[1])
        elif self.text and not self.item and (under := _UNDERLINE.match(line)):
            self._title(1 if under[1][0] == "=" else 2)
        elif _RULE.match(line):
            self._put(Part("rule"))
        elif heading := _HEADING.match(line):
            self._put(Part("heading", spans(heading[2] or ""), len(heading[1])))
        elif self._begins_table(at):
            return self._table(at)
        elif begun := _ITEM.match(line):
            self._begin(begun)
        elif quote := _QUOTE.match(line):
            self._quote(quote[1])
        else:
            self._go_on(line)
        return at + 1

    def _put(self, part: Part) -> None:
        self._close()
        self.indents.clear()
        self.found.append(part)

    def _close(self) -> None:
        """The paragraph or item that was being read is whole."""
        if not self.text:
            return
        if self.item:
            joined = " ".join(line.strip() for line in self.text)
            self.found.append(Part(self.item.kind, spans(joined), self.item.level, self.item.number))
        else:
            self.found.append(Part("paragraph", spans("\n".join(self.text).strip())))
        self.text, self.item = [], None

    def _title(self, level: int) -> None:
        told = spans(" ".join(self.text))
        self.text = []
        self._put(Part("heading", told, level))

    def _begin(self, begun: re.Match[str]) -> None:
        self._close()
        indent = len(begun[1])
        while self.indents and indent < self.indents[-1]:
            self.indents.pop()
        if not self.indents or indent > self.indents[-1] + 1:
            self.indents.append(indent)
        level = min(len(self.indents) - 1, DEEPEST)
        self.item = Part("number" if begun[2] else "bullet", (), level, int(begun[2] or 0))
        self.text = [begun[3] or ""]

    def _go_on(self, line: str) -> None:
        if not self.text and not (self.indents and line.startswith("  ")):
            self.indents.clear()
        self.text.append(line if self.item else line.lstrip())

    def _quote(self, text: str) -> None:
        self._close()
        last = self.found[-1] if self.found else None
        if last and last.kind == "quote" and text.strip():
            self.found[-1] = Part("quote", (*last.spans, *spans("\n" + text)))
        elif text.strip():
            self._put(Part("quote", spans(text)))

    def _fenced(self, at: int, mark: str) -> int:
        end = at + 1
        while end < len(self.lines) and not self.lines[end].strip().startswith(mark):
            end += 1
        if code := "\n".join(self.lines[at + 1 : end]).strip("\n"):
            self._put(Part("code", (Span(code, code=True),)))
        return end + 1

    def _begins_table(self, at: int) -> bool:
        below = self.lines[at + 1] if at + 1 < len(self.lines) else ""
        if "|" not in self.lines[at] or "|" not in below or not _COLUMNS.match(below):
            return False
        return len(_cells(self.lines[at])) == len(_cells(below))

    def _table(self, at: int) -> int:
        head = _cells(self.lines[at])
        rows, end = [head], at + 2
        while end < len(self.lines) and "|" in self.lines[end]:
            rows.append((_cells(self.lines[end]) + [""] * len(head))[: len(head)])
            end += 1
        self._put(Part("table", rows=tuple(tuple(spans(cell) for cell in row) for row in rows)))
        return end


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(inner)]


# -- emphasis ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text, or a mark of emphasis that may open, close or do both."""

    text: str
    code: bool = False
    opens: bool = False
    closes: bool = False


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            yield _Piece(text[at : found.start()])
        yield _piece(text, found)
        at = found.end()
    if at < len(text):
        yield _Piece(text[at:])


def _piece(text: str, found: re.Match[str]) -> _Piece:
    if found["escaped"]:
        return _Piece(found["escaped"])
    if found["code"]:
        return _Piece(found["code"].strip(), code=True)
    if found["end"]:
        return _Piece("\n")
    if found["address"]:
        return _Piece(found["address"].removeprefix("mailto:"))
    if found["mark"]:
        return _mark(text, found)
    label, target = (found["label"] or "").strip(), (found["target"] or "").removeprefix("mailto:")
    return _Piece(f"{label} ({target})" if label and target and target != label else label or target)


def _mark(text: str, found: re.Match[str]) -> _Piece:
    """Stars and lines emphasise what they touch; a line inside a word, as in `user_id`, is a sign of that word."""
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    inside = found["mark"][0] == "_" and before.isalnum() and after.isalnum()
    opens = bool(after.strip()) and not inside and not (found["mark"][0] == "_" and before.isalnum())
    closes = bool(before.strip()) and not inside and not (found["mark"][0] == "_" and after.isalnum())
    return _Piece(found["mark"], opens=opens, closes=closes)


def _pairs(pieces: Sequence[_Piece]) -> dict[int, int]:
    """Where emphasis begins (1) and where it ends (-1), by the place of the piece."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    open_marks: dict[str, int] = {}
    for at, piece in enumerate(pieces):
        if piece.closes and open_marks.get(piece.text):
            while waiting:
                begun = waiting.pop()
                open_marks[pieces[begun].text] -= 1
                if pieces[begun].text == piece.text:
                    pairs[begun], pairs[at] = 1, -1
                    break
        elif piece.opens:
            waiting.append(at)
            open_marks[piece.text] = open_marks.get(piece.text, 0) + 1
    return pairs


def _add(told: list[Span], span: Span) -> None:
    if not span.text:
        return
    last = told[-1] if told else None
    if last and (last.bold, last.italic, last.code) == (span.bold, span.italic, span.code):
        told[-1] = Span(last.text + span.text, span.bold, span.italic, span.code)
    else:
        told.append(span)
