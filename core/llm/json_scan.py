"""The prose inside a JSON object, while the object is still arriving."""

import re
from collections.abc import Callable, Sequence

from core.llm.prose import Flow

LISTS = ("bullets", "warnings", "next_actions")
TEXTS = ("title", "summary", "content")
GAPS = {"title": " ", "summary": " ", "content": "\n\n"}
"""What joins the parts of a text that a model wrote as a list."""

WRAPPERS = frozenset({"answer", "result", "response", "output", "data"})
"""Keys under which models like to wrap the whole answer."""

_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_STRETCHES = {quote: re.compile(rf"(?:[^\\{quote}]+|\\[^u])*+") for quote in "\"'"}  # up to what needs a closer look
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OUTSIDE = re.compile(r"[\"'{}\[\]:]")
_VALUE = re.compile(r"[^\s:]")
_ITEM = re.compile(r"[\"'{}\[\]]")
_NESTED = re.compile(r"[\"{}\[\]]")
_HEX = re.compile(r"[0-9a-fA-F]{1,4}")
_ESCAPES = {"b": "", "f": "", "n": "\n", "r": "\r", "t": "\t"}
_LONGEST_KEY = 64

_State = Callable[[str, int], int]


def letters(key: str) -> str:
    """A key by its letters and digits alone, so that `nextActions` and `Next actions` are `next_actions`."""
    return _NOT_LETTERS.sub("", key.lower())


class JsonScan:
    """Reads one object, never twice: a state takes the text and a place in it, and returns the place it got to.

    Only the strings of the asked fields come out. Anything else, and any damage, is passed over;
    the parser reads the finished text again as a whole.
    """

    def __init__(self, flow: Flow, fields: Sequence[str]) -> None:
        self._flow = flow
        self._fields = {letters(name): name for name in fields if name in TEXTS or name in LISTS}
        self._seen: set[str] = set()
        self._wrapped = False
        self._key = ""
        self._state: _State = self._before
        self._stretch = _STRETCHES['"']
        self._sink: Callable[[str], None] | None = None
        self._after_string: _State = self._inside
        self._escape = ""
        self._high = 0
        self._depth = 0
        self._after_nested: _State = self._inside

    def feed(self, text: str) -> None:
        at, end = 0, len(text)
        while at < end:
            at = self._state(text, at)

    def end(self) -> None:
        """The text is over: half an emoji still leaves its mark."""
        self._write("")

    # -- around the strings ------------------------------------------------------------------------

    def _before(self, text: str, at: int) -> int:
        start = text.find("{", at)
        if start < 0:
            return len(text)
        self._state = self._inside
        return start + 1

    def _inside(self, text: str, at: int) -> int:
        """In the object, where a key, a colon or the end is due."""
        found = _OUTSIDE.search(text, at)
        if not found:
            return len(text)
        mark = found[0]
        if mark in "\"'":
            self._key = ""
            self._enter_string(mark, self._spell, self._inside)
        elif mark == ":":
            self._state = self._due_value
        elif mark in "{[":
            return self._enter_nested(found.start(), self._inside)
        elif mark == "}":
            self._state = self._done
        return found.end()

    def _due_value(self, text: str, at: int) -> int:
        found = _VALUE.search(text, at)
        if not found:
            return len(text)
        mark, field = found[0], self._fields.get(letters(self._key))
        if field in self._seen:
            field = None
        if mark in "\"'":
            self._enter_text(mark, field)
        elif mark == "[" and field:
            self._seen.add(field)
            self._key = field
            self._state = self._in_list
        elif mark == "{" and not (self._seen or self._wrapped) and self._key.lower() in WRAPPERS:
            self._wrapped = True
            self._state = self._inside
        elif mark in "{[":
            return self._enter_nested(found.start(), self._inside)
        else:  # a number, a word or nothing at all: passed over on the way to the next key
            self._state = self._inside
            return found.start()
        return found.end()

    def _in_list(self, text: str, at: int) -> int:
        found = _ITEM.search(text, at)
        if not found:
            return len(text)
        mark = found[0]
        if mark in "\"'":
            self._flow.open(self._key, flat=self._key != "content", gap=GAPS.get(self._key, "\n"))
            self._enter_string(mark, self._flow.say, self._in_list)
        elif mark in "{[":
            return self._enter_nested(found.start(), self._in_list)
        else:
            self._state = self._inside if mark == "]" else self._done
        return found.end()

    def _done(self, text: str, at: int) -> int:
        return len(text)

    # -- a nested value, passed over ---------------------------------------------------------------

    def _enter_nested(self, at: int, after: _State) -> int:
        self._depth = 0
        self._after_nested = after
        self._state = self._nested
        return at

    def _nested(self, text: str, at: int) -> int:
        found = _NESTED.search(text, at)
        if not found:
            return len(text)
        mark = found[0]
        if mark == '"':
            self._enter_string(mark, None, self._nested)
            return found.end()
        self._depth += 1 if mark in "{[" else -1
        if self._depth <= 0:
            self._state = self._after_nested
        return found.end()

    # -- strings -----------------------------------------------------------------------------------

    def _enter_text(self, quote: str, field: str | None) -> None:
        if field:
            self._seen.add(field)
            self._flow.open(field, flat=field == "title")
        self._enter_string(quote, self._flow.say if field else None, self._inside)

    def _enter_string(self, quote: str, sink: Callable[[str], None] | None, after: _State) -> None:
        self._stretch = _STRETCHES[quote]
        self._sink = sink
        self._after_string = after
        self._state = self._in_string

    def _in_string(self, text: str, at: int) -> int:
        found = self._stretch.match(text, at)
        if found and (said := found[0]):
            self._write(_ESCAPE.sub(_unescaped, said) if "\\" in said else said)
        stop = found.end() if found else at
        if stop == len(text):
            return stop
        if text[stop] == "\\":
            self._escape = ""
            self._state = self._in_escape
        else:
            self._write("")
            self._state = self._after_string
        return stop + 1

    def _in_escape(self, text: str, at: int) -> int:
        if not self._escape:
            if text[at] == "u":
                self._escape = "u"
            else:
                self._write(_ESCAPES.get(text[at], text[at]))
                self._state = self._in_string
            return at + 1
        digits = _HEX.match(text, at, at + 5 - len(self._escape))
        if not digits:  # not an escape after all: what stands here is text again
            self._state = self._in_string
            return at
        self._escape += digits[0]
        if len(self._escape) == 5:
            self._write_code(int(self._escape[1:], 16))
            self._state = self._in_string
        return digits.end()

    def _write_code(self, code: int) -> None:
        """One UTF-16 unit: the two halves of an emoji come as two escapes, perhaps in two chunks."""
        if self._high and 0xDC00 <= code <= 0xDFFF:
            code = 0x10000 + ((self._high - 0xD800) << 10) + (code - 0xDC00)
            self._high = 0
        if 0xD800 <= code <= 0xDBFF:
            self._write("")
            self._high = code
        else:
            self._write(chr(code))

    def _write(self, text: str) -> None:
        if self._high:
            text = "\ufffd" + text
            self._high = 0
        if self._sink and text:
            self._sink(text)

    def _spell(self, text: str) -> None:
        if len(self._key) < _LONGEST_KEY:
            self._key += text


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])
