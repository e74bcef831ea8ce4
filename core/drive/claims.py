"""What a rewritten text claims that can be checked by code: numbers, also in words, names, acronyms and tools."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

FindTerms = Callable[[str], Iterable[str]]

_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_ROUND = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: Decimal(at) for at, word in enumerate(_UNITS)}
_TENS = {word: Decimal(at * 10) for at, word in enumerate(_ROUND, 2)}
_WORDS |= _TENS | {"dozen": Decimal(12), "hundred": Decimal(100)}
_SCALES = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "mm": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12,
    "hundred": 2,
}  # fmt: skip
_TIMES: dict[str, int | str] = {
    "double": 2, "doubled": 2, "doubling": 2, "twice": 2, "twofold": 2, "triple": 3, "tripled": 3, "tripling": 3,
    "threefold": 3, "quadruple": 4, "quadrupled": 4, "quadrupling": 4, "tenfold": 10, "halve": "0.5", "halved": "0.5",
    "halving": "0.5", "half": "0.5",
}  # fmt: skip
_MASSES = re.compile(r"\b(dozens|hundreds|thousands|millions|billions|trillions)\b", re.I)
_NUMBER = re.compile(
    r"(?<![\w.])(?P<money>[$€£])?\s?(?P<digits>\d+(?:[,'’\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:[\s-]?(?P<scale>k|mn|mm|m|bn|b|thousand|million|billion|trillion|hundred)\b)?"
    r"\s?(?P<unit>%|per\s?cent\b|percent\b|percentage\b|x\b|times\b|fold\b|-fold\b)?",
    re.I,
)
_WORD = re.compile(r"[^\W_][\w+#]*(?:[.'’&][\w+#]+)*[+#]*")
_SPOKEN = re.compile(r"[A-Za-z]+")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*", re.I)
_SENTENCE_END = re.compile(r"[.!?:;•\n]\s*[\"“‘'(\[]*$")
_PRONOUNS = {"i", "i'm", "i’m", "i've", "i’ve"}


def unsupported(
    text: str, support: str, *, names: Iterable[str] = (), find_terms: FindTerms | None = None
) -> list[str]:
    """The claims of `text` that `support` does not hold, as they are written, in order, each once.

    `names` are names known from elsewhere (employers, schools): as claims they count even where a sentence starts.
    A word that merely starts a sentence is otherwise taken for a plain word.
    """
    return list(
        dict.fromkeys([*_numbers(text, support), *_names(text, support, names), *_terms(text, support, find_terms)])
    )


# -- numbers ------------------------------------------------------------------------------------------


def _numbers(text: str, support: str) -> list[str]:
    held = {claim for claim, _ in numbers(support)}
    return [written for claim, written in numbers(text) if claim not in held]


def numbers(text: str) -> list[tuple[str, str]]:
    """(claim, as written) of each number: `50K` and `50,000` are one claim, `40%` and `40` are two."""
    found: list[tuple[str, str]] = []
    for match in _NUMBER.finditer(text):
        value = Decimal(re.sub(r"[,'’\u00a0\u202f]", "", match["digits"]))
        if scale := match["scale"]:
            value *= 10 ** _SCALES[scale.lower()]
        found.append((_claim(value, match["money"], match["unit"]), match[0].strip()))
    found += [(mass[0].lower(), mass[0]) for mass in _MASSES.finditer(text)]
    return found + list(_spoken_numbers(text))


def _spoken_numbers(text: str) -> Iterable[tuple[str, str]]:
    words = [(word[0].lower(), word[0], word.end()) for word in _SPOKEN.finditer(text)]
    at = 0
    while at < len(words):
        lower, written, _ = words[at]
        at += 1
        if lower in _TIMES:
            yield _claim(Decimal(_TIMES[lower]), None, "x"), written
        if lower not in _WORDS:
            continue
        value = _WORDS[lower]
        if lower in _TENS and at < len(words) and words[at][0] in _UNITS[1:10]:
            value, written, at = value + _WORDS[words[at][0]], f"{written}-{words[at][1]}", at + 1
        while at < len(words) and words[at][0] in _SCALES and len(words[at][0]) > 2:
            value, written, at = value * 10 ** _SCALES[words[at][0]], f"{written} {words[at][1]}", at + 1
        unit = re.match(r"[\s-]*(%|per\s?cent|percent|times|fold)", text[words[at - 1][2] :], re.I)
        if value != 1 or unit:  # "one of the first" counts nothing
            yield _claim(value, None, unit[1] if unit else None), written


def _claim(value: Decimal, money: str | None, unit: str | None) -> str:
    kind = (unit or "").lower().strip("- ")
    kind = "%" if kind.startswith(("%", "per")) else "x" if kind in ("x", "times", "fold") else ""
    return f"{money or ''}{value.normalize():f}{kind}"


# -- names and acronyms ---------------------------------------------------------------------------------


def _names(text: str, support: str, names: Iterable[str]) -> list[str]:
    held = {form for match in _WORD.finditer(support) for form in _forms(match[0])}
    known = {
        form for name in names for match in _WORD.finditer(name) if match[0][:1].isupper() for form in _forms(match[0])
    }
    return [
        match[0]
        for match in _WORD.finditer(text)
        if _is_name(text, match, known) and not (_forms(match[0]) & held) and match[0].lower() not in _PRONOUNS
    ]


def _is_name(text: str, match: re.Match[str], known: set[str]) -> bool:
    word = match[0]
    if word[0].isdigit():
        return bool(re.search(r"[A-Za-z]{2}", word)) and not _NUMBER.fullmatch(word)
    if re.search(r"[A-Z0-9+#]", word[1:]) or (len(word) == 1 and word != "I" and word.isupper() and word != "A"):
        return True
    if not word[0].isupper():
        return False
    before = text[: match.start()]
    starts = not before.strip() or bool(_SENTENCE_END.search(before))
    return not starts or bool(_forms(word) & known) or bool(_MONTH.fullmatch(word) and len(word) > 3)


def _forms(word: str) -> set[str]:
    """How a word may stand elsewhere: without its possessive, and in the singular."""
    low = re.sub(r"['’]s?$", "", word.lower())
    return {low, low[:-1]} if low.endswith("s") and len(low) > 3 else {low}


def _terms(text: str, support: str, find_terms: FindTerms | None) -> list[str]:
    if find_terms is None:
        return []
    held = {term.casefold() for term in find_terms(support)}
    return [term for term in find_terms(text) if term.casefold() not in held and not _stands_in(term, support)]


def _stands_in(term: str, support: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?![\w+#])", support, re.I) is not None
