"""What a report states as a fact and nothing in the context holds: of the candidate, or of the posting."""

import re
from collections.abc import Iterable, Iterator

from core.drive.amounts import Amount
from core.drive.claims import claims, figures, of_rank
from core.drive.evidence import TOKEN, Claim, Evidence, evidence, forms_of, stands
from core.drive.vocabulary import stem
from core.llm import quotations, speech
from core.llm.deeds import DONE, Entry, untold
from core.llm.fields import unknown_fields
from core.llm.grounding import Ground
from core.llm.statements import Statement
from core.schema import Doubt

MOST_CLAIMS = 5
YEAR = re.compile(r"(?:19|20)\d\d")
_HYPOTHETICAL = re.compile(
    r"\b(?:would|could|might|may|should|must|can|will|if|whether|unless|likely|probably|perhaps|needs?(?: to)?|has to)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"(?:do not |don['’]t |then |also |so )?(?:add|ask|be|begin|bring|carry|check|confirm|cut|describe|explain|find|give|have|keep"
    r"|learn|lead with|leave|list|look|make|mention|move|name|offer|open with|point|practi[sc]e|prepare|put|read|recall|remember"
    r"|say|send|show|start|state|take|talk|tell|think|try|use|walk|write)\b",
    re.IGNORECASE,
)
_OF_JOB = re.compile(
    r"\b(?:posting|job|role|post asks|asks?|asked|wants?|wanted|requires?|required|requirements?|demands?|demanded|employer|vacancy"
    r"|preferred|they|their|here|wish(?:es)?|ours?|we)\b",
    re.IGNORECASE,
)
_OF_PERSON = re.compile(r"\b(?:he|she|his|her|him|candidate|applicant)\b", re.IGNORECASE)
_YOU = re.compile(r"\byour?s?\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:I|I['’](?:m|ve)|[Mm]y)\b")
_CLAUSES = re.compile(
    r"\s*(?:;|—|–(?=\s)|,? (?:but|although|though|while|whereas|where|yet|because)\b|, (?:and|so|not|which|who)\b)\s*"
)
_SUBJECT = re.compile(
    r"\b(?:[Hh]e|[Ss]he|[Yy]ou|[Tt]he (?:candidate|applicant))(?: has| have| had|['’]ve|['’]s)?(?= )", re.IGNORECASE
)
_PRESENT = re.compile(
    r"\bI (?:also |now |currently )?(lead|manage|run|own|supervise|head|direct|oversee|coach|mentor|chair|teache?)s\b"
)
_SCORE = re.compile(r"\b\d{1,3}(?: of | ?/ ?| out of )100\b")  # checked by itself
_ASIDE = re.compile(r"\([^()]*\)")
_GOALS = re.compile(r"\b(?:goals?|aims?|hopes?|plans? to)\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|eighteen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|[mb]illions?|dozens?|half|halv\w+|third|quarter|doubl\w+|trebl\w+"
    r"|tripl\w+|quadrupl\w+|twice|\w+fold|couple|decades?|scores|fifths?|tenths?|ninths?|zero|none)\b",
    re.IGNORECASE,
)
_BARE = re.compile(rf"^(?=(?:[A-Z][a-z]+ed|{DONE.title()})\b)")
_MONTH = re.compile(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*")
_ASKED = frozenset(map(stem, ("asked", "wanted", "required", "demanded", "named")))
_SMALL = 12  # a number word up to it may count what the report itself lists
_OWN_COUNTS = frozenset(
    map(
        stem,
        (
            "demand", "doubt", "problem", "entry", "post", "line", "word", "tool", "thing", "reason", "gap", "question", "second",
            "way", "place", "proof", "strength", "term", "wish", "point", "page", "glance", "row", "item", "job", "skill", "must",
            "sentence", "bullet", "claim", "figure", "date", "section", "title", "side", "step", "half", "part", "message",
            "latest", "recent", "last", "first", "heaviest", "weightiest", "hardest", "strongest",
        ),
    )
)  # fmt: skip


def doubts(said: Iterable[Statement], ground: Ground) -> tuple[Doubt, ...]:
    """Each statement of a report with what it claims and the context does not hold."""
    found = ((each.text, unfounded(each, ground)) for each in said)
    return tuple(Doubt(sentence=text, claims=strange[:MOST_CLAIMS]) for text, strange in found if strange)


def unfounded(said: Statement, ground: Ground) -> tuple[str, ...]:
    """What a statement claims that the context does not hold, each once; a statement heard before is known."""
    known = ground.heard.get(said)
    if known is None:
        known = tuple(dict.fromkeys(_weighed(said, ground)))
        ground.heard[said] = known
    return known


def _weighed(said: Statement, ground: Ground) -> Iterator[str]:
    strict = said.of == "evidence"
    if found := [*quotations.misquoted(said.text, ground.own, "" if strict else ground.job, strict=strict)]:
        yield from found
        return
    text = _SCORE.sub(" ", quotations.without(said.text))
    if text.rstrip(" )*_").endswith("?"):
        return
    if said.of in ("candidate", "script") and _FIRST.search(text):
        yield from ground.unfounded(text)
    where = _named(said.text, ground.entries)
    advised = False
    for clause in filter(None, _CLAUSES.split(text)):
        advised = _ADVICE.match(clause) is not None
        if not advised or said.of == "script":
            yield from (claim for claim in _of_clause(clause, said, where, ground))


def _of_clause(clause: str, said: Statement, where: list[Entry], ground: Ground) -> Iterator[str]:
    """What one clause claims without evidence: of the candidate, in their own papers; else anywhere."""
    of_person = said.of in ("candidate", "evidence") or _is_of_person(clause, said, ground)
    of_job = said.of == "job" or _OF_JOB.search(clause) or (ground.company and ground.company.split()[0] in clause)
    claims_nothing = speech.DENIED.search(clause) or _HYPOTHETICAL.search(clause) or _GOALS.search(clause)
    if claims_nothing or of_job or not (of_person or where):
        yield from _anywhere(clause, ground, by_dates=of_person or not of_job)
    else:
        yield from _own(clause, where, ground)
    if of_person and (not claims_nothing or re.search(r"\b(?:his|her|your|my)\b", clause, re.IGNORECASE)):
        plain = _ASIDE.sub(" ", clause)
        for claim in of_rank(plain):
            if not (ground.holds_rank(claim, plain) or (of_job and ground.every.standing(claim)[0] != "absent")):
                yield claim.said


def _is_of_person(clause: str, said: Statement, ground: Ground) -> bool:
    if _OF_PERSON.search(clause) or any(name in clause for name in ground.names):
        return True
    return said.of == "script" and _YOU.search(clause) is not None


def _anywhere(clause: str, ground: Ground, *, by_dates: bool) -> Iterator[str]:
    held = ground.every if by_dates or not speech.ASKED.search(clause) else evidence(ground.job)
    for claim in _claims(clause, held):
        if _counts_here(claim) or _begins(claim, clause) or _is_short_for(claim, held):
            continue
        if by_dates and (ground.tenure_of(claim) == "held" or ground.lasted(claim)):
            continue
        if held.standing(claim)[0] == "absent" and not _is_asked(claim, held):
            yield claim.said


def _own(clause: str, where: list[Entry], ground: Ground) -> Iterator[str]:
    strange = [*_own_figures(clause, where, ground), *_own_names(clause, ground)]
    yield from strange
    if not strange:
        yield from unknown_fields(clause, ground.record)
        yield from untold(_in_first_person(clause, ground), ground.held, ground.entries, ground.company)


def _is_asked(claim: Claim, held: Evidence) -> bool:
    """Whether a bare number stands in the posting with what it counts: `the five asked`."""
    amount = claim.amount
    bare = amount is not None and not amount.kind and (not amount.counts or amount.counts[0] in _ASKED)
    return amount is not None and bare and any(one.value == amount.value for one in held.amounts.get(amount.value, ()))


def _claims(clause: str, held: Evidence) -> Iterator[Claim]:
    """The claims of a clause that may be strange to a text; its words are looked at first, as most are known."""
    names = [found[0] for found in TOKEN.finditer(clause) if not found[0].islower()]
    if all(not forms_of(name).isdisjoint(held.forms) for name in names):
        return figures(clause) if _COUNTED.search(clause) else iter(())
    return (_shorn(claim, clause) for claim in claims(clause, held))


def _shorn(claim: Claim, clause: str) -> Claim:
    """A name without the word that only begins its sentence: `Dagger2` of `Knows Dagger2 …`."""
    first, _, rest = claim.said.partition(" ")
    if (
        claim.kind != "name"
        or not rest
        or clause[: claim.start].strip(" (*")
        or not (first.istitle() and first.isalpha())
    ):
        return claim
    return Claim("name", rest, claim.start + len(first) + 1)


def _own_figures(clause: str, where: list[Entry], ground: Ground) -> Iterator[str]:
    for claim in figures(clause) if _COUNTED.search(clause) else ():
        if _counts_here(claim):
            continue
        by_dates = ground.tenure_of(claim, where[0].name if len(where) == 1 else "")
        if by_dates == "held":
            continue
        if by_dates in ("other", "absent"):
            held = where[0].whole if len(where) == 1 else ground.record
            if held.standing(claim)[0] != "held":
                yield claim.said
        elif not ground.lasted(claim) and not _is_told(claim, where, ground):
            yield claim.said


def _is_told(claim: Claim, where: list[Entry], ground: Ground) -> bool:
    """Whether a figure stands in the papers, and in those of the employers that its sentence names."""
    if claim.amount and where and _is_year(claim.amount):
        return any(each.lasts(int(claim.amount.value)) or each.whole.standing(claim)[0] == "held" for each in where)
    standing = ground.held.standing(claim)[0]
    if standing == "absent" or (standing == "other" and ground.held.counts_otherwise(claim)):
        return False
    return not where or any(each.whole.standing(claim)[0] != "absent" for each in where)


def _is_year(amount: Amount) -> bool:
    """Whether it is a year, also in `2020–now`."""
    return amount.is_year or (YEAR.fullmatch(amount.written) is not None and amount.after[:1] in "–-")


def _own_names(clause: str, ground: Ground) -> Iterator[str]:
    every = ground.every
    for claim in _claims(clause, ground.held):
        if claim.amount or claim.kind == "date" or _begins(claim, clause) or _is_short_for(claim, every):
            continue
        is_named = claim.start > 0 and re.search(r"[A-Z0-9]", claim.said)
        held = ground.held if claim.kind == "tool" and is_named else every
        if held.standing(claim)[0] == "absent":
            yield claim.said


def _begins(claim: Claim, clause: str) -> bool:
    """Whether it is only the first word of a sentence, which any word may be: `Maybe`, `Recall`."""
    return (
        claim.kind == "name"
        and claim.said.istitle()
        and claim.said.isalpha()
        and not clause[: claim.start].strip(" (*")
    )


def _is_short_for(claim: Claim, held: Evidence) -> bool:
    """Whether it abbreviates what stands there in full, `SRE`, or is a month that stands there in short."""
    if _MONTH.fullmatch(claim.said):
        return claim.said[:3].lower() in held.forms
    return claim.said.isupper() and claim.said.isalpha() and held.abbreviates(claim.said)


def _counts_here(claim: Claim) -> bool:
    """Whether a number only counts what the report lists: `two doubts`, `in three of them`."""
    amount = claim.amount
    if amount is None or amount.kind or any(map(str.isdigit, claim.said)) or amount.value > _SMALL:
        return False
    return not amount.counts or not _OWN_COUNTS.isdisjoint(amount.counts[:2]) or amount.after.startswith(" of the")


def _named(text: str, told: Iterable[Entry]) -> list[Entry]:
    """The employers and schools whose name a statement gives, by its first word of some length."""
    return [each for each in told if each.short and stands(each.short, text)]


def _in_first_person(clause: str, ground: Ground) -> str:
    """`She led …`, `Built …` as `I led …`, `I Built …`, so that its deeds can be told."""
    names = "|".join(map(re.escape, ground.names))
    said = re.sub(rf"\b(?:{names})(?: (?:{names}))*(?= )", "I", clause) if names else clause
    said = _SUBJECT.sub("I", said)
    said = _PRESENT.sub(lambda found: f"I {found[1]}", said)
    bare = _BARE.match(said.strip())
    return f"I {said.strip()[0].lower()}{said.strip()[1:]}" if bare else said
