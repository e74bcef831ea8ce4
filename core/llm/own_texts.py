"""What speaks for a candidate: their own texts, and the beginnings of the words in them."""

import re
from collections.abc import Iterable

from core.drive.resume import plain_text
from core.llm import speech
from core.tools import career, posting
from core.tools.material import Material

STEM = 5  # letters
CLAIMED_INPUTS = ("text", "motivation")  # the candidate's own words; a goal or a contact is no evidence
WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBERISH = re.compile(
    r"\d|^(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|half|double|twice)", re.IGNORECASE
)


def own_texts(material: Material) -> Iterable[str]:
    """The texts that speak for the candidate, one after the other."""
    for key in ("name", "headline", "location", "years_experience", "goals"):
        yield career.text(material.profile.get(key))
    yield plain_text(career.tidy(material.resume)) if material.resume is not None else ""
    if material.keywords is not None:  # what the resume shows, in the posting's words
        yield ", ".join(found.term for found in material.keywords.matched)
    for title, body in material.documents:
        yield f"{title}\n{body[: posting.READ_CHARS]}"
    yield from (material.inputs.get(name, "") for name in CLAIMED_INPUTS)


def row(text: str) -> list[str]:
    """The beginnings of a text's words in order, without those that only join others."""
    words = (word for each in WORDS.findall(text.casefold()) for word in re.split(r"['’-]", each))
    return [word[:STEM] for word in words if word not in speech.STARTERS and not _NUMBERISH.search(word)]


def stems(text: str) -> set[str]:
    """The beginnings of a text's words that say something of their own."""
    words = (word for each in WORDS.findall(text.casefold()) for word in re.split(r"['’-]", each))
    return {word[:STEM] for word in words if len(word) > 3 and word not in speech.STARTERS and word not in speech.FRAME}
