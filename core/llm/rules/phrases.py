"""How the rules put things: lists, counts, quotes, tables and headings."""

import re
from collections.abc import Callable, Iterable, Sequence

from core.tools.material import Line
from core.tools.scoring import quote, quote_around


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    given = list(words)
    return f" {last} ".join(filter(None, [", ".join(given[:-1]), given[-1]])) if given else ""


def many(number: float, thing: str, things: str = "") -> str:
    """`1 term`, `3 terms`."""
    return f"{number:g} {thing if number == 1 else things or thing + 's'}"


def together(terms: Iterable[str], key: Callable[[str], str]) -> list[list[str]]:
    """Terms with the same key in one group, groups and terms in the order they came."""
    groups: dict[str, list[str]] = {}
    for term in terms:
        groups.setdefault(key(term) or term, []).append(term)
    return list(groups.values())


def shown(line: Line | None, limit: int = 180, term: str = "") -> str:
    """A line as evidence: quoted so that the term is in the quote, with its place; empty without a line."""
    if line is None:
        return ""
    return f"“{quote_around(line.text, term, limit) if term else quote(line.text, limit)}” ({inner(line.place)})"


def inner(place: str) -> str:
    """A place that can stand in brackets."""
    return re.sub(r" \(([^()]*)\)$", r", \1", place)


def cell(text: str) -> str:
    """A text that a Markdown table can hold."""
    return " ".join(text.split()).replace("|", "\\|")


def items(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def sections(*parts: tuple[str, str]) -> str:
    """Markdown of (heading, body) pairs; a part without a body is left out."""
    return "\n\n".join(f"## {heading}\n\n{body}" if heading else body for heading, body in parts if body.strip())
