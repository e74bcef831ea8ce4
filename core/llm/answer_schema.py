"""The JSON Schema a model's answer must follow."""

from collections.abc import Sequence
from typing import Any

from core.errors import Misconfigured
from core.llm.coerced import MOST_CHANGES, MOST_ITEMS, OPS

_TEXT = {"type": "string"}


def _texts(says: str) -> dict[str, Any]:
    return {"type": "array", "items": _TEXT, "maxItems": MOST_ITEMS, "description": says}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """An object as strict mode wants it: every key required, no other allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_CHANGE = _object(
    {
        "op": {"type": "string", "enum": list(OPS)},
        "path": {"type": "string", "description": "The place in the resume, by ids, e.g. work/w1/highlights/w1h2."},
        "original": {"type": "string", "description": "The whole text that stands there now, letter for letter."},
        "value": {"type": "string", "description": "The whole new text; for reorder the ids, one a line."},
        "reason": {"type": "string", "description": "One sentence: the demand of the job this answers."},
        "evidence": _texts("Ids of the entries and lines the new text rests on."),
    }
)

_FIELDS: dict[str, dict[str, Any]] = {
    "title": {"type": "string", "description": "One line, at most 90 characters."},
    "summary": {"type": "string", "description": "One short paragraph of plain text."},
    "content": {"type": "string", "description": "The answer itself, in Markdown."},
    "bullets": _texts("The main points, one plain sentence each."),
    "warnings": _texts("Gaps and doubts, one plain sentence each."),
    "next_actions": _texts("Steps to take, each beginning with a verb."),
    "changes": {"type": "array", "items": _CHANGE, "maxItems": MOST_CHANGES, "description": "Proposed edits."},
}
_COMPUTED = "keywords_added"


def schema(fields: Sequence[str]) -> dict[str, Any]:
    """The strict schema of an answer of `fields`, prose first; what code computes is not asked for.

    Errors: `Misconfigured` for a field no model can write, or none at all.
    """
    unknown = [name for name in fields if name not in _FIELDS and name != _COMPUTED]
    asked = {name: part for name, part in _FIELDS.items() if name in fields}
    if unknown or not asked:
        wrong = f"cannot write {', '.join(unknown)}" if unknown else "is asked for no field"
        raise Misconfigured(f"The model {wrong}. Name some of: {', '.join(_FIELDS)}.")
    return _object(asked)
