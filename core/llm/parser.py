"""A model's finished text as the parts of an answer: read strictly, then mended, then as plain text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.errors import AnswerUnreadable
from core.llm import coerced
from core.llm.answer_schema import schema
from core.llm.json_object import load
from core.llm.json_scan import LISTS, TEXTS, letters
from core.llm.prose import EDGES, clean
from core.llm.scanner import LONGEST_HEAD, THOUGHT, THOUGHT_END, Form, Scanner
from core.schema import Change, Output

__all__ = ["Parsed", "read", "schema"]

_ESSENTIAL = frozenset({"summary", "content", "changes"})
_LONGEST_REFUSAL = 400
_REFUSAL = re.compile(
    r"(?:as an ai\b|unfortunately\b|(?:i['’]m |i am )?(?:very |so )?sorry\b|i apologi[sz]e\b)?.{0,40}?"
    r"\bi(?:['’]m| am)? ?(?:can(?:['’]t|not)|won['’]t|unable to|not able to) (?:\w+ )?"
    r"(?:assist|help|comply|fulfil+|provide|continue|complete|create|generate|write)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the model wrote, cleaned and within limits; a field it was not asked for or left out is empty.

    `repaired` says that the text did not have the asked shape and was mended.
    """

    title: str = ""
    summary: str = ""
    content: str = ""
    bullets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    repaired: bool = False


def read(text: str, output: Output, fields: Sequence[str]) -> Parsed:
    """The answer in `text`, of which only `fields` count.

    Errors: `AnswerUnreadable` when nothing in it can be used: empty, a web page, a list, an object of
    other keys, a refusal.
    """
    text = _after_thought(clean(text))
    if not text:
        raise AnswerUnreadable("The model finished without saying anything. Run it again or choose another model.")
    if output == "json" and text.startswith("{") and (loaded := load(text)):  # as it should be, and mostly is
        return _from_object(*loaded, fields)
    form = _form(text, output, fields)
    if form == "none":
        raise AnswerUnreadable("The model sent a web page or a list, not an answer. Choose another model.")
    if form == "json" or output == "json":
        if loaded := load(text):
            return _from_object(*loaded, fields)
        if form == "json":
            raise AnswerUnreadable(
                "The model's answer is damaged beyond mending. Run it again or choose another model."
            )
    return _from_prose(text, fields, stepped_down=output == "json")


def _after_thought(text: str) -> str:
    """`text` without what a reasoning model thinks aloud before it answers."""
    answer = text.rpartition(THOUGHT_END)[2].lstrip(EDGES)
    return "" if answer.startswith(THOUGHT) else answer


def _form(text: str, output: Output, fields: Sequence[str]) -> Form | None:
    """What the text is, by the same look at its beginning that people saw it stream by."""
    scanner = Scanner(output, fields)
    scanner.feed(text[: LONGEST_HEAD + 1])
    scanner.end()
    return scanner.form


def _check_willing(text: str) -> None:
    if len(text) <= _LONGEST_REFUSAL and _REFUSAL.match(text):
        raise AnswerUnreadable("The model declined to answer. Change the instructions or choose another model.")


# -- from an object --------------------------------------------------------------------------------


def _from_object(value: Any, repaired: bool, fields: Sequence[str]) -> Parsed:
    found = _ours(value, fields)
    if found is None:
        raise AnswerUnreadable("The model answered in another shape than asked. Run it again or choose another model.")
    parsed = Parsed(
        title=coerced.text("title", found.get("title")),
        summary=coerced.text("summary", found.get("summary")),
        content=coerced.text("content", found.get("content")),
        bullets=coerced.items(found.get("bullets")),
        warnings=coerced.items(found.get("warnings")),
        next_actions=coerced.items(found.get("next_actions")),
        changes=coerced.changes(found.get("changes")),
        repaired=repaired,
    )
    essential = _ESSENTIAL.intersection(fields) or {*fields}
    if not any(getattr(parsed, name, None) for name in essential):
        raise AnswerUnreadable("The model left the answer's main parts empty. Run it again or choose another model.")
    if not parsed.changes:
        _check_willing(parsed.content or parsed.summary)
    return parsed


def _ours(value: Any, fields: Sequence[str]) -> Mapping[str, Any] | None:
    """The asked fields of an object, or of the one object inside it that has them."""
    if not isinstance(value, dict):
        return None
    if found := _named(value, fields):
        return found
    inside = [_named(part, fields) for part in value.values() if isinstance(part, dict)]
    inside = [part for part in inside if part]
    return inside[0] if len(inside) == 1 else None


def _named(value: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    names = _by_letters(tuple(fields))
    return {name: part for key, part in value.items() if (name := names.get(letters(key)))}


@lru_cache(maxsize=64)
def _by_letters(fields: tuple[str, ...]) -> Mapping[str, str]:
    return {letters(name): name for name in fields if name in (*TEXTS, *LISTS, "changes")}


# -- from plain text -------------------------------------------------------------------------------


def _from_prose(text: str, fields: Sequence[str], *, stepped_down: bool) -> Parsed:
    """The parts of a plain text; a first line that is no title belongs to what follows."""
    prose, untitled = _split(text, fields)
    title = prose.get("title", "")
    if untitled:
        prose, _ = _split(text, [name for name in fields if name != "title"])
    elif title.endswith(","):  # a greeting
        prose, _ = _split(text, ["content"])
    elif not (stepped_down or prose.keys() - {"title"}):
        prose = {"content": title}
    title, summary, content = (coerced.text(name, prose.get(name)) for name in TEXTS)
    if not content and (stepped_down or not summary):
        raise AnswerUnreadable("The model's text is no answer. Run it again or choose another model.")
    _check_willing(text)
    return Parsed(title, summary, content, repaired=stepped_down)


def _split(text: str, fields: Sequence[str]) -> tuple[dict[str, str], bool]:
    """The text by its parts, and whether its first line was a paragraph instead of a title."""
    scanner = Scanner("text", fields)
    prose: dict[str, str] = {}
    for field, part in (*scanner.feed(text), *scanner.end()):
        prose[field] = prose.get(field, "") + part
    return prose, scanner.untitled
