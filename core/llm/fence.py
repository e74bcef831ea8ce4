"""Fences: context goes to a model between marks that no content can forge, so that it stays data."""

import hashlib
import re
from collections.abc import Mapping

LOOKALIKE = re.compile(r"<(?=\s*/?\s*(?:data|instructions)\b)", re.IGNORECASE)


def marks(values: Mapping[str, str]) -> dict[str, str]:
    """A mark for each value: twelve hex digits that occur in none of the values.

    The same value under the same name gets the same mark, so that a provider can cache what it has
    read before.
    """
    haystack = "\n".join(values.values()).lower()
    return {name: _mark(name, value, haystack) for name, value in values.items()}


def fenced(name: str, value: str, mark: str) -> str:
    """`value` between the opening and the closing line of its fence; `instructions` get a kind of their own.

    Whatever in the value looks like such a line loses its `<`, lest a careless model be taken in.
    """
    safe = LOOKALIKE.sub("&lt;", value)
    kind, label = ("instructions", "") if name == "instructions" else ("data", f' name="{_label(name)}"')
    return f'<{kind}{label} mark="{mark}">\n{safe}\n</{kind} mark="{mark}">'


def _mark(name: str, value: str, haystack: str) -> str:
    attempt = 0
    while True:
        seed = f"{attempt}\n{name}\n{value}".encode(errors="surrogatepass")
        mark = hashlib.sha256(seed).hexdigest()[:12]
        if mark not in haystack:
            return mark
        attempt += 1


def _label(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.:-]", "_", name)
