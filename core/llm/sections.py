"""A prompt file cut in three: front matter, the system part, the user part."""

from dataclasses import dataclass

from core.errors import Invalid

SYSTEM, USER = "# system", "# user"


@dataclass(frozen=True, slots=True)
class Sections:
    """The three texts, and the line of the file on which each of the two parts begins."""

    front: str
    system: str
    user: str
    system_line: int
    user_line: int


def cut(text: str) -> Sections:
    """The sections of a prompt's source. Errors: `Invalid` for a section that is missing, doubled or empty."""
    lines = [line.rstrip() for line in text.split("\n")]
    closing = _closing(lines)
    system = _heading(lines, SYSTEM, closing, "followed by what the model is and the rules it keeps")
    user = _heading(lines, USER, closing, "followed by the task and the placeholders, {{job}} for example")
    if user < system:
        raise Invalid(f"Line {user + 1}: `{USER}` stands before `{SYSTEM}`. Put the system part first.")
    for number in range(closing + 1, system):
        if lines[number]:
            raise Invalid(f"Line {number + 1}: this text belongs to no part. Move it below `{SYSTEM}` or `{USER}`.")
    raw = text.split("\n")
    found = Sections(
        front="\n".join(raw[1:closing]),
        system="\n".join(raw[system + 1 : user]),
        user="\n".join(raw[user + 1 :]),
        system_line=system + 2,
        user_line=user + 2,
    )
    for heading, part, at in ((SYSTEM, found.system, system), (USER, found.user, user)):
        if not part.strip():
            raise Invalid(f"Line {at + 1}: nothing stands under `{heading}`. Write that part of the prompt.")
    return found


def _closing(lines: list[str]) -> int:
    if lines[0] != "---":
        raise Invalid("Line 1: a prompt begins with a line `---` and its front matter. Put them at the very top.")
    try:
        return lines.index("---", 1)
    except ValueError:
        raise Invalid("Line 1: the front matter is never closed. Add a line `---` after its last key.") from None


def _heading(lines: list[str], heading: str, closing: int, cure: str) -> int:
    at = [number for number, line in enumerate(lines) if number > closing and line == heading]
    if not at:
        raise Invalid(f"Line {closing + 1}: no line `{heading}` follows the front matter. Add one, {cure}.")
    if len(at) > 1:
        raise Invalid(f"Line {at[1] + 1}: a second line `{heading}`. Keep one, or write `#{heading}` for a heading.")
    return at[0]
