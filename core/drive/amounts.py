"""An amount: its value and unit, what it counts and is about, and whether another text holds the same."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property

from core.drive.vocabulary import is_plain, kin, listed, spelled, stem

_DOLLARS = frozenset({"CAD", "AUD", "NZD", "SGD"})
_BOUNDS = (
    ("over", re.compile(r"(?:over|more than|above|exceeding|upwards of|at least|beyond|north of|greater than)$", re.I)),
    ("nearly", re.compile(r"(?:nearly|almost|close to|just under|not quite)$", re.I)),
    ("under", re.compile(r"(?:under|less than|below|fewer than|up to|as (?:much|many) as|at most)$", re.I)),
    ("about", re.compile(r"(?:about|around|approximately|roughly|some|circa|an estimated)$", re.I)),
)  # fmt: skip
_TOWARDS = re.compile(
    r"\b(by|to|from)(?: (?:a|an|the|about|around|over|under|nearly|almost|more than|less than|some|just))*\s*$", re.I
)
_RATE = re.compile(
    r"^(?:\W?[\w-]+){0,3}?\W?(?:\b(?:an?|per|each|every)\s|/\s?)(second|minute|hour|day|week|month|quarter|year|term)\b",
    re.I,
)
_EVERY = {
    "hourly": "hour", "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month", "quarterly": "quarter",
    "yearly": "year", "annual": "year",
}  # fmt: skip
_EVERY_TIME = re.compile(rf"^\W?({'|'.join(_EVERY)})\b", re.I)
_SUSPENDED = re.compile(r"^\s?[^\W\d_]+- (?:and|or|to) (?=[^\W\d_])")
_STOPS = spelled("ends-count")
_SHARES = listed("shares")
_NUMBERS = listed("number-words")
_TENURE = re.compile(r"\W*years?'?(?: of| in| as| with)\b", re.IGNORECASE)
_NAME = re.compile(r"(?:^|[^.!?:\s]\s+)([A-Z][\w.+#]*|[a-z]+[A-Z]\w*)\s$")
_DATED = re.compile(r"\b(?:in|since|until|till|during|before|after|the|mid|early|late|for)$", re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[.;:!?–—])$")
_DOES = re.compile(r" (?:[a-z]+ed|was|saw|brought|came|went|fell|rose|grew) (?=\d|[a-z]+ly \d|at |with |in |to )")
_MONTHS = re.compile(r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*", re.IGNORECASE)
_TYPED = {
    "ms": ("time", "0.001"), "millisecond": ("time", "0.001"), "second": ("time", "1"), "sec": ("time", "1"), "s": ("time", "1"),
    "minute": ("time", "60"), "min": ("time", "60"), "hour": ("time", "3600"), "hr": ("time", "3600"), "h": ("time", "3600"),
    "day": ("time", "86400"), "week": ("time", "604800"), "month": ("months", "1"), "quarter": ("months", "3"),
    "year": ("months", "12"), "yr": ("months", "12"), "decade": ("months", "120"), "kb": ("bytes", "1"), "mb": ("bytes", "1000"),
    "gb": ("bytes", "1000000"), "tb": ("bytes", "1000000000"), "pb": ("bytes", "1000000000000"), "kg": ("mass", "1"),
    "km": ("length", "1000"), "mm": ("length", "0.001"), "cm": ("length", "0.01"), "mile": ("length", "1609"),
}  # fmt: skip
_KINDS = {stem(word): (family, Decimal(factor)) for word, (family, factor) in _TYPED.items()}
_FULL = listed("full")
_CHANGES = kin(stem("cut")) | kin(stem("increase"))
_CLAUSE = re.compile(r"[,;:.()!?\n-](?=\s|$)|\band\b|\bwhile\b", re.IGNORECASE)
_CONTENT = re.compile(r"[^\W\d_]{3,}")


class Amount:
    """One amount of a folded text; what stands around it is read when it is asked for.

    `kind` is `%`, `pp`, `x`, `mass`, a currency or empty; `readings` are the (kind, value) it may mean.
    """

    def __init__(
        self, text: str, start: int, end: int, kind: str, value: Decimal, *, ends: int = 0, over: bool = False
    ):
        self.written = text[start:end]
        self.start, self.end = start, ends or end
        self.kind, self.value = kind, value
        self._text, self._over = text, over
        self.readings = _readings(kind, value)

    @cached_property
    def claim(self) -> str:
        """Its value and unit in one spelling: `50K` and `50,000` are `50000`."""
        money, unit = (self.kind, "") if self.kind not in ("%", "pp", "x", "mass", "") else ("", self.kind)
        return f"{money}{self.value.normalize():f}{unit}"

    @cached_property
    def is_year(self) -> bool:
        """Whether it is a year: `since 2018`, `(2021)`, `the 2023 survey`; not `2018 users`."""
        if self.kind or not self.written.isdigit() or not 1950 <= self.value < 2100:
            return False
        return not self.counts or _DATED.search(self.before) is not None or self._is_subject

    @cached_property
    def _is_subject(self) -> bool:
        """Whether it begins a clause and does something itself: `; 2025 closed 4 percent below`."""
        return _BEGINS.search(self.before) is not None and _DOES.match(self.after) is not None

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """The stems of the words it counts, at most four."""
        return tuple(_counted(self.before, self.after))

    @cached_property
    def unit(self) -> tuple[str, Decimal] | None:
        """The family and factor of its unit: that of `18 months` and `three working days`, none of `six shifts a day`."""
        if self.kind or not self.counts or self.is_year:
            return None
        first, *rest = self.counts
        return _KINDS.get(first) or (_KINDS.get(rest[0]) if rest and first in _FULL else None)

    @cached_property
    def near(self) -> frozenset[str]:
        """The stems of its clause that say what it is about."""
        return frozenset(_near(self._text, self.start, self.end))

    @cached_property
    def rate(self) -> str:
        """The time it is counted in: `year` of `2 million a year`."""
        if often := _EVERY_TIME.match(self.after):
            return _EVERY[often[1].lower()]
        found = _RATE.match(re.split(r"[,;.]", self.after)[0])
        return stem(found[1]) if found else ""

    @cached_property
    def bound(self) -> str:
        """`over`, `nearly`, `under`, `about` or nothing."""
        return "over" if self._over else next((name for name, said in _BOUNDS if said.search(self.before)), "")

    @cached_property
    def towards(self) -> str:
        """The `by`, `to` or `from` before it."""
        found = _TOWARDS.search(self.before)
        return found[1].lower() if found else ""

    @cached_property
    def named(self) -> str:
        """The name that a number belongs to: `postgresql` of `PostgreSQL 15`."""
        found = _NAME.search(self._left) if not self.kind else None
        return found[1].lower() if found and not _MONTHS.fullmatch(found[1]) else ""

    @cached_property
    def is_tenure(self) -> bool:
        """Whether it is years of doing something."""
        return _TENURE.match(self.after) is not None

    @cached_property
    def keys(self) -> frozenset[Decimal]:
        """The values another amount must have one of to be the same."""
        return frozenset(value for _, value in self.readings) | ({self.value * self.unit[1]} if self.unit else set())

    @cached_property
    def _left(self) -> str:
        return self._text[max(0, self.start - 60) : self.start]

    @cached_property
    def before(self) -> str:
        """What stands before it, at most sixty characters."""
        return self._left.rstrip(" (~")

    @cached_property
    def after(self) -> str:
        """What stands after it, at most eighty characters."""
        return self._text[self.end : self.end + 80]


def is_unit(low: str) -> bool:
    """Whether a stem is that of a unit of time or size: `hour`, `ms`, `kg`."""
    return low in _KINDS


# -- what stands around it -----------------------------------------------------------------------------


def _readings(kind: str, value: Decimal) -> set[tuple[str, Decimal]]:
    readings = {(kind, value)}
    if kind == "x" and value < 1:
        share = value * 100
        readings |= {("%", share), ("%", share.quantize(Decimal(1))), ("%", share.quantize(Decimal("0.1")))}
    if kind == "x" and value > 1:
        readings.add(("%", (value - 1) * 100))
    if kind in _DOLLARS:
        readings.add(("$", value))
    if kind == "$":
        readings.add(("USD", value))
    return readings


def _counted(before: str, after: str) -> Iterator[str]:
    """The words after a number up to one that joins or a mark; where there are none, what is said to be `of` it."""
    counted: list[str] = []
    after = _SUSPENDED.sub("", _EVERY_TIME.sub("", after))  # `monthly requests`, `front- and back-of-house staff`
    after = re.sub(r"^s? of(?: the| our| all)?(?= )", "", after)
    for match in re.finditer(r"\s?-?([^\W\d_][\w+#]*)|(\S)", after):
        stops = match[2] or (match[1].lower() in _STOPS and "-" not in match[0])  # `back-of-house staff` goes on
        if stops or len(counted) == 4:
            break
        counted.append(stem(match[1]))
    if not counted and (of := re.search(r"([^\W\d_]+) of(?: \w+)?$", before)):
        counted = [stem(of[1])]
    return iter(counted)


def _near(text: str, start: int, end: int) -> Iterator[str]:
    """The stems of the clause around a place, without words of change."""
    first = max(0, start - 120)
    left = max((mark.end() for mark in _CLAUSE.finditer(text, first, start)), default=first)
    right = next((mark.start() for mark in _CLAUSE.finditer(text, end, end + 80)), min(len(text), end + 80))
    for word in _CONTENT.finditer(text[left:right]):
        low = stem(word[0])
        if (
            not is_plain(low)
            and not (kin(low) & _CHANGES)
            and low not in _NUMBERS
            and low not in _KINDS
            and low not in _SHARES
        ):
            yield low
