"""Terms that a resume shows in other words: their words apart, or a name that is of their kind."""

import functools
import re
from collections.abc import Mapping, Sequence, Set

from core.tools import lexicon
from core.tools.lexicon.scan import Page
from core.tools.lexicon.words import key, singular, split
from core.tools.material import Line

_FILE = lexicon.HERE / "kinds.txt"
_SMALL = frozenset({"and", "or", "of", "the", "a", "an", "in", "for", "with", "to", "on", "at", "by"})
_ENDINGS = re.compile(
    r"(?:ations?|ings?|ments?|ers?|ors?|ists?|ions?|ed|es|ity|ance|ence|ants?|ally|al|ical|ive|e|y|s)$"
)
_SAME = {"ux": "user", "developer": "engineer", "development": "engineer", "software": "engineer"}
_NAMES_ROOM = 2  # words that may stand between those of a term


@functools.cache
def kinds() -> Mapping[str, tuple[str, ...]]:
    """The names that show a general term, by the term's key."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        general, colon, names = line.partition(" : ")
        if colon and line[:1] != "#":
            shown = tuple(name.strip() for name in names.split("|"))
            found |= {key(term.strip()): shown for term in general.split("|")}
    return found


def place(term: str, line: Line, page: Page) -> tuple[int, int] | None:
    """Where a line has every word of a phrase near each other in any form, or stands under a title that has them.

    None for names (`Google Analytics`), whose words apart mean something else, and for single words.
    """
    wanted = _phrase(term)
    if not wanted:
        return None
    said = page.said
    return _together(wanted, said.words, said.starts, said.ends) or _titled(wanted, line, page)


def _titled(wanted: Set[str], line: Line, page: Page) -> tuple[int, int] | None:
    """The whole line where its own place says every word: the title of a post under which it stands."""
    if page.said.words and line.path.startswith(("work/", "volunteer/")) and wanted <= _stems(_title(line.place)):
        return 0, len(page.text)
    return None


def _title(where: str) -> str:
    return where.split(",")[0]


def _together(
    wanted: Set[str], words: Sequence[str], starts: Sequence[int], ends: Sequence[int]
) -> tuple[int, int] | None:
    stems = [_stem(word) for word in words]
    room = len(wanted) + _NAMES_ROOM
    for first, stem in enumerate(stems):
        if stem in wanted and wanted <= set(stems[first : first + room]):
            last = max(at for at in range(first, min(len(stems), first + room)) if stems[at] in wanted)
            return starts[first], ends[last]
    return None


@functools.lru_cache(maxsize=2_048)
def _phrase(term: str) -> frozenset[str]:
    """The stems of a phrase's words; empty for a name or a single word."""
    first, _, rest = term.partition(" ")
    if not rest or rest != rest.lower() or (first[1:] != first[1:].lower() and not first.isupper()):
        return frozenset()
    found = frozenset(_stem(word) for word in split(term).words if word.isalnum() and word not in _SMALL)
    return found if len(found) > 1 else frozenset()


@functools.lru_cache(maxsize=4_096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in split(text).words)


@functools.lru_cache(maxsize=1 << 13)
def _stem(word: str) -> str:
    word = _SAME.get(singular(word), singular(word))
    while len(short := _ENDINGS.sub("", word)) > 3 and short != word:
        word = short
    return word
