"""What a report states as a fact and nothing in the context holds: of the candidate, or of the posting."""

import re
from collections.abc import Iterable, Iterator

from core.drive.claims import claims, figures, of_rank
from core.drive.evidence import Claim, Evidence, evidence, forms_of
from core.drive.numerals import counts
from core.drive.signs import Marked, has, read, sign
from core.drive.vocabulary import stem
from core.llm import quotations, speech, whereabouts
from core.llm.asking import unasked
from core.llm.deeds import DONE, Entry, untold
from core.llm.fields import unknown_fields
from core.llm.grounding import Ground
from core.llm.statements import Statement
from core.schema import Doubt

MOST_CLAIMS = 5
MOST_HEARD = 2_000  # statements of which each ground remembers what they claim, about half a megabyte
_HYPOTHETICAL = Marked(
    "would could might may should must can will if whether unless likely probably perhaps need needs has",
    r"\b(?:would|could|might|may|should|must|can|will|if|whether|unless|likely|probably|perhaps|needs?(?: to)?|has to)\b",
)
_ADVICE = re.compile(
    r"(?:do not |don['’]t |then |also |so )?(?:add|ask|be|begin|bring|carry|check|confirm|cut|describe|explain|find|give|have|keep"
    r"|learn|lead with|leave|list|look|make|mention|move|name|offer|open with|point|practi[sc]e|prepare|put|read|recall|remember"
    r"|say|send|show|start|state|take|talk|tell|think|try|use|walk|write)\b",
    re.IGNORECASE,
)
_ALSO_PAST = ("cut", "put", "read")  # the same in the past
_OF_JOB = Marked(
    "posting job role ask asks asked want wants wanted require requires required requirement requirements demand demands demanded"
    " employer vacancy preferred they their here wish wishes our ours we"
)
_OF_PERSON = Marked("he she his her him candidate applicant")
_YOU = Marked("you yous your yours")
_THEIRS = Marked("his her your my")
_FIRST = re.compile(r"\b(?:I|I['’](?:m|ve)|[Mm]y)\b")
_TURNS = sign("but although though while whereas where yet because")
_JOINT = re.compile(r"[;—–]|, (?:and|so|not|which|who)")
_CLAUSES = re.compile(
    r"\s*(?:;|—|–(?=\s)|,? (?:but|although|though|while|whereas|where|yet|because)\b|, (?:and|so|not|which|who)\b)\s*"
)
_GOALS = Marked("goal goals aim aims hope hopes plan plans", r"\b(?:goals?|aims?|hopes?|plans? to)\b")
_SPEAKS = speech.DENIED.sign | _HYPOTHETICAL.sign | _OF_JOB.sign | _GOALS.sign
_SUBJECT = Marked(
    "he she you candidate applicant",
    r"\b(?:he|she|you|the (?:candidate|applicant))(?: has| have| had|['’]ve|['’]s)?(?= )",
)
_PRESENT = re.compile(
    r"\bI (?:also |now |currently )?(lead|manage|run|own|supervise|head|direct|oversee|coach|mentor|chair|teache?)s\b"
)
_SCORE = re.compile(r"\b\d{1,3}(?: of | ?/ ?| out of )100\b")  # checked by itself
_ASIDE = re.compile(r"\([^()]*\)")
_BARE = re.compile(rf"^(?=(?:[A-Z][a-z]+ed|{DONE.title()})\b)")
_NAMELIKE = re.compile(r"[A-Z0-9]")
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
            "latest", "recent", "employer", "firm", "stay", "last", "first", "heaviest", "weightiest", "hardest", "strongest",
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
        if len(ground.heard) >= MOST_HEARD:
            ground.heard.clear()
        ground.heard[said] = known
    return known


def _weighed(said: Statement, ground: Ground) -> Iterator[str]:
    if said.of == "lacking":
        return
    strict = said.of == "evidence"
    if found := [*quotations.misquoted(said.text, ground.own, "" if strict else ground.job, strict=strict)]:
        yield from found
        return
    text = quotations.without(said.text)
    if "100" in text:
        text = _SCORE.sub(" ", text)
    if text.rstrip(" )*_").endswith("?"):
        return
    if said.of in ("candidate", "script") and _FIRST.search(text):
        yield from ground.unfounded(text)
    where = whereabouts.named(said.text, ground.entries)
    if misplaced := [*whereabouts.misplaced(said.text, where, ground.entries)]:
        yield from misplaced
        return
    advised = False
    for clause in filter(None, _clauses(text)):
        advised = _is_advice(clause, said, where)
        if not advised or said.of == "script":
            yield from (claim for claim in _of_clause(clause, said, where, ground))


def _is_advice(clause: str, said: Statement, where: list[Entry]) -> bool:
    """Whether a clause tells somebody to do something; `Cut tests from 6 hours …` tells what was done."""
    found = _ADVICE.match(clause)
    if found and found[0].lower() in _ALSO_PAST:
        return said.of != "candidate" and not where
    return found is not None


def _clauses(text: str) -> list[str]:
    """The clauses of a sentence; most have one."""
    return _CLAUSES.split(text) if has(text, _TURNS) or _JOINT.search(text) else [text]


def _of_clause(clause: str, said: Statement, where: list[Entry], ground: Ground) -> Iterator[str]:
    """What one clause claims without evidence: of the candidate, in their own papers; else anywhere."""
    speaks = has(clause, _SPEAKS)  # most clauses only name things
    of_person = said.of in ("candidate", "evidence") or _is_of_person(clause, said, ground)
    of_job = said.of == "job" or (speaks and _OF_JOB.search(clause)) or (ground.short and ground.short in clause)
    claims_nothing = speaks and (speech.DENIED.search(clause) or _HYPOTHETICAL.search(clause) or _GOALS.search(clause))
    if claims_nothing or of_job or not (of_person or where):
        strange = [*_anywhere(clause, ground, by_dates=of_person or not of_job)]
        yield from strange
        if of_job and not strange and not claims_nothing:
            yield from unasked(clause, ground.asked, ground.every)
    else:
        yield from _own(clause, whereabouts.named(clause, ground.entries) or where, ground)
    if of_person and (not claims_nothing or _THEIRS.search(clause)):
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
        if held.standing(claim)[0] != "absent" or _counts_here(claim):  # most are held
            continue
        if _begins(claim, clause) or _is_short_for(claim, held) or _is_asked(claim, held):
            continue
        if not (by_dates and (ground.tenure_of(claim) == "held" or ground.lasted(claim))):
            yield claim.said


def _own(clause: str, where: list[Entry], ground: Ground) -> Iterator[str]:
    strange = [*_own_figures(clause, where, ground), *_own_names(clause, ground)]
    strange = strange or [*ground.strangers(clause)]
    yield from strange
    if not strange:
        yield from unknown_fields(clause, ground.record)
        yield from untold(_in_first_person(clause, ground), ground.held, ground.entries, ground.company)
        if whereabouts.elsewhere(clause, where, ground.entries):
            yield clause.strip(" .*-")


def _is_asked(claim: Claim, held: Evidence) -> bool:
    """Whether a bare number stands in the posting with what it counts: `the five asked`."""
    amount = claim.amount
    bare = amount is not None and not amount.kind and (not amount.counts or amount.counts[0] in _ASKED)
    return amount is not None and bare and any(one.value == amount.value for one in held.amounts.get(amount.value, ()))


def _claims(clause: str, held: Evidence) -> Iterator[Claim]:
    """The claims of a clause that may be strange to a text; its words are looked at first, as most are known."""
    if all(token.islower() or not forms_of(token).isdisjoint(held.forms) for token in read(clause).tokens):
        return _figures(clause)
    return (_shorn(claim, clause) for claim in claims(clause, held))


def _figures(clause: str) -> Iterator[Claim]:
    return figures(clause) if counts(clause) else iter(())


def _shorn(claim: Claim, clause: str) -> Claim:
    """A name without the word that only begins its sentence: `Dagger2` of `Knows Dagger2 …`."""
    if claim.kind != "name":
        return claim
    first, _, rest = claim.said.partition(" ")
    if not rest or clause[: claim.start].strip(" (*") or not (first.istitle() and first.isalpha()):
        return claim
    return Claim("name", rest, claim.start + len(first) + 1)


def _own_figures(clause: str, where: list[Entry], ground: Ground) -> Iterator[str]:
    for claim in _figures(clause):
        if _counts_here(claim):
            continue
        one = whereabouts.one(where)
        by_dates = ground.tenure_of(claim, [each.name for each in where] if one else ())
        if by_dates == "held":
            continue
        if by_dates in ("other", "absent"):
            held = [each.whole for each in where] if one else [ground.record]
            if all(each.standing(claim)[0] != "held" for each in held):
                yield claim.said
        elif not ground.lasted(claim) and not whereabouts.is_told(claim, where, ground.held):
            yield claim.said


def _own_names(clause: str, ground: Ground) -> Iterator[str]:
    every = ground.every
    for claim in _claims(clause, ground.held):
        if claim.amount or claim.kind == "date":
            continue
        is_named = claim.start > 0 and _NAMELIKE.search(claim.said)
        held = ground.held if claim.kind == "tool" and is_named else every
        if held.standing(claim)[0] != "absent":
            continue
        if not (_begins(claim, clause) or _is_short_for(claim, every)):
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


def _in_first_person(clause: str, ground: Ground) -> str:
    """`She led …`, `Built …` as `I led …`, `I Built …`, so that its deeds can be told."""
    said = ground.named.sub("I", clause) if any(name in clause for name in ground.names) else clause
    said = _SUBJECT.sub("I", said)
    if "I " in said:
        said = _PRESENT.sub(lambda found: f"I {found[1]}", said)
    bare = _BARE.match(said.strip())
    return f"I {said.strip()[0].lower()}{said.strip()[1:]}" if bare else said
