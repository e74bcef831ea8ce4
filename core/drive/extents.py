"""How often and how much of it: a new wording may not say `monthly` for `yearly`, `every shift` for `two`, `16 of 16` for `11`."""

import re
from functools import lru_cache

from core.drive.folding import fold

_UNIT = r"(second|minute|hour|shift|day|night|week|month|quarter|year|term)\b"
_DAYS = r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
_ADVERBS = {
    "hourly": "hour", "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year", "annually": "year",
}  # fmt: skip
_ADVERB = re.compile(rf"\b(?:{'|'.join(_ADVERBS)})\b", re.IGNORECASE)
_EACH = re.compile(rf"(?:\b(?:an?|per|each|every)\s(?:\w+\s)?|/\s?){_UNIT}", re.IGNORECASE)
_CLAIMED = re.compile(
    rf"(?:\b(?:per|each|every)\s|/\s?|(?<!\bin )(?<!\bfor )(?<!\bthan )(?<!\bwithin )(?<!\bafter )(?<!\bover )(?<!\bhalf )"
    rf"(?<!\bby )(?<!\bto )"
    rf"\ban?\s(?!second\b)){_UNIT}",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"\b(?:all(?!-)|entire(?:ly)?|whole|always|everyone|every(?!\s{_UNIT})|both(?! [^,.;]{{1,40}} and\b))\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(\d[\d.,]*)\s(?:out )?of (?:the |its )?(\d[\d.,]*)\b")


def oftener(text: str, original: str) -> str:
    """What a text says of how often, where the line says nothing of the kind; empty when it does.

    Units are told apart, `a week` from `a month`; ways of saying one are not.
    """
    told = _told(original)
    found = [(found[0], found[1].lower()) for found in _CLAIMED.finditer(text)]
    found += [(found[0], _ADVERBS[found[0].lower()]) for found in _ADVERB.finditer(text)]
    return next((said for said, unit in found if unit not in told), "")


def widened(text: str, original: str) -> str:
    """The `all`, `every` or `both` of a text whose line has none of them; empty when there is none."""
    found = _WHOLE.search(text)
    return "" if found is None or _all_of(original) else found[0]


def other_share(text: str, own: str) -> str:
    """A share such as `16 of 16` that the entry does not tell, though each of its numbers may stand there."""
    shares = _shares(own)
    return next((found[0] for found in _SHARE.finditer(fold(text)) if found.groups() not in shares), "")


@lru_cache(maxsize=512)
def _told(line: str) -> frozenset[str]:
    units = {found[1].lower() for found in _EACH.finditer(line)}
    units |= {_ADVERBS[found[0].lower()] for found in _ADVERB.finditer(line)}
    if re.search(_DAYS, line, re.IGNORECASE):
        units.add("week")
    return frozenset(units)


@lru_cache(maxsize=512)
def _all_of(line: str) -> bool:
    return (
        _WHOLE.search(line) is not None
        or re.search(r"\b(?:every|each)\b|-wide\b|\bthroughout\b", line, re.IGNORECASE) is not None
    )


@lru_cache(maxsize=128)
def _shares(own: str) -> frozenset[tuple[str, ...]]:
    return frozenset(found.groups() for found in _SHARE.finditer(fold(own)))
