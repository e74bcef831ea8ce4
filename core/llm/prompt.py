"""A prompt as strict data: Markdown with YAML front matter, refused when it is saved and not when it is run."""

import hashlib
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, ValidationError

from core.errors import Invalid
from core.llm import front_matter, placeholders, sections
from core.llm.front_matter import FrontMatter
from core.llm.refusals import refusal
from core.schema import AnswerField, Feature, Output, Word

LONGEST = 60_000
NAME = r"^[a-z][a-z0-9_]{0,63}$"
TEXT_FIELDS = ("title", "summary", "content")

Need = Literal["job", "resume", "profile"]
Writes = AnswerField | Literal["changes"]
Name = Annotated[str, Field(pattern=NAME)]


class Input(Word):
    """One field that the person fills in beside the chips; `max_chars` None means the request's own limit."""

    label: str = Field(min_length=1, max_length=80)
    help: str = Field(default="", max_length=300)
    required: StrictBool = False
    max_chars: StrictInt | None = Field(default=None, ge=1, le=40_000)


class Head(Word):
    """The front matter of a prompt file."""

    name: Name
    version: StrictInt = Field(ge=1, le=999_999)
    feature: Feature
    output: Output
    needs: tuple[Need, ...] = ()
    inputs: dict[Name, Input] = Field(default_factory=dict, max_length=16)
    temperature: StrictFloat = Field(ge=0, le=2, allow_inf_nan=False)
    max_tokens: StrictInt = Field(ge=1, le=16_000)
    writes: tuple[Writes, ...] = Field(min_length=1)


class Prompt(Head):
    """One version of a prompt. `text` is the whole source with Unix line ends, `sha256` its hash."""

    system: str
    user: str
    text: str
    sha256: str
    draft: bool = False

    @property
    def label(self) -> str:
        """`match@1`, or `match@draft-` and eight digits of the hash: what a run records."""
        return f"{self.name}@draft-{self.sha256[:8]}" if self.draft else f"{self.name}@{self.version}"

    @property
    def placeholders(self) -> frozenset[str]:
        """The names this prompt places; a chip that is not among them never reaches the model."""
        return frozenset(hole.name for hole in placeholders.holes(self.user))


def parse(text: str, *, draft: bool = False) -> Prompt:
    """A prompt from its source. Errors: `Invalid`, saying the line, what is wrong with it and the cure."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST:
        raise Invalid(f"The prompt has {len(text):,} characters; {LONGEST:,} is the most. Shorten it.")
    try:
        digest = hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        raise Invalid("The prompt holds characters that are no valid Unicode. Save it as UTF-8.") from None
    source = sections.cut(text)
    front = front_matter.read(source.front, first_line=2)
    head = _head(front)
    _check_writes(head, front)
    _check_placeholders(head, front, source)
    return Prompt(
        **dict(head), system=source.system.strip(), user=source.user.strip(), text=text, sha256=digest, draft=draft
    )


def _head(front: FrontMatter) -> Head:
    try:
        return Head.model_validate(dict(front.values))
    except ValidationError as wrong:
        raise Invalid(refusal(wrong, front)) from None


def _check_writes(head: Head, front: FrontMatter) -> None:
    for key, listed in (("needs", head.needs), ("writes", head.writes)):
        for number, name in enumerate(listed):
            if name in listed[:number]:
                raise Invalid(f"Line {front.line(key, number)}: {key} names {name} twice. Keep one of the two.")
    for number, name in enumerate(head.writes):
        if wrong := _unwritable(head, name):
            raise Invalid(f"Line {front.line('writes', number)}: {wrong}")
    if head.feature == "tailor_resume" and "changes" not in head.writes:
        raise Invalid(
            f"Line {front.line('writes')}: a tailored resume is made of changes. "
            "Add changes to writes, with `output: json`."
        )


def _unwritable(head: Head, name: str) -> str:
    if name == "keywords_added":
        return "keywords_added is computed from the finished text, no model writes it. Take it out of writes."
    if head.output == "text" and name not in TEXT_FIELDS:
        return f"a text answer has no place for {name}. Take it out of writes, or say `output: json`."
    if name == "changes" and head.feature != "tailor_resume":
        return f"changes belong to tailor_resume, not to {head.feature}. Take the word out of writes."
    return ""


def _check_placeholders(head: Head, front: FrontMatter, source: sections.Sections) -> None:
    above = placeholders.holes(source.system, first_line=source.system_line)
    below = placeholders.holes(source.user, first_line=source.user_line)
    placeholders.refuse_unknown((*above, *below), head.inputs)
    for hole in above:
        raise Invalid(
            f"Line {hole.line}: {{{{{hole.name}}}}} stands under `# system`, where the model takes every word "
            "as an order. Move it under `# user`."
        )
    placed = {hole.name for hole in below}
    for number, chip in enumerate(head.needs):
        if chip not in placed:
            raise Invalid(
                f"Line {front.line('needs', number)}: the prompt needs {chip}, but {{{{{chip}}}}} stands nowhere "
                f"under `# user`. Place it there, or take {chip} out of needs."
            )
    for name in head.inputs:
        if placeholders.INPUT + name not in placed:
            raise Invalid(
                f"Line {front.line('inputs', name)}: the input {name} is declared, but {{{{input.{name}}}}} stands "
                "nowhere under `# user`. Place it there, or remove the input."
            )
