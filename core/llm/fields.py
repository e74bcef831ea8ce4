"""The fields somebody says to have worked in, in small letters: `my years in real estate`, `experience of teaching`."""

import re
from collections.abc import Iterator

from core.drive.evidence import Evidence
from core.drive.signs import Marked
from core.drive.vocabulary import is_plain, listed, stem, words

_FIELD = Marked(
    "experience years time career work background expertise decade decades worked specialized specialised trained",
    r"\b(?:(?:my|his|her|your|of|years?['’]?|decades?['’]?|long|have|has|brings?) (?:\w+ ){0,2}?"
    r"(?:experience|years|time|career|work|background|expertise|decades?)"
    r"|(?:I|I['’]ve|he|she|you|have|has|also) (?:worked|specialized|specialised|trained))"
    r" (?:in|with|of|as) (?:the |an? )?((?:[a-z][\w-]*,? ?){1,5})",
    re.NOFLAG,
)
_ENDS = re.compile(
    r",|\b(?:and|or|at|for|from|on|to|by|with|in|of|that|which|who|where|when|while|has|have|had|is|are|was|were|will|would"
    r"|taught|gave|made|showed?|shown|means?|helps?|helped|answers?|meets?|fits?|speaks?|covers?|makes?|brings?|under|inside)\b"
)
_GENERAL = frozenset(
    map(
        stem,
        (
            "industry", "field", "role", "roles", "position", "area", "sector", "environment", "setting", "place", "kind", "way",
            "both", "such", "business", "company", "organization", "team", "group", "school", "life", "person", "people", "work",
            "several", "various", "different", "small", "large", "mixed", "same", "similar", "own", "first", "last", "past",
            "hand", "hands-on", "practice", "production", "colleague", "experience", "volunteer", "contract", "full", "part", "time",
        ),
    )
)  # fmt: skip


def unknown_fields(sentence: str, own: Evidence) -> Iterator[str]:
    """The fields of work that a sentence gives somebody and of which their own papers say no word."""
    if not own.is_english:
        return
    for found in _FIELD.finditer(sentence):
        field = _ENDS.split(found[1], maxsplit=1)[0].strip()
        said = [low for word in words(field) if not is_plain(low := stem(word[0])) and low not in _GENERAL]
        said = [low for low in said if low not in listed("number-words")]
        if said and not any(own.says(low) or low in own.stems for low in said):
            yield field
