"""The holes of a prompt: `{{name}}` from a closed list, found in one pass and never looked for in values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from core.errors import Invalid

CHIPS = ("profile", "job", "resume", "keywords", "documents", "memory")
KNOWN = (*CHIPS, "instructions", "today")
INPUT = "input."

HOLE = re.compile(r"\{\{(.*?)\}\}")


@dataclass(frozen=True, slots=True)
class Hole:
    """One placeholder and the line it stands on."""

    name: str
    line: int


def split(text: str, *, first_line: int = 1) -> tuple[str | Hole, ...]:
    """`text` as literal pieces and holes, in order.

    Errors: `Invalid` for two opening braces that are never closed on their line.
    """
    parts: list[str | Hole] = []
    end = 0
    for found in HOLE.finditer(text):
        parts += [text[end : found.start()], Hole(found[1].strip(), _line(text, found.start(), first_line))]
        end = found.end()
    parts.append(text[end:])
    _refuse_unclosed(parts, first_line)
    return tuple(part for part in parts if part)


def holes(text: str, *, first_line: int = 1) -> tuple[Hole, ...]:
    """The placeholders of `text`, in order. Errors: as `split`."""
    return tuple(part for part in split(text, first_line=first_line) if isinstance(part, Hole))


def refuse_unknown(found: Iterable[Hole], inputs: Iterable[str]) -> None:
    """Errors: `Invalid` naming the first hole that is neither on the closed list nor a declared input."""
    declared = [INPUT + name for name in inputs]
    for hole in found:
        if hole.name in KNOWN or hole.name in declared:
            continue
        if hole.name.startswith(INPUT):
            raise Invalid(
                f"Line {hole.line}: the input {{{{{hole.name}}}}} is not declared. "
                f"Add {hole.name.removeprefix(INPUT) or 'a name'} under `inputs` in the front matter, "
                "or remove it here."
            )
        raise Invalid(f"Line {hole.line}: unknown placeholder {{{{{hole.name}}}}}. {_cure(hole.name, declared)}")


def _cure(name: str, declared: list[str]) -> str:
    known = [*KNOWN, *declared]
    near = get_close_matches(name.lower(), known, n=1)
    hint = f"Did you mean {{{{{near[0]}}}}}? " if near else ""
    return f"{hint}Known are {', '.join(known)}; for text, put a space between the two braces."


def _line(text: str, at: int, first_line: int) -> int:
    return first_line + text.count("\n", 0, at)


def _refuse_unclosed(parts: list[str | Hole], first_line: int) -> None:
    line = first_line
    for part in parts:
        if isinstance(part, Hole):
            continue
        if "{{" in part:
            raise Invalid(
                f"Line {_line(part, part.index('{{'), line)}: two opening braces without two closing ones. "
                "Write {{job}} on one line; for text, put a space between the two braces."
            )
        line += part.count("\n")
