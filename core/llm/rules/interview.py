"""An interview pack by rules: likely questions with the evidence to use, gaps, stories, questions to ask back."""

from collections.abc import Iterator

from core.llm.rules import doubts, naming
from core.llm.rules.facts import HAS_NUMBER, Facts
from core.llm.rules.phrases import inner, items, listed, many, sections, shown, together
from core.schema import AiAnswer, Found, Written
from core.tools.material import Line
from core.tools.posting import Sentence
from core.tools.scoring import quote, quote_around

_ASKED = (
    "Where have you used {term}, and what came of it?",
    "Walk us through a piece of work with {term}: the problem, your part, the result.",
    "What is the hardest thing you have done with {term}?",
    "How do you decide that your work with {term} is good enough?",
    "What would you do differently today in your work with {term}?",
)
_OF_A_POST = (
    "Tell us about your time as {place}. What are you proudest of?",
    "Which piece of work as {place} was the hardest, and what was your own part in it?",
    "What did you learn as {place} that you still use?",
    "What would you do differently today as {place}?",
)


def write(facts: Facts) -> Written:
    """An interview pack; with half the material, the half that can be prepared."""
    questions, gaps, path = list(_questions(facts)), list(_gaps(facts)), list(_path(facts))
    answer = AiAnswer(
        title=naming.title("interview_prep", facts),
        summary=_summary(facts, len(questions), len(gaps)),
        content=sections(
            ("Likely questions", "\n\n".join(questions)),
            ("Questions about gaps", "\n\n".join(gaps)),
            ("Questions about your path", "\n\n".join(path)),
            ("Stories to have ready", _stories(facts)),
            ("Questions to ask", items(list(_back(facts)))),
        ),
        bullets=tuple(_heads([*questions, *gaps, *path])),
        warnings=facts.warnings(
            "" if facts.job else "No job was given, so the questions come from the resume alone.",
            "" if facts.has_resume else "No resume was given, so no answer has evidence beside it.",
            "The posting names few terms, so fewer questions could be drawn from it."
            if facts.job and facts.details.low_confidence and facts.has_resume
            else "",
        ),
        next_actions=tuple(_actions(facts, len(questions))),
    )
    return Written(answer, details=facts.details)


def _questions(facts: Facts) -> Iterator[str]:
    """From the work the posting describes first, then from its terms."""
    used: set[str] = set()
    for duty, line in _duties(facts)[:4]:
        if line:
            if line.path in used:
                continue
            used.add(line.path)
            used.update(facts.named_in(line.text))
        yield _entry(f"You would {_as_task(duty.text)}. What have you done that comes closest?", shown(line), duty.text)
    number = 0
    for term in facts.firm_matched:
        line = facts.proof(term)
        if term in used or line is None or line.path in used or number >= len(_ASKED):
            continue
        used.add(line.path)
        yield _entry(_ASKED[number].format(term=term), shown(line), facts.asked[term].sentence)
        number += 1
    if not facts.matched:
        for asked, (post, bullet) in zip(_OF_A_POST, facts.best_bullets, strict=False):
            yield _entry(asked.format(place=inner(post.place)), f"“{quote(bullet.text)}”", "")


def _duties(facts: Facts) -> list[tuple[Sentence, Line | None]]:
    """The work the posting describes, each with the line that comes closest; without a resume, with none."""
    tasks = [
        each for each in facts.sentences if each.kind == "duty" and 30 <= len(each.text) <= 220 and _is_task(each.text)
    ]
    if not facts.has_resume:
        return [(each, None) for each in tasks[:5]]
    ranked = sorted(tasks, key=lambda each: -facts.relevance(each.text))
    return [(each, line) for each in ranked if (line := _nearest(facts, each.text))]


def _nearest(facts: Facts, text: str) -> Line | None:
    proofs = [line for term in facts.named_in(text) if (line := facts.proof(term)) and "/highlights/" in line.path]
    return proofs[0] if proofs else facts.closest(text)


def _is_task(text: str) -> bool:
    first, second = [*text.lower().split(), ""][:2]
    if second in ("runs", "leads", "owns", "manages", "works", "is", "has", "builds", "writes", "handles", "will"):
        return False
    return first.isalpha() and text[0].isupper() and not first.endswith(("ing", "s", "ed")) and first not in (
        "you", "we", "our", "the", "this", "as", "in", "to", "at", "a", "an", "your", "it", "if", "when", "for", "with",
        "who", "what", "how", "because", "and", "or", "is", "are", "be", "people", "two", "three", "within", "from", "there",
        "experience", "remote", "by", "on", "one", "each", "every", "please", "currently", "today", "most", "not", "no",
        "here", "both", "all", "some", "that", "while", "after", "before", "she", "he", "they", "i", "my", "general",
    )  # fmt: skip


def _as_task(text: str) -> str:
    return text[0].lower() + quote(text[1:], 200).rstrip(" .;:")


def _gaps(facts: Facts) -> Iterator[str]:
    missing = [found.term for found in firm(facts)]
    for terms in together(missing, lambda term: facts.asked[term].sentence)[:4]:
        sentence, named = facts.asked[terms[0]].sentence, listed(terms)
        near = next((line for other in facts.named_in(sentence) if (line := facts.proof(other))), None)
        rows = [f"Why they ask: “{quote_around(sentence, terms[0])}”"] if sentence else []
        bridge = f" Then bridge to what is nearest: {shown(near)}." if near else ""
        rows.append(
            f"How to prepare: say plainly what you know of {named} and what you do not.{bridge} "
            "End with one concrete step and how long it would take you. Do not claim more than you can show."
        )
        yield f"**Your resume does not mention {named}. How would you get there?**\n\n{items(rows)}"


def firm(facts: Facts) -> list[Found]:
    """The missing terms worth a question."""
    return [found for found in facts.missing if facts.asked[found.term].is_firm]


def _path(facts: Facts) -> Iterator[str]:
    for doubt in doubts.find(facts):
        if "between two posts" in doubt.name or doubt.name.startswith(
            ("Short stay", "A short stay", "A change of field", "A step")
        ):
            yield (
                f"**{_PATH.get(doubt.name.split(' ')[1], 'Tell us about this part of your path.')}**\n\n"
                f"- Why they ask: {doubt.evidence}\n- How to prepare: two calm sentences: what happened, what you bring from it."
            )


_PATH = {
    "months": "What did you do between these two posts?",
    "stays": "Why were these stays short?",
    "short": "Why did you leave this post so soon?",
    "change": "Why did you change your field?",
    "step": "Why this level, and why now?",
}


def _stories(facts: Facts) -> str:
    chosen = [pair for pair in facts.best_bullets if HAS_NUMBER.search(pair[1].text)][:3] or list(
        facts.best_bullets[:3]
    )
    told = [f"“{quote(bullet.text)}” ({inner(post.place)})" for post, bullet in chosen]
    if not told:
        return ""
    return (
        "Practise each in two minutes: the situation, your own part, the result, and how you know the number.\n\n"
        + items(told)
    )


def _back(facts: Facts) -> Iterator[str]:
    for duty, _ in _duties(facts)[:1]:
        yield f"You would have me {_as_task(duty.text)}. What would a good first three months of that look like?"
    required = [found.term for found in firm(facts) if facts.asked[found.term].kind in ("must", "duty")]
    if required:
        yield f"How much of the week is {required[0]}, and who in the team could I learn it from?"
    wished = [
        asked.sentence for asked in facts.asked.values() if asked.kind == "nice" and asked.is_firm and asked.sentence
    ]
    if wished:
        yield f"Your posting wishes for “{quote(wished[0], 110)}”. Which problem is waiting for that person?"
    yield "What does the person who does this best do differently from the others?"
    yield "What happened to the last person in this position?"
    yield "How will we both know after six months that it was the right choice?"


def _entry(question: str, evidence: str, asks: str) -> str:
    rows = [f"Why they ask: “{quote(asks)}”"] if asks else []
    rows += [f"Evidence to use: {evidence}"] if evidence else []
    return f"**{question}**\n\n{items(rows)}" if rows else f"**{question}**"


def _heads(entries: list[str]) -> list[str]:
    return [entry.split("\n")[0].strip("*") for entry in entries]


def _summary(facts: Facts, questions: int, gaps: int) -> str:
    if not facts.job and not facts.has_resume:
        return "There is neither a resume nor a job to prepare from; the questions to ask fit any interview."
    said = [f"{many(questions, 'likely question')}{' with the evidence to use' if facts.has_resume else ''}"]
    if gaps:
        said.append(f"{many(gaps, 'question')} about gaps ({listed(found.term for found in firm(facts)[:4])})")
    about = f" for {facts.job_name}" if facts.job else ""
    return f"{listed(said)}{about}. Spend most of the time on the stories: they answer half of everything else."


def _actions(facts: Facts, questions: int) -> Iterator[str]:
    if not facts.job:
        yield "Pick a job with the chips and run it again."
    if not facts.has_resume:
        yield "Pick a resume version with the chips and run it again."
    if facts.best_bullets:
        _, bullet = facts.best_bullets[0]
        yield f"Rehearse aloud, in two minutes: “{quote(bullet.text, 110)}”."
    if firm(facts):
        yield f"Read an hour about {firm(facts)[0].term} and write down three honest sentences on it."
    if questions:
        yield "Answer three of the likely questions in writing, then cut each to half."
