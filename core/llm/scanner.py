"""One pass over a model's text: (field, prose) pairs while it streams, never a brace, nothing read twice."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from core.llm.json_scan import JsonScan
from core.llm.prose import EDGES, Flow
from core.llm.text_scan import TextScan
from core.schema import Output

Form = Literal["json", "text", "none"]

OBJECT = re.compile(r"\{\s*(?:[\"'}]|[A-Za-z_]\w*\s*:)")
"""The start of something that looks like a JSON object."""

LONGEST_HEAD = 2_000
"""Characters, thoughts aside, after which `form` is settled."""

THOUGHT, THOUGHT_END = "<think>", "</think>"

_QUOTED_OBJECT = re.compile(r"\{\s*[\"'}]")
_QUOTED_LIST = re.compile(r"\[\s*[\"{]")
_MAYBE_EITHER = re.compile(r"[{\[]\s*\Z")
_FENCE = re.compile(r"`{3,}[ \t]*[\w-]*[ \t]*(?:\n|(?=\{))")
_MAYBE_FENCE = re.compile(r"`{1,2}\Z|`{3,}[ \t]*[\w-]{0,20}[ \t]*\Z")
_TAGS = (THOUGHT, "<!doctype", "<html")
_LIST = re.compile(r"\[\s*[\"'{\[\]]")
_PREAMBLES = ("here is ", "here are ", "here's ", "here’s ", "sure", "certainly", "of course", "absolutely")
_LONGEST_PREAMBLE = 200
_OBJECT_DUE_WITHIN = 200


class Scanner:
    """Turns chunks of model text into prose for the asked `fields`.

    `form` says what the text turned out to be: `json`, `text`, `none` for what is no answer at all (a
    web page, a list), or None while that is open.
    """

    def __init__(self, output: Output, fields: Sequence[str]) -> None:
        self.form: Form | None = None
        self._output = output
        self._fields = tuple(fields)
        self._flow = Flow()
        self._feed: Callable[[str], None] = self._open
        self._scan: TextScan | JsonScan | None = None
        self._head = ""
        self._thinking = False
        self._fenced = False

    def feed(self, text: str) -> list[tuple[str, str]]:
        """The new prose this chunk brought: (field, text), at most a few pairs, often one."""
        self._feed(text)
        return self._flow.take()

    def end(self) -> list[tuple[str, str]]:
        """What was held back, now that no more text comes."""
        if self.form is None:
            self._open("", final=True)
        if self._scan:
            self._scan.end()
        return self._flow.take()

    @property
    def untitled(self) -> bool:
        """Whether what came out as a title was the beginning of a paragraph."""
        return isinstance(self._scan, TextScan) and self._scan.untitled

    # -- finding out what the text is --------------------------------------------------------------

    def _open(self, text: str, *, final: bool = False) -> None:
        """Collect the beginning until it is clear what it begins."""
        head = (self._head + text).lstrip(EDGES)
        final = final or (len(head) > LONGEST_HEAD and not self._thinking)
        while True:
            self._head = head
            rest = self._pass_by(head, final=final)
            if rest is None:
                return
            if rest == head:
                break
            head = rest.lstrip(EDGES)
        if head:
            self._decide(head, final=final)

    def _pass_by(self, head: str, *, final: bool) -> str | None:
        """`head` after a thought, an opening fence or a preamble at its start; None to wait for more."""
        if self._thinking or head.startswith(THOUGHT):
            self._thinking = True
            end = head.find(THOUGHT_END)
            if end < 0:
                self._head = head[1 - len(THOUGHT_END) :]
                return None
            self._thinking = False
            return head[end + len(THOUGHT_END) :]
        if found := _FENCE.match(head):
            self._fenced = True
            return head[found.end() :]
        if not final and (_MAYBE_FENCE.match(head) or any(tag.startswith(head.lower()) for tag in _TAGS)):
            return None
        return self._pass_preamble(head, final=final) if self._output == "text" else head

    def _pass_preamble(self, head: str, *, final: bool) -> str | None:
        """`head` without a first line like "Here is your letter:"; None to wait for its end."""
        low = head[:20].lower()
        if final and "\n" not in head:
            return head
        if any(words.startswith(low) for words in _PREAMBLES) and not final:
            return None
        if not low.startswith(_PREAMBLES):
            return head
        line, newline, rest = head.partition("\n")
        if not newline:
            return head if len(head) > _LONGEST_PREAMBLE else None
        if not line.rstrip().endswith(":"):
            return head
        return rest if rest.strip() else (head if final else None)

    def _decide(self, head: str, *, final: bool) -> None:
        if head[:9].lower().startswith(_TAGS[1:]):
            self._begin("none", head)
        elif self._output == "json":
            self._decide_json(head, final=final)
        elif _QUOTED_OBJECT.match(head):
            self._begin("json", head)
        elif _QUOTED_LIST.match(head):
            self._begin("none", head)
        elif final or not _MAYBE_EITHER.match(head):
            self._begin("text", head)

    def _decide_json(self, head: str, *, final: bool) -> None:
        if found := OBJECT.search(head):
            listed = _LIST.match(head)
            self._begin("none" if listed else "json", head[found.start() :])
        elif _LIST.match(head):
            self._begin("none", head)
        elif final or len("".join(head.split())) > _OBJECT_DUE_WITHIN:
            self._begin("text", head)

    def _begin(self, form: Form, text: str) -> None:
        self.form = form
        self._head = ""
        if form == "none":
            self._feed = self._ignore
            return
        if form == "json":
            self._scan = JsonScan(self._flow, self._fields)
        else:
            self._scan = TextScan(self._flow, self._fields, fenced=self._fenced)
        self._feed = self._watch if form == "text" and self._output == "json" else self._scan.feed
        self._feed(text)

    def _ignore(self, text: str) -> None:
        """No answer: nothing to show."""

    def _watch(self, text: str) -> None:
        """Plain text where an object was asked for: should one follow after all, its braces stay unseen."""
        start = text.find("{")
        if self._scan and start < 0:
            self._scan.feed(text)
        elif self._scan:
            self._scan.feed(text[:start])
            self._scan.end()
            self._begin("json", text[start:])
