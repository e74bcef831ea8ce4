"""Make the context fit a model: the least needed is trimmed first, and what was trimmed is said."""

from collections.abc import Sequence
from dataclasses import replace

from core.tools import tokens
from core.tools.material import Material, Piece

# What goes in first when there is not room for all. The two texts every feature is about share what they need
# between them, so that a long posting cannot push the resume out.
ORDER = ("keywords", "resume", "job", "profile", "memory", "document")
RESUME_SHARE = 0.6
LEAST = 40  # tokens; a shorter rest says nothing


def fit(material: Material, limit: int) -> Material:
    """The same material with its pieces' texts cut to `limit` tokens in all; the facts stay whole."""
    if sum(piece.tokens for piece in material.pieces) <= limit:
        return material
    left, kept = limit, {}
    for piece in sorted(material.pieces, key=_rank):
        room = left
        if piece.chip == "resume":
            room = max(left - _job_tokens(material.pieces), int(left * RESUME_SHARE))
        kept[piece.chip] = _cut(piece, min(room, left))
        left -= kept[piece.chip].tokens
    return replace(material, pieces=tuple(kept[piece.chip] for piece in material.pieces))


def trimmed(pieces: Sequence[Piece]) -> list[str]:
    """One sentence for each piece that lost something."""
    return [
        f"{piece.label}: {piece.tokens:,} of {piece.trimmed_from:,} tokens used"
        if piece.tokens
        else f"{piece.label}: left out, no room ({piece.trimmed_from:,} tokens)"
        for piece in pieces
        if piece.trimmed_from is not None
    ]


def _rank(piece: Piece) -> int:
    return ORDER.index(piece.chip.partition(":")[0])


def _job_tokens(pieces: Sequence[Piece]) -> int:
    return sum(piece.tokens for piece in pieces if piece.chip == "job")


def _cut(piece: Piece, room: int) -> Piece:
    if piece.tokens <= room:
        return piece
    text, count = tokens.truncate(piece.text, room) if room >= LEAST else ("", 0)
    return replace(piece, text=text, tokens=count, trimmed_from=piece.tokens)
