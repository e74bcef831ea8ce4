"""What the words of a text may begin: a pattern is searched only where a word stands that it cannot do without.

Most sentences have none of them, and to look all words of a sentence up costs less than one search.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

TOKEN = re.compile(r"[^\W_][\w+#]*(?:[.'&][\w+#]+)*[+#]*")
_WORD = re.compile(r"\w+")
_SHORT = 2_000  # characters of a text that is asked about several times in a row, so it is read once
_MOST_TOKENS = 1 << 12

_of_words: dict[str, int] = {}
_of_tests: list[tuple[Callable[[str], bool], int]] = []
_bits = [0]


class Said(NamedTuple):
    """The tokens of a text, as written, and the signs of all of them."""

    tokens: list[str]
    signs: int


class Marked:
    """A pattern, and the words of which one stands wherever it is found, in any case."""

    def __init__(self, words: str, pattern: str = "", flags: re.RegexFlag = re.IGNORECASE) -> None:
        """`words` are parted by spaces; without a pattern, each of them is what is looked for."""
        self.pattern = re.compile(pattern or rf"\b(?:{'|'.join(words.split())})\b", flags)
        self.sign = sign(words)

    def search(self, text: str) -> re.Match[str] | None:
        """Where it stands first in a text."""
        return self.pattern.search(text) if read(text).signs & self.sign else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Wherever it stands in a text."""
        return self.pattern.finditer(text) if read(text).signs & self.sign else iter(())

    def sub(self, instead: str, text: str) -> str:
        """The text with something else in all these places."""
        return self.pattern.sub(instead, text) if read(text).signs & self.sign else text


def sign(words: str = "", test: Callable[[str], bool] | None = None) -> int:
    """A sign of its own, one bit: of the words, parted by spaces, in any case, and of the tokens that pass the test."""
    bit = 1 << len(_bits)
    _bits.append(bit)
    for word in words.split():
        _of_words[word] = _of_words.get(word, 0) | bit
    _bits[0] |= bit if words else 0
    if test:
        _of_tests.append((test, bit))
    _of_token.cache_clear()  # what was read before knew nothing of it
    _read_once.cache_clear()
    return bit


def read(text: str) -> Said:
    """The tokens of a text with their signs."""
    return _read_once(text) if len(text) <= _SHORT else _read(text)


def has(text: str, wanted: int) -> bool:
    """Whether a text has one of these signs."""
    return read(text).signs & wanted != 0


def _read(text: str) -> Said:
    tokens = TOKEN.findall(text)
    return Said(tokens, reduce(or_, map(_of_token, tokens), 0))


_read_once = lru_cache(maxsize=64)(_read)


@lru_cache(maxsize=_MOST_TOKENS)
def _of_token(token: str) -> int:
    found = sum(bit for test, bit in _of_tests if test(token))
    if not token.isascii():  # what counts as the same letter in any case is the patterns' own business
        return found | _bits[0]
    return reduce(or_, (_of_words.get(word, 0) for word in _WORD.findall(token.lower())), found)
