"""A tailored resume by rules: what the posting asks comes to the front; every sentence was there before."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.drive import tailoring
from core.drive.resume import to_markdown
from core.llm.rules import naming
from core.llm.rules.deed import deed
from core.llm.rules.facts import HAS_NUMBER, Facts
from core.llm.rules.phrases import listed, many
from core.schema import AiAnswer, Change, Written
from core.tools import posting
from core.tools.scoring import quote

MOST_SENTENCES = 5
FEW_WORDS = 12  # a bullet this short makes no sentence of a summary


def write(facts: Facts) -> Written:
    """The changes and a preview of the resume that holds them; without a job, the resume as it is."""
    if not facts.has_resume:
        return _without_resume(facts)
    tailored = tailoring.judge_by(facts.source, list(changes(facts)))
    lines = tuple(_told(facts, change) for change in tailored.accepted if change.verdict == "verified")
    answer = AiAnswer(
        title=naming.title("tailor_resume", facts),
        summary=_summary(facts, len(lines)),
        content=to_markdown(tailored.resume),
        bullets=lines,
        warnings=facts.warnings(
            "" if facts.job else "No job was given, so nothing was put in another order.",
            f"Not added, because the resume does not show it: {listed(_gaps(facts)[:10])}." if facts.missing else "",
        ),
        next_actions=tuple(_actions(facts)),
    )
    return Written(answer, changes=tailored.accepted, details=facts.details)


def unsure(changes: Sequence[Change]) -> list[str]:
    """How many changes are not in the resume as shown, and why it is so."""
    counts = Counter(change.verdict for change in changes)
    verified, review, blocked = (counts[verdict] for verdict in ("verified", "needs review", "blocked"))
    if not verified:
        held = "No change is verified, so the resume is shown as it was."
    elif review or blocked:
        held = f"The resume shown holds {verified} of {many(len(changes), 'change')}: those that code could verify."
    else:
        return []
    rest = [f"{review} {'needs' if review == 1 else 'need'} review"] if review else []
    rest += [f"{blocked} {'is' if blocked == 1 else 'are'} blocked"] if blocked else []
    return [f"{held} {' and '.join(rest).capitalize()}; each says which claim lacks evidence." if rest else held]


def told(proposed: Sequence[Change], said: Sequence[str], done: tailoring.Tailored) -> tuple[str, ...]:
    """One line for each verified change: the model's own where there is one for each change, else its reason."""
    rejected = {id(each.change) for each in done.rejected}
    if len(said) == len(proposed):
        taken = [line for line, change in zip(said, proposed, strict=True) if id(change) not in rejected]
        return tuple(line for line, change in zip(taken, done.accepted, strict=True) if change.verdict == "verified")
    return tuple(
        f"{change.path}: {change.reason or quote(change.value)}"
        for change in done.accepted
        if change.verdict == "verified"
    )


def changes(facts: Facts) -> Iterator[Change]:
    """Every change worth making: new orders, and a summary put together from sentences of the resume."""
    if not facts.matched:
        return
    resume = facts.career.resume
    if change := _new_summary(facts):
        yield change
    yield from _order(facts, "skills", resume.get("skills", ()), _entry_text)
    for entry in resume.get("skills", ()):
        words = [" ".join(word.split()) for word in entry.get("keywords", ())]
        yield from _order_words(facts, f"skills/{entry['id']}/keywords", words)
    for section in ("work", "projects"):
        for entry in resume.get(section, ()):
            yield from _order_bullets(facts, section, entry)
    yield from _order(facts, "projects", resume.get("projects", ()), _entry_text)


def _order(
    facts: Facts, path: str, entries: Sequence[dict[str, Any]], text: Callable[[dict[str, Any]], str]
) -> Iterator[Change]:
    pairs = [(str(entry["id"]), text(entry)) for entry in entries]
    yield from _reordered(facts, path, pairs)


def _order_words(facts: Facts, path: str, words: list[str]) -> Iterator[Change]:
    if len(set(words)) == len(words):
        yield from _reordered(facts, path, [(word, word) for word in words])


def _order_bullets(facts: Facts, section: str, entry: dict[str, Any]) -> Iterator[Change]:
    pairs = list(zip(entry.get("highlight_ids", ()), entry.get("highlights", ()), strict=False))
    yield from _reordered(facts, f"{section}/{entry['id']}/highlights", pairs)


def _reordered(facts: Facts, path: str, pairs: Sequence[tuple[str, str]]) -> Iterator[Change]:
    """The most asked first, the rest as they stood; nothing when that is the order already."""
    ranked = sorted(pairs, key=lambda pair: -facts.relevance(pair[1]))
    order, before = [one for one, _ in ranked], [one for one, _ in pairs]
    if order == before:
        return
    moved = next(text for one, text in ranked if order.index(one) < before.index(one))
    yield Change(
        op="reorder",
        path=path,
        value="\n".join(order),
        reason=f"The posting asks for {listed((facts.named_in(moved) or facts.terms_in(moved))[:3])}.",
    )


def _new_summary(facts: Facts) -> Change | None:
    """The summary's own sentences, the asked ones sooner, and one proof from the work where it shows none."""
    original = facts.career.summary
    first, *rest = posting.split(original) or [""]
    ranked = sorted(rest, key=lambda sentence: -facts.relevance(sentence))
    kept = [first, *[each for each in ranked if len(ranked) < MOST_SENTENCES or facts.terms_in(each)]][:MOST_SENTENCES]
    evidence: tuple[str, ...] = ()
    if first and len(facts.named_in(original)) < 2 and (proof := _proof(facts, original)):
        kept.insert(1, _sentence(proof[1]))
        evidence = (proof[0],)
    value = " ".join(filter(None, kept))
    if not original or value == original:
        return None
    return Change(
        op="replace",
        path="basics/summary",
        original=str(facts.career.resume["basics"]["summary"]),
        value=value,
        reason="Says sooner what the posting asks; every sentence stood in the resume before.",
        evidence=evidence,
    )


def _proof(facts: Facts, summary: str) -> tuple[str, str] | None:
    """A deed for the summary: not one that stands just below it, and none beside sentences that say "I"."""
    if re.search(r"\b(?:I|[Mm]y|[Mm]e)\b", summary):
        return None
    for post, bullet in facts.best_bullets[:20]:
        long = len(bullet.text.split())
        if post.id == facts.career.posts[0].id or deed(bullet.text) is None:
            continue
        if facts.named_in(bullet.text) and HAS_NUMBER.search(bullet.text) and FEW_WORDS // 2 <= long <= 40:
            return None if bullet.text in summary else (bullet.id, bullet.text)
    return None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _entry_text(entry: dict[str, Any]) -> str:
    texts = [str(entry.get(key) or "") for key in ("name", "description", "summary")]
    return " · ".join([*texts, *entry.get("keywords", ()), *entry.get("highlights", ())])


def _told(facts: Facts, change: Change) -> str:
    if change.path == "basics/summary":
        return f"Summary: {quote(change.value, 220)}"
    order, before = change.value.split("\n"), _before(facts, change.path)
    moved = [one for at, one in enumerate(order) if one in before and at < before.index(one)] or order
    named = {line.id: line for line in reversed(facts.lines) if not line.path.endswith("/keywords")}
    line, leads = named.get(moved[0]), moved[0] == order[0]
    if change.path.endswith("/highlights") and line:
        quoted = f"“{quote(line.text)}”"
        return f"{line.place}: " + (f"now begins with {quoted}" if leads else f"{quoted} moved up")
    if change.path.endswith("/keywords"):
        group = named.get(change.path.split("/")[1])
        asked = [word for word in moved if facts.terms_in(word)] or moved
        return f"{group.text if group else 'Skills'}: {listed(asked[:6])} moved {'to the front' if leads else 'up'}"
    text = line.text if line else moved[0]
    return f"{change.path.capitalize()}: " + (f"now begins with {text}" if leads else f"{text} moved up")


def _before(facts: Facts, path: str) -> list[str]:
    """The ids, or of keywords the words, of a list as the resume has them."""
    section, _, rest = path.partition("/")
    entries = facts.career.resume.get(section, ())
    if not rest:
        return [str(entry["id"]) for entry in entries]
    wanted, _, field = rest.partition("/")
    entry: dict[str, Any] = next((each for each in entries if each["id"] == wanted), {})
    if field == "keywords":
        return [" ".join(word.split()) for word in entry.get("keywords", ())]
    return list(entry.get("highlight_ids", ()))


def _summary(facts: Facts, changed: int) -> str:
    if not facts.job:
        return "The resume as it is: without a job there is nothing to tailor it to."
    if not facts.matched:
        return f"The resume shares no term with the posting for {facts.job_name}, so it stands as it was."
    if not changed:
        return f"The resume already begins with what {facts.job_name} asks: {listed(facts.firm_matched[:4])}."
    return (
        f"{many(changed, 'change')} that put forward what {facts.job_name} asks: {listed(facts.firm_matched[:4])}. "
        "Names, titles, dates and every line stayed as they were; only order and summary differ."
    )


def _gaps(facts: Facts) -> list[str]:
    return list(facts.firm_missing) or [found.term for found in facts.missing]


def _actions(facts: Facts) -> Iterator[str]:
    if not facts.job:
        yield "Pick a job with the chips and run it again."
    for term in _gaps(facts)[:2]:
        yield f"Ask {facts.who} about {term}: if it was used, add a line that says where and with what result."
    bare = [bullet for _, bullet in facts.best_bullets[:6] if not HAS_NUMBER.search(bullet.text)]
    if bare:
        yield f"Add a number, if there is a true one, to “{quote(bare[0].text, 110)}”."
    yield "Read the preview to the end, then save it as a resume version for this job."


def _without_resume(facts: Facts) -> Written:
    answer = AiAnswer(
        title=naming.title("tailor_resume", facts),
        summary="Tailoring needs a resume, and this run had none.",
        content="Tailoring needs a resume, and this run had none. Pick a resume version and run it again.",
        warnings=facts.warnings("This run had no resume."),
        next_actions=(facts.pick("resume version", "" if facts.job else "job"),),
    )
    return Written(answer, details=facts.details)
