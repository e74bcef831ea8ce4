"""Words in quotation marks, and whether they stand, nearly word for word, in the text they are said to come from."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz import fuzz

from core.drive.folding import fold

ALIKE = 84  # of 100, for a quotation that a reader takes for the line's own words
SAME_WORD = 75  # of 100: `Kubernets` for `Kubernetes`
FEW = 3  # words: a shorter one, outside of evidence, is a way of speaking
_QUOTED = re.compile(r"[“\"]([^”\"]{2,400})[”\"]")
_GAP = re.compile(r"\s*(?:\.\.\.|…|\[[^\]]*\])\s*")
_WORD = re.compile(r"[^\W_]+(?:[.,'][^\W_]+)*[%+#]*")
# What a report proposes to write or to say is no quotation.
_PROPOSED = re.compile(
    r"\b(?:say|saying|write|writing|add|adding|could read|reads? better|for example|e\.g\.|instead|such as|call it|rename"
    r"|reword\w*|rather than|like|begin with|answer)\b[^“\"]{0,60}$",
    re.IGNORECASE,
)


def without(text: str) -> str:
    """A text without what stands in quotation marks."""
    return _QUOTED.sub(" ", text) if "“" in text or '"' in text else text


def quoted(text: str) -> Iterator[str]:
    """What stands in quotation marks and is long enough to be somebody's words."""
    for found in _QUOTED.finditer(text) if "“" in text or '"' in text else ():
        if len(found[1].split()) >= FEW:
            yield found[1].strip(" .,;:")


def misquoted(text: str, source: str, other: str = "", *, strict: bool) -> Iterator[str]:
    """The quotations of a text that stand neither in `source` nor in `other`.

    `strict` counts single words too; else only what is long enough to be somebody's words.
    """
    for found in _QUOTED.finditer(text) if "“" in text or '"' in text else ():
        said = found[1].strip(" .,;:")
        if said.endswith("?") or _PROPOSED.search(text[: found.start()]):
            continue
        if (strict or len(said.split()) >= FEW) and not all(
            stands(part, source) or (other and stands(part, other)) for part in _GAP.split(said) if part
        ):
            yield said


def stands(said: str, source: str) -> bool:
    """Whether a text has these words: the same figures, and each other word at least nearly so."""
    wanted = _words(said)
    text = _joined(source)
    if not wanted or f" {' '.join(wanted)} " in text:
        return True
    needle = " ".join(wanted)
    near = fuzz.partial_ratio_alignment(needle, text, score_cutoff=ALIKE)
    if near is None:
        return False
    there = text[max(0, near.dest_start - 12) : near.dest_end + 12].split()
    return all(_has(word, there) for word in wanted)


def _has(word: str, there: list[str]) -> bool:
    if word in there:
        return True
    return not any(map(str.isdigit, word)) and any(fuzz.ratio(word, one) >= SAME_WORD for one in there)


def _words(text: str) -> list[str]:
    return [found.lower() for found in _WORD.findall(fold(text))]


@lru_cache(maxsize=64)
def _joined(source: str) -> str:
    return f" {' '.join(_words(source))} "
