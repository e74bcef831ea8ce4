"""The amounts in a text, however they are written: digits of any alphabet, words, shares, multiples, masses."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from core.drive.amounts import Amount
from core.drive.folding import fold
from core.drive.signs import has, read, sign
from core.drive.vocabulary import stem

_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_ROUND = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TENS = {word: at * 10 for at, word in enumerate(_ROUND, 2)}
_WORDS = {word: at for at, word in enumerate(_UNITS)} | _TENS | {"dozen": 12, "hundred": 100, "thousand": 1000}
_SCALES = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "tn": 12,
    "trillion": 12, "hundred": 2,
}  # fmt: skip
_TIMES: dict[str, int | str] = {
    "doubl": 2,
    "twic": 2,
    "trebl": 3,
    "tripl": 3,
    "thric": 3,
    "quadrupl": 4,
    "quintupl": 5,
    "halv": "0.5",
    "half": "0.5",
}
_PARTS = {"third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_MASSES = {"dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9}
_FIGURES = {"six": 10**5, "seven": 10**6, "eight": 10**7, "multimillion": 10**6}
_CODES = "USD|EUR|GBP|CAD|AUD|NZD|CHF|JPY|INR|SEK|NOK|DKK|PLN|BRL|ZAR|SGD"
_MONEY = {
    "us$": "USD", "dollar": "$", "eur": "€", "euro": "€", "gbp": "£", "pound": "£", "jpy": "¥", "yen": "¥",
    "inr": "₹", "rupee": "₹", "c$": "CAD", "a$": "AUD",
}  # fmt: skip
_NOTHING = re.compile(r"\b(?:no|without|never|not a(?:ny)?|zero)\b", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<money>(?:US|C|A)?\$|[€£¥₹]|\b(?:{_CODES})(?=\s?\d))?\s?"
    r"(?P<digits>\d{1,3}(?:[,' .]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+|,\d{1,2}(?![\d,]))?)"
    r"(?:[\s-]?(?P<scale>k|mn|m|bn|b|tn|thousand|million|billion|trillion|hundred)\b)?"
    r"(?P<more>\+)?\s?(?P<unit>%|per\s?cent\b|pct\b|percentage points?\b|pp\b|basis points?\b|bps\b|x\b|times\b|-?fold\b)?"
    rf"(?:[\s-]?(?P<after>dollars?|euros?|pounds?|yen|rupees?|{_CODES})\b)?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SCALE = re.compile(r"(thousand|million|billion|trillion|k|mn|bn|m|b)\b", re.IGNORECASE)
_SAID = frozenset({*_WORDS, *_MASSES, *_FIGURES, "none", "nobody", "nil"})
_SPOKEN = re.compile(r"[A-Za-z]+")
_FIGURED = re.compile(r"[\s-]?(?:figures?|dollar)\b", re.IGNORECASE)
_SPOKEN_UNIT = re.compile(r"[\s-]*(%|per\s?cent|times|fold)\b", re.IGNORECASE)
_ISO = re.compile(r"\b((?:19|20)\d\d)-(?:0[1-9]|1[0-2])(?:-\d\d)?\b")
_CONNECTS = re.compile(r"\s*(?:to|or|and|-|–)\s*")
_GOES_ON = re.compile(r"[\s-]*[^\W\d_]+ (?:to|and|or)(?: (?:about|under|over|nearly|almost|just))? ", re.IGNORECASE)


def numbers(text: str) -> list[tuple[str, str]]:
    """(claim, as written) of each number: `50K` and `50,000` are one claim, `40%` and `40` are two."""
    return [(one.written if one.kind == "mass" else one.claim, one.written) for one in amounts(text)]


def counts(text: str) -> bool:
    """Whether a text has a digit or a word that amounts are made of: most sentences have none."""
    return has(fold(text), _IN_DIGITS | _IN_WORDS)


@lru_cache(maxsize=32)
def amounts(text: str) -> tuple[Amount, ...]:
    """The amounts of a text in order, in digits of any alphabet or in words."""
    said = fold(text)
    signs = read(said).signs
    if not signs & (_IN_DIGITS | _IN_WORDS):
        return ()
    if "-" in said:
        said = _ISO.sub(lambda found: found[1].ljust(len(found[0])), said)
    found = list(_digits(said)) if signs & _IN_DIGITS else []
    if signs & _IN_WORDS:
        found = sorted([*found, *_spoken(said)], key=lambda one: one.start)
    _share(said, found)
    return tuple(found)


def nothings(text: str) -> list[Amount]:
    """What a folded text says there is none of, as amounts of zero: `no finding`, `without downtime`."""
    return [Amount(text, one.start(), one.end(), "", Decimal(0)) for one in _NOTHING.finditer(text)]


# -- what is written ------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 13)
def _may_count(low: str) -> bool:
    """Whether a word may be part of an amount."""
    return low in _SAID or stem(low) in _TIMES or low.rstrip("s") in _PARTS or low.endswith("fold")


_IN_DIGITS = sign(test=lambda token: _DIGIT.search(token) is not None)
_IN_WORDS = sign(test=lambda token: any(map(_may_count, _SPOKEN.findall(token.lower()))))


def _digits(text: str) -> Iterator[Amount]:
    for match in _NUMBER.finditer(text):
        digits = match["digits"]
        value = Decimal(
            re.sub(r"[,' .](?=\d{3}(?:\D|$))", "", digits) if _grouped(digits) else digits.replace(",", ".")
        )
        if scale := match["scale"]:
            value *= 10 ** _SCALES[scale.lower()]
        written = match[0].strip()
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        kind = _currency(match["money"] or match["after"]) or _unit(match["unit"])
        yield Amount(text, start, start + len(written), kind, value, over=bool(match["more"]))


def _grouped(digits: str) -> bool:
    return re.fullmatch(r"\d{1,3}(?:[,' .]\d{3})+(?:\.\d+)?", digits) is not None


def _spoken(text: str) -> Iterator[Amount]:
    words = [(word[0].lower(), word.start(), word.end()) for word in _SPOKEN.finditer(text)]
    at = 0
    while at < len(words):
        low, start, end = words[at]
        if low != "a" and not _may_count(low):  # most words, and `a third` is an amount
            at += 1
            continue
        if low in _FIGURES and (found := _FIGURED.match(text[end:])):
            yield Amount(text, start, end + found.end(), "mass", Decimal(_FIGURES[low]))
            at += 2
            continue
        used, amount = _in_words(text, words, at)
        if amount:
            yield amount
        elif (low in _MASSES and text[end : end + 3] != " of") or (low in _MASSES and low != "scores"):
            yield Amount(text, start, end, "mass", Decimal(_MASSES[low]))
        elif low in ("none", "nobody", "nil"):
            yield Amount(text, start, end, "", Decimal(0))
        at += used


def _in_words(text: str, words: Sequence[tuple[str, int, int]], at: int) -> tuple[int, Amount | None]:
    """(words read, the amount they say)."""
    low, start, end = words[at]
    if times := _TIMES.get(stem(low)):
        if text[end : end + 1] == "-":  # double-entry, half-day
            return 1, None
        return 1, Amount(text, start, end, "x", Decimal(times))
    if low.endswith("fold") and low[:-4] in _WORDS:
        return 1, Amount(text, start, end, "x", Decimal(_WORDS[low[:-4]]))
    if part := _part(text, words, at):
        return part
    if low not in _WORDS:
        return 1, None
    value, used = Decimal(_WORDS[low]), 1
    if low in _TENS and at + 1 < len(words) and words[at + 1][0] in _UNITS[1:10]:
        value, used = value + _WORDS[words[at + 1][0]], 2
    while at + used < len(words) and words[at + used][0] in _SCALES and len(words[at + used][0]) > 2:
        value, used = value * 10 ** _SCALES[words[at + used][0]], used + 1
    end = words[at + used - 1][2]
    unit = _SPOKEN_UNIT.match(text[end:])
    if value == 1 and not unit:  # "one of the first" counts nothing
        return used, None
    return used, Amount(text, start, end, _unit(unit[1]) if unit else "", value, ends=end + unit.end() if unit else end)


def _part(text: str, words: Sequence[tuple[str, int, int]], at: int) -> tuple[int, Amount] | None:
    """`a third`, `two-thirds`, `three quarters of`: not the third, not a quarter of the year."""
    low, start, _ = words[at]
    many = 1 if low in ("a", "one") else _WORDS.get(low, 0)
    if not many or at + 1 == len(words) or (part := _PARTS.get(words[at + 1][0].removesuffix("s"))) is None:
        return None
    end = words[at + 1][2]
    of_whole = text[end : end + 4] == " of " or text[:start].endswith((" by ", " to ", "than "))
    if (part == 4 and not of_whole) or many >= part:
        return None
    return 2, Amount(text, start, end, "x", Decimal(many) / part)


def _currency(sign: str | None) -> str:
    low = (sign or "").lower().rstrip("s") if sign and sign.isalpha() else (sign or "").lower()
    return _MONEY.get(low, low.upper())


def _unit(unit: str | None) -> str:
    low = (unit or "").lower().strip("- ")
    if low.startswith(("percentage", "pp", "basis", "bps")):
        return "pp"
    return "%" if low.startswith(("%", "per", "pct")) else "x" if low in ("x", "times", "fold") else ""


def _share(text: str, found: Sequence[Amount]) -> None:
    """What one of two joined amounts leaves unsaid: `22 to 81 percent`, `$1.2 to 1.6 million`, `from 19 hours to 2`."""
    for one, after in pairwise(found):
        between = text[one.end : after.start]
        if len(between) > 40:
            continue
        if _CONNECTS.fullmatch(between):
            scale = _SCALE.search(after.written)
            value = one.value * 10 ** _SCALES[scale[1].lower()] if scale and one.value < 1000 else one.value
            one.readings |= {(one.kind or after.kind, value), (one.kind, value)}
            if one.kind and not after.kind:
                after.readings.add((one.kind, after.value))
            if after.counts and not one.counts:
                one.counts = after.counts
        elif not after.kind and not after.counts and one.counts and _GOES_ON.fullmatch(between):
            after.counts = one.counts
