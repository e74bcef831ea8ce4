"""From what a model wrote to a whole answer: all that can be computed comes from code, from the finished text."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rapidfuzz import fuzz

from core.drive import tailoring
from core.drive.numerals import numbers
from core.drive.resume import plain_text, to_markdown
from core.llm import rules, unproven
from core.llm.grounding import Ground, ground
from core.llm.parser import Parsed
from core.llm.rules import facts as facts_of
from core.llm.rules import improve, letter, tailor
from core.llm.rules.facts import MADE, NOT_FOLLOWED, Facts
from core.llm.rules.phrases import inner, many
from core.llm.sifting import sift
from core.llm.unproven import LETTERS, plain_sentences
from core.schema import AiAnswer, Feature, Written
from core.tools import posting, scoring
from core.tools.material import Material
from core.tools.scoring import quote

FIELDS = ("title", "summary", "content", "bullets", "warnings", "next_actions")
OWN_CONTENT: tuple[Feature, ...] = ("tailor_resume", "improve_text")  # their content is the document itself
OF_RULES = (MADE, NOT_FOLLOWED, improve.ONLY_SLIPS, improve.GOAL_IGNORED)  # what is true only of a text by rules
NOTHING = Written(AiAnswer(title="", summary="", content=""))
MOST_OPENING = 3
ALIKE = 90  # of 100: so near that a reader takes two sentences for one
MEANS_SOMETHING = 25  # characters: a shorter sentence stands in many by chance
MOST_SUMMARY = 2


def title(feature: Feature, material: Material) -> str:
    """What the answer will be called where the rules name it."""
    return rules.title(feature, material)


def finish(
    parsed: Parsed, feature: Feature, material: Material, prompt_writes: Sequence[str], *, today: date
) -> Written:
    """The model's answer made whole: fields it does not write, keywords, score, changes and warnings by code.

    `prompt_writes` names the fields the prompt leaves to the model; one it left empty comes from the rules too.
    """
    facts = facts_of.read(material, today)
    if feature in LETTERS and not parsed.content:  # one paragraph under a title is the text itself
        parsed = replace(parsed, content=parsed.summary, summary="")
    base = _base(parsed, feature, facts, prompt_writes)
    if feature == "tailor_resume":
        return _tailored(parsed, facts, base, prompt_writes)
    answer = _answer(parsed, base.answer, prompt_writes)
    if feature == "cover_letter" and answer.content != base.answer.content:
        said = tuple(letter.warnings(facts, answer.content)) if "warnings" not in prompt_writes else answer.warnings
        answer = answer.model_copy(update={"bullets": _rests_on(facts, answer.content), "warnings": said})
    elif feature == "improve_text" and answer.content != base.answer.content:
        flagged = improve.flags(answer.content)
        update = {
            "bullets": (),
            "warnings": tuple(flagged),
            "next_actions": tuple(improve.actions(answer.content, flagged)),
        }
        answer = answer.model_copy(update=update)
    added = facts.terms_in(answer.content) if feature in LETTERS else ()
    doubts = unproven.doubts(parsed, answer, feature, facts)
    warned = _once([*answer.warnings, *unproven.warnings(answer, doubts, feature, facts)])
    details = facts.details.model_copy(update={"doubts": doubts})
    return Written(answer.model_copy(update={"keywords_added": added, "warnings": warned}), details=details)


def _base(parsed: Parsed, feature: Feature, facts: Facts, prompt_writes: Sequence[str]) -> Written:
    """What the rules have for the fields that the model left to them; where it left none, nothing is written for it."""
    if _is_whole(parsed, feature, prompt_writes):
        return NOTHING
    own = all(name in prompt_writes and getattr(parsed, name) for name in ("title", "summary", "content"))
    if feature == "improve_text" and own and not improve.is_own(facts, parsed.content):
        return NOTHING
    if feature == "cover_letter" and own and not letter.is_own(facts, parsed.content):
        return replace(NOTHING, answer=NOTHING.answer.model_copy(update={"next_actions": tuple(letter.actions(facts))}))
    return rules.write_from(feature, facts)


def _is_whole(parsed: Parsed, feature: Feature, prompt_writes: Sequence[str]) -> bool:
    """Whether a report leaves the rules nothing to write, so that they need not: half of what a run costs here."""
    written = (name in prompt_writes and (name == "warnings" or getattr(parsed, name)) for name in FIELDS)
    return feature not in (*LETTERS, *OWN_CONTENT) and all(written)


def opening(text: str, feature: Feature, material: Material, *, today: date) -> Written:
    """The rules' answer with a small model's summary and one opening paragraph, as far as they hold.

    Without a fitting place (a resume, an edited text) the paragraph falls away.
    """
    facts = facts_of.read(material, today)
    base = rules.write_from(feature, facts)
    kept, dropped = _heard(text, feature, ground(facts.material))
    summary, paragraph = _cast(kept, feature)
    answer = base.answer
    if feature == "cover_letter":
        paragraph = _untold(paragraph, answer.content)
    content = answer.content if feature in OWN_CONTENT or not paragraph else _opened(answer.content, paragraph, feature)
    said = [warning for warning in answer.warnings if warning != MADE]
    update = {
        "summary": summary or answer.summary,
        "content": content,
        "warnings": (_demo(bool(summary), content != answer.content, dropped), *said),
        "keywords_added": facts.terms_in(content) if feature in LETTERS else answer.keywords_added,
    }
    return replace(base, answer=answer.model_copy(update=update))


# -- a model's whole answer ------------------------------------------------------------------------


def _answer(parsed: Parsed, base: AiAnswer, prompt_writes: Sequence[str]) -> AiAnswer:
    """The model's fields where it wrote them, the rules' elsewhere, without the rules' own mark."""
    written = {name: value for name in FIELDS if name in prompt_writes and (value := getattr(parsed, name))}
    warned = parsed.warnings if "warnings" in prompt_writes else base.warnings
    unmarked = tuple(warning for warning in warned if warning not in OF_RULES)
    return base.model_copy(update={**written, "warnings": unmarked})


def _tailored(parsed: Parsed, facts: Facts, base: Written, prompt_writes: Sequence[str]) -> Written:
    """The resume with the changes that hold; each refused one is listed and warned of."""
    answer = _answer(parsed, base.answer, [name for name in prompt_writes if name != "content"])
    if not facts.has_resume:
        return replace(base, answer=answer)
    proposed = parsed.changes if "changes" in prompt_writes else base.changes
    done = tailoring.judge_by(facts.source, proposed)
    details = scoring.score(replace(facts.material, resume=done.resume), facts.today)
    refused = [f"Not changed, {each.change.path or 'no place named'}: {each.why}" for each in done.rejected]
    verified = tuple(change for change in done.accepted if change.verdict == "verified")
    unsure = tailor.unsure(done.accepted)
    before, after = "\n".join(line.text for line in facts.source.lines), plain_text(done.resume)
    update = {
        "content": to_markdown(done.resume),
        "warnings": _once([*unsure, *answer.warnings, *refused]),
        "keywords_added": tuple(
            found.term for found in details.matched if _stands(found.term, after) and not _stands(found.term, before)
        ),
    }
    told = parsed.bullets if "bullets" in prompt_writes else ()
    if len(verified) < len(proposed) or not (told or done.accepted == base.changes):
        update["bullets"] = tailor.told(proposed, told, done)
    return Written(
        answer.model_copy(update=update),
        changes=done.accepted,
        details=details.model_copy(update={"rejected": done.rejected}),
    )


def _rests_on(facts: Facts, text: str) -> tuple[str, ...]:
    """The resume's lines a letter retells: they share a number that is theirs alone, or two of its terms."""
    said, terms = {claim for claim, _ in numbers(text)}, set(facts.named_in(text))
    found = [
        f"“{quote(bullet.text)}” ({inner(post.place)})"
        for post, bullet, figures in facts.numbered_bullets
        if said & figures or len(terms.intersection(facts.named_in(bullet.text))) > 1
    ]
    return tuple(found[:5])


# -- a small model's opening ---------------------------------------------------------------------------


def _heard(text: str, feature: Feature, ground: Ground) -> tuple[list[list[str]], int]:
    """What stays of a small model's text, by paragraph, and how many sentences were dropped."""
    kept, dropped = sift(text, ground)
    misplaced = 0
    for at, paragraph in enumerate(kept):
        right = [sentence for sentence in paragraph if _voiced(sentence, feature)]
        misplaced += len(paragraph) - len(right)
        kept[at] = right
    return kept, len([why for _, why in dropped]) + misplaced


def _voiced(sentence: str, feature: Feature) -> bool:
    """A letter speaks as the candidate, everything else about them; greetings belong to neither."""
    if re.match(r"(?:dear|hello|hi|sincerely|kind regards|thank)\b", sentence, re.IGNORECASE):
        return False
    first_person = re.search(r"\b(?:I|I['’](?:m|ve|d|ll)|[Mm]y|[Mm]e)\b", sentence) is not None
    return feature == "cover_letter" or not first_person


def _cast(kept: list[list[str]], feature: Feature) -> tuple[str, str]:
    """(summary, opening paragraph). In a letter what is said as "I" is the paragraph, the rest the summary."""
    if feature == "cover_letter":
        every = [sentence for paragraph in kept for sentence in paragraph]
        own = [each for each in every if re.search(r"\b(?:I|I['’](?:m|ve|d|ll)|[Mm]y|[Mm]e)\b", each)]
        return " ".join([each for each in every if each not in own][:MOST_SUMMARY]), " ".join(own[:MOST_OPENING])
    first, *rest = kept or [[]]
    after = [sentence for paragraph in rest for sentence in paragraph]
    if not after:
        first, after = first[:1], first[1:]
    return " ".join(first[:MOST_SUMMARY]), " ".join(after[:MOST_OPENING])


def _untold(paragraph: str, body: str) -> str:
    """The sentences of an opening that the letter does not tell again."""
    told = plain_sentences(body)
    return " ".join(each for each in posting.split(paragraph) if not any(_retells(each, other) for other in told))


def _retells(one: str, other: str) -> bool:
    """Whether a sentence stands in another nearly word for word, or begins like it and gives the same numbers."""
    short, long = sorted((one.casefold().rstrip(" .!?"), other.casefold().rstrip(" .!?")), key=len)
    if len(short) >= MEANS_SOMETHING and fuzz.partial_ratio(short, long) >= ALIKE:
        return True
    counted = {claim for claim, _ in numbers(one)}
    begins_alike = one.casefold().split()[:3] == other.casefold().split()[:3]
    return begins_alike and bool(counted) and counted == {claim for claim, _ in numbers(other)}


def _opened(content: str, paragraph: str, feature: Feature) -> str:
    """The paragraph at the start of the content; in a letter, after the salutation."""
    if feature != "cover_letter":
        return f"{paragraph}\n\n{content}"
    greeting, _, body = content.partition("\n\n")
    return f"{greeting}\n\n{paragraph}\n\n{body}"


def _demo(summary: bool, paragraph: bool, dropped: int) -> str:
    parts = " and ".join(
        name for name, wrote in (("the summary", summary), ("the opening paragraph", paragraph)) if wrote
    )
    said = (
        f"Demo model: it wrote {parts}, rules the rest."
        if parts
        else "Demo model: nothing it wrote could be kept, rules wrote all."
    )
    if dropped:
        were, them = ("was", "it") if dropped == 1 else ("were", "them")
        said += f" {many(dropped, 'sentence')} of the model {were} dropped, as the context does not hold {them}."
    return said


def _stands(term: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?![\w+#])", text, re.IGNORECASE) is not None


def _once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
