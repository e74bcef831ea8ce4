"""A posting read as sentences: which ask for something, which only describe, and how hard they ask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.tools import lexicon
from core.tools.lexicon.words import key

Kind = Literal["must", "duty", "nice", "other", "offer"]

# How much a term counts by the hardest sentence that names it. What an employer offers (benefits,
# how to apply) asks for nothing.
WEIGHTS: dict[Kind, float] = {"must": 3, "duty": 2, "nice": 1, "other": 1, "offer": 0}
READ_CHARS = 12_000  # longer postings are read to here: six pages, and still within the rules' 50 ms

_HEADINGS: tuple[tuple[Kind, str], ...] = (
    (
        "nice",
        r"nice[ -]to[ -]have|preferred|bonus|desir|ideally|extra points|advantage|pluses|good to have|also (?:like|love)",
    ),
    (
        "must",
        r"(?:who|what) (?:we are|we.?re|are we) (?:looking|seeking)|looking for|about you|who you are|what you.?(?:ll)? (?:need|bring)",
    ),
    (
        "offer",
        (
            r"benefits|perks|offer|salary|compensation|pay\b|how to apply|equal|about (?:us|the company|our)|who we are"
            r"|why (?:join|work|us)|location|the company|diversity|privacy|application|recruit|interview process|next steps"
        ),
    ),
    (
        "duty",
        (
            r"responsibilit|dut(?:y|ies)|what you.?(?:ll|will)|you will|your (?:role|work|day|tasks|mission)|the (?:role|job|work)"
            r"|day[ -]to[ -]day|objectives|mission|tasks|summary|position|overview|impact"
        ),
    ),
    (
        "must",
        (
            r"require|qualif|must|essential|need|you (?:have|bring|are)|you.?ve got|skills|experience|profile|background"
            r"|education|what you"
        ),
    ),
)
_NICE = re.compile(
    r"\b(?:preferred|preferably|nice to have|a (?:big |strong |definite )?plus|bonus|ideally|desirable|advantage(?:ous)?|welcome"
    r"|not required|optional)\b",
    re.IGNORECASE,
)
_MUST = re.compile(
    r"\b(?:must|required|requires?|requirement|essential|minimum|at least|mandatory|proven|solid|strong|you have"
    r"|you bring|\d+\s*\+?\s*years?|experience (?:with|in|using|of|as)|knowledge of|proficien\w+|fluen\w+|degree)\b",
    re.IGNORECASE,
)
_DUTY = re.compile(r"^(?:you(?:'|’)?(?: will|ll)|in this role|as (?:a|an|our) )", re.IGNORECASE)
_US = re.compile(
    r"^(?:we|our|at [A-Z])\b|\b(?:founded|established|we offer|we have|we are|we've been)\b", re.IGNORECASE
)
_TERMS = re.compile(
    r"\b(?:equal (?:employment )?opportunit\w+|discriminat\w+|reasonable accommodation|background check|salary|vacation|pension"
    r"|401\(?k\)?|health insurance|paid time off|apply (?:now|online|here)|(?:recruit(?:ment|ing)|staffing|third[- ]party) agenc\w+"
    r"|contact our (?:recruit\w+|talent|hr|people)\b[^.]*)\b"
    r"|^(?:\w+ )?(?:talent acquisition|recruit(?:ment|ing)|human resources|hr) (?:professional|partner|specialist|consultant|manager"
    r"|lead|team|advisor|business partner)$",  # who signed it
    re.IGNORECASE,
)
_MARK = re.compile(r"^\s*(?:[-*•·▪◦‣–]|\d{1,2}[.)])\s+")
_MARKUP = re.compile(
    "[*_`<\\[" + "".join(chr(code) for code in range(1, 0x3001) if chr(code).isspace() and code != 0x20) + "]"
)
_LOOSE = re.compile(r" [ .,;:)]")
_END = re.compile(r"\s(?<=[.!?]\s)\s*(?=[A-Z\"“(*])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|incl|approx|vs|St|Dr|Mr|Ms|Inc|Ltd|Co|No|[A-Z])\.)$")
_LONGEST_ABBREVIATION = 10  # characters, with the one before it


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or list item of a posting, without its markup, and what kind of asking it is."""

    text: str
    kind: Kind


def split(text: str) -> list[str]:
    """One line of prose as sentences; `e.g.` and initials end none."""
    parts: list[str] = []
    for part in _END.split(text.strip()):
        if parts and parts[-1].endswith(".") and _ABBREVIATION.search(parts[-1][-_LONGEST_ABBREVIATION:]):
            parts[-1] += f" {part}"
        elif part:
            parts.append(part)
    return parts


def sentences(line: str) -> tuple[str, ...]:
    """One line of Markdown as sentences without marks; a line of late is known."""
    return _sentences(line) if len(line) <= READ_CHARS else tuple(split(plain(line)))


@lru_cache(maxsize=64)
def _sentences(line: str) -> tuple[str, ...]:
    return tuple(split(plain(line)))


@lru_cache(maxsize=64)
def read(description: str) -> tuple[Sentence, ...]:
    """The posting's sentences in order, each with the kind its heading and its own words give it."""
    found: list[Sentence] = []
    under: Kind = "other"
    for raw in _unwrapped(description[:READ_CHARS]):
        line = plain(raw)
        if not line:
            continue
        if heading := _heading(raw, line):
            under = heading
            if _TERMS.search(line):  # `NO RECRUITMENT AGENCIES PLEASE` asks for nothing, whatever it is set as
                found.append(Sentence(line, "offer"))
            continue
        found += [Sentence(text, _kind(text, under)) for text in split(line)]
    return tuple(found)


def plain(line: str) -> str:
    """A line without list marks, heading marks, emphasis and link targets."""
    line = line.strip()
    if line and line[0].isalpha() and not _MARKUP.search(line) and not _LOOSE.search(line):
        return line
    line = _MARK.sub("", line.lstrip("#> ").strip())
    line = re.sub(r"\[([^\]]{0,200})\]\([^)]{0,500}\)", r"\1", line)
    line = re.sub(r"\s+", " ", re.sub(r"\*\*|__|`|<[^<>]{1,40}>", "", line)).strip()
    return re.sub(r" ([.,;:)])", r"\1", line)


def hardest(sentences: Sequence[Sentence]) -> Sentence | None:
    """The sentence that asks hardest, the first of them."""
    return max(sentences, key=lambda each: WEIGHTS[each.kind], default=None)


def worded(term: str, description: str) -> str:
    """A term as it stands inside a sentence: `stepper motors` where a list item wrote `Stepper motors`.

    A name keeps its capitals; a phrase loses its first one where the posting has it in small letters, or writes it
    large only where a line begins.
    """
    first, _, rest = term.partition(" ")
    if not first[:1].isupper() or first[1:] != first[1:].lower() or (rest and rest != rest.lower()):
        return term
    known = lexicon.shipped().entries
    entry, begins = known.get(key(term)), known.get(key(first.partition("-")[0]))
    if entry is None or len(first) < 2 or (begins is not None and begins.score is None):
        return term
    small = term[0].lower() + term[1:]
    seen = list(re.finditer(rf"(?<!\w){re.escape(small)}(?!\w)", description, re.IGNORECASE))
    inside = [found for found in seen if not re.search(r"(?:^|[.!?:•*#>-])[ \t]*$", description[: found.start()], re.M)]
    if any(found[0] == term for found in inside) and not rest:
        return term  # a name, also where a list of tags has it in small letters
    if any(found[0] == small for found in seen):
        return small
    return small if rest and not inside else term


def is_ours(text: str) -> bool:
    """Whether a sentence speaks of the employer rather than of the person sought."""
    return bool(_US.search(text))


def _unwrapped(text: str) -> list[str]:
    """Lines, with those joined that only a margin broke."""
    lines: list[str] = []
    for line in text.splitlines():
        before = lines[-1].rstrip() if lines else ""
        goes_on = len(before) >= 55 and before[-1] not in ".:!?;" and line[:1].strip() and not _MARK.match(line)
        if goes_on and (line[0].islower() or (line[0] == "[" and before[-1].islower())):
            lines[-1] = f"{before} {line.strip()}"
        else:
            lines.append(line)
    return lines


def _heading(raw: str, line: str) -> Kind | None:
    raw = raw.strip()
    marked = raw.startswith("#") or (raw.startswith("**") and raw.rstrip(" :").endswith("**")) or line.endswith(":")
    bare = len(line) <= 45 and line[-1] not in ".,;!" and not _MARK.match(raw) and len(line.split()) <= 6
    if len(line) > 80 or not (marked or bare):
        return None
    for kind, words in _HEADINGS:
        if re.search(rf"\b(?:{words})", line, re.IGNORECASE):
            return kind
    return "other" if marked else None


def _kind(text: str, under: Kind) -> Kind:
    if _TERMS.search(text):
        return "offer"
    if under == "offer":
        return (
            "must"
            if _MUST.search(text) and re.search(r"experience|degree|knowledge", text) and not is_ours(text)
            else "offer"
        )
    if _NICE.search(text):
        return "nice"
    if under in ("nice", "must", "duty"):
        return under
    if _DUTY.search(text):
        return "duty"
    return "must" if _MUST.search(text) and not is_ours(text) else "other"
