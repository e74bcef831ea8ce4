"""What a sentence says the posting asks for or offers, and of which the posting says no word."""

import re
from collections.abc import Iterator

from core.drive.claims import of_rank
from core.drive.evidence import Evidence
from core.drive.signs import Marked
from core.drive.vocabulary import is_plain, listed, stem, words

_WHO = (
    r"(?:the (?:posting|role|job|position|post|vacancy|employer|company|team|description)"
    r"|(?:this|your|their) (?:posting|role|job|position|post|company|team|description)|they|you)"
)
_ASKS = Marked(
    "ask asks asked require requires required want wants wanted demand demands expect expects offer offers pay pays promise"
    " promises provide provides call calls",
    rf"\b{_WHO} (?:also |even |really |clearly )?(?:asks?(?: for)?|requires?|wants?|demands?|expects?|offers?|pays?"
    r"|promises?|provides?|calls? for) ([^,;:.()]*)",
)
_KIND = Marked(
    "remote remotely hybrid onsite site permanent temporary unpaid freelance seasonal part full time",
    rf"\b{_WHO} (?:is|works) (?:\w+ly )?"
    r"(remote(?:ly)?|hybrid|on-?site|permanent|temporary|unpaid|freelance|seasonal|part-time|full-time)\b",
)
_PARTS = re.compile(r",? (?:and|or|plus|but)\b ?")
_ENDS = re.compile(r"\b(?:that|which|who|where|when|because|so|to|from|with|of|in|on|than|by|at|as)\b")
_GENERAL = frozenset(
    map(
        stem,
        (
            "somebody", "someone", "person", "people", "proof", "evidence", "kind", "rest", "core", "example", "candidate", "reader",
            "depth", "breadth", "least", "step", "leap", "home",
        ),
    )
)  # fmt: skip


def unasked(sentence: str, job: Evidence, every: Evidence) -> Iterator[str]:
    """What a sentence has the posting ask for or offer and the posting names in no word; nothing without a posting."""
    if not job.text.strip() or not job.is_english:
        return
    for found in _ASKS.finditer(sentence):
        for part in _PARTS.split(found[1]):
            said = _ENDS.split(part, maxsplit=1)[0].strip()
            if (wanted := list(_content(said))) and not any(_says(job, word) for word in wanted):
                yield said
        yield from _of_rank(found[1], job)
    yield from (found[1] for found in _KIND.finditer(sentence) if not _says(job, found[1]))
    yield from _of_rank(sentence, every)


def _of_rank(said: str, held: Evidence) -> Iterator[str]:
    """The degrees, certificates and distinctions of a phrase that a text does not name."""
    claimed = (claim for claim in of_rank(said) if claim.kind != "title")
    return (claim.said for claim in claimed if held.standing(claim)[0] == "absent")


def _content(said: str) -> Iterator[str]:
    """The words of a phrase that name something."""
    for word in words(said):
        low = stem(word[0])
        if len(word[0]) > 3 and not is_plain(low) and low not in _GENERAL and low not in listed("number-words"):
            yield word[0]


def _says(held: Evidence, word: str) -> bool:
    return held.says(word) or any(part in held.stems for part in map(stem, word.split("-"))) or word.lower() in held.low
