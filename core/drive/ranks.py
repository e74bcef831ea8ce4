"""What raises a person in a text: titles, degrees, certificates, distinctions, leading, and hedges left out."""

import re
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache

from core.drive.folding import fold
from core.drive.signs import Marked, has, sign
from core.drive.vocabulary import directions, listed, spelled, stem

_RANK = r"senior|junior|sr\.?|jr\.?|lead|staff|principal|chief|head|deputy|vice|executive|associate|assistant|managing|global|group"
_ROLE = (
    r"engineer|developer|programmer|manager|analyst|architect|designer|director|consultant|administrator|specialist|scientist"
    r"|tester|officer|coordinator|teacher|lecturer|professor|researcher|founder|co-?founder|president|nurse|practitioner"
    r"|accountant|technician|supervisor|representative|adviser|advisor|editor|strategist|planner|recruiter|marketer|physician"
    r"|pharmacist|therapist|lawyer|attorney|auditor|controller|economist|statistician|chemist|physicist|librarian|producer"
    r"|trainer|instructor|principal|superintendent|partner|owner|chair|dean|foreman|superviser|buyer|underwriter|actuary"
)
_SHORT = r"cto|ceo|cfo|coo|cio|cpo|cmo|ciso|vp|svp|evp|avp"
_BETWEEN = (
    r"(?:(?!(?:a|an|the|of|to|and|with|for|in|by|from|on|at|who|that|through|was|were|is|are|am|has|have|had)\b)"
    r"[^\W\d_][\w.+#]*[\s-]+){0,3}"
)
_TITLE = re.compile(
    rf"\b(?:(?:{_RANK})[\s-]+{_BETWEEN}(?:{_ROLE})\b(?!s\b)|(?:{_RANK}|director|vice[\s-]president|vp)\s+of\s+[a-z]+|(?:{_SHORT})\b"
    r"|team[\s-]?lead(?:er)?\b|tech(?:nical)?[\s-]lead\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:as(?: an?| the)?|became(?: an?| the)?|promoted to|appointed|acting|(?:am|is|was|i['’]m)(?: an?| the)|(?:role|position|title) of)"
    rf"\s+({_BETWEEN}(?:{_ROLE}))\b(?!s\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\b(?:with|who|in|at|for|from|that|whose|of)\b|[.:;]")
_CALLED = re.compile(rf"\W*({_BETWEEN}(?:{_ROLE}))\b(?!s\b)", re.IGNORECASE)
_LEVELS = (
    ("doctorate", r"ph\.?\s?d\b\.?|doctor(?:ate|al)\b|d\.?\s?phil\b|doctor of \w+|\bdnp\b|\bedd\b|\bjd\b"),
    (
        "master",
        r"master['’]?s?\s(?:degree|of|in|thesis)|master['’]s\b|\bmasters\b|\bm\.?\s?sc\b\.?|\bm\.\s?[as]\.|\bmba\b|\bm\.?\s?eng\b|\bm\.?\s?tech\b|\bmph\b|\bmsn\b|\bllm\b|\bmfa\b"
        r"|\bm\.?ed\b",
    ),
    (
        "bachelor",
        r"bachelor['’]?s?\b|\bb\.?\s?sc\b\.?|\bb\.\s?[as]\.|\bbba\b|\bbsn\b|\bb\.?\s?eng\b|\bb\.?\s?tech\b|\bllb\b|\bundergraduate degree",
    ),
    ("associate", r"associate['’]?s? (?:degree|of)|foundation degree"),
    ("diploma", r"\bdiplom\w*|\bgraduate degree|\bpostgraduate\b|\bdegree\b|\bgraduated\b|\bcum laude\b|\balum\w+"),
)
_DEGREES = tuple((name, re.compile(rf"\b(?:{pattern})|{pattern}", re.IGNORECASE)) for name, pattern in _LEVELS)
_SUBJECT = re.compile(
    r"\b(?:degrees?|bachelor(?:'?s)?|master(?:'?s)?|ph\.?\s?d\.?|doctorate|diploma|b\.?\s?sc|m\.?\s?sc)(?: degree)? in ([a-z][\w &-]*?)"
    r"(?= (?:and|with|from|at|who|plus)\b|[,.;:()]|$)",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[,;:.()](?:\s|$)|\b(?:with|and)\b")
_CERTIFIED = re.compile(
    r"\b(?:certif(?:ied|icate|ication|ications|icates)|licen[sc]ed|accredited|chartered|(?:black|green)[\s-]belt)\b",
    re.I,
)
_HONOURED = re.compile(
    r"\b(?:award(?:s|ed|ing)?|(?:award|prize)-winning|(?<!they )(?<!you )(?<!we )(?<!who )prizes?|medal"
    r"|winner|patent(?:s|ed)?|promoted|promotion|nominated|honou?red"
    r"|fellow(?:ship)?|scholarship|keynote|published|publications?|bestselling|recogni[sz]ed (?:as|by|for|with)"
    r"|top[\s-](?:rated|ranked|performing|performer)|ranked|number[\s-]one|first[\s-]ever|industry[\s-]leading|world[\s-]class|best[\s-]in[\s-]class)\b",
    re.I,
)
_LEADS = listed("leads")
_OWNS = listed("owns")
_OWNERS = _OWNS | {stem("charge")}
_RUNS = _LEADS | _OWNS | listed("runs")
_OVER_PEOPLE = re.compile(
    r"\b(lead|leading|led|manag(?:e|es|ed|ing)|head(?:s|ed|ing)?|supervis(?:e|es|ed|ing)|direct(?:s|ed|ing)?|oversaw|oversee(?:s|ing)?)\s+"
    r"(?:(?:an?|the|of|our|[\w-]+)\s+){0,4}?(?:team|group|squad|department|staff|crew|unit|people|engineers|developers|designers|analysts|nurses|researchers"
    r"|marketers|teachers|employees|members|reports|assistants|interns|consultants|technicians|volunteers|managers|practitioners|scientists)\b",
    re.I,
)
_PEOPLE_LED = re.compile(
    r"\b(?:lead|leads|led|leading|manag\w+|head(?:s|ed|ing)?|supervis\w+|direct(?:s|ed|ing)|overs(?:aw|ee|eeing)|in charge of"
    r"|director|leader)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# What a line says carefully. Words of one row may stand for each other.
_HEDGES = (
    r"assist(?:s|ed|ing)?|help(?:s|ed|ing)?|support(?:s|ed|ing)?|contribut\w+|participat\w+|took part|part of|served on"
    r"|involved in|member of"
    r"|work(?:ed|ing)? (?:with|alongside)|alongside|aid(?:ed|ing)?|shadow(?:ed|ing)?|partner\w*|collaborat\w+|co-\w+|together with|jointly",
    r"propos(?:ed|al|ing)|suggest(?:ed|ing)|recommend(?:ed|ing)|plan(?:ned|ning|s)?\b(?! and (?:ran|led|built))|draft(?:ed)?|prototyp\w+"
    r"|pilot(?:ed)?|trial|proof of concept|concept|design(?:ed)? for|explor\w+|research\w+|evaluat\w+",
    r"basic|beginner|introductory|intermediate|conversational|familiar\w*|exposure|learning|some",
    r"part[\s-]time|intern(?:ship)?|trainee|volunteer\w*|freelance|contract",
)
_HEDGED = tuple(re.compile(rf"\b(?:{row})\b", re.IGNORECASE) for row in _HEDGES)
_OF_DEED = 2  # the rows that are about what was done
_NO = re.compile(r"\b(?:no|not|never|without|none|nobody|neither|nor)\b|n't\b", re.IGNORECASE)
_STILL_NO = re.compile(
    rf"{_NO.pattern}|\b(?:zero|lack\w*|free of|unable|rather|instead|avoid\w*|prevent\w*|eliminat\w*|only|un\w+)\b|\bnon-|-free\b",
    re.IGNORECASE,
)


_TITLE_WORDS = frozenset(
    {
        *_ROLE.replace("co-?founder", "cofounder").split("|"),
        *_SHORT.split("|"),
        "director",
        "head",
        "chief",
        "vp",
        "teamlead",
        "lead",
        "leader",
    }
)
_RANKING = frozenset(
    stem(word) for said in (*_TITLE_WORDS, *re.sub(r"\W", " ", _RANK).split()) for word in (said, f"{said}s")
)
_CRAFT = frozenset(map(stem, ("engineer", "developer", "programmer", "software")))
_LEADS_CRAFT = _CRAFT | set(map(stem, ("cto", "engineering", "technology", "technical", "tech")))
_DOTTED = Marked("b m ph phd d", r"\b(?:[bm]\.\s?(?:[as]\.|sc|eng|tech|ed)|ph\.?\s?d|d\.\s?phil)\b|\b[bm]\.\s?[as]\.")


def _sign(wanted: frozenset[str]) -> int:
    return sign(test=lambda token: not wanted.isdisjoint(_WORD.findall(token.lower())))


# Most texts have none of these words, and looking for the patterns costs more.
_ENTITLED = _sign(_TITLE_WORDS)
_GRADUATED = _sign(spelled("degree-words"))
_HAS_PAPERS = _sign(spelled("certificate-words"))
_DISTINGUISHED = _sign(spelled("distinction-words"))
_AMONG_PEOPLE = _sign(spelled("people-words"))
RANKED = _ENTITLED | _GRADUATED | _HAS_PAPERS | _DISTINGUISHED | _DOTTED.sign


def titles(text: str, *, profile: bool = False) -> Iterator[str]:
    """The job titles that a text gives a person, in any case: `senior engineer`, `as an architect`.

    A `profile` begins with who the person is: `Data analyst and teacher with six years in retail`.
    """
    seen: set[str] = set()
    said = fold(text)
    if not has(said, _ENTITLED):
        return
    found = [one[0] for one in _TITLE.finditer(said)] + [one[1] for one in _NAMED.finditer(said)]
    if profile:
        parts = re.split(r",|\band\b|[&/|]", _OPENING.split(said, maxsplit=1)[0])
        found += [called[1] for part in parts if (called := _CALLED.match(part))]
    for title in (one.strip(" ,") for one in found):
        if title.lower() not in seen:
            seen.add(title.lower())
            yield title


def holds_title(title: str, given: Iterable[str], told: Set[str] = frozenset()) -> bool:
    """Whether one of the given titles has every word of this one that says what the person is.

    Rank and role must stand in a title; of what, `Python` of a senior developer, is enough to stand in `told`, as stems.
    """
    wanted = title_stems(title)
    wanted -= {low for low in wanted if low not in _RANKING and low in told}
    return any(wanted <= title_stems(one) for one in given)


def is_below(title: str, given: Iterable[str]) -> bool:
    """Whether a title names the craft of a given one that leads it: `engineer` of a CTO."""
    return title_stems(title) <= _CRAFT and any(not title_stems(one).isdisjoint(_LEADS_CRAFT) for one in given)


def degrees(text: str) -> Iterator[tuple[str, str]]:
    """(level, as written) of each degree a text names: `phd`, `master's`, `BSc`."""
    said = fold(text)
    if not (has(said, _GRADUATED) or _DOTTED.search(said)):
        return
    for level, pattern in _DEGREES:
        for found in pattern.finditer(said):
            yield level, found[0].strip()


def subjects(text: str) -> Iterator[tuple[str, str]]:
    """(as written, what was studied) of each degree that names its subject: `degree in computer science`."""
    said = fold(text)
    if has(said, _GRADUATED):
        yield from ((found[0], found[1]) for found in _SUBJECT.finditer(said))


def certificates(text: str) -> Iterator[tuple[str, str]]:
    """(word, the phrase it stands in) of each claim of a certificate or licence."""
    said = fold(text)
    if has(said, _HAS_PAPERS):
        for phrase in _PHRASE.split(said):
            yield from ((found[0], phrase) for found in _CERTIFIED.finditer(phrase))


def distinctions(text: str) -> Iterator[str]:
    """The words of a text that claim an award, a patent, a promotion or a rank."""
    said = fold(text)
    return (found[0] for found in _HONOURED.finditer(said)) if has(said, _DISTINGUISHED) else iter(())


def raised(text: str, original: str, entry: str) -> Iterator[str]:
    """The verbs that have a person lead or own what the line does not; `entry` is all that the entry says."""
    for found in _OVER_PEOPLE.finditer(text) if has(text, _AMONG_PEOPLE) else ():
        if not _PEOPLE_LED.search(original):
            yield found[0] if not _PEOPLE_LED.search(entry) else found[1]
            return
    first, said = _word_stems(original), _word_stems(text)
    strong = (said & _LEADS if not first & _RUNS else frozenset()) | (
        said & _OWNS if not first & _OWNERS else frozenset()
    )
    if strong:
        yield next(word for word in _WORD.findall(text) if stem(word) in strong)


def leads_people(text: str) -> bool:
    """Whether a text has somebody lead people: `led a research team`, `manages three marketers`."""
    return has(text, _AMONG_PEOPLE) and _OVER_PEOPLE.search(text) is not None


def holds_leading(text: str) -> bool:
    """Whether a text tells anywhere of leading people."""
    return _PEOPLE_LED.search(text) is not None


def unhedged(text: str, original: str) -> str:
    """The careful word of a line that its new wording leaves out, empty when it keeps one of that kind."""
    return next((said for said, row in _hedges(original) if not row.search(text)), "")


def is_reversed(text: str, original: str) -> bool:
    """Whether something now goes up that went down, or the other way round."""
    before = directions(_word_stems(original))
    return len(before) == 1 and bool(directions(_word_stems(text)) - before)


def turned(text: str, original: str) -> str:
    """The `no`, `not` or `without` of a line that its new wording leaves out."""
    said = _NO.search(original)
    return said[0] if said and not _STILL_NO.search(text) else ""


@lru_cache(maxsize=512)
def _hedges(line: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = ((number, row, row.search(line)) for number, row in enumerate(_HEDGED))
    return tuple((said[0], row) for number, row, said in found if said and (number >= _OF_DEED or _is_main(said, line)))


def _is_main(said: re.Match[str], line: str) -> bool:
    """Whether it is the line's own verb, not an aside in the middle of it."""
    return len(line[: said.start()].split()) < 3


@lru_cache(maxsize=256)
def title_stems(title: str) -> frozenset[str]:
    """The stems of a title's words that say what the person is."""
    low = re.sub(r"\bsr\b\.?", "senior", re.sub(r"\bjr\b\.?", "junior", fold(title).lower()))
    return frozenset(stem(word) for word in _WORD.findall(low) if word not in ("a", "an", "the", "of", "and", "as"))


@lru_cache(maxsize=256)
def _word_stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(fold(text)))
