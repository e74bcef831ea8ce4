"""Text as the pieces that o200k_base encodes one by one: words with the space before them, numbers, marks, gaps."""

import re
from collections.abc import Iterator
from unicodedata import category

# Stand-ins for all characters of a kind beyond ASCII, so that one short pattern reads every script.
_UPPER, _LOWER, _LETTER, _ACCENT, _DIGIT, _SPACE, _MARK = "A", "a", "\u01bb", "\u0300", "0", "\t", "!"
_KINDS = {"Lu": _UPPER, "Lt": _UPPER, "Ll": _LOWER, "L": _LETTER, "M": _ACCENT, "N": _DIGIT, "Z": _SPACE}
# Ideographs that Unicode has got since the version Python 3.11 knows.
_LATER = (range(0x2EBF0, 0x2EE5E), range(0x31350, 0x3347A))

_ENDING = "(?:'(?:[sStTmMdD]|[rRvV][eE]|[lL][lL]))?"
_PIECE = re.compile(
    f"[^\r\nA-Za-z0-9{_LETTER}]?[A-Z{_LETTER}{_ACCENT}]*[a-z{_LETTER}{_ACCENT}]+{_ENDING}"
    f"|[^\r\nA-Za-z0-9{_LETTER}]?[A-Z{_LETTER}{_ACCENT}]+{_ENDING}"
    "|[0-9]{1,3}"
    f"| ?[^\t-\r A-Za-z0-9{_LETTER}]+[\r\n/]*"
    "|[\t-\r ]*[\r\n]+"
    "|[\t-\r ]+(?![^\t-\r ])"
    "|[\t-\r ]+"
)
# A space before something visible always begins a piece, so what lies between two such can be looked at alone.
_CHUNK = re.compile(r" ?[^ ]*(?: (?!\S)[^ ]*)*")
_SEAM = re.compile(r" (?=\S)")
_MOST_SHAPES = 1 << 14  # of the million characters there are
_BLOCK = 16_000  # characters that are read in one go, in which no other thread gets its turn


def chunks(text: str) -> Iterator[list[str]]:
    """Texts that make up `text` and have no piece in common, a list of them at a time."""
    start = 0
    while seam := _SEAM.search(text, start + _BLOCK):
        yield _CHUNK.findall(text[start : seam.start()])
        start = seam.start()
    yield _CHUNK.findall(text[start:])


def pieces(chunk: str) -> list[str]:
    """The pieces of a text, in order; together they are the text."""
    if chunk.isascii():
        return _PIECE.findall(chunk)
    return [chunk[found.start() : found.end()] for found in _PIECE.finditer(chunk.translate(_shapes))]


class _Shapes(dict[int, str]):
    """Which character stands for which in the pattern, filled as they come, and anew where they are many."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_SHAPES:
            self.clear()
        self[code] = shape = _shape(chr(code))
        return shape


def _shape(character: str) -> str:
    if character.isascii():
        return character
    if character == "\u017f":  # the long s, whose capital is S
        return "s"
    if character == "\x85":
        return _SPACE
    kind = category(character)
    if kind == "Cn" and any(ord(character) in added for added in _LATER):
        return _LETTER
    return _KINDS.get(kind) or _KINDS.get(kind[0], _MARK)


_shapes = _Shapes()
