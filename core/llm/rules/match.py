"""The match report by rules: the score and its parts, what fits with evidence, what is missing and who asks it."""

from core.llm.rules import naming
from core.llm.rules.facts import Facts
from core.llm.rules.phrases import cell, inner, items, listed, many, sections, shown, together
from core.schema import AiAnswer, Written
from core.tools.material import Line
from core.tools.scoring import quote, quote_around

SHOWN = 8
KINDS = {"must": "required", "duty": "part of the work", "nice": "a wish", "other": "named", "offer": "named"}
FEW_TERMS = "Low confidence: the posting names few terms that can be compared, so the score says little."


def write(facts: Facts) -> Written:
    """A match report; without a job or a resume, what can be said of the one that is there."""
    if not facts.has_resume or not facts.job:
        return _half(facts)
    answer = AiAnswer(
        title=naming.title("match", facts),
        summary=_summary(facts),
        content=sections(
            (_score_heading(facts), _score(facts)),
            ("What fits", _fits(facts)),
            ("What is missing", _missing(facts)),
        ),
        bullets=tuple(_strengths(facts)),
        warnings=facts.warnings(*_warnings(facts)),
        next_actions=tuple(_actions(facts)),
    )
    return Written(answer, details=facts.details)


def _summary(facts: Facts) -> str:
    details = facts.details
    total = len(details.matched) + len(details.missing)
    if details.score is None:
        said = [f"The posting for {facts.job_name} asks nothing that can be compared, so there is no score."]
    else:
        said = [
            f"{facts.who} scores {details.score} of 100 for {facts.job_name}: "
            f"{len(details.matched)} of {many(total, 'term')} of the posting {'is' if len(details.matched) == 1 else 'are'} "
            "in the resume."
        ]
    if proof := _strongest(facts):
        said.append(f"The strongest evidence: {shown(proof)}.")
    if facts.required_missing:
        said.append(
            f"The first gap to look at: {listed(map(facts.worded, facts.required_missing[:2]))}, which the posting requires."
        )
    elif facts.firm_missing:
        said.append(f"No required term is missing; {facts.worded(facts.firm_missing[0])} is the first of the rest.")
    return " ".join(said)


def _strongest(facts: Facts) -> Line | None:
    bullets = [line for line in facts.lines if "/highlights/" in line.path and facts.named_in(line.text)]
    best = {bullet.id: -at for at, (_, bullet) in enumerate(facts.best_bullets)}
    return max(bullets, key=lambda line: best.get(line.id, -len(best)), default=None)


def _score_heading(facts: Facts) -> str:
    return f"Score: {facts.details.score} of 100" if facts.details.score is not None else "No score"


def _score(facts: Facts) -> str:
    if not facts.details.parts:
        return "The posting names no terms, years, degree or certificate that a resume could be compared with."
    rows = ["| Part | Points | Why |", "|---|---|---|"]
    rows += [f"| {part.name} | {part.points:g} of {part.out_of:g} | {cell(part.why)} |" for part in facts.details.parts]
    table = "\n".join(rows)
    return f"{table}\n\n{FEW_TERMS}" if facts.details.low_confidence else table


def _fits(facts: Facts) -> str:
    """Terms by the line that shows them, so that one line is quoted once."""
    proofs = {term: line for term in facts.firm_matched if (line := facts.proof(term))}
    groups = together(proofs, lambda term: proofs[term].path)
    rows = [f"**{listed(terms)}**: {shown(proofs[terms[0]], term=terms[0])}" for terms in groups[:SHOWN]]
    told = {term for terms in groups[:SHOWN] for term in terms}
    if rest := [term for term in facts.matched if term not in told]:
        rows.append(f"Also in the resume: {listed(rest[:20])}{' and others' if len(rest) > 20 else ''}.")
    return items(rows) or "None of the posting's terms is in the resume."


def _missing(facts: Facts) -> str:
    """Terms by the sentence that asks for them."""
    groups = together(facts.firm_missing, lambda term: facts.asked[term].sentence)
    rows = []
    for terms in groups[:SHOWN]:
        asked = facts.asked[terms[0]]
        rows.append(
            f"**{listed(terms)}** ({KINDS[asked.kind]})"
            + (f": “{quote_around(asked.sentence, terms[0])}”" if asked.sentence else "")
        )
    told = {term for terms in groups[:SHOWN] for term in terms}
    if rest := [found.term for found in facts.missing if found.term not in told]:
        rows.append(
            f"Words of the posting that the resume does not use: {listed(rest[:12])}{' and others' if len(rest) > 12 else ''}."
        )
    return items(rows) or ("Nothing: every term the posting names is in the resume." if facts.matched else "")


def _strengths(facts: Facts) -> list[str]:
    told: list[str] = []
    for post, bullet in facts.best_bullets[:40]:
        if (terms := facts.named_in(bullet.text)) and len(told) < 5:
            told.append(f"{listed(terms[:3])}: “{quote(bullet.text)}” ({inner(post.place)})")
    return told or [shown(line) for term in facts.firm_matched[:3] if (line := facts.proof(term))]


def _warnings(facts: Facts) -> list[str]:
    told = []
    if facts.details.low_confidence:
        told.append(FEW_TERMS)
    if facts.required_missing:
        told.append(f"Required by the posting and not in the resume: {listed(facts.required_missing[:10])}.")
    told += [
        f"{part.name}: {part.why}"
        for part in facts.details.parts
        if part.name in ("Years", "Education", "Certificates") and part.points < part.out_of
    ]
    return told


def _actions(facts: Facts) -> list[str]:
    gaps = together([*facts.required_missing, *facts.firm_missing], lambda term: facts.asked[term].sentence)
    told = [
        f"Ask {facts.who} about {listed(dict.fromkeys(map(facts.worded, terms)))}. If there is experience, add where and with what result; "
        "if not, leave it out."
        for terms in gaps[:2]
    ]
    bare = [term for term in facts.firm_matched if (line := facts.proof(term)) and line.path.startswith("skills")][:3]
    if bare:
        told.append(
            f"{listed(bare)} {'stands' if len(bare) == 1 else 'stand'} only in the list of skills: "
            f"add the work in which {'it was' if len(bare) == 1 else 'they were'} used."
        )
    if facts.details.score is not None and facts.matched and facts.material.profile.get("plan") != "free":
        told.append("Apply with a “Tailored resume”: it puts what the posting asks to the front.")
    return told or ["Check the posting for what it asks in other words than the resume uses."]


def _half(facts: Facts) -> Written:
    """A report on the half that is there."""
    if facts.has_resume:
        best = [f"“{quote(bullet.text)}” ({inner(post.place)})" for post, bullet in facts.best_bullets[:5]]
        years = f" with about {facts.years:g} years of work" if facts.years else ""
        latest = f", now or last {facts.career.posts[0].place}" if facts.career.posts else ""
        lack = "a job"
        summary = f"{facts.who}{years}{latest}. Without a job there is nothing to compare this with."
        content = sections(("Strongest lines", items(best)))
    elif facts.job:
        asks = [sentence.text for sentence in facts.sentences if sentence.kind == "must"][:SHOWN]
        lack = "a resume"
        summary = f"The posting for {facts.job_name} is there, but no resume to compare it with."
        content, best = sections(("What the posting requires", items([quote(text, 240) for text in asks]))), []
    else:
        lack, best = "a resume and a job", []
        summary, content = "There is neither a resume nor a job to compare.", ""
    answer = AiAnswer(
        title=naming.title("match", facts),
        summary=summary,
        content=content or summary,
        bullets=tuple(best),
        warnings=facts.warnings(f"No score: it takes a resume and a job. This run lacked {lack}."),
        next_actions=(f"Add {lack} with the chips and run it again.",),
    )
    return Written(answer, details=facts.details)
