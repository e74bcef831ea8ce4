"""A text made tighter by rules: common slips mended, fillers out, weak openers made verbs; never a new claim."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.llm.rules import naming, slips
from core.llm.rules.facts import Facts
from core.llm.rules.phrases import many
from core.schema import AiAnswer, Written
from core.tools.scoring import quote

TEXT, GOAL = "text", "goal"
ONLY_SLIPS = (
    "Rules shorten and correct only common slips: other mistakes of grammar or spelling stay, so read it through."
)
GOAL_IGNORED = "The goal was not followed: rules cannot read it. Run it again on a model for that."
READ_CHARS = 40_000
LONG_WORDS = 32
_LONG_AND_SHORT = (
    (r"in order to", "to"),
    (r"so as to", "to"),
    (r"due to the fact that", "because"),
    (r"for the purpose of", "for"),
    (r"at this point in time|at the present time", "now"),
    (r"in the event that", "if"),
    (r"with regards? to|in regards? to|with respect to", "about"),
    (r"a (?:large|great|huge) number of", "many"),
    (r"the majority of", "most"),
    (r"on a (daily|weekly|monthly|yearly) basis", r"\1"),
    (r"on a regular basis", "regularly"),
    (r"has the ability to", "can"),
    (r"have the ability to", "can"),
    (r"is able to", "can"),
    (r"are able to", "can"),
    (r"was able to", "could"),
    (r"in close cooperation with", "with"),
    (r"made use of", "used"),
    (r"utili[sz]ed", "used"),
    (r"utili[sz]e", "use"),
    (r"utili[sz]ing", "using"),
    (r"prior to", "before"),
    (r"subsequent to", "after"),
    (r"in spite of the fact that", "although"),
    (r"as well as", "and"),
    (r"a variety of|a wide range of|a wide variety of", "many"),
)
_SHORTER = tuple((re.compile(rf"\b(?:{long})\b", re.IGNORECASE), short) for long, short in _LONG_AND_SHORT)
_FILLERS = re.compile(
    r"\b(?:basically|essentially|actually|literally|very|really|quite|simply|needless to say,?|it should be noted that"
    r"|it is worth noting that|as a matter of fact,?|i would like to say that|in my opinion,?|i believe that|i think that)(?: |(?=[.,;]))",
    re.IGNORECASE,
)
_NOUNS = {"management": "Managed", "development": "Developed", "maintenance": "Maintained", "coordination": "Coordinated",
          "supervision": "Supervised", "implementation": "Implemented", "creation": "Created", "preparation": "Prepared",
          "organization": "Organized", "organisation": "Organised", "administration": "Administered"}  # fmt: skip
_VERBS = {
    "managing": "Managed", "developing": "Developed", "leading": "Led", "building": "Built", "writing": "Wrote",
    "designing": "Designed", "maintaining": "Maintained", "running": "Ran", "training": "Trained", "teaching": "Taught",
    "creating": "Created", "coordinating": "Coordinated", "supervising": "Supervised", "planning": "Planned",
    "implementing": "Implemented", "testing": "Tested", "preparing": "Prepared", "overseeing": "Oversaw",
    "organizing": "Organized", "organising": "Organised", "analyzing": "Analyzed", "analysing": "Analysed",
    "monitoring": "Monitored", "reviewing": "Reviewed", "handling": "Handled", "providing": "Provided",
    "ensuring": "Ensured", "delivering": "Delivered", "hiring": "Hired", "mentoring": "Mentored", "coaching": "Coached",
    "automating": "Automated", "deploying": "Deployed", "migrating": "Migrated", "negotiating": "Negotiated",
}  # fmt: skip
_OPENER = re.compile(
    r"(?m)^(?P<mark>\s*(?:[-*•]\s+)?)(?:(?:was |were |i was )?responsible for|duties included|tasks included|in charge of"
    r"|tasked with)(?: the)? (?P<word>[a-z]+)(?P<of> of)?\b",
    re.IGNORECASE,
)
_DOUBLED = re.compile(r"\b([A-Za-z]{2,})(?: \1\b)+", re.IGNORECASE)
_RIGHTLY_DOUBLED = {"that", "had", "new", "york", "walla", "duran", "bora"}
_KEPT = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+|\S+@\S+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    before: str
    after: str

    def __str__(self) -> str:
        return (
            f"“{quote(self.before, 80)}” → “{quote(self.after, 80)}”"
            if self.after
            else f"“{quote(self.before, 80)}” taken out"
        )


def write(facts: Facts) -> Written:
    """The text with its edits; without a text in the inputs, the resume's summary is taken."""
    given = facts.material.inputs.get(TEXT, "")
    text, source = (given, "the text") if given.strip() else (facts.career.summary, "the summary of the resume")
    if not text.strip():
        return _nothing(facts)
    better, edits = improve(text)
    flagged = flags(better)
    answer = AiAnswer(
        title=naming.title("improve_text", facts),
        summary=_summary(source, text, better, len(edits), len(flagged)),
        content=better,
        bullets=tuple(dict.fromkeys(str(edit) for edit in edits)),
        warnings=facts.warnings(
            ONLY_SLIPS,
            GOAL_IGNORED if facts.material.inputs.get(GOAL, "").strip() else "",
            "" if given.strip() else "No text was given, so the summary of the resume was taken.",
            *flagged,
        ),
        keywords_added=facts.terms_in(better),
        next_actions=tuple(actions(better, flagged)),
    )
    return Written(answer, details=facts.details)


def is_own(facts: Facts, text: str) -> bool:
    """Whether a text is the one that `write` would write."""
    given = facts.material.inputs.get(TEXT, "")
    given = given if given.strip() else facts.career.summary
    return not given.strip() or improve(given)[0] == text


def improve(text: str) -> tuple[str, list[Edit]]:
    """The text after every safe edit, and the edits. Code, links and addresses stay as they are."""
    edits: list[Edit] = []
    head, rest = text[:READ_CHARS], text[READ_CHARS:]
    pieces, at = [], 0
    for kept in _KEPT.finditer(head):
        pieces += [_edited(head[at : kept.start()], edits), kept[0]]
        at = kept.end()
    pieces.append(_edited(head[at:], edits))
    better = "".join(pieces) + rest
    return (better, edits) if better.strip() else (text, [])


def _edited(text: str, edits: list[Edit]) -> str:
    text = slips.corrected(text, lambda change: _noting(edits, change))
    text = _OPENER.sub(_noting(edits, _open), text)
    for pattern, short in _SHORTER:
        text = pattern.sub(_noting(edits, _shortened(short)), text)
    text = _FILLERS.sub(_noting(edits, lambda _: ""), text)
    text = _DOUBLED.sub(_noting(edits, _once), text)
    text = re.sub(r"(?<=\S)[ \t]{2,}(?=\S)", " ", text)
    text = re.sub(r" +([,.;!?])(?=\s|$)", r"\1", text)
    return re.sub(r"(^|[.!?]\s+)([a-z])(?=[a-z]+\b)", _capital, text) if edits else text


def _noting(edits: list[Edit], change: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    def note(found: re.Match[str]) -> str:
        after = change(found)
        if after != found[0]:
            edits.append(Edit(found[0].strip(), after.strip()))
        return after

    return note


def _open(found: re.Match[str]) -> str:
    """A weak opener as a verb, only where the word behind it is known; otherwise as it was."""
    word = found["word"].lower()
    verb = _VERBS.get(word) if not found["of"] else _NOUNS.get(word)
    return f"{found['mark']}{verb}" if verb else found[0]


def _shortened(short: str) -> Callable[[re.Match[str]], str]:
    def change(found: re.Match[str]) -> str:
        after = found.expand(short)
        return after[0].upper() + after[1:] if found[0][0].isupper() else after

    return change


def _once(found: re.Match[str]) -> str:
    return found[0] if found[1].lower() in _RIGHTLY_DOUBLED else found[1]


def _capital(found: re.Match[str]) -> str:
    return found[1] + found[2].upper() if found[1] else found[0]


def flags(text: str) -> list[str]:
    """What a person should look at: sentences too long, weak openers that no rule can mend."""
    sentences = [each.strip() for each in re.split(r"(?<=[.!?])\s+|\n+", text[:READ_CHARS]) if each.strip()]
    long = [each for each in sentences if len(each.split()) > LONG_WORDS]
    told = [f"A sentence of {len(each.split())} words: “{quote(each, 90)}”" for each in long[:3]]
    weak = [each for each in sentences if re.match(r"[-*•\s]*(?:responsible for|duties included)", each, re.IGNORECASE)]
    return told + [f"A weak opener: “{quote(each, 90)}”" for each in weak[:3]]


def _summary(source: str, before: str, after: str, edits: int, flagged: int) -> str:
    if not edits:
        said = f"Rules found nothing to cut or correct in {source}; it stands as it was."
    else:
        said = f"{many(edits, 'edit')} in {source}: {len(before.split())} words before, {len(after.split())} after."
    return f"{said} {many(flagged, 'place')} to look at by hand." if flagged else said


def actions(text: str, flagged: list[str]) -> list[str]:
    """What to do next with a text."""
    told = (
        ["Split or shorten the sentences named in the warnings."] if any(" words: " in each for each in flagged) else []
    )
    if not re.search(r"\d", text):
        told.append("Add a number where there is a true one: how many, how often, how much.")
    return [*told, "Read it aloud once: what you stumble over, the reader will too."]


def _nothing(facts: Facts) -> Written:
    answer = AiAnswer(
        title=naming.title("improve_text", facts),
        summary="This run had no text to improve.",
        content="This run had no text to improve. Put it into the field “text” and run it again.",
        warnings=facts.warnings("No text was given."),
        next_actions=(f"Put the text into the field “{TEXT}” and run it again.",),
    )
    return Written(answer, details=facts.details)
