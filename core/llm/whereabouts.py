"""What a sentence places at one employer or school, held against the entry of that employer."""

import re
from collections.abc import Callable, Iterator, Sequence

from core.drive.amounts import Amount
from core.drive.evidence import Claim, Evidence, stands
from core.drive.signs import Marked
from core.drive.vocabulary import is_plain, listed, stem, words
from core.llm import quotations
from core.llm.deeds import Entry

LEAST = 3  # words that make a deed one that could be found again
RETOLD = 0.6  # of them stand in the line that tells it
_TIME = frozenset(map(stem, ("year", "month")))
YEAR = re.compile(r"(?:19|20)\d\d")
_BEGINS = re.compile(
    r"\b(?:since|from|(?:joined|started|began)\b(?:(?!\b(?:left|until|and)\b)[^.;])*\b(?:in|on))(?: [A-Z][a-z]+)?$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\b(?:until|till|(?:left|quit)\b[^.;]*\b(?:in|on))(?: [A-Z][a-z]+)?$", re.IGNORECASE)
_PART = r"[A-Z][\w&'’+-]*(?:\.\w+)*"
_NAME = rf"({_PART}(?: (?:& )?{_PART})*)"
_EMPLOYED = Marked(
    "at for joined left by",
    rf"\b(?:[Aa]t|[Ww]ork(?:ed|ing|s)? for|[Jj]oined|[Ll]eft|(?:employed|hired) by)(?: the)? {_NAME}",
    re.NOFLAG,
)


def named(text: str, told: Sequence[Entry]) -> list[Entry]:
    """The employers and schools whose name a text gives, by its first word of some length."""
    return [each for each in told if each.short and each.short in text and stands(each.short, text)]


def one(where: Sequence[Entry]) -> bool:
    """Whether all these entries are of one employer."""
    return len({each.short for each in where}) == 1


def is_told(claim: Claim, where: Sequence[Entry], held: Evidence) -> bool:
    """Whether a figure stands in the papers, and in the entries of the employers that its sentence names."""
    amount = claim.amount
    if amount and where and _is_year(amount):
        return any(_has_year(each, amount, strict=one(where)) for each in where)
    standing = held.standing(claim)[0]
    if standing == "absent" or (standing == "other" and held.counts_otherwise(claim)):
        return False
    return not where or any(each.whole.standing(claim)[0] != "absent" for each in where)


def elsewhere(said: str, where: Sequence[Entry], told: Sequence[Entry]) -> bool:
    """Whether a line of another entry tells what is said here, and those of the employer it names hardly any of it."""
    if not where or not one(where):
        return False
    own = {stem(word[0]) for each in where for word in words(each.name)}
    wanted = {low for word in words(said) if not is_plain(low := stem(word[0]))} - own
    wanted -= listed("number-words") | _TIME
    here = max(len(wanted & each.whole.stems) for each in where)
    if len(wanted) < LEAST or 2 * here >= len(wanted):
        return False
    least = max(LEAST, RETOLD * len(wanted))
    others = [line for each in told if not each.study and each not in where for line in each.lines]
    best = max((len(wanted & line.stems) for line in others), default=0)
    if best + 1 < least:
        return False
    most = max(sum(map(line.says, wanted)) for line in others if len(wanted & line.stems) + 1 >= best)
    return most >= least and 2 * max(sum(map(each.whole.says, wanted)) for each in where) <= most


def misplaced(text: str, where: Sequence[Entry], told: Sequence[Entry]) -> Iterator[str]:
    """The quotations that a text gives one employer and that stand in the entry of another."""
    if where and one(where):
        for said in quotations.quoted(text):
            here, there = where, [each for each in told if each not in where]
            if not _quotes(said, here) and _quotes(said, there):
                yield said


def strangers(said: str, places: Callable[[], Evidence], told: Sequence[Entry]) -> Iterator[str]:
    """The names of employers that the papers have at most as a part of a tool's name: `at Google`, for Google Cloud."""
    for found in _EMPLOYED.finditer(said):
        first = found[1].partition(" ")[0].removesuffix("'s").removesuffix("’s")
        if len(first) > 2 and not any(first in each.name for each in told) and not _is_place(found[1], first, places()):
            yield found[1]


def _is_place(name: str, first: str, places: Evidence) -> bool:
    """Whether the papers have a name, or its first word other than as the beginning of a longer one."""
    alone = re.search(rf"\b{re.escape(first)}\b(?! [A-Z])", places.text)
    return name in places.text or (places.holds_name(first) and (alone is not None or first not in places.text))


def _quotes(said: str, told: Sequence[Entry]) -> bool:
    return any(quotations.stands(said, each.whole.text) for each in told)


def _is_year(amount: Amount) -> bool:
    """Whether it is a year, also in `2020–now`."""
    return amount.is_year or (YEAR.fullmatch(amount.written) is not None and amount.after[:1] in "–-")


def _has_year(entry: Entry, amount: Amount, *, strict: bool) -> bool:
    """Whether an entry has a year: as its first or last where it is said to be that, else within its time."""
    year = int(amount.value)
    if any(amount.value in line.years for line in entry.lines):
        return True
    if strict and entry.years[0] and _BEGINS.search(amount.before):
        return entry.years[0] == year
    if strict and entry.years[0] and _ENDS.search(amount.before):
        return entry.years[1] == year
    return entry.lasts(year) or amount.value in entry.whole.years
