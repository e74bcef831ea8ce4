"""Schools and degrees out of the lines of an education section."""

import re
from collections.abc import Sequence
from typing import Any

from core.drive.blocks import Block
from core.drive.entries import texts
from core.drive.periods import Period, find_date
from core.drive.wordlists import DEGREE, SCHOOL, is_place

_PARTS = re.compile(r"\s*(?:\t|\n|\||•|·|\s[–—-]+\s|,(?![^()]*\))|\s/\s|:\s|^[–—-]+\s)\s*")
_LEVEL = re.compile(
    r"^(.*?(?:degree|bachelor\w*(?:['’]s)?|master\w*(?:['’]?s)?|ph\.?d\.?|[bm]\.?sc\.?|[bm]s|mba|diploma))\s+(?:in|of)\s+(.+)$",
    re.I,
)


class _Study:
    def __init__(self) -> None:
        self.heads: list[str] = []
        self.period: Period | None = None
        self.school = self.degree = False
        self.body: list[Block] = []

    def takes(self, block: Block, period: Period | None) -> bool:
        """Whether a line belongs here, or tells of the next school."""
        school, degree = bool(SCHOOL.search(block.text)), bool(DEGREE.search(block.text))
        if block.look == "bullet" and self.heads and not (period and school):
            return True
        if block.look == "heading" and self.heads:
            return False
        again = (period and self.period) or (school and self.school) or (degree and self.degree and self.school)
        return not again and not (block.gap and (self.school or self.degree) and (school or degree))

    def add(self, block: Block, period: Period | None) -> None:
        prose = len(block.text) > 160 or (block.look == "bullet" and self.heads)
        if prose or (self.school and self.degree and self.period and not period):
            self.body.append(block)
            return
        self.school |= bool(SCHOOL.search(block.text))
        self.degree |= bool(DEGREE.search(block.text))
        if period:
            self.period = period
            self.heads += [part for part in (period.before, period.after) if re.search(r"\w", part)]
        else:
            self.heads.append(block.text)

    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        left: list[str] = []
        for whole in (whole for head in self.heads for whole in re.split(r"[\t\n|]", head)):
            if "location" not in found and is_place(whole):
                found["location"] = whole.strip(" .,()")
                continue
            for piece in _PARTS.split(whole):
                _place(found, left, re.sub(r"^(?:in|at|from)\s+", "", (piece or "").strip(" .;,()")))
        if self.period:
            found |= {"startDate": self.period.start, "endDate": self.period.end}
            if self.period.one:
                found.pop("startDate")
        return {
            key: value for key, value in (found | texts(self.body, [", ".join(left)] if left else [])).items() if value
        }


def read_studies(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Education entries; lines that fit nowhere stay with the entry they stand under."""
    studies: list[_Study] = []
    for block in blocks:
        period = find_date(block.text) if len(block.text) < 200 else None
        if not studies or not studies[-1].takes(block, period):
            studies.append(_Study())
        studies[-1].add(block, period)
    return [study.entry() for study in studies]


def _place(found: dict[str, Any], left: list[str], piece: str) -> None:
    if not re.search(r"\w", piece):
        return
    if "institution" not in found and SCHOOL.search(piece):
        before = re.match(r"((?:ph\.?d\.?|[bm]\.?sc|[bm]s|[bm]a|mba)\.?)\s+(.+)", piece, re.I)
        if before and "studyType" not in found:
            found["studyType"], piece = before[1], before[2]
        found["institution"] = piece
    elif "studyType" not in found and DEGREE.search(piece):
        named = _LEVEL.match(piece)
        found["studyType"] = named[1] if named and "area" not in found and "of" not in piece.split()[1:2] else piece
        if named and found["studyType"] != piece:
            found["area"] = named[2]
    elif "location" not in found and is_place(piece):
        found["location"] = piece
    elif "studyType" in found and "area" not in found and len(piece.split()) <= 8:
        found["area"] = piece
    elif "institution" not in found and not left and len(piece.split()) <= 6:
        found["institution"] = piece
    else:
        left.append(piece)
