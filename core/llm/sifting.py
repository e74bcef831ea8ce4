"""What a small model wrote, sentence by sentence: kept where the context holds it, else dropped with the reason.

Rather too strict than too kind: a dropped true sentence costs a line, a kept false one a reader's trust.
"""

import re
from collections.abc import Iterable

from core.drive.claims import claims, unsupported
from core.llm import speech
from core.llm.grounding import Ground
from core.llm.own_texts import STEM, WORDS, row, stems
from core.tools import posting

_JUNK = re.compile(
    r"\[[^\]]*\]|[{}<>|#]|https?://|```|as an ai\b|language model|^(?:sure|certainly|of course|here (?:is|are)|note)\b"
    r"|^(?:write|use|make sure|remember|please|include|do not|don't|answer|summary|title|opening|the answer)\b[^.]{0,40}:?"
    r"|\b(?:cover letter|opening paragraph|first paragraph|this summary)\b",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?][\"”’)]*$")
_DANGLING = re.compile(r"\b(?:a|an|the|and|or|of|from|as|than|while|into|its|their|his|that|which)[.!?]", re.IGNORECASE)
_BEEN = re.compile(
    r"\b(?:i am an?|i['’]m an?|is an?|worked as|working as|experience as|served as|background as)\b", re.IGNORECASE
)
_WORKED_AT = (
    r"\b(?:work(?:ed|ing)?|employed|experience|years|time|tenure|role|position|served)\b[^.]{0,40}\b(?:at|for|with)\s+"
)
_RUN_TOGETHER = re.compile(
    r"(?:of|in|to|for|and|with|on|at|by|from)the(?:$|[a-z]{3})|^the(?!re|or|ra|me|at|ol|rm|si|sa|ft|ir|se|mse)[a-z]{6,}"
)


def sift(text: str, ground: Ground) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """(the sentences that may stay, by paragraph; those dropped with the reason). A repeated one is dropped.

    A paragraph of which nothing stays is an empty list.
    """
    seen: set[str] = set()
    kept: list[list[str]] = []
    dropped: list[tuple[str, str]] = []
    for paragraph in re.split(r"\n\s*\n", text):
        kept.append([])
        for sentence in _sentences(paragraph):
            same = re.sub(r"\W+", " ", sentence).casefold().strip()
            why = "It was said before." if same in seen else why_not(sentence, ground)
            seen.add(same)
            if why:
                dropped.append((sentence, why))
            else:
                kept[-1].append(sentence)
    return kept, dropped


def why_not(sentence: str, ground: Ground) -> str:
    """Why a sentence must go; empty when it may stay."""
    if not _ENDED.search(sentence) or _DANGLING.search(sentence[-12:]):
        return "It is not finished."
    if _JUNK.search(sentence) or len(sentence.split()) < 4:
        return "It speaks of the task, or says nothing."
    if strange := unsupported(sentence, ground.all):
        return f"“{strange[0]}” is not in the context."
    first = re.match(r"[^\w]*([^\W\d_][\w'’+#-]*)", sentence)
    if first and first[1][0].isupper() and not _may_begin(first[1], ground):
        return f"“{first[1]}” is not in the context."
    return _why_no_claim(sentence, ground) or _why_babble(sentence, ground)


def _why_babble(sentence: str, ground: Ground) -> str:
    """Why a sentence is no sentence, or is made of words that the context does not hold."""
    words = [word.casefold() for word in WORDS.findall(sentence)]
    triples = list(zip(words, words[1:], words[2:], strict=False))
    if len(set(triples)) < len(triples):
        return "It goes round in circles."
    if strange := next((word for word in words if word not in ground.words and _RUN_TOGETHER.search(word)), ""):
        return f"“{strange}” is no word."
    if speech.DENIED.search(sentence):
        return ""
    said = stems(sentence)
    if told := sorted(said & ground.told):
        return f"“{told[0]}…” stands only in the instructions or the notes."
    about = ground.is_of_candidate(sentence) or re.search(r"\byou\b", sentence) is not None
    of_candidate = about and not speech.OF_THE_JOB.search(sentence) and not speech.WISHES.search(sentence)
    if of_candidate and (deed := _told_otherwise(sentence, ground)):
        return f"“{deed}” is not how the context tells it."
    strange = said - (ground.own_stems if of_candidate else ground.stems)
    if len(strange) > 1 or (strange and 2 * len(strange) >= len(said)):
        return f"“{min(strange)}…” is not in the context."
    return ""


def _told_otherwise(sentence: str, ground: Ground) -> str:
    """A verb with another object than the context gives it: `rebuilt HubSpot` for `rebuilt scoring in HubSpot`."""
    who = "|".join(map(re.escape, ground.names)) or "I"
    found = re.search(rf"\b(?:I|[Yy]ou|{who}) (?:also )?([a-z]{{3,}})\s(.+)", sentence)
    if not found:
        return ""
    verb, said = found[1][:STEM], row(found[2])
    rows = [row[row.index(verb) + 1 :] for row in ground.deeds if verb in row]
    if not rows or not said or any(said[0] in row[:2] for row in rows):
        return ""
    return f"{found[1]} {found[2].split(' ')[0]}"


def _may_begin(word: str, ground: Ground) -> bool:
    low = word.casefold()
    return low in speech.STARTERS or low in ground.words or (len(low) > 4 and low.endswith("ly"))


def _why_no_claim(sentence: str, ground: Ground) -> str:
    if not ground.is_claim(sentence):
        return ""
    if not speech.WISHES.search(sentence) and _works_at(sentence, ground):
        return f"The candidate has not worked at {ground.company}."
    wishes = speech.WISHES.search(sentence) and not _BEEN.search(sentence)
    title = ground.bare_title.casefold()
    if not wishes and title and title in sentence.casefold() and title not in ground.own.casefold():
        return "The candidate's title is not the posting's."
    said = ground.without_job(sentence) if wishes else sentence
    standing = ground.held.standing
    lacking = [claim for claim in claims(said, ground.held) if claim.kind != "name" and standing(claim)[0] != "held"]
    only_job = [claim.said for claim in lacking if claim.amount or claim.term]
    return f"“{only_job[0]}” stands only in the posting." if only_job else ""


def _works_at(sentence: str, ground: Ground) -> bool:
    """Whether a sentence has the candidate work for the company that only the posting names."""
    if not ground.company or ground.company in ground.own:
        return False
    return re.search(_WORKED_AT + re.escape(ground.company), sentence, re.IGNORECASE) is not None


def _sentences(paragraph: str) -> Iterable[str]:
    joined = ""
    for line in paragraph.splitlines():
        plain = posting.plain(line)
        glue = " " if joined and not _ENDED.search(joined) else "\n"
        joined = glue.join(filter(None, [joined, plain]))
    return [sentence for line in joined.split("\n") for sentence in posting.split(line)]
