"""What code holds against a model's finished text: claims without evidence, gaps claimed, another score."""

import re
from collections.abc import Iterator, Sequence

from core.llm import reports
from core.llm.denials import false_denials
from core.llm.grounding import ground
from core.llm.parser import Parsed
from core.llm.rules.facts import Facts
from core.llm.statements import REPORTS, statements
from core.schema import AiAnswer, Doubt, Feature
from core.tools import keywords, posting
from core.tools.scoring import quote

LETTERS: tuple[Feature, ...] = ("cover_letter", "improve_text")
MOST_UNFOUNDED = 8
_SCORE = re.compile(r"\b(\d{1,3})\s*(?:of|/|out of)\s*100\b")
_GREETS = re.compile(
    r"(?:dear|hello|hi|sincerely|yours|(?:kind|best|warm) regards|regards|best wishes)\b[^.!?]{0,80}$", re.IGNORECASE
)


def doubts(parsed: Parsed, answer: AiAnswer, feature: Feature, facts: Facts) -> tuple[Doubt, ...]:
    """Each sentence of the model's that claims what the context lacks; a letter's greeting and close claim nothing."""
    held = ground(facts.material, facts.years, facts.today)
    if feature in REPORTS:
        own = {name: getattr(answer, name) for name in ("summary", "content", "bullets") if getattr(parsed, name)}
        told = statements(own.get("summary", ""), own.get("content", ""), own.get("bullets", ()), feature)
        return reports.doubts(told, held)
    if not parsed.content:
        return ()
    sentences = [each for each in plain_sentences(answer.content) if not _GREETS.match(each)]
    found = ((sentence, held.unfounded(sentence)) for sentence in sentences)
    return tuple(Doubt(sentence=sentence, claims=tuple(strange[:5])) for sentence, strange in found if strange)


def warnings(answer: AiAnswer, doubts: Sequence[Doubt], feature: Feature, facts: Facts) -> Iterator[str]:
    """A sentence with a cure for a wrong score, each claimed gap, each false denial, each doubt not named so before."""
    yield from _false_score(answer, facts)
    gaps = _claimed_gaps(answer, facts)
    yield from gaps
    yield from _denied(answer, feature, facts)
    for each in doubts[:MOST_UNFOUNDED]:
        said = quote(each.sentence)
        if not any(said in gap and gap.startswith(each.claims[0]) for gap in gaps):
            yield f"Nothing in the context holds {_quoted(each.claims)}: “{said}” Check it, or take it out."


def plain_sentences(markdown: str) -> list[str]:
    """The sentences of a Markdown text, without its marks."""
    return [sentence for line in markdown.splitlines() for sentence in posting.sentences(line)]


def _claimed_gaps(answer: AiAnswer, facts: Facts) -> list[str]:
    """A warning for each term that only the posting has and the text claims for the candidate."""
    if not facts.firm_missing:
        return []
    text = "\n".join([answer.summary, answer.content, *answer.bullets])
    held = ground(facts.material, facts.years, facts.today)
    claiming = [each for each in plain_sentences(text) if held.is_of_candidate(each) and held.is_claim(each)]
    named = keywords.mentioned(text, facts.firm_missing) if claiming else []
    told: dict[str, str] = {}
    for sentence in claiming if named else ():
        for term in keywords.mentioned(sentence, [term for term in named if term not in told]):
            told[term] = (
                f"{term} stands only in the posting, but the text claims it: “{quote(sentence)}” "
                "Ask the candidate, or take it out."
            )
    return list(told.values())


def _denied(answer: AiAnswer, feature: Feature, facts: Facts) -> Iterator[str]:
    """A warning for each term that a report says the resume lacks, and that stands in it."""
    if feature not in REPORTS:
        return
    held = ground(facts.material, facts.years, facts.today)
    told = statements(answer.summary, answer.content, answer.bullets, feature)
    for term, sentence in dict(false_denials(told, held.papers, held.names)).items():
        yield f"The resume has {term}, but the text says it does not: “{quote(sentence)}” Correct it."


def _quoted(claims: Sequence[str]) -> str:
    return ", ".join(f"“{each}”" for each in claims[:3])


def _false_score(answer: AiAnswer, facts: Facts) -> list[str]:
    """A warning where the text states another score than the computed one."""
    text = "\n".join([answer.title, answer.summary, answer.content, *answer.bullets])
    if "100" not in text:
        return []
    stated = {int(found[1]) for found in _SCORE.finditer(text)} - {facts.details.score}
    score = "none could be computed" if facts.details.score is None else f"the computed one is {facts.details.score}"
    return [f"The text states a score of {min(stated)} of 100; {score}."] if stated else []
