"""Text whose letters were set so far apart that a program took the gaps for spaces: `S oftware E ngineer`."""

import re
from collections.abc import Iterable
from dataclasses import replace

from core.drive.blocks import Block

LEAST_WORDS = 40
LEAST_SHARE = 0.15  # of the words parted from their first letter; in a text set as usual it is one in fifty at most
_ALONE = re.compile(r"(?<!\S)[b-zB-HJ-Z] (?=[a-z0-9])")  # `a` and `I` are words of their own
_PARTED = re.compile(r"(?<![^\s(/\"'“«])([^\W_]) (?=[a-z0-9]{2,})")
_SHORT = re.compile(r"(?<!\S)(?:a [nst]|b [ey]|d o|g o|i [fnst]|m [ey]|n o|o [fnr]|s o|t o|u [ps]|w e)(?!\S)")


def closed(blocks: Iterable[Block]) -> list[Block]:
    """The blocks with their words whole again where they are set like this, if much of the file is; else as they are."""
    blocks = list(blocks)
    if _wide("\n".join(block.text for block in blocks), LEAST_WORDS):
        return [replace(block, text=_whole(block.text)) if _wide(block.text, 1) else block for block in blocks]
    return blocks


def _wide(text: str, least: int) -> bool:
    words = len(text.split())
    return words >= least and len(_ALONE.findall(text)) >= LEAST_SHARE * words


def _whole(text: str) -> str:
    return _PARTED.sub(r"\1", _SHORT.sub(lambda pair: pair[0].replace(" ", ""), text))
