"""How much each part of a posting says about what the job needs: its sections by their headings."""

import re
from bisect import bisect_right

TITLE, NEEDED, WORK, WANTED, PLAIN, ASIDE = 3.0, 2.0, 1.4, 1.2, 1.0, 0.2

_DECOR = "#*_:>- \t\r•"
# Searched in lines of at most _HEADING characters, in this order.
_HEADING = 70
_SECTIONS = (
    (ASIDE, r"about (us|the company|our)|who we are|benefit|perks|what we offer|we offer|equal opportunity|eeo\b|how to apply"
            r"|application process|compensation|salary|pay range|why (join|work|us)|our (culture|values|mission|story)|location"
            r"|diversity|accommodation|legal|privacy|travel|schedule|hours"),
    (WANTED, r"preferred|nice.to.have|bonus|desirable|desired|a plus|optional|ideally|advantage"),
    (NEEDED, r"require|qualification|must.have|you (have|bring|need)|you('ll| will) (need|bring)|skill|experience"
             r"|looking for|essential|technolog|tech stack|tools|certificat|licens|who you are|about you|profile|competenc"
             r"|knowledge|education"),
    (WORK, r"responsib|duties|you('ll| will) (do|be)|the role|the job|your (role|job|tasks|impact)|what you do|day.to.day|objectives"),
)  # fmt: skip
_SECTION = tuple((weight, re.compile(words, re.IGNORECASE)) for weight, words in _SECTIONS)
_SELLING = re.compile(
    r"equal.opportunity|regardless of|without regard to|401\s?\(?k|(?:health|dental|vision|life) insurance|paid (?:time|leave|parental)"
    r"|protected veteran|background check|sexual orientation|reasonable accommodation|national origin",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:must|required?|requires|proficien\w+|expertise|fluen\w+|hands.on|certified|certification|licensed?|years)\b",
    re.IGNORECASE,
)
_WISHING = re.compile(r"\b(?:a plus|preferred|nice to have|bonus|desirable|ideally)\b", re.IGNORECASE)

Weights = tuple[list[int], list[float]]


def weigh(text: str) -> Weights:
    """Where each line starts and what a term in it weighs; the first line is the title's when it is short."""
    starts, weights = [], []
    section, place = PLAIN, 0
    for number, line in enumerate(text.split("\n")):
        said = line.strip(_DECOR)
        if heading := _heading(line, said):
            section = heading
        starts.append(place)
        weights.append(TITLE if number == 0 and 0 < len(said) <= 100 else _line(said, section))
        place += len(line) + 1
    return starts, weights


def at(weights: Weights, place: int) -> float:
    """The weight of the line a character stands in."""
    return weights[1][max(0, bisect_right(weights[0], place) - 1)]


def _heading(line: str, said: str) -> float | None:
    """The weight of the section a line opens, None when it is no heading."""
    if not said or len(said) > _HEADING or line.lstrip()[:2] in ("- ", "* ", "• "):
        return None
    marked = line.lstrip().startswith(("#", "**")) or line.rstrip().endswith((":", ":**"))
    if not marked and (said[-1] in ".!?,;" or len(said.split()) > 6):
        return None
    found = next((weight for weight, words in _SECTION if words.search(said)), None)
    return found if found or not marked else PLAIN


def _line(said: str, section: float) -> float:
    if _SELLING.search(said):
        return ASIDE
    if _WISHING.search(said):
        return min(section, WANTED)
    return section * 1.3 if section > ASIDE and _ASKING.search(said) else section
