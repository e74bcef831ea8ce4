"""What is wrong with a prompt's front matter, as a sentence with its line and its cure."""

from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.llm.front_matter import FrontMatter
from core.schema import FEATURES

SHAPES = {
    "name": ("lower-case letters, digits and `_`, beginning with a letter", "name: match"),
    "version": ("a whole number from 1", "version: 1"),
    "feature": (f"one of {', '.join(FEATURES)}", "feature: match"),
    "output": ("json or text", "output: json"),
    "needs": ("a list of job, resume, profile", "needs: [job, resume]"),
    "inputs": ("at most 16 names in lower case, each with its settings", 'inputs: {goal: {label: "Goal"}}'),
    "temperature": ("a number from 0 to 2", "temperature: 0.2"),
    "max_tokens": ("a whole number from 1 to 16000", "max_tokens: 2000"),
    "writes": (
        "a list of title, summary, content, bullets, warnings, next_actions and, to tailor, changes",
        "writes: [title, summary, content]",
    ),
}
INPUT_SHAPES = {
    "label": ("a text of 1 to 80 characters", 'label: "Goal"'),
    "help": ("a text of at most 300 characters", 'help: "What the text is for"'),
    "required": ("true or false", "required: true"),
    "max_chars": ("a whole number from 1 to 40000", "max_chars: 500"),
}


def refusal(wrong: ValidationError, front: FrontMatter) -> str:
    """The first mistake in the file, said so that a person can mend it; what is missing comes last.

    A misspelt key is both unknown and missing: the line where it stands helps more.
    """
    mistakes = wrong.errors(include_url=False, include_input=False, include_context=False)
    first = min(mistakes, key=lambda mistake: (mistake["type"] == "missing", front.line(*mistake["loc"])))
    return _said(first, front)


def _said(mistake: ErrorDetails, front: FrontMatter) -> str:
    path = mistake["loc"]
    line = front.line(*path)
    known, key, where = SHAPES, str(path[0]), "the front matter"
    if path[0] == "inputs" and len(path) > 2 and path[2] != "[key]":
        known, key, where = INPUT_SHAPES, str(path[2]), f"the input {path[1]}"
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"Line {line}: {where} knows no key '{key}'. {hint}Known are {', '.join(known)}."
    if mistake["type"] == "missing":
        return f"Line {line}: {where} lacks {key}. Add, for example, `{known[key][1]}`."
    if known is SHAPES and key == "inputs" and len(path) == 2:
        return f"Line {line}: the input {path[1]} has no settings. Write, for example, `{path[1]}: {{label: …}}`."
    shape, example = known[key]
    of = f" of {where}" if known is INPUT_SHAPES else ""
    return f"Line {line}: {key}{of} has to be {shape}. Write, for example, `{example}`."
