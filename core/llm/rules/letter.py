"""A cover letter by rules: it orders and selects what the resume says, and says nothing else."""

import re
from collections.abc import Iterator, Sequence

from core.drive.wordlists import TITLE
from core.llm.rules import naming
from core.llm.rules.deed import deed
from core.llm.rules.facts import Facts
from core.llm.rules.phrases import inner, items, listed, many
from core.llm.rules.telling import chosen
from core.schema import AiAnswer, Written
from core.tools import career, demands, keywords
from core.tools.career import Bullet, Post
from core.tools.scoring import quote

CONTACT, MOTIVATION = "contact", "motivation"
_PERSON = re.compile(
    r"\b(?:assistants?|builder|nurse|manager|engineer|developer|analyst|designer|teacher|researcher|specialist|coordinator|director"
    r"|architect|consultant|scientist|technician|officer|supervisor|driver|clerk|cook|chef|waiter|RN|LPN|CNA)s?$",
    re.IGNORECASE,
)
_WORK = ("work", "projects", "volunteer")
_CONTACT = re.compile(r"[*@|]|https?:|\b(?:linkedin|phone|e-?mail|birthday|telegram)\b", re.IGNORECASE)
_OF_SUBJECT = re.compile(
    r"(?:degree|bachelor|master|ph\.?\s?d|doctorate|diploma|msc|bsc)\w*\W?s?(?: degree)? (?:in|of) (?!the\b|a\b)\w",
    re.IGNORECASE,
)
LONGEST_SUMMARY = 200  # characters: what a letter may quote without being a second resume
NOTHING_TO_TELL = (
    "No line of the resume says in a sentence what was done, so the letter is short. Write two or three such lines "
    "into the resume (“Built …”, “Led …”) and run it again."
)
NAME, COMPANY, POSITION = "[your name]", "[company]", "[position]"
_BY_ONESELF = re.compile(r"freelance|self-employed|independent", re.IGNORECASE)
_SIDE = re.compile(r"\b(?:front|back|full)[\s-]?(?:end|stack)\b", re.IGNORECASE)  # nobody by itself


def write(facts: Facts) -> Written:
    """A whole letter; what the material lacks stands in square brackets and is named in a warning."""
    given = chosen(facts)
    letter = "\n\n".join(paragraphs(facts))
    answer = AiAnswer(
        title=naming.title("cover_letter", facts),
        summary=_summary(facts, letter, given),
        content=letter,
        bullets=tuple(f"“{quote(bullet.text)}” ({inner(post.place)})" for post, bullet in given),
        warnings=facts.warnings(
            "" if given or not facts.has_resume else NOTHING_TO_TELL,
            *warnings(facts, letter),
        ),
        keywords_added=facts.terms_in(letter),
        next_actions=tuple(actions(facts)),
    )
    return Written(answer, details=facts.details)


def is_own(facts: Facts, text: str) -> bool:
    """Whether a text is the letter that `write` would write; of another only the beginning is written to see it."""
    at = 0
    for paragraph in paragraphs(facts):
        piece = f"\n\n{paragraph}" if at else paragraph
        if not text.startswith(piece, at):
            return False
        at += len(piece)
    return at == len(text)


def paragraphs(facts: Facts) -> Iterator[str]:
    """The letter, paragraph by paragraph."""
    yield greeting(facts)
    yield from filter(None, body(facts))
    yield _closing(facts)


def greeting(facts: Facts) -> str:
    """The salutation: to the person named, else to the company's hiring team."""
    contact = quote(facts.material.inputs.get(CONTACT, "").strip(" ,"), 80)
    return (
        f"Dear {contact},"
        if contact
        else f"Dear {facts.company} hiring team,"
        if facts.company
        else "Dear hiring team,"
    )


def body(facts: Facts) -> Iterator[str]:
    """The paragraphs between salutation and closing; some may be empty."""
    yield _why(facts)
    yield facts.material.inputs.get(MOTIVATION, "").strip()
    if given := chosen(facts):
        yield from _deeds(given)
    elif 0 < len(summary := _prose(facts)) <= LONGEST_SUMMARY:
        yield f"In short, as my resume puts it: “{quote(summary, LONGEST_SUMMARY)}”"
    elif facts.has_resume:
        yield _places(facts)
    yield _qualified(facts)
    yield _talk(facts)


def _places(facts: Facts) -> str:
    """Where somebody has worked, where no line says what they did there."""
    posts = [post for post in facts.career.posts if post.title and post.employer][:2]
    if not posts:
        return "My resume says where I have worked and what I did there."
    latest, *before = posts
    since = f"Since {latest.start.year} I have worked" if latest.current and latest.start else "I worked most recently"
    return f"{since} as {_role(latest)}{f', and before that as {_role(before[0])}' if before else ''}."


def _role(post: Post) -> str:
    """What somebody is and where, as one says it: no asides, no capitals, `freelance` and not `at Freelance`."""
    title = re.sub(r" ?\([^()]*\)", "", post.title).strip() or post.title
    title = re.sub(r"\b[A-Z]{4,}\b", lambda word: word[0].capitalize(), title)
    if _BY_ONESELF.fullmatch(post.employer):
        return f"{post.employer.lower()} {title}"
    return " at ".join(filter(None, [title, post.employer]))


def _prose(facts: Facts) -> str:
    """The summary without lines of contact data, headings and wishes that stood beside it on the page."""
    lines = career.text_lines(facts.career.resume["basics"].get("summary"))
    whole = [line for line in lines if line.endswith((".", "!", "?"))] if len(lines) > 1 else lines
    return " ".join(line for line in whole if not _CONTACT.search(line))


def _why(facts: Facts) -> str:
    """What is asked and shown in work done; a word that only a list of skills holds does not count."""
    position = facts.job_title or POSITION
    company = facts.company or ("" if facts.job_title else COMPANY)
    name = f"{position} at {company}" if company else position
    proven = _proven(facts, facts.firm_matched)
    shown = [facts.worded(term) for term in proven[:4]]
    wanted = facts.wanted_years
    # One year asked is one of just this work, of which years of any work say nothing.
    enough = wanted is not None and facts.years is not None and facts.years >= wanted.number > 1
    bring = f"about {many(int(facts.years), 'year')} of work" if facts.years else ""
    if not shown:
        return f"Please take this letter as my application for the position of {name}." + (
            f" I bring {bring}, where you ask for {wanted.number}." if enough and wanted else ""
        )
    all_of_it = "" if len(shown) == 1 else "Both" if len(shown) == 2 else "All of them"
    said = f"For the position of {name} you ask for {listed(shown)}"
    said += f". {all_of_it} have been part of my work" if all_of_it else ", which has been part of my work"
    return f"{said}, and I bring {bring} where you ask for {wanted.number}." if enough and wanted else f"{said}."


def _proven(facts: Facts, terms: Sequence[str]) -> list[str]:
    """The terms that work shows, without those that name a person: `medical assistant` is nothing to have worked with."""
    return [
        term
        for term in terms
        if (line := facts.proof(term)) and line.path.startswith(_WORK) and not _PERSON.search(term)
    ]


def _deeds(told: list[tuple[Post, Bullet]]) -> Iterator[str]:
    by_post: dict[str, tuple[Post, list[str]]] = {}
    for post, bullet in told:
        by_post.setdefault(post.id, (post, []))[1].append(bullet.text)
    for number, (post, texts) in enumerate(by_post.values()):
        before = number > 0 and not post.current
        yield _paragraph(post, texts, before=before)


def _paragraph(post: Post, texts: list[str], *, before: bool) -> str:
    """What was done in one post: as sentences where the lines begin with a deed, else as a list in their own words."""
    role = _role(post) or "my last post"
    start = "Before that, as" if before else "As"
    if not post.title or (
        post.employer and not TITLE.search(_SIDE.sub("", post.title))
    ):  # `Backend development` is nobody
        start, role = ("Before that, at" if before else "At"), post.employer or "my last post"
    deeds = [said for text in texts if (said := deed(text))]
    if len(deeds) == len(texts):
        first, *rest = deeds
        more = "".join(f" {'There I also' if at else 'I also'} {deed}" for at, deed in enumerate(rest))
        return f"{start} {role}, I {first}{more}"
    own = items([quote(text, 420) for text in texts])
    return f"{start} {role}, my work in short:\n\n{own}"


def _qualified(facts: Facts) -> str:
    """Degree and certificates, where the posting asks for them and the resume has them."""
    said = []
    if any(part.name == "Education" and part.points == part.out_of for part in facts.details.parts):
        wanted = demands.degree(facts.sentences)
        levels = [(career.degree_level(each) or 0, each) for each in facts.career.degrees]
        enough = [each for each in levels if wanted and each[0] >= wanted.level]
        if enough:
            said.append(_degree(min(enough, key=lambda each: each[0])[1], wanted))
    asked = {each.name.casefold() for each in demands.certificates(facts.sentences)}
    held = [each for each in facts.career.certificates if any(name in each.casefold() for name in asked)]
    if held:
        said.append(f"Among my certificates {'is' if len(held) == 1 else 'are'} {listed(held)}.")
    return " ".join(said)


def _degree(held: str, wanted: demands.Degree | None) -> str:
    """What is held; the one asked for only where the posting names no subject, or this one."""
    subject = re.search(r" in ([^,]+)", held)
    named = wanted and _OF_SUBJECT.search(wanted.sentence)
    words = re.findall(r"\w{5,}", subject[1].lower()) if subject else []
    if wanted and named and not all(word in wanted.sentence.lower() for word in words):
        return f"You ask for {career.LEVEL_NAMES[wanted.level]}; mine is {held}."
    return f"I hold the degree you ask for: {held}."


def _talk(facts: Facts) -> str:
    """The work described that the resume speaks to, with nothing in it that the resume lacks; else a plain wish."""
    lacking = [found.term for found in facts.missing]
    duties = [
        sentence.text
        for sentence in facts.sentences
        if sentence.kind == "duty" and 30 <= len(sentence.text) <= 180 and facts.named_in(sentence.text)
        if not any(keywords.mentions(sentence.text, term) for term in lacking)
    ]
    if duties:
        best = max(duties, key=facts.relevance)
        if named := [facts.worded(term) for term in _proven(facts, facts.named_in(best))[:3]]:
            asked = best.rstrip(" .;:,")
            return f"You describe the work as “{asked}”. I would be glad to tell you more about my own work with {listed(named)}."
    return "I would be glad to talk about how this experience fits what you need."


def _closing(facts: Facts) -> str:
    basics = facts.career.resume["basics"]
    reach = [career.text(basics.get(key) or facts.material.profile.get(key)) for key in ("email", "phone")]
    contact = " · ".join(filter(None, reach))
    return "  \n".join(filter(None, ["Kind regards,", facts.name or NAME, contact]))


def _summary(facts: Facts, letter: str, chosen: list[tuple[Post, Bullet]]) -> str:
    words = len(letter.split())
    about = f" for {facts.job_name}" if facts.job_name else ""
    if not chosen:
        return f"A letter{about} of {words} words. The resume holds no line it could retell, so it stays general."
    places = listed(dict.fromkeys(post.place for post, _ in chosen))
    return f"A letter{about} of {words} words that rests on {many(len(chosen), 'line')} of the resume ({places})."


def warnings(facts: Facts, letter: str) -> Iterator[str]:
    """What a letter leaves open, and which asked terms it does not claim."""
    open_ = [mark for mark in (NAME, POSITION, COMPANY) if mark in letter]
    if open_:
        yield f"To fill in by hand, because the context does not say it: {listed(open_)}."
    gaps = facts.required_missing or facts.firm_missing or tuple(found.term for found in facts.missing)
    claimed = set(keywords.mentioned(letter, gaps))
    if gaps := tuple(term for term in gaps if term not in claimed):
        yield f"Asked by the posting and not claimed, because the resume does not show it: {listed(gaps[:8])}."
    if not facts.has_resume:
        yield "This run had no resume, so the letter shows no achievements."


def actions(facts: Facts) -> Iterator[str]:
    """What to do next with a letter."""
    if not facts.has_resume:
        yield "Pick a resume version with the chips and run it again."
    if not facts.job:
        yield "Pick a job with the chips and run it again."
    if not facts.material.inputs.get(MOTIVATION, "").strip():
        yield f"Add a sentence in {facts.who}'s own words on why {facts.company or 'this company'}: fill in “Why this job”."
    if facts.required_missing:
        yield f"Decide whether to mention {facts.required_missing[0]}: what was learned of it, or how it would be."
    yield "Read it aloud once and shorten what does not sound like the candidate."
