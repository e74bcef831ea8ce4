"""What the 135M model is asked: one summary sentence and two to open with; of an edited text, the summary alone.

Rules find the facts and begin every sentence; the model goes on. Its grammar lets the first and the
third sentence list strengths that were found, and the second use no name or number but those of the
deed it retells, so that it can be clumsy but hardly untrue. All it is told stands in the messages, to
be seen and recorded; the grammar is read off them.
"""

import json
import re
from collections.abc import Mapping, Sequence, Set
from datetime import date
from itertools import combinations
from typing import Any

from core.llm.opening_examples import EXAMPLES, SYSTEM
from core.llm.opening_wishes import Wishes, place
from core.llm.provider import Message
from core.llm.render import NOTHING
from core.llm.rules import facts as facts_of
from core.llm.rules import telling
from core.llm.standing import JSON_SHAPE, TEXT_SHAPE
from core.schema import Feature
from core.tools import career, posting
from core.tools.material import Material

NO_WISHES = Wishes()
MAX_TOKENS = 120
NOTE_CHARS = 110  # of each end of the prompt's system and user text
FACT_CHARS = 170
DEED_CHARS = 115  # what the model retells without losing the thread
STRENGTHS = 4
MOST_WORDS = 24

PROSE = ("Achievement", "Text")  # the facts that the model may retell in its own words
BEGINS = re.compile(r"^Sentence ([123]) begins: (.+)$", re.MULTILINE)
MAY_END = re.compile(r"^Sentence ([123]) may end: (.+)$", re.MULTILINE)
FENCES = re.compile(r"<(data|instructions)\b[^>]*mark=\"([^\"]+)\">.*?</\1 mark=\"\2\">", re.DOTALL)
NUMBER = r"[$€£]?\d+(?:[.,]\d+)*(?: ?%|[kKM]\b)?"
CAPITALISED = r"[^\W\d_a-zß-öø-ÿ][^\s,;:()\[\]]*"
NAMES = re.compile(rf"[a-z]+\d\w*|{CAPITALISED}(?: {CAPITALISED})*|(?<!\S){NUMBER}(?![^\s.,;:)])")
CLAUSE_END = re.compile(r";|,(?= \w+ing\b)|(?= (?:while|by|so that|which) )")
COMMA = re.compile(r",(?= )")
POINTING_BACK = re.compile(r"\b(?:this|that|these|those|it|them)\b")
PAST = re.compile(
    r"(?:[a-z]{2,}ed|led|built|wrote|ran|cut|made|grew|won|taught|set|kept|brought|drove|oversaw|sold|took|held|gave|"
    r"found|began|spoke|met|rebuilt|rewrote|put|paid|bought)"
)


def messages(
    prompt_messages: tuple[Message, ...], material: Material, feature: Feature, wishes: Wishes = NO_WISHES
) -> tuple[Message, ...]:
    """One example pair and the facts of this run, about 450 tokens.

    The two ends of the prompt's own words are told as notes, and so is what a draft asks for beyond the shipped
    prompt: its wishes also choose and order the facts. Instructions are not told: so small a model retells them as
    if they were facts of the candidate.
    """
    asked, answered = EXAMPLES[feature]
    facts = _facts(material, feature, wishes)
    shown = PROSE[1:] if feature == "improve_text" else tuple(facts)
    notes = _notes(prompt_messages)
    notes += [wishes.note] if wishes.note and not any(wishes.note in note for note in notes) else []
    lines = [f"Note: {note}" for note in notes]
    lines += _plan(facts, material, feature)
    lines += [f"{label}: {facts[label]}" for label in shown if facts[label]]
    return (
        Message("system", SYSTEM),
        Message("user", asked),
        Message("assistant", answered),
        Message("user", "\n".join(lines)),
    )


def grammar(given: tuple[Message, ...]) -> str | None:
    """The GBNF grammar that holds the model to `messages`, None for messages made elsewhere."""
    last = given[-1].content if given else ""
    begins, ends = dict(BEGINS.findall(last)), dict(MAY_END.findall(last))
    if "1" not in begins:
        return None
    facts = {label: value for label, _, value in (line.partition(": ") for line in last.splitlines())}
    strengths = [term for term in facts.get("Strengths", "").split(", ") if term]
    names = _names([facts[label] for label in PROSE if label in facts])
    rules = [
        'root ::= s1 "\\n\\n" s2 " " s3' if len(begins) == 3 else "root ::= s1",
        f'free ::= " " word ((" " | ", ") word){{0,{MOST_WORDS}}}',
        "word ::= " + " | ".join(['[a-zß-öø-ÿ]+ ("-" [a-zß-öø-ÿ]+)? ("\'s")?', *map(_literal, names)]),
    ]
    for number, start in sorted(begins.items()):
        rest = _lists(start, strengths) or "free"
        end = f"({_literal(' ' + ends[number])})?" if number in ends else ""
        rules.append(f's{number} ::= {_literal(start)} {rest} {end} "."')
    return "\n".join(rules)


def _facts(material: Material, feature: Feature, wishes: Wishes) -> dict[str, str]:
    """What the model is told, by label; a label without a fact is empty."""
    resume: Mapping[str, Any] = material.resume or {}
    basics, work = resume.get("basics") or {}, (resume.get("work") or [{}])[0]
    matched = [found.term for found in material.keywords.matched] if material.keywords else []
    strengths, unwanted = wishes.ranked(matched)[:STRENGTHS], wishes.unwanted(matched)
    job = material.job
    return {
        "Name": _line(material.profile.get("name") or basics.get("name") or "The candidate"),
        "Profession": _line(material.profile.get("headline") or basics.get("label")),
        "Role": " at ".join(part for part in (_line(work.get("position")), _line(work.get("name"))) if part),
        "Achievement": _achievement(_untold(work, material, feature), strengths, unwanted, wishes),
        "Strengths": ", ".join(_line(posting.worded(term, job.description if job else "")) for term in strengths),
        "Job": " at ".join(part for part in (_line(job.title), _line(job.company)) if part) if job else "",
        "Text": _line(material.inputs.get("text"), FACT_CHARS),
    }


def _plan(facts: Mapping[str, str], material: Material, feature: Feature) -> list[str]:
    """How each sentence begins, and may end: what the model could get wrong is already said here."""
    name, first = facts["Name"], _first_name(facts["Name"])
    strengths = [term for term in facts["Strengths"].split(", ") if term]
    lead = f" {strengths[0]}" if strengths else ""
    second = f" {strengths[min(1, len(strengths) - 1)]}" if strengths else ""
    company = _line(material.job.company) if material.job else ""
    job, there = f"the role of {facts['Job']}" if facts["Job"] else "this job", f" at {company}" if company else ""
    asks = f"The job{there} asks for{second}" if material.job else f"{first} also knows{second}"
    plans: Mapping[str, tuple[str, ...]] = {
        "match": (f"{name} brings{lead}", _deed(facts, first), asks),
        "recruiter_lens": (f"{name} comes with{lead}", _deed(facts, first), f"A recruiter will ask about{second}"),
        "tailor_resume": (
            f"The resume of {name} can lead with{lead}",
            _deed(facts, first),
            f"Its first lines can show{second}",
        ),
        "cover_letter": (
            f"{name} applies for {job} with{lead}",
            _deed({**facts, "Role": ""}, f"At {_employer(material)}, I" if _employer(material) else "I"),
            f"I would like to bring my experience with{second}",
        ),
        "interview_prep": (
            f"{name} should talk about{lead}",
            _deed(facts, "you"),
            f"You can expect questions on{second}",
        ),
        "improve_text": ("The text says that the writer",),
    }
    lines = [f"Sentence {number} begins: {start}" for number, start in enumerate(plans[feature], 1)]
    if facts["Job"] and strengths and feature in ("match", "recruiter_lens"):
        lines.insert(1, f"Sentence 1 may end: to the role of {facts['Job']}")
    if feature == "cover_letter" and company:
        lines.append(f"Sentence 3 may end: to {company}")
    return lines


def _deed(facts: Mapping[str, str], who: str) -> str:
    role = f"As {facts['Role']}, {who}" if facts["Role"] else f"{who[0].upper()}{who[1:]}"
    if facts["Achievement"]:
        return f"{role} {_past_verb(facts['Achievement']) or 'worked on'}"
    lead = facts["Strengths"].split(", ")[0]
    return f"{role} can point to {lead}" if lead else f"{role} can"


def _untold(work: Mapping[str, Any], material: Material, feature: Feature) -> list[Any]:
    """The lines of the last post that the rest of the answer does not tell; all of them where it tells every one."""
    lines = list(work.get("highlights") or [])
    if feature != "cover_letter":
        return lines
    told = {bullet.text for _, bullet in telling.chosen(facts_of.read(material, date.min))}
    return [line for line in lines if career.text(line) not in told] or lines


def _employer(material: Material) -> str:
    work = ((material.resume or {}).get("work") or [{}])[0]
    return _line(work.get("name"))


def _achievement(highlights: list[Any], terms: list[str], unwanted: Set[str], wishes: Wishes) -> str:
    """The line of the last post that says most: a deed, one asked for, with a matched term and a number."""
    lines = [" ".join(line.split()) for line in highlights[:12] if isinstance(line, str)]

    def weight(line: str) -> tuple[bool, ...]:
        told = _clause(line)
        text = told.lower()
        return (
            not any(place(term, told) is not None for term in unwanted),
            bool(_past_verb(told)) and not POINTING_BACK.search(text),
            wishes.names(line),
            any(term.lower() in text for term in terms),
            len(told) <= DEED_CHARS,
            any(each.isdigit() for each in told),
        )

    return _clause(max((line for line in lines if line), key=weight, default=""))


def _clause(line: str) -> str:
    """A long sentence's first clauses, as many as are short enough."""
    if len(line) <= DEED_CHARS:
        return line
    for end in (CLAUSE_END, COMMA):
        if fitting := [at.start() for at in end.finditer(line) if 30 <= at.start() <= DEED_CHARS]:
            return f"{line[: fitting[-1]]}."
    return _line(line, DEED_CHARS)


def _past_verb(line: str) -> str:
    word = line.split(" ", 1)[0].lower() if line else ""
    return word if PAST.fullmatch(word) else ""


def _first_name(name: str) -> str:
    words = [word for word in name.split() if not word.endswith(".")]
    return words[0] if words and not name.startswith("The ") else name


def _notes(prompt_messages: tuple[Message, ...]) -> list[str]:
    """The two ends of the prompt's own system and user text, without standing rules, context and headings."""
    notes: list[str] = []
    for message in prompt_messages:
        own = (
            _own_words(message.content)
            if message.role == "system"
            else FENCES.sub("", message.content).replace(NOTHING, "")
        )
        words = _line(" ".join(line for line in own.splitlines() if not line.startswith("#")), len(own))
        ends = words if len(words) <= 2 * NOTE_CHARS else f"{words[:NOTE_CHARS]} … {words[-NOTE_CHARS:]}"
        notes += [ends] if ends else []
    return notes


def _own_words(system: str) -> str:
    paragraphs = system.split("\n\n")
    shapes = (JSON_SHAPE[:24], TEXT_SHAPE[:24])
    ends = [at for at, paragraph in enumerate(paragraphs) if paragraph.startswith(shapes)]
    return "\n\n".join(paragraphs[ends[0] + 1 :] if ends else paragraphs)


def _line(value: Any, limit: int = 80) -> str:
    """One line of at most `limit` characters, cut between words, so that no value can pass for two facts."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= limit else text[: text.rfind(" ", 0, limit) if " " in text[:limit] else limit]


def _lists(start: str, strengths: Sequence[str]) -> str | None:
    """The ways to go on after a sentence's first strength: some of the others, in their order; None if it has none."""
    lead = next((term for term in strengths if start.endswith(f" {term}")), None)
    if lead is None:
        return None
    others = [term for term in strengths if term != lead]
    chosen = [terms for size in range(len(others) + 1) for terms in combinations(others, size)]
    return f"({' | '.join(_literal(_listed(terms)) for terms in chosen)})"


def _listed(terms: tuple[str, ...]) -> str:
    *most, last = terms or ("",)
    return "".join(f", {term}" for term in most) + (f" and {last}" if last else "")


def _names(facts: Sequence[str]) -> list[str]:
    """The names, acronyms and numbers of some facts, longest first; a deed's first word is none of them."""
    found = {name.strip(".!?'\"") for fact in facts for name in NAMES.findall(fact[len(_past_verb(fact)) :])}
    return sorted((name for name in found if name), key=lambda name: (-len(name), name))


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
