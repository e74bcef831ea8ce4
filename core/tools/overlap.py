"""What a job asks for and where a resume has it: matched and missing terms with their evidence."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process

from core.schema import Found
from core.tools import emphasis, kinship, lexicon
from core.tools.lexicon import Lexicon, scan
from core.tools.lexicon.words import key
from core.tools.material import JobFacts, Line
from core.tools.terms import Asked, ask, only

QUOTE = 160
QUOTES = 3
FEW, FEW_OF_MANY = 5, 8
LONG_POSTING = 2_500  # characters
SOFT_AT_MOST = 5
ALIKE = 90

_BODY = (
    r"(?:Services?|Administration|Division|Department|Group|Office|Teams?|Program(?:me)?|Agency|Bureau|Institute|Company"
    r"|Inc\.?|University|Center|Centre|Hospital|Solutions|Technologies|Partners|Board|Authority|Foundation|Labs?|Branch)"
)
_INTRODUCED = re.compile(
    rf"\b(?:[A-Z][\w&’'-]*|of|and|for|the)(?: (?:[A-Z][\w&’'-]*|of|and|for|the|&)){{0,6}} {_BODY}"
    rf"(?: (?:of|and|for|the|[A-Z][\w&-]*)){{0,5}} \(([A-Z]{{2,6}})\)|\b{_BODY} \(([A-Z]{{2,6}})\)"
)
_SELF_NAMED = re.compile(
    r"\b(?:at|join|about|across|within|inside) (?:the )?([A-Z]{2,6})\b(?![-/])"
    r"|\b([A-Z]{2,6})(?:[’']s|,? (?:is|has|was|improves|helps|builds|values|offers|believes|serves|provides|delivers)) \w"
)
_SPACES = re.compile(r"\s+")
_LISTS = ("skills/", "languages/", "interests/", "basics/")


@dataclass(frozen=True, slots=True)
class Overlap:
    """The job's terms that the resume has and those it lacks, most important first.

    `low_confidence` when the job names fewer than five terms, or a long posting fewer than eight.
    """

    matched: tuple[Found, ...]
    missing: tuple[Found, ...]
    low_confidence: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    line: Line
    start: int
    end: int


def compare(job: JobFacts, lines: Sequence[Line], *, limit: int = 40) -> Overlap:
    """The job's most important terms, at most `limit`, parted by whether a line of the resume names them.

    Evidence of a matched term is up to three quotes of the resume, "place: quote"; of a missing one, a
    quote of the posting. Spellings of one term count as the same, and so do words that differ by a letter or two.
    """
    text = f"{job.title}\n{job.description}"
    own = _own_acronyms(text, job.company)
    asked = choose((one for one in ask(text) if one.term not in own), company=job.company, limit=limit)
    seen = _places([one.term for one in asked], lines)
    matched = tuple(Found(term=one.term, evidence=_quotes(seen[one.term])) for one in asked if one.term in seen)
    missing = tuple(
        Found(term=one.term, evidence=(quote(text, one.hit.start, one.hit.end, QUOTE),))
        for one in asked
        if one.term not in seen
    )
    return Overlap(matched, missing, low_confidence=is_little(len(asked), text))


def is_little(named: int, posting: str) -> bool:
    """Whether so few terms say little of a posting of this length."""
    return named < (FEW if len(posting) <= LONG_POSTING else FEW_OF_MANY)


def _own_acronyms(text: str, company: str) -> frozenset[str]:
    """The acronyms that name the employer or a part of it, and so are nobody's skill."""
    known = lexicon.shipped().entries
    initials = "".join(word[0] for word in company.split() if word[:1].isupper())
    seen = Counter(found[1] or found[2] for found in _SELF_NAMED.finditer(text))
    own = {found[1] or found[2] for found in _INTRODUCED.finditer(text)} | {
        short for short, times in seen.items() if times > 1
    }
    return frozenset(
        short
        for short in {*own, initials}
        if len(short) > 1 and not ((entry := known.get(key(short))) and entry.score is None)
    )


def choose(asked: Iterable[Asked], *, company: str, limit: int) -> list[Asked]:
    """The terms worth showing: firm ones first by weight, a few soft ones after; not the employer's own name."""
    kept = [one for one in asked if one.weight > emphasis.ASIDE * 3 and key(one.term) != key(company)]
    firm = [one for one in kept if one.grade > lexicon.SOFT]
    soft = [one for one in kept if one.grade == lexicon.SOFT][:SOFT_AT_MOST]
    return [*firm[: max(0, limit - len(soft))], *soft][:limit]


def quote(text: str, start: int, end: int, size: int) -> str:
    """The line around a place, in one line of at most `size` characters, cut at words with an ellipsis."""
    left = max(text.rfind("\n", 0, start) + 1, start - size)
    right = min(found if (found := text.find("\n", end)) >= 0 else len(text), end + size)
    head, said, tail = text[left:start], text[start:end], text[end:right]
    whole = _SPACES.sub(" ", head + said + tail).strip(" \t#*•-–>|")
    if len(whole) <= size and left in (0, text.rfind("\n", 0, start) + 1):
        return whole
    room = max(0, size - len(said) - 2)
    before = min(len(head), max(room // 2, room - len(tail)))
    after = min(len(tail), room - before)
    cut_head = head[len(head) - before :] if before else ""
    if before < len(head):
        cut_head = "…" + cut_head.partition(" ")[2]
    cut_tail = tail[:after]
    if after < len(tail):
        cut_tail = cut_tail.rpartition(" ")[0] + "…"
    return _SPACES.sub(" ", cut_head + said + cut_tail).strip(" \t#*•-–>|")


def _places(terms: Sequence[str], lines: Sequence[Line]) -> dict[str, list[_Seen]]:
    pages = [(line, scan.read(line.text)) for line in lines if line.text]
    seen = _search(only(terms), pages)
    lacking = [term for term in terms if term not in seen]
    if lacking and (respelled := _respelled(lacking, pages)).entries:
        seen |= _search(respelled, pages)
    for term in [term for term in terms if term not in seen]:
        if places := _in_other_words(term, pages):
            seen[term] = places
    return seen


def _in_other_words(term: str, pages: Sequence[tuple[Line, scan.Page]]) -> list[_Seen]:
    if names := kinship.kinds().get(key(term)):
        named = _search(only(names), pages)
        if places := [place for name in names for place in named.get(name, ())]:
            return places
    found = ((line, kinship.place(term, line, page)) for line, page in pages)
    return [_Seen(line, *place) for line, place in found if place]


def _search(book: Lexicon, pages: Iterable[tuple[Line, scan.Page]]) -> dict[str, list[_Seen]]:
    seen: dict[str, list[_Seen]] = {}
    for line, page in pages:
        for found in scan.spellings(page, book):
            places = seen.setdefault(found.entry.shown, [])
            if not places or places[-1].line is not line:
                places.append(_Seen(line, page.said.starts[found.first], page.said.ends[found.past - 1]))
    return seen


def _respelled(terms: Sequence[str], pages: Iterable[tuple[Line, scan.Page]]) -> Lexicon:
    """The terms in the resume's own spelling where each word has a near twin there: organisation, organization."""
    vocabulary = sorted({word for _, page in pages for word in page.said.last if len(word) > 5 and word.isalpha()})
    book = only(terms)
    entries = {}
    for name, entry in book.entries.items():
        twins = [_twin(word, vocabulary) for word in name.split(" ")]
        if entry.care == lexicon.PLAIN and any(twins):
            spelled = " ".join(twin or word for twin, word in zip(twins, name.split(" "), strict=True))
            entries[key(spelled)] = entry
    return replace(lexicon.build(entries, {}), tools=book.tools, written=book.written)


def _twin(word: str, vocabulary: Sequence[str]) -> str | None:
    """A word of the resume that is this one but for a letter or two; None for short words and names with digits."""
    if len(word) < 6 or not word.isalpha() or word in vocabulary:
        return None
    near = process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=3)
    return next((twin for twin, _, _ in near if twin[0] == word[0]), None)


def _quotes(seen: Sequence[_Seen]) -> tuple[str, ...]:
    """Sentences about work before lists of skills; both in the resume's order."""
    ordered = sorted(seen, key=lambda one: one.line.path.startswith(_LISTS))
    quotes = []
    for one in ordered[:QUOTES]:
        place = one.line.place[:60]
        said = quote(one.line.text, one.start, one.end, QUOTE - len(place) - 2)
        quotes.append(f"{place}: {said}" if place else said)
    return tuple(dict.fromkeys(quotes))
