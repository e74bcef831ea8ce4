"""Words by their stems and by what they do to a claim, as `vocabulary.txt` lists them."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("vocabulary.txt")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# (ending, what stands for it): first of the inflection, then of the derivation, then what evens out the rest.
_INFLECTED = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ied", "y"))
_DERIVED = (
    ("isation", "iz"), ("ization", "iz"), ("ification", "if"), ("ically", "ic"), ("ation", "at"), ("ition", "it"), ("ery", ""),
    ("ability", ""), ("ibility", ""), ("bility", "bl"), ("ment", ""), ("ance", ""), ("ence", ""), ("ness", ""), ("ship", ""),
    ("ible", ""), ("able", ""), ("tion", "t"), ("sion", "s"), ("ist", ""), ("ity", ""), ("ive", ""), ("ally", ""), ("ful", ""),
    ("ously", ""), ("ous", ""), ("ise", "iz"), ("ize", "iz"), ("yse", "yz"), ("our", "or"), ("ly", ""), ("al", ""), ("er", ""), ("or", ""),
    ("ic", ""), ("ant", ""),
)  # fmt: skip
_LAST = (("ct", "c"), ("at", ""), ("is", "iz"))
_AGAIN = re.compile(
    r"^(?:re|co|pre)-?(?=build|built|writ|wrote|architect|design|organi[sz]|structur|alloc|rout|train|launch)"
)
_POSSESSIVE = re.compile(r"'s?$")
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLED = re.compile(r"([bdgmnprtl])\1$")


def words(text: str) -> Iterator[re.Match[str]]:
    """The words of a folded text, without digits."""
    return _WORD.finditer(text)


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """What a word has in common with its other forms: `migrating`, `migrated` and `migration` are one."""
    word = word[:-1] if word[-1:] == "s" and len(word) > 2 and word[:-1].isupper() else word  # `APIs`
    irregular = _irregular()
    low = _AGAIN.sub("", _POSSESSIVE.sub("", word.lower()))
    low = irregular.get(low) or _inflected(low)
    low = irregular.get(low, low)
    for ending, instead in _DERIVED:
        if low.endswith(ending) and len(low) - len(ending) >= 4:
            low = low[: -len(ending)] + instead
            break
    if len(low) < 4:
        return low
    low = low.removesuffix("y") if low.endswith("ify") else low.removesuffix("e")
    for ending, instead in _LAST:
        if low.endswith(ending) and len(low) > 5:
            low = low[: -len(ending)] + instead
    low = _DOUBLED.sub(r"\1", low)
    return low[:-1] + "i" if low.endswith("y") else low


def kin(low: str) -> frozenset[int]:
    """The groups of words that mean the same to which a stem belongs."""
    return _groups().get(low, frozenset())


def is_plain(low: str) -> bool:
    """Whether a word of this stem claims nothing by itself: `the`, `using`, `successfully`."""
    return low in listed("plain")


@cache
def listed(name: str) -> frozenset[str]:
    """The stems of a list of words."""
    return frozenset(stem(word) for word in spelled(name))


@cache
def spelled(name: str) -> frozenset[str]:
    """The words of a list as they are written."""
    return frozenset(word for head, said in _lines() if head == name for word in said)


def directions(said: frozenset[str]) -> frozenset[str]:
    """Whether the stems of a text tell of something going `up`, `down`, both or neither."""
    return frozenset(name for name in ("up", "down") if not said.isdisjoint(listed(name)))


def _inflected(low: str) -> str:
    for ending, instead in _INFLECTED:
        if low.endswith(ending) and len(low) - len(ending) >= 2:
            return low[: -len(ending)] + instead
    if low.endswith("s") and not low.endswith(("ss", "us", "is")) and len(low) > 3:
        low = low[:-1]
    for ending in ("ing", "ed"):
        base = low[: -len(ending)]
        if low.endswith(ending) and len(base) >= 3 and _VOWEL.search(base):
            return _DOUBLED.sub(r"\1", base)
    return low


@cache
def _lines() -> tuple[tuple[str, tuple[str, ...]], ...]:
    lines = (line.partition(": ") for line in _FILE.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return tuple((head, tuple(said.split())) for head, _, said in lines if said)


@cache
def _irregular() -> dict[str, str]:
    return dict(pair.split(":", 1) for head, said in _lines() if head == "irregular" for pair in said)


@cache
def _groups() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for number, (head, said) in enumerate(_lines()):
        for word in said if head == "same" else ():
            groups.setdefault(stem(word), set()).add(number)
    return {low: frozenset(numbers) for low, numbers in groups.items()}
