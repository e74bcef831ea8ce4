"""From a prompt and its material to the messages a model gets, with the tokens of every part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from core.errors import Invalid
from core.llm.fence import fenced, marks
from core.llm.placeholders import INPUT, Hole, split
from core.llm.prompt import Prompt
from core.llm.provider import Message
from core.llm.standing import standing
from core.tools.material import Material, Piece

Count = Callable[[str], int]

KNOWN_CHARS = 64_000  # a context up to here is composed once, as long as it is not crowded out
NOTHING = "(none)"
DOCUMENT = "document:"
PURPOSES = {
    "match": "the match report compares a resume with a job",
    "recruiter_lens": "the recruiter's view reads a resume for one job",
    "tailor_resume": "a tailored resume is a resume fitted to one job",
    "cover_letter": "a cover letter argues from a resume for one job",
    "interview_prep": "the interview pack prepares a resume's owner for one job",
    "improve_text": "this prompt improves a text with the context at hand",
}
CURES = {
    "job": "Pick a job, and leave its chip on",
    "resume": "Pick a resume version, and leave its chip on",
    "profile": "Leave the profile chip on",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is sent and its size: `system`, `instructions`, a chip, `input.NAME` or `rest`."""

    name: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Composed:
    """What one call sends. The parts add up to `tokens`; a chip that the prompt has no place for is none of them."""

    messages: tuple[Message, ...]
    parts: tuple[Part, ...]

    @property
    def tokens(self) -> int:
        return sum(part.tokens for part in self.parts)


def compose(prompt: Prompt, material: Material, *, today: date, count: Count) -> Composed:
    """The messages of one call: one pass over the prompt, values never scanned again, each in its fence.

    `count` gives the tokens of a text. Instructions that the prompt has no place for follow at the
    end, so that they are never lost. Errors: `Invalid` when something the prompt needs is missing.
    """
    check(prompt, material)
    given = _Given(prompt.sha256, tuple(_values(prompt, material).items()), today, count, prompt)
    return (_known if sum(len(value) for _, value in given.values) <= KNOWN_CHARS else _compose)(given)


def check(prompt: Prompt, material: Material) -> None:
    """Errors: `Invalid` when something the prompt needs is missing, or an input it does not take is there."""
    _check_needs(prompt, material)
    _check_inputs(prompt, material.inputs)


@dataclass(frozen=True, slots=True)
class _Given:
    """All that the messages depend on, the prompt known by its hash."""

    sha256: str
    values: tuple[tuple[str, str], ...]
    today: date
    count: Count
    prompt: Prompt = field(compare=False)


def _compose(given: _Given) -> Composed:
    prompt, values, today, count = given.prompt, dict(given.values), given.today, given.count
    fences = {name: fenced(name, values[name], mark) for name, mark in marks(values).items()}
    sequence = split(prompt.user)
    if "instructions" not in prompt.placeholders and "instructions" in fences:
        sequence = (*sequence, Hole("instructions", 0))
    user, placed = _fill(sequence, fences, today)
    system = f"{standing(prompt)}\n\n{prompt.system}"
    return Composed(
        messages=(Message("system", system), Message("user", user)),
        parts=_parts(system, user, [(name, fences[name]) for name in placed], count),
    )


_known = lru_cache(maxsize=64)(_compose)


def overhead(prompt: Prompt, *, count: Count) -> int:
    """Tokens a call costs before any context: standing rules and the prompt's own words."""
    return count(f"{standing(prompt)}\n\n{prompt.system}") + count(prompt.user)


def _check_needs(prompt: Prompt, material: Material) -> None:
    there = {piece.chip for piece in material.pieces if piece.text.strip() or piece.trimmed_from}
    for chip in prompt.needs:
        if chip not in there:
            raise Invalid(f"{CURES[chip]}: {PURPOSES[prompt.feature]}.")
    if "job" in prompt.needs and material.job and not material.job.description.strip():
        raise Invalid(f"The job has no description. Paste the posting into it first: {PURPOSES[prompt.feature]}.")


def _check_inputs(prompt: Prompt, given: Mapping[str, str]) -> None:
    for name in given:
        if name not in prompt.inputs:
            known = f"It takes {', '.join(prompt.inputs)}." if prompt.inputs else "It takes none; leave them out."
            raise Invalid(f"The prompt {prompt.label} has no input of that name. {known}")
    for name, asked in prompt.inputs.items():
        value = given.get(name, "")
        if asked.required and not value.strip():
            raise Invalid(f"Fill in '{asked.label}' (input {name}): {prompt.label} cannot work without it.")
        if asked.max_chars is not None and len(value) > asked.max_chars:
            raise Invalid(
                f"'{asked.label}' (input {name}) has {len(value):,} characters; "
                f"{asked.max_chars:,} is the most. Shorten it."
            )


def _values(prompt: Prompt, material: Material) -> dict[str, str]:
    """What there is to say, by name: chips, inputs, instructions; what is blank is left out."""
    values = {piece.chip: _told(piece) for piece in material.pieces if piece.text.strip()}
    values |= {INPUT + name: material.inputs.get(name, "") for name in prompt.inputs}
    values["instructions"] = material.instructions
    return {name: value.strip("\n") for name, value in values.items() if value.strip()}


def _told(piece: Piece) -> str:
    """A piece's text; a document is told apart from the others by its title."""
    return f"Title: {piece.label}\n\n{piece.text}" if piece.chip.startswith(DOCUMENT) else piece.text


def _fill(sequence: tuple[str | Hole, ...], fences: Mapping[str, str], today: date) -> tuple[str, list[str]]:
    """The finished text and the names put into it, in order. A fence always stands on lines of its own."""
    text, placed, after_fence = "", [], False
    for part in sequence:
        names = _names(part.name, fences) if isinstance(part, Hole) else []
        words = "\n".join(fences[name] for name in names) or _unfenced(part, today)
        if (names or after_fence) and text and not text.endswith("\n") and not words.startswith("\n"):
            text += "\n"
        text += words
        placed += names
        after_fence = bool(names)
    return text, placed


def _unfenced(part: str | Hole, today: date) -> str:
    if isinstance(part, str):
        return part
    return today.isoformat() if part.name == "today" else NOTHING


def _names(hole: str, fences: Mapping[str, str]) -> list[str]:
    if hole == "documents":
        return [name for name in fences if name.startswith(DOCUMENT)]
    return [hole] if hole in fences else []


def _parts(system: str, user: str, placed: list[tuple[str, str]], count: Count) -> tuple[Part, ...]:
    tokens: dict[str, int] = {}
    for name, text in placed:
        tokens[name] = tokens.get(name, 0) + count(text)
    rest = max(0, count(user) - sum(tokens.values()))
    named = [Part(name, size) for name, size in tokens.items()]
    return (Part("system", count(system)), *named, Part("rest", rest))
