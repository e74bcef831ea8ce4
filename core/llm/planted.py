"""Instructions planted in a posting, a resume or a document: found and reported, never followed."""

import re
from functools import lru_cache

from core.tools.material import Material

_TO_A_MODEL = re.compile(
    r"(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instructions?|prompts?|rules)\b"
    r"|\b(?:you are|act as)\s+(?:now\s+)?(?:an?\s+)?(?:ai|assistant|language model|chatgpt)\b"
    r"|\b(?:system|developer)\s+(?:prompt|message)\b"
    r"|^\s*(?:system|assistant)\s*:"
    r"|\b(?:give|assign|return|answer with)\b[^.\n]{0,30}\bscore of \d+",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST = 120
_READ = 200_000  # characters of one piece


def warnings(material: Material) -> tuple[str, ...]:
    """A warning for each piece of context that speaks to a model instead of a reader."""
    return tuple(
        f"{piece.label} holds text that gives orders to an AI (“{said}”). It was not followed."
        for piece in material.pieces
        if (said := _said(piece.text))
    )


@lru_cache(maxsize=256)  # the same posting and resume come back with every run for them
def _said(text: str) -> str:
    """The first such words of a text, on one line; empty when there are none."""
    spoken = _TO_A_MODEL.search(text[:_READ])
    return " ".join(spoken[0].split())[:_LONGEST] if spoken else ""
