"""What a posting asks besides terms: years, degrees and certificates, each with the sentence that asks it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.tools import posting
from core.tools.career import degree_level
from core.tools.posting import Sentence

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {word: number for number, word in enumerate(_WORDS, 1)} | {"fifteen": 15, "twenty": 20}
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS)})"
_YEARS = re.compile(
    rf"(?<![\d.,$€£])(?P<low>{_NUMBER})(?:\s*\(\d{{1,2}}\))?"
    rf"\s*(?:\+|plus|or more|[-–—]\s*\d{{1,2}}\s*\+?|to\s+{_NUMBER})?\s*(?:or more\s+)?(?:full\s+)?years?\b(?![- ]old)",
    re.IGNORECASE,
)
_OF_WORK = re.compile(
    r"experience|background|track record|expertise|working|\bwork\b|practice|\bin\b|\bas an?\b|professional|managing",
    re.IGNORECASE,
)
_NOT_ASKED = re.compile(
    r"celebrat|anniversary|in the last|within (?:a|an|the|\d)|for (?:over|more than)|contract", re.IGNORECASE
)
_DEGREE = re.compile(
    r"(?<!high )degree|bachelor|master(?:['’\x92]s\b|s? (?:degree|of |level))|ph\.?d|doctora|diploma|\bb\.?sc\b|\bm\.?sc\b|\bbsn\b|\bmba\b",
    re.IGNORECASE,
)
_EQUIVALENT = re.compile(
    r"equivalent|or (?:relevant |comparable |similar )?(?:work |practical |professional )?experience", re.IGNORECASE
)
_KNOWN = re.compile(
    r"\b(?:PMP|CAPM|CPA|CFA|CISSP|CISM|CISA|CEH|OSCP|CCNA|CCNP|CKA|CKAD|CKS|RHCE|RHCSA|ITIL|PRINCE2|CSM|PSM|SHRM-C?S?CP|PHR|SPHR"
    r"|ACCA|CIMA|FRM|RN|LPN|BLS|ACLS|PALS|CCRN|CDL|OSHA ?(?:10|30)|LEED(?: AP)?"
    r"|CSCP|CPIM|CHFP|RHIA|CompTIA \w+\+?)(?![\w+])"
)
_NAMED = re.compile(
    r"\b((?:[A-Z][\w.+#/-]*|of|in|for|and|–|-)(?: (?:[A-Z][\w.+#/-]*|of|in|for|and|–|-)){0,7})"
    r" (?:[Cc]ertifi(?:cation|cate)s?|[Ll]icen[sc]e)\b"
)
_CERTIFIED = re.compile(
    r"\b((?:AWS|Azure|Google|Microsoft|Oracle|Salesforce|Tableau|Cisco|SAP)? ?Certified (?:[A-Z]\w+ ?){1,5})"
)
_CERT_SENTENCE = re.compile(r"certif|licen[sc]|accredit|registered", re.IGNORECASE)
_SMALL = re.compile(
    r"^(?:(?:of|in|for|and|a|an|the|valid|current|active|additional|or|–|-) )+|(?: (?:of|in|for|and|or|–|-))+$",
    re.IGNORECASE,
)
_NO_NAME = {
    "professional",
    "relevant",
    "industry",
    "technical",
    "valid",
    "current",
    "active",
    "required",
    "preferred",
    "desired",
    "certification",
    "a",
    "any",
}


@dataclass(frozen=True, slots=True)
class Years:
    """The most years the posting asks, as a number, and the sentence."""

    number: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Degree:
    """The lowest degree that will do, 1 associate to 4 doctorate; `softly` where experience may stand in or it is a wish."""

    level: int
    softly: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Certificate:
    name: str
    required: bool
    sentence: str


def years(sentences: Sequence[Sentence]) -> Years | None:
    """The highest of the minimum years asked; what the employer says of itself does not count."""
    asked = [
        Years(number, sentence.text)
        for sentence in sentences
        if sentence.kind not in ("offer", "nice") and not posting.is_ours(sentence.text)
        for number in _minimums(sentence.text)
    ]
    return max(asked, key=lambda each: each.number, default=None)


def degree(sentences: Sequence[Sentence]) -> Degree | None:
    """The degree asked, the hardest sentence first."""
    asked = [
        (posting.WEIGHTS[sentence.kind], Degree(level, _is_soft(sentence), sentence.text))
        for sentence in sentences
        if sentence.kind != "offer" and _DEGREE.search(sentence.text) and not posting.is_ours(sentence.text)
        if (level := _level(sentence.text))
    ]
    return max(asked, key=lambda each: each[0])[1] if asked else None


def certificates(sentences: Sequence[Sentence]) -> tuple[Certificate, ...]:
    """Certificates and licences the posting names, each once."""
    found: dict[str, Certificate] = {}
    for sentence in sentences:
        if sentence.kind == "offer":
            continue
        for name in certificate_names(sentence.text):
            required = sentence.kind == "must"
            if name.lower() not in found or required:
                found[name.lower()] = Certificate(name, required, sentence.text)
    return tuple(found.values())


def certificate_names(text: str) -> list[str]:
    """Names of certificates and licences in a text, e.g. `PMP`, `AWS Certified Developer`, `Registered Nurse`."""
    if not _CERT_SENTENCE.search(text) and not _KNOWN.search(text):
        return []
    known = [] if not _CERT_SENTENCE.search(text) else _KNOWN.findall(text)
    phrases = [_SMALL.sub("", phrase).strip() for phrase in (*_NAMED.findall(text), *_CERTIFIED.findall(text))]
    good = [each for each in phrases if _is_name(each)]
    names = list(dict.fromkeys([*good, *known]))
    return [name for name in names if not any(name != other and name in other for other in names)]


def _is_name(phrase: str) -> bool:
    words = phrase.split()
    return len(words) > 1 and words[0].lower() not in _NO_NAME and words[0] not in ("TLS", "SSL")


def _minimums(text: str) -> list[int]:
    if not _OF_WORK.search(text) or _NOT_ASKED.search(text):
        return []
    lows = (found["low"].lower() for found in _YEARS.finditer(text))
    numbers = [NUMBERS.get(low) or int(low) for low in lows]
    return [number for number in numbers if 1 <= number <= 25]


def _level(text: str) -> int | None:
    return degree_level(text) or (2 if re.search(r"\bdegree\b", text, re.IGNORECASE) else None)


def _is_soft(sentence: Sentence) -> bool:
    return sentence.kind == "nice" or bool(_EQUIVALENT.search(sentence.text))
