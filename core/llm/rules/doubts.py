"""What a recruiter would stumble over in a resume: each doubt with the evidence for it and a fix."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from core.llm.rules.facts import HAS_NUMBER, Facts
from core.llm.rules.phrases import inner, listed, many, shown, together
from core.tools import demands, titles
from core.tools.career import Post, months
from core.tools.scoring import quote, quote_around

GAP_MONTHS = 6
SHORT_MONTHS = 12
STALE_YEARS = 5
LONG_SUMMARY_WORDS = 80
_BRIEF_BY_NATURE = re.compile(
    r"intern|contract|freelance|temporary|seasonal|student|volunteer|part[- ]time|trainee|fellow|locum|consultant",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(
    r"retrain|transition|chang(?:ed|ing|e of) (?:career|field)|career chang|moved (?:from|into)|switch|bootcamp|former",
    re.IGNORECASE,
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doubt:
    """`weight` orders doubts; the evidence quotes the resume or the posting."""

    name: str
    evidence: str
    fix: str
    weight: float


def find(facts: Facts) -> list[Doubt]:
    """Every doubt, the gravest first."""
    looks: tuple[Callable[[Facts], Iterator[Doubt]], ...] = (
        _required_terms,
        _years,
        _gaps,
        _short_stints,
        _level,
        _change_of_field,
        _bullets_without_numbers,
        _thin_posts,
        _stale_skills,
        _summary,
    )
    found = [doubt for look in looks for doubt in look(facts)]
    return sorted(found, key=lambda doubt: -doubt.weight)


def month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


def gaps(facts: Facts) -> Iterator[tuple[int, Post, Post]]:
    """(months, the post before, the post after) of each time without a post, studies and volunteering not counted."""
    posts = sorted((post for post in facts.career.posts if post.start), key=lambda post: post.start or date.min)
    for at, after in enumerate(posts[1:], 1):
        earlier = posts[:at]
        if any(post.current or post.end is None for post in earlier) or after.start is None:
            continue
        until = max(post.end for post in earlier if post.end)
        long = months(until, after.start) - 1
        if long > GAP_MONTHS and not _studied(facts, until, after.start):
            yield long, next(post for post in earlier if post.end == until), after


def _gaps(facts: Facts) -> Iterator[Doubt]:
    for long, before, after in gaps(facts):
        ended, began = before.end or date.min, after.start or date.min
        yield Doubt(
            f"{many(long, 'month')} between two posts",
            f"{before.place} ended in {month(ended)}, {after.place} began in {month(began)}.",
            "Say in one line what filled the time (study, care, a move, looking for work). An explained gap is seldom held "
            "against anyone; an unexplained one invites guesses.",
            5 + min(long, 24) / 12,
        )
    latest = facts.career.posts[0] if facts.career.posts else None
    if latest and latest.end and not any(post.current for post in facts.career.posts):
        since = months(latest.end, facts.today)
        if since > GAP_MONTHS and not _studied(facts, latest.end, facts.today):
            yield Doubt(
                f"No post for {many(since, 'month')}",
                f"The latest, {latest.place}, ended in {month(latest.end)}.",
                "Say in one line what fills the time now: studies, care, a project, looking for work. If there is a newer post, "
                "add it.",
                5 + min(since, 24) / 12,
            )


def _studied(facts: Facts, start: date, end: date) -> bool:
    covered = [
        (max(begins, start), min(ends or end, end))
        for begins, ends in facts.career.studies
        if begins < end and (ends or end) > start
    ]
    return sum(months(begins, ends) + 1 for begins, ends in covered) * 2 >= months(start, end)


def _short_stints(facts: Facts) -> Iterator[Doubt]:
    short = [
        (post, months(post.start, post.end) + 1)
        for post in facts.career.posts
        if post.start and post.end and 0 <= months(post.start, post.end) + 1 < SHORT_MONTHS
        if not _BRIEF_BY_NATURE.search(f"{post.title} {post.summary}")
    ]
    if short:
        told = listed(f"{inner(post.place)} ({many(long, 'month')})" for post, long in short[:4])
        yield Doubt(
            "Short stays" if len(short) > 1 else "A short stay",
            f"{told}.",
            "If a post was a contract, a project or ended with the company, write so beside its title.",
            3.0 + len(short),
        )


def _required_terms(facts: Facts) -> Iterator[Doubt]:
    for terms in together(facts.required_missing, lambda term: facts.asked[term].sentence)[:3]:
        sentence, named = facts.asked[terms[0]].sentence, listed(terms)
        asks = (
            f"The posting: “{quote_around(sentence, terms[0])}”."
            if sentence
            else "It stands in the title of the posting."
        )
        yield Doubt(
            f"No sign of {named}, which the posting requires",
            f"{asks} {_nearest(facts, sentence)}".strip(),
            "If there is experience, name it in the line of the work where it was gained. If not, leave it out and be ready "
            "to say how it would be learned.",
            7.0,
        )


def _nearest(facts: Facts, sentence: str) -> str:
    near = [(term, line) for term in facts.named_in(sentence) if (line := facts.proof(term))]
    return f"Nearest in the resume, {near[0][0]}: {shown(near[0][1], 120, near[0][0])}." if near else ""


def _years(facts: Facts) -> Iterator[Doubt]:
    wanted = demands.years(facts.sentences)
    if wanted and facts.years is not None and facts.years < wanted.number - 0.25:
        yield Doubt(
            f"{wanted.number} years asked, about {facts.years:g} shown",
            f"The posting: “{quote(wanted.sentence)}”.",
            "Count related work the dates leave out (projects, contracts, work during studies) and name it; where results "
            "outweigh years, put the strongest result into the first lines.",
            6 + min(4.0, wanted.number - facts.years) / 2,
        )


def _level(facts: Facts) -> Iterator[Doubt]:
    held = [level for post in facts.career.posts[:2] if (level := titles.level(post.title)) is not None]
    asked = titles.level(facts.job_title) if facts.job_title else None
    if asked is None or asked == 2 or not held:  # 2: the posting's title names no level
        return
    best, latest = max(held), facts.career.posts[0]
    if asked - best >= 2:
        yield Doubt(
            "A step up in level",
            f"The posting is for {facts.job_title}; the latest title is {latest.title}.",
            "Show the next level's work already done: people led or taught, decisions made, scope in numbers.",
            5.5,
        )
    elif best - asked >= 2:
        yield Doubt(
            "A step down in level",
            f"The latest title is {latest.title}; the posting is for {facts.job_title}.",
            "Say in one sentence why this level is wanted now, or a recruiter will assume the candidate leaves soon.",
            4.5,
        )


def _change_of_field(facts: Facts) -> Iterator[Doubt]:
    posts = [post for post in facts.career.posts if post.title][:2]
    if len(posts) < 2 or _EXPLAINED.search(f"{facts.career.summary} {facts.career.label} {posts[0].summary}"):
        return
    now, before = posts
    long = months(before.start, before.end) + 1 if before.start and before.end else 0
    if long >= 24 and titles.closeness(now.title, before.title) == 0 and titles.closeness(before.title, now.title) == 0:
        yield Doubt(
            "A change of field nobody explains",
            f"From {before.place} to {now.place}.",
            "Give the change one sentence in the summary: why, and what carries over.",
            4.0,
        )


def _bullets_without_numbers(facts: Facts) -> Iterator[Doubt]:
    bullets = [(post, bullet) for post in facts.career.posts[:2] for bullet in post.bullets]
    bare = [(post, bullet) for post, bullet in bullets if not HAS_NUMBER.search(bullet.text)]
    if len(bare) >= 2 and len(bare) * 2 >= len(bullets):
        quoted = listed(f"“{quote(bullet.text, 110)}” ({inner(post.place)})" for post, bullet in bare[:2])
        yield Doubt(
            f"{len(bare)} of {len(bullets)} recent lines show no number",
            f"{quoted}.",
            "Ask the candidate for size and effect: how many, how often, how much faster, what it saved. Only true numbers; "
            "a line without one is better than a guess.",
            3.5,
        )


def _thin_posts(facts: Facts) -> Iterator[Doubt]:
    empty = [post for post in facts.career.posts[:3] if not post.bullets and len(post.summary) < 80]
    if empty:
        yield Doubt(
            "Little is said about recent work",
            f"{listed(post.place for post in empty)}: no achievement is listed.",
            "Add two or three lines of what was done and what came of it.",
            4.2,
        )


def _stale_skills(facts: Facts) -> Iterator[Doubt]:
    stale: dict[str, int] = {}
    for term in facts.firm_matched[:15]:
        used = [post for post in facts.career.posts if term in facts.terms_in(_post_text(post))]
        if used and all(post.end and post.end.year <= facts.today.year - STALE_YEARS for post in used):
            stale[term] = max(post.end.year for post in used if post.end)
    if stale:
        told = listed(f"{term} (last in a post that ended in {year})" for term, year in list(stale.items())[:4])
        yield Doubt(
            "Asked skills that look old",
            f"{told}.",
            "If they were used since, name them in a newer post; if not, say what keeps them fresh.",
            3.2,
        )


def _summary(facts: Facts) -> Iterator[Doubt]:
    summary = facts.career.summary
    words = len(summary.split())
    if words > LONG_SUMMARY_WORDS:
        yield Doubt(
            f"A summary of {words} words",
            f"“{quote(summary, 120)}”",
            "Cut it to three sentences: who, the strongest proof for this job, what is wanted.",
            2.5,
        )
    elif facts.job and words and facts.matched and not facts.terms_in(summary):
        yield Doubt(
            "The summary does not speak to this posting",
            f"“{quote(summary, 120)}” names none of {listed(facts.firm_matched[:3])}.",
            f"Name the strongest of them that the resume proves: {facts.firm_matched[0]}.",
            2.8,
        )
    elif not words and facts.has_resume:
        yield Doubt(
            "No summary",
            "The resume begins without saying who this is.",
            "Open with two sentences: who, and the strongest proof for this job.",
            2.0,
        )


def _post_text(post: Post) -> str:
    return " ".join([post.title, post.summary, *(bullet.text for bullet in post.bullets)])
