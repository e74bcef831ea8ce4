"""How well a resume fits a posting: a score whose every part is shown, and the terms behind it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from core.drive import resume as resumes
from core.schema import Details, Found, ScorePart
from core.tools import career, demands, keywords, lexicon, overlap, posting, titles
from core.tools.career import LEVEL_NAMES, Career
from core.tools.lexicon import HARD, scan
from core.tools.lexicon.words import key
from core.tools.material import JobFacts, Line, Material, Matter, matter
from core.tools.overlap import is_little
from core.tools.posting import WEIGHTS, Kind, Sentence
from core.tools.terms import only

SHARES = {"Terms": 60.0, "Title": 15.0, "Years": 15.0, "Education": 5.0, "Certificates": 5.0}
# Found as terms, yet nothing a resume is searched for; degrees have a part of their own.
_VAGUE = re.compile(
    r".*degree.*|hands.on|(?:proven )?track record|best practices?|fast.paced|team|lead|explain|comparables?"
)
IN_TITLE = 3.0  # the weight of a term that stands in the job's title
READ_CHARS = 14_000  # of a resume: seven dense pages
LONGEST_LINE = 2_000
QUOTE = 160
YEARS_APART = 2  # what a resume rounds


@dataclass(frozen=True, slots=True)
class Asked:
    """A term of a posting: how much it counts, how it is asked, and the sentence that asks hardest.

    `is_firm`: it names a tool, a method or a field; a single common word ("delivery") does not.
    """

    term: str
    weight: float
    kind: Kind
    sentence: str
    is_firm: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score with what it was made from: how each of its terms is asked."""

    details: Details = Details()
    asked: Mapping[str, Asked] = field(default_factory=dict)


def score(material: Material, today: date) -> Details:
    """The score of 0 to 100 with its parts, and the job's terms with their evidence.

    Parts the posting does not ask for are left out and the others weigh more. Without a job or a resume,
    or where a posting asks nothing that can be measured, the score is None.
    """
    return assess(material, today).details


def assess(material: Material, today: date, held: Career | None = None) -> Assessment:
    """`score`, with the weight, kind and sentence of each term; `held` is the resume, where it was read already."""
    of = matter(material, today)
    return assess_matter(replace(of, held=held) if held else of) if of else Assessment()


@lru_cache(maxsize=128)
def assess_matter(of: Matter) -> Assessment:
    """The same of all that it depends on: a page's every rerun and a run's every leg ask again."""
    job, today = of.job, of.today
    held = career.read(of.resume) if of.held is None else of.held
    if held.is_empty:
        return Assessment()
    lines = readable(resumes.lines(held.resume))
    sentences = posting.read(job.description)
    shared = keywords.compare(_as_read(job), lines)
    asked = weigh(job, sentences, [found.term for found in (*shared.matched, *shared.missing)])
    matched = _ranked(shared.matched, asked)
    missing = [_with_sentence(found, asked) for found in _ranked(shared.missing, asked)]
    every = (
        _terms(matched, missing, asked),
        _title(job, held),
        _years(sentences, held, {"years_experience": of.years_told}, today),
        _education(sentences, held),
        _certificates(sentences, lines),
    )
    parts = [part for part in every if part]
    measured = any(part.name != "Title" for part in parts)
    parts = _normalised(parts) if measured else []
    details = Details(
        score=round(sum(part.points for part in parts)) if measured else None,
        parts=tuple(parts),
        matched=tuple(matched),
        missing=tuple(missing),
        low_confidence=is_little(len(matched) + len(missing), job.description),
    )
    return Assessment(details, asked)


def readable(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines that are read: whole for any usual resume, cut for one as long as a book."""
    kept, room = [], READ_CHARS
    for line in lines:
        if room <= 0:
            break
        if line.place == "Contact" and line.path.startswith("basics/"):  # an address is no evidence of a skill
            continue
        kept.append(line if len(line.text) <= LONGEST_LINE else replace(line, text=line.text[:LONGEST_LINE]))
        room -= len(kept[-1].text)
    return tuple(kept)


def weigh(job: JobFacts, sentences: Sequence[Sentence], terms: Sequence[str]) -> dict[str, Asked]:
    """How each term is asked; a term that only an offer or the employer's own story names weighs nothing."""
    found: dict[str, Asked] = {}
    known = lexicon.shipped().entries
    named = naming(terms)
    by_term: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        for term in named(sentence.text):
            by_term.setdefault(term, []).append(sentence)
    in_title = named(job.title)
    for term in terms:
        asking = by_term.get(term, [])
        hardest = posting.hardest(asking)
        kind: Kind = hardest.kind if hardest else "other"
        weight = WEIGHTS[kind]
        if term in in_title:
            weight, kind = max(weight, IN_TITLE), "must"
        entry = known.get(key(term))
        grade = entry.grade if entry else HARD
        if _VAGUE.fullmatch(term.casefold()):
            weight = 0
        is_firm = grade == HARD or " " in term
        share = 1.0 if grade == HARD else 0.5 if is_firm else 0.25
        often = 1 + 0.2 * min(max(len(asking) - 1, 0), 3)
        found[term] = Asked(term, weight * share * often, kind, hardest.text if hardest else "", is_firm)
    return found


def naming(terms: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """A finder of these terms, in any of their spellings: which of them a text names, in the given order."""
    book = only(terms)

    def named(text: str) -> tuple[str, ...]:
        found = {each.entry.shown for each in scan.spellings(scan.read(text), book)}
        return tuple(term for term in terms if term in found)

    return named


def quote(text: str, limit: int = QUOTE) -> str:
    """A text in at most `limit` characters, cut between words."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text.rstrip(" .;:,")
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:– ") + "…"


def quote_around(text: str, term: str, limit: int = QUOTE) -> str:
    """`quote`, cut so that the term is in it, where the text has it."""
    if len(text) <= limit:
        return quote(text, limit)
    found = next(scan.spellings(page := scan.read(text), only((term,))), None)
    if found is None:
        return quote(text, limit)
    start, end = page.said.starts[found.first], page.said.ends[found.past - 1]
    return quote(text, limit) if end < limit - 40 else overlap.quote(text, start, end, limit)


def _as_read(job: JobFacts) -> JobFacts:
    return JobFacts(job.id, job.title[:300], job.company[:300], job.description[: posting.READ_CHARS])


def _ranked(found: Sequence[Found], asked: Mapping[str, Asked]) -> list[Found]:
    kept = [each for each in found if asked[each.term].weight > 0]
    return sorted(kept, key=lambda each: -asked[each.term].weight)


def _with_sentence(found: Found, asked: Mapping[str, Asked]) -> Found:
    sentence = asked[found.term].sentence
    return found.model_copy(update={"evidence": (quote_around(sentence, found.term),)}) if sentence else found


# -- the parts -----------------------------------------------------------------------------------


def _terms(matched: Sequence[Found], missing: Sequence[Found], asked: Mapping[str, Asked]) -> ScorePart | None:
    if not matched and not missing:
        return None
    have = sum(asked[found.term].weight for found in matched)
    total = have + sum(asked[found.term].weight for found in missing)
    every = len(matched) + len(missing)
    count = f"{len(matched)} of {every} terms of the posting are in the resume"
    if every == 1:
        count = f"The one term of the posting is {'' if matched else 'not '}in the resume"
    must = [found for found in (*matched, *missing) if asked[found.term].kind == "must" and asked[found.term].is_firm]
    here = sum(1 for found in must if found in matched)
    why = f"{count}; {here} of {len(must)} that it requires." if must else f"{count}."
    return _part("Terms", have / total, f"{why} Terms count by how hard and how often they are asked.")


def _title(job: JobFacts, held: Career) -> ScorePart | None:
    own = list(dict.fromkeys(filter(None, [held.label, *(post.title for post in held.posts)])))[:6]
    if not job.title.strip() or not own:
        return None
    closeness, best = max(((titles.closeness(job.title, each), each) for each in own), key=lambda pair: pair[0])
    return _part("Title", closeness, f"Closest title held: “{quote(best, 80)}”, for “{quote(job.title, 80)}”.")


def _years(sentences: Sequence[Sentence], held: Career, profile: Mapping[str, object], today: date) -> ScorePart | None:
    wanted = demands.years(sentences)
    if wanted is None:
        return None
    have = years_held(held, profile, today)
    if have is None:
        return _part("Years", 0, f"{wanted.number} years asked; the resume's dates cannot be read.")
    return _part("Years", min(1, have / wanted.number), f"{wanted.number}+ years asked, about {have:g} in the resume.")


def years_held(held: Career, profile: Mapping[str, object], today: date) -> float | None:
    """Years of work by the resume's dates, else as the profile says; None when neither does.

    Where the resume itself states another number, more than two years off, its own word counts.
    """
    counted, stated = resumes.years(held.resume, today), career.stated_years(held)
    if stated is not None and (counted is None or abs(stated - counted) > YEARS_APART):
        return float(stated)
    if counted is not None:
        return counted
    said = re.fullmatch(r"\d{1,2}(?:\.\d)?", career.text(profile.get("years_experience")))
    return float(said[0]) if said else None


def _education(sentences: Sequence[Sentence], held: Career) -> ScorePart | None:
    wanted = demands.degree(sentences)
    if wanted is None:
        return None
    name, have = LEVEL_NAMES[wanted.level], held.degree_level
    if have >= wanted.level:
        return _part("Education", 1, f"{_cap(name)} asked; the resume has {LEVEL_NAMES[have]}.")
    shown = f"the resume has {LEVEL_NAMES[have]}" if have else "the resume names no degree"
    if wanted.softly:
        return _part("Education", 0.5, f"{_cap(name)} asked, but other experience may do; {shown}.")
    return _part("Education", 0.3 if have else 0, f"{_cap(name)} asked; {shown}.")


def _certificates(sentences: Sequence[Sentence], lines: Sequence[Line]) -> ScorePart | None:
    wanted = demands.certificates(sentences)
    if not wanted:
        return None
    text = " · ".join(line.text for line in lines)
    have = [each for each in wanted if _holds(text, each.name)]
    lack = [each.name for each in wanted if each not in have]
    total = sum(2 if each.required else 1 for each in wanted)
    points = sum(2 if each.required else 1 for each in have) / total
    said = f"Held: {', '.join(each.name for each in have)}. " if have else ""
    return _part("Certificates", points, f"{said}Not in the resume: {', '.join(lack)}." if lack else said.strip())


def _holds(text: str, name: str) -> bool:
    if name.isupper():
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
    return name.casefold() in text.casefold()


def _part(name: str, share: float, why: str) -> ScorePart:
    return ScorePart(name=name, points=SHARES[name] * max(0.0, min(1.0, share)), out_of=SHARES[name], why=why)


def _normalised(parts: Sequence[ScorePart]) -> list[ScorePart]:
    """The parts out of 100 together, and a word in the first about those left out."""
    total = sum(part.out_of for part in parts)
    left_out = [name.lower() for name in SHARES if name not in {part.name for part in parts}]
    scaled = [
        part.model_copy(
            update={"points": round(part.points * 100 / total, 1), "out_of": round(part.out_of * 100 / total, 1)}
        )
        for part in parts
    ]
    if left_out:
        said = (
            f"{scaled[0].why} Left out, as nothing is asked or known: {_listed(left_out)}; the other parts weigh more."
        )
        scaled[0] = scaled[0].model_copy(update={"why": said})
    return scaled


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
