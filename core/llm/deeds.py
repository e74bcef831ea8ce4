"""What a sentence in the first person tells of the past, held against the resume alone, entry by entry."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.drive import ranks
from core.drive.claims import figures
from core.drive.evidence import Claim, Evidence
from core.drive.signs import Marked
from core.drive.vocabulary import is_plain, kin, stem, words

# Of the words of a deed, in the line that tells it:
MOST_REWORDED = 0.5  # stand there in other words
MOST_LACKING = 1 / 3  # do not stand there in any
DONE = (
    "built|rebuilt|began|brought|cut|drew|drove|gave|held|kept|led|made|ran|run|sold|set|shrank|shipped|spun|taught"
    "|took|won|wrote|written|rewrote|oversaw|overseen|spoke|spun|sent|met|paid|put|lost|grown|driven|taken|given|drawn"
)
_PAST = rf"\w[\w-]{{2,}}ed|{DONE}|grew"
_DOES = "lead|manage|run|own|supervise|head|direct|oversee|teach|coach|mentor|chair"
# Verbs that tell of no deed, or of one that any skill may carry.
_NO_DEED = frozenset(
    {
        "admired", "applied", "asked", "attached", "believed", "decided", "described", "enclosed", "enjoyed", "enrolled",
        "excited", "followed", "graduated", "hoped", "impressed", "included", "indeed", "interested", "learned", "liked",
        "listed", "looked", "loved", "mentioned", "needed", "noticed", "relied", "shared", "studied", "talked", "tried",
        "used", "valued", "wanted", "watched", "welcomed", "wished", "worked",
    }
)  # fmt: skip
_BY_THE_WAY = r"(?:(?:also|already|currently|have|had|['’]ve|then|once|first|even|just|still|personally|\w+ly) )*"
_DEED = re.compile(rf"\bI(?: |(?=['’])){_BY_THE_WAY}(\w[\w-]{{2,}}ed|{DONE}|{_DOES}|grew(?! up))\b([^;:!?()—–]*)")
_HONOURED = re.compile(
    r"\b(?:was|been|got|being) ((?:re)?(?:named|voted|elected|awarded|honou?red|nominated|appointed|chosen|crowned|shortlisted"
    r"|ranked|promoted))\b([^;:!?()—–]*)"
)
_CLAUSE_END = re.compile(
    r"[,.](?!\d)|\b(?:that|which|where|who|while|because|when|but|so|would|before|after|until|since|as)\b| and I\b"
)
# `…, opened two sites`, but not `…, used by many`: that is no deed of the speaker's
_GOES_ON = re.compile(rf"(?:and )?(?:then |also |later )?({_PAST})(?! (?:by|in|at|from|on|as|for|to)\b)\b(.*)")
_OTHERS = re.compile(r"\b(?:that|which|who|whose|where|it|they|he|she|we|you)\b")
_JOINED = re.compile(
    rf" and (?=(?:then |also )?(?:{_PAST})\b|(?:an?|the|my|our|its|their|his|her|\d+|two|three|four|five|six)\b)"
)
_LEAD = re.compile(r"(?:^|[;:—–] ?)([^;:—–]*)$")
_OF_THE_YEAR = re.compile(r"\b(?:[A-Z][\w'’-]* )+of the (?:Year|Month|Quarter|Decade)\b")
_SPEAKS = re.compile(
    r"\b(?:speaks?|spoke|fluent(?:ly)?|bilingual|trilingual|native|conversational|mother tongue)\b([^.;:]*)",
    re.IGNORECASE,
)
_SPOKEN = ("spe", "spo", "flu", "ling", "nativ", "conv", "tong")  # without one of these no language is spoken
_ROLES = (" as ", "been", "was", " am ", "I'm", "I’m", "ormer", "nce ")
_NAMED = re.compile(r"\b[A-Z]\w+")
_CAPITAL = re.compile(r"\b[A-Z][a-z]{2,}\b")
_ROLE = re.compile(
    r"\b(?:having been|(?:I|I have|I had|I['’]ve|once|also) (?:was|been|am)|I['’]m|(?:a|an|my) former|formerly|once"
    r"|(?:work|worked|working|served|years|time|career|job|started|starting|began|trained|out|life) as)"
    r"(?: once)? (?:an? |the |my )?(?:former )?((?:[\w'’/-]+ ){0,3}?[\w'’/-]+)"
    r"(?= (?:at|for|in|of|who|with|and|before|I|to|on)\b|[,.;:!?]|$)",
    re.IGNORECASE,
)
_WHO_DOES = re.compile(r"(?:er|or|ist|ian|ant|eer|ess|man|woman|nurse|chief|head|cook|coach|clerk|pilot|judge)$")
_NO_ROLE = frozenset(
    {
        "believer", "customer", "for", "former", "however", "learner", "listener", "member", "newcomer", "player", "reader",
        "thinker", "user",
    }
)  # fmt: skip
_TELLS_OF = re.compile(r"\b(?:how|that|because|where|why) (?:you|[A-Z])")
_CLAUSES = re.compile(r"(?<=;)\s+|,\s+(?=(?:while|whereas|but|and) )")
_EMPLOYERS = re.compile(r"^(?:and |but |while |whereas )?(?:you|your|they|their|the \w+)\b", re.IGNORECASE)
_OWN = Marked("i my me mine myself", r"\b(?:I|[Mm](?:y|e|ine|yself))\b", re.NOFLAG)
_MADE = frozenset({"built", "made", "created", "developed", "wrote", "launched", "designed"})
_EMPLOYING = ("work", "volunteer", "education")
_WITH = r"(?i:\b(?:at|for|with|inside|within|of)\s+(?:the\s+)?)"


@dataclass(frozen=True)
class Entry:
    """One post, project or text: what stands above it, all of it, and its lines (outside a post, with what stands above).

    `title` are the stems of the post's title, which may say once what every line is about, `head` is that title as written,
    `years` its first and last; `made` says that it is the person's own work, which nobody need write that they built,
    `study` that it is no work.
    """

    name: str
    title: frozenset[str]
    whole: Evidence
    lines: tuple[Evidence, ...]
    years: tuple[int, int] = (0, 0)
    head: str = ""
    made: bool = False
    study: bool = False

    @cached_property
    def short(self) -> str:
        """The word of its name by which others call it, empty where it has none."""
        return next(
            (
                word
                for word in self.name.replace(",", " ").split()
                if len(word) > 2 and word[0].isupper() and word != "The"
            ),
            "",
        )

    def lasts(self, year: int) -> bool:
        """Whether its time reaches into a year."""
        return self.years[0] <= year <= self.years[1]


def entries(resume: Mapping[str, Any] | None, others: Sequence[str]) -> tuple[Entry, ...]:
    """The entries of a resume and of the candidate's other texts."""
    found = [_entry(entry, kind) for kind, section in (resume or {}).items() for entry in _dicts(section)]
    plain = [text for text in others if text.strip()]
    return (
        *found,
        *(Entry("", frozenset(), Evidence(text), tuple(map(Evidence, text.splitlines()))) for text in plain),
    )


def without_employer(sentence: str, company: str) -> str:
    """The sentence without its clauses that speak of the employer only; the same where none does."""
    if not _OWN.search(sentence):
        return sentence
    if company and _TELLS_OF.search(sentence):
        short = re.escape(company.partition(" ")[0])
        sentence = re.sub(rf"\b(?:how|that|because|where|why) (?:you\b|your\b|{short})[^,;.]*", " ", sentence)
    clauses = _CLAUSES.split(sentence)
    kept = [each for each in clauses if _OWN.search(each) or not _EMPLOYERS.match(each)] if clauses[1:] else clauses
    return sentence if len(kept) == len(clauses) else " ".join(kept)


def untold(sentence: str, own: Evidence, told: Sequence[Entry], company: str) -> Iterator[str]:
    """What a sentence tells of the candidate's past that no entry tells; `company` is the posting's."""
    if not _OWN.search(sentence):
        return
    if " of the " in sentence:
        yield from (found[0] for found in _OF_THE_YEAR.finditer(sentence) if found[0].lower() not in own.low)
    if any(part in sentence.lower() for part in _SPOKEN):
        yield from _tongues(sentence, own, company)
    for role in _ROLE.finditer(sentence) if any(part in sentence for part in _ROLES) else ():
        head = re.split(r"[ /-]", role[1])[-1].lower()
        if _WHO_DOES.search(head) and head not in _NO_ROLE and not own.says(head):
            yield role[1]
    for pattern in (_DEED, _HONOURED):
        for found in pattern.finditer(sentence):
            before = _LEAD.search(sentence[: found.start()])
            lead = before[1] if before else ""
            for verb, said in _clauses(found[1], found[2]):
                if verb.lower() not in _NO_DEED:
                    yield from _deed(verb, said, f"{lead} {found[2]}", told, own, company)


def _clauses(verb: str, rest: str) -> Iterator[tuple[str, str]]:
    """(verb, what it was done to) of each thing that the speaker did, one after the other."""
    end = _CLAUSE_END.search(rest)
    yield verb, rest[: end.start()] if end else rest
    for clause in re.split(r",(?!\d)\s*", rest)[1:]:
        goes_on = _GOES_ON.match(clause)
        if goes_on and not _OTHERS.search(rest[: rest.index(clause)]):
            end = _CLAUSE_END.search(goes_on[2])
            yield goes_on[1], goes_on[2][: end.start()] if end else goes_on[2]


def _deed(verb: str, said: str, around: str, told: Sequence[Entry], own: Evidence, company: str) -> Iterator[str]:
    short = company.split(" ")[0].strip(",.")
    if len(short) > 3 and not own.says(short) and re.search(_WITH + re.escape(short), around):
        yield short
        return
    named = {each.name for each in told if each.name and each.name.partition(" ")[0] in around}
    where = [each for each in told if not named or any(name.lower() in each.whole.low for name in named)]
    founded = verb.endswith("founded") and "founde" not in own.low
    if not own.is_english or (not founded and _is_told(verb, said, where, named)):
        return  # in another language the same deed has other words
    joined = _JOINED.split(said)
    parts = [(verb, joined[0]), *(_its_verb(verb, part) for part in joined[1:])]
    if founded or not parts[1:] or not any(all(_is_told(*part, [each], named) for part in parts) for each in where):
        yield f"{verb}{said}".strip()


def _its_verb(verb: str, part: str) -> tuple[str, str]:
    """(verb, object) of a part after an `and`, which may have a verb of its own."""
    own = _GOES_ON.match(part)
    return (own[1], own[2]) if own else (verb, f" {part}")


def _is_told(verb: str, said: str, where: Sequence[Entry], named: Set[str]) -> bool:
    """Whether one of the entries tells of a deed in one of its lines, or of nothing that could be looked for."""
    numbers = [each for each in figures(said) if each.kind == "number"]
    spoken = {word[0].lower().removesuffix("'s") for word in words(said)}
    spoken -= {word[0].lower() for known in (*named, *(each.said for each in numbers)) for word in words(known)}
    objects = {low for word in spoken if len(word) > 2 and not is_plain(low := stem(word))}
    if not objects:
        return True
    tools = {stem(word) for word in _NAMED.findall(said)}  # all that an entry names were used in each of its deeds
    most = 1 + len(objects) + (len(numbers) if len(objects) > 1 else 0)
    leads = ranks.leads_people(f"{verb}{said}")
    return any(
        (not leads or ranks.holds_leading(f"{line.text} {each.head}"))
        and _tells(
            line,
            "" if each.made and verb in _MADE else verb,
            objects - each.title - (tools & each.whole.stems),
            most,
            numbers,
        )
        for each in where
        for line in each.lines
    )


def _tells(line: Evidence, verb: str, objects: Set[str], most: int, numbers: Sequence[Claim]) -> bool:
    """Whether a line has the numbers and most of the words; `objects` are stems, no `verb` is one that needs no telling."""
    does = not verb or line.says(verb)
    if not objects and not numbers and not does:
        return False
    missed = objects - line.stems
    if most > 2 and len(missed) >= MOST_REWORDED * most:
        return False
    strange = sum(line.groups.isdisjoint(kin(low)) for low in missed) + (not does)
    return strange < MOST_LACKING * most and all(line.standing(one)[0] != "absent" for one in numbers)


def _tongues(sentence: str, own: Evidence, company: str) -> Iterator[str]:
    for found in _SPEAKS.finditer(sentence):
        for tongue in _CAPITAL.findall(re.split(r"\b(?:at|to|with|from)\b", found[1])[0]):
            if tongue not in company and not own.says(tongue):
                yield tongue


def _dicts(section: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(section, Mapping):
        yield section
    elif isinstance(section, list):
        yield from (entry for entry in section if isinstance(entry, Mapping))


def _entry(entry: Mapping[str, Any], kind: str) -> Entry:
    employs = kind in _EMPLOYING
    lines = [str(line) for key in ("highlights", "courses", "keywords") for line in entry.get(key) or ()]
    long = [text for key in ("summary", "description") if isinstance(text := entry.get(key), str)]
    above = " ".join(
        text for key, text in entry.items() if isinstance(text, str) and key not in ("summary", "description")
    )
    name = str(entry.get("name") or entry.get("organization") or entry.get("institution") or "")
    whole = "\n".join([above, *long, *lines])
    parts = [*long, *(lines if not entry.get("keywords") or entry.get("highlights") else [" ".join(lines)])]
    title = f"{entry.get('position') or ''} {entry.get('description') or ''}" if employs else ""
    return Entry(
        name if employs else "",
        frozenset(stem(word[0]) for word in words(title)),
        Evidence(whole),
        tuple(Evidence(text if employs else f"{above}\n{text}") for text in parts or [above]),
        _years(entry),
        title,
        made=kind == "projects",
        study=kind == "education",
    )


def _years(entry: Mapping[str, Any]) -> tuple[int, int]:
    """The first and last year of an entry; one without an end has none."""
    start, end = (str(entry.get(key) or "")[:4] for key in ("startDate", "endDate"))
    return (int(start), int(end) if end.isdigit() else 9999) if start.isdigit() else (0, 0)
