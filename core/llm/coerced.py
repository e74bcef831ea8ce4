"""Values of a model's object as the plain texts and lists an answer is made of."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, get_args

from core.llm.json_scan import GAPS, letters
from core.llm.prose import EDGES, block, line, shorten
from core.schema import Change

LONGEST = {"title": 200, "summary": 2_000, "content": 20_000}
"""Characters. A longer text is cut between words."""

LONGEST_ITEM = 500
MOST_ITEMS = 20
LONGEST_CHANGE_TEXT = 5_000
MOST_CHANGES = 40
OPS: tuple[str, ...] = get_args(Change.model_fields["op"].annotation)

_DEEPEST = 3
_BULLET_MARK = re.compile(r"\A[-*+•–]\s+")
_SCHEMA_TYPES = ("string", "array", "object")
_ENDS_A_SENTENCE = (".", "?", "!", ":", ";", ",")


def text(field: str, value: Any) -> str:
    """The value as the text of `title`, `summary` or `content`, clean and within its limit."""
    joined = value if isinstance(value, str) else GAPS[field].join(_texts(value))
    return shorten(line(joined) if field == "title" else block(joined), LONGEST[field])


def items(value: Any) -> tuple[str, ...]:
    """The value as a list of one-line texts: no empty ones, none twice, no list marks before them."""
    if isinstance(value, str):
        value = value.splitlines()
    elif isinstance(value, Mapping):
        value = list(value.values())
    elif not isinstance(value, list):
        value = [value]
    kept: dict[str, str] = {}
    for part in value:
        item = _BULLET_MARK.sub("", line(part if isinstance(part, str) else _sentence(_texts(part))))
        if item:
            kept.setdefault(item.casefold(), shorten(item, LONGEST_ITEM))
        if len(kept) == MOST_ITEMS:
            break
    return tuple(kept.values())


def changes(value: Any) -> tuple[Change, ...]:
    """The value as proposed changes; what names no known operation or no place is left out."""
    proposed = value if isinstance(value, list) else [value]
    kept = (_change(part) for part in proposed if isinstance(part, Mapping))
    return tuple(change for change in kept if change)[:MOST_CHANGES]


def _change(value: Mapping[str, Any]) -> Change | None:
    parts = {letters(key): part for key, part in value.items()}
    op, path = _long_text(parts.get("op")).lower(), _long_text(parts.get("path")).strip("/")
    if op not in OPS or not path:
        return None
    return Change.model_validate(
        {
            "op": op,
            "path": path,
            "original": _long_text(parts.get("original")),
            "value": _long_text(parts.get("value")),
            "reason": shorten(line(_long_text(parts.get("reason"))), LONGEST_ITEM),
            "evidence": items(parts.get("evidence")),
        }
    )


def _long_text(value: Any) -> str:
    return shorten(block("\n".join(_texts(value))), LONGEST_CHANGE_TEXT)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts in a value, in order: of a list or an object its own, numbers in plain digits."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None or depth > _DEEPEST:
        return
    elif isinstance(value, int | float):
        yield _number(value)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, depth + 1)
    elif isinstance(value, Mapping) and value.get("type") not in _SCHEMA_TYPES:  # an echo of the schema says nothing
        for part in value.values():
            yield from _texts(part, depth + 1)


def _number(value: int | float) -> str:
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return (str(int(value)) if whole else str(value)) if isfinite(value) else ""
    try:
        return str(value)
    except ValueError:  # Python writes out no integer of more than 4300 digits
        return ""


def _sentence(parts: Iterable[str]) -> str:
    """The texts of one item in one line: a dash between them, unless a mark already sets them off."""
    said = ""
    for part in filter(None, (part.strip(EDGES) for part in parts)):
        if said:
            said += " " if said.endswith(_ENDS_A_SENTENCE) else " — "
        said += part
    return said
