"""Values of a model's server, made fit to be kept: no database takes NUL, half a character or NaN."""

import math
from collections.abc import Mapping
from typing import Any

DEEPEST = 8


def text(given: str) -> str:
    """The text without NUL, lone surrogates replaced."""
    return given.replace("\x00", "").encode("utf-8", "replace").decode()


def name(given: str | None, longest: int) -> str | None:
    """A short text, cut to what its column holds, without what no terminal should be told; None when nothing is left."""
    return "".join(filter(str.isprintable, text(given or "")))[:longest].strip() or None


def data(given: Any, depth: int = 0) -> Any:
    """JSON-ready values as they came, each of them sound; what is too deep or no number is None."""
    if isinstance(given, str):
        return text(given)
    if isinstance(given, float) and not math.isfinite(given):
        return None
    if depth > DEEPEST:
        return None
    if isinstance(given, Mapping):
        return {text(str(key)): data(value, depth + 1) for key, value in given.items()}
    if isinstance(given, list | tuple):
        return [data(value, depth + 1) for value in given]
    return given
