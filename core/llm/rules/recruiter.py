"""The recruiter's view by rules: the first impression, what they would like, what they would doubt and the fix."""

from collections.abc import Iterator

from core.llm.rules import doubts, naming
from core.llm.rules.doubts import Doubt
from core.llm.rules.facts import HAS_NUMBER, Facts
from core.llm.rules.phrases import inner, items, listed, many, sections
from core.schema import AiAnswer, Written
from core.tools import demands, titles
from core.tools.career import months
from core.tools.scoring import quote

SHOWN = 7


def write(facts: Facts) -> Written:
    """A recruiter's view; without a resume, only what to add."""
    if not facts.has_resume:
        return _without_resume(facts)
    found, liked = doubts.find(facts)[:SHOWN], list(_likes(facts))
    answer = AiAnswer(
        title=naming.title("recruiter_lens", facts),
        summary=_summary(facts, found, liked),
        content=sections(
            ("First impression", _impression(facts)),
            ("What a recruiter will like", items(liked)),
            ("Doubts and how to answer them", _told(found)),
        ),
        bullets=tuple(doubt.name for doubt in found),
        warnings=facts.warnings(
            "" if facts.job else "No job was given, so this is a general view: requirements were not compared.",
            "The posting names few terms, so little of it could be compared." if facts.details.low_confidence else "",
        ),
        next_actions=tuple(f"{doubt.name}. {doubt.fix}" for doubt in found[:4])
        or ("Nothing stands out. Have a person of the field read it once.",),
    )
    return Written(answer, details=facts.details)


def _summary(facts: Facts, found: list[Doubt], liked: list[str]) -> str:
    said = [f"{facts.who} reads as {_as_what(facts)}."]
    if liked:
        said.append(f"In favour: {_inline(liked[0])}")
    if found:
        rest = f"; {many(len(found) - 1, 'more doubt')} below" if len(found) > 1 else ""
        said.append(f"The first doubt: {_inline(found[0].name)}{rest}.")
    else:
        said.append("Nothing in the resume raises a doubt that rules can see.")
    return " ".join(said)


def _as_what(facts: Facts) -> str:
    title = facts.career.label or (facts.career.posts[0].title if facts.career.posts else "")
    years = f"about {facts.years:g} years of work" if facts.years else ""
    shown = f"“{quote(title, 90)}”" if title else "a candidate without a title"
    return f"{shown} with {years}" if years else shown


def _impression(facts: Facts) -> str:
    posts = facts.career.posts
    if not posts:
        return "The resume lists no posts, so a recruiter sees studies and skills only."
    latest = posts[0]
    since = f" since {doubts.month(latest.start)}" if latest.current and latest.start else ""
    until = f" until {doubts.month(latest.end)}" if latest.end else ""
    said = [f"In ten seconds a recruiter sees {_as_what(facts)}, {latest.place}{since or until}."]
    if len(posts) > 1:
        said.append(f"Before that: {listed(post.place for post in posts[1:4])}.")
    if facts.details.score is not None:
        here, total = len(facts.details.matched), len(facts.details.matched) + len(facts.details.missing)
        said.append(f"Against {facts.job_name}: {facts.details.score} of 100, {here} of {total} terms shown.")
    return " ".join(said)


def _likes(facts: Facts) -> Iterator[str]:
    for post, bullet in facts.best_bullets[:2]:
        if HAS_NUMBER.search(bullet.text):
            terms = facts.named_in(bullet.text)
            about = f" It shows {listed(terms[:3])}, which the posting asks." if terms else ""
            yield f"A result with a number, “{quote(bullet.text)}” ({inner(post.place)}).{about}"
    required = [term for term in facts.firm_matched if facts.asked[term].kind == "must" and facts.proof(term)]
    if required:
        yield f"Required and shown: {listed(required[:6])}."
    wanted = demands.years(facts.sentences)
    if wanted and facts.years is not None and facts.years >= wanted.number:
        yield f"Enough years: {wanted.number} asked, about {facts.years:g} shown."
    yield from _path(facts)
    for part in facts.details.parts:
        if part.name in ("Education", "Certificates") and part.points == part.out_of:
            yield f"{part.name}: {part.why}"


def _path(facts: Facts) -> Iterator[str]:
    posts = [post for post in facts.career.posts if post.title and post.start]
    levels = [titles.level(post.title) or 0 for post in posts]
    if len(posts) > 1 and levels[0] > levels[-1]:
        yield f"A path upward: from {posts[-1].title} to {posts[0].title}."
    stays = [(post, months(post.start, post.end or facts.today)) for post in posts if post.start]
    if stays and (longest := max(stays, key=lambda stay: stay[1]))[1] >= 36:
        yield f"Staying power: {many(longest[1] // 12, 'year')} as {longest[0].place}."


def _told(found: list[Doubt]) -> str:
    return "\n\n".join(
        f"### {number}. {doubt.name}\n\n**Evidence.** {doubt.evidence}\n\n**Fix.** {doubt.fix}"
        for number, doubt in enumerate(found, 1)
    )


def _inline(text: str) -> str:
    first, rest = text[:1], text[1:]
    return (first.lower() if rest[:1].islower() or rest[:1] == " " else first) + rest


def _without_resume(facts: Facts) -> Written:
    answer = AiAnswer(
        title=naming.title("recruiter_lens", facts),
        summary="A recruiter's view needs a resume, and this run had none.",
        content="A recruiter's view needs a resume, and this run had none. Pick a resume version and run it again.",
        warnings=facts.warnings("This run had no resume."),
        next_actions=(facts.pick("resume version", "" if facts.job else "job"),),
    )
    return Written(answer, details=facts.details)
