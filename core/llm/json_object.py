"""The JSON value in a model's text: read strictly, then mended."""

import json
import re
from typing import Any

import jiter
import json_repair

from core.llm.scanner import OBJECT

LONGEST_REPAIR = 40_000
"""Characters. The repair costs about 2 µs for each, and no answer within its limits is longer."""

_DEEPEST_REPAIR = 40
_BRACKETS = re.compile(r"([\[{(])|[\]})]")
_ESCAPES = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|u[dD][89a-fA-F]\w\w|.)", re.DOTALL)
_CUT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?\Z")
_LENIENT = json.JSONDecoder(strict=False)


def load(text: str) -> tuple[Any, bool] | None:
    """The value and whether it had to be mended; None where nothing looks like an object.

    Mended means: taken out of a fence or of prose, cut short and closed, or repaired.
    """
    text = _whole_escapes(text)
    try:
        return jiter.from_json(text.strip().encode(), cache_mode="none"), False
    except ValueError:
        pass
    found = OBJECT.search(text)
    if not found:
        return None
    value = _mend(text[found.start() :])
    return None if value is None else (value, True)


def _mend(text: str) -> Any:
    if _is_cut(text):
        return jiter.from_json(text.encode(), partial_mode="trailing-strings", cache_mode="none")
    try:  # text after the object, or raw line ends inside its strings: common, and read at C speed
        return _LENIENT.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return _repair(_CUT_ESCAPE.sub(r"\1", text[:LONGEST_REPAIR]))


def _is_cut(text: str) -> bool:
    """Whether all is well up to the end, which came too soon."""
    try:
        jiter.from_json(text.encode(), cache_mode="none")
    except ValueError as wrong:
        return str(wrong).startswith("EOF")  # partial mode itself would also take what is wrong in the middle
    return False


def _repair(text: str) -> Any:
    if _depth(text) > _DEEPEST_REPAIR:
        return None
    try:
        return json_repair.loads(text, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found[1] else -1
        deepest = max(deepest, depth)
    return deepest


def _whole_escapes(text: str) -> str:
    """`text` with each escaped half of an emoji that lacks its other half made U+FFFD."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPES.sub(lambda found: "\\ufffd" if _is_half(found[0]) else found[0], text)


def _is_half(escape: str) -> bool:
    return len(escape) == len("\\ud83d")
