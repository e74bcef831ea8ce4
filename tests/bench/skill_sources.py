"""The lists of terms the lexicon is made from, other than the postings: by hand, O*NET's, the gazetteer's."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from core.tools import lexicon
from core.tools.lexicon import words

_ACRONYM = re.compile(r"^(.+) \(?([A-Z][A-Z0-9/&-]{1,7})\)?(?: (?:software|systems?))?$")
_JOINTS = (["/"], ["&"], ["and"], [","], ["+"])


class Sources(NamedTuple):
    """The lists that do not depend on the postings, by key, each with its display form."""

    known: dict[str, lexicon.Entry]
    onet: dict[str, str]
    gazetteer: dict[str, str]


def sources(folder: Path) -> Sources:
    """The hand-written names, O*NET's and the gazetteer's."""
    known = lexicon.read_known((lexicon.HERE / "known.txt").read_text(encoding="utf-8").splitlines())
    onet: dict[str, str] = {}
    with (folder / "onet_technology.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for form, shown in _onet_forms(row["name"]):
                onet.setdefault(words.key(form), shown)
    terms = json.loads((folder / "skill_extractor_gazetteer.json").read_text(encoding="utf-8"))
    gazetteer: dict[str, str] = {}
    for term in sorted(terms, key=lambda term: (len(term), term)):  # the shortest spelling, most often the singular
        if not is_list(name := words.key(term), known):
            gazetteer.setdefault(name, term)
    # An acronym alone is too short a clue ("San Francisco"), unless another list has it too.
    onet = {name: shown for name, shown in onet.items() if not is_acronym(name, shown) or name in gazetteer}
    # Nor is a product's name one that is a word of other terms ("Pilot", "Builder").
    spread = Counter(part for name in gazetteer if " " in name for part in name.split(" "))
    onet = {name: shown for name, shown in onet.items() if " " in name or spread[name] < 2 or name in gazetteer}
    return Sources(known, usable(onet), usable(gazetteer))


def is_acronym(name: str, shown: str) -> bool:
    return " " not in name and shown.endswith(f"({name.upper()})")


def is_list(name: str, known: Mapping[str, lexicon.Entry]) -> bool:
    """Whether a term is nothing but known names side by side ("html css", ".net / c #"): each should be found alone."""
    if name in known:
        return False
    parts = name.split(" ")
    reach = [0]  # the words that known names cover from the left
    for past in range(1, len(parts) + 1):
        if any(" ".join(parts[start:past]) in known or parts[start:past] in _JOINTS for start in reach):
            reach.append(past)
    return reach[-1] == len(parts)


def _onet_forms(name: str) -> Iterable[tuple[str, str]]:
    """The name, and where it ends in its own acronym ("Extensible markup language XML") its two halves."""
    found = _ACRONYM.match(name)
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z0-9]+", found[1])).upper() if found else ""
    if (
        found
        and len(found[2]) > 2
        and words.key(found[2]) == found[2].lower()
        and initials.startswith(re.sub(r"\W", "", found[2]))
    ):
        shown = f"{found[1]} ({found[2]})"
        return ((name, shown), (found[1], shown), (found[2], shown), (f"{found[1]} {found[2]}", shown))
    return ((name, name),)


def usable(terms: dict[str, str]) -> dict[str, str]:
    return {
        name: shown
        for name, shown in terms.items()
        if len(name) > 1 and name.count(" ") < 5 and any(mark.isalpha() for mark in name) and "\t" not in name
    }
