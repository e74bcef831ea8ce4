"""One spelling for what can be written in many: digits of any alphabet, dashes, apostrophes, invisible characters."""

import re
import unicodedata
from functools import lru_cache

_HYPHENS = (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212)
_QUOTES = (0x2018, 0x2019, 0x02BC)
_SAME = dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_QUOTES, "'")
_FRACTIONS = {
    "½": "half",
    "⅓": "one third",
    "⅔": "two thirds",
    "¼": "one quarter",
    "¾": "three quarters",
    "⅕": "one fifth",
}
_FRACTION = re.compile("[½⅓⅔¼¾⅕]")


def fold(text: str) -> str:
    """The text with one spelling of digits, dashes, apostrophes and spaces, without invisible characters.

    Digits of any alphabet and style become `0` to `9`: full width, Arabic-Indic, raised or circled ones are numbers too.
    """
    return text if text.isascii() else _folded(text)


@lru_cache(maxsize=128)
def _folded(text: str) -> str:
    text = _FRACTION.sub(lambda found: f" {_FRACTIONS[found[0]]} ", text)
    return unicodedata.normalize("NFKC", "".join(map(_plain, text))).translate(_SAME)


def _plain(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if (number := unicodedata.numeric(char, None)) is not None and unicodedata.category(char) in ("No", "Nl"):
        return f"{number:g}" if number == int(number) else f" {number:g} "
    return "" if unicodedata.category(char) == "Cf" else char
