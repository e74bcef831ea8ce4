"""What a report says the resume lacks, and the resume has."""

import re
from collections.abc import Iterable, Iterator, Set

from core.drive.evidence import Evidence, stands
from core.drive.folding import fold
from core.drive.signs import TOKEN, Marked
from core.drive.vocabulary import is_plain, stem
from core.llm import quotations
from core.llm.statements import Statement
from core.tools import terms
from core.tools.lexicon import TOPIC

_LACKS = Marked(
    "not no lack lacks lacking missing absent without never nowhere t none nothing",
    r"\b(?:not|no|lacks?|lacking|missing|absent|never|nowhere|none|nothing)\b|n['’]t\b",
)
_HALF = re.compile(
    r"\b(?:but|only|beyond|besides|except|although|though|while|if|used?|uses|using|work\w*|experience|unless|yet|enough|than|like)\b",
    re.IGNORECASE,
)
# Beside the term and these words a denial of the whole term says nothing.
_TOTAL = frozenset(
    map(
        stem,
        (
            "resume", "cv", "candidate", "shown", "show", "shows", "mention", "mentions", "mentioned", "name", "names", "named", "list",
            "lists", "listed", "appear", "appears", "found", "find", "stated", "states", "state", "contain", "contains", "missing",
            "absent", "lack", "lacks", "lacking", "nowhere", "anywhere", "nothing", "none", "know", "knows", "word", "entry", "page",
            "evidence", "skill", "skills", "knowledge", "text", "document", "here", "there", "visible", "present", "included",
            "seen", "see", "all", "papers", "trace", "sign", "line", "say", "says", "never", "not", "no",
        ),
    )
)  # fmt: skip


def false_denials(said: Iterable[Statement], own: Evidence, names: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """(the term, the statement) of each term that a statement says the resume lacks, and that stands in it by its name."""
    called = {name.lower() for name in names}
    for each in said:
        if each.of != "job" and _LACKS.search(each.text):
            for clause in _clauses(fold(quotations.without(each.text))):
                yield from ((term, each.text) for term in _denied(clause, own, called))


def _says_nothing(word: str, called: Set[str]) -> bool:
    """Whether a word says nothing beside the denied term; `called` are the candidate's names."""
    low = stem(word)
    return is_plain(low) or low in _TOTAL or word.lower() in called or word.endswith("n't")


def _clauses(text: str) -> list[str]:
    return re.split(r"[;—]|, (?:and|so|but)\b|\.\s", text)


def _denied(clause: str, own: Evidence, called: Set[str]) -> Iterator[str]:
    if not _LACKS.search(clause) or _HALF.search(clause) or clause.rstrip().endswith("?"):
        return
    left = [word for word in TOKEN.finditer(clause) if not _says_nothing(word[0], called)]
    if not left or not all(stands(word[0].lower(), own.low) for word in left):  # most of it is no name of the resume's
        return
    hits = [(hit.start, hit.end) for hit in terms.find(clause) if hit.grade >= TOPIC]
    for word in left:
        if not any(start <= word.start() < end for start, end in hits):
            if not _is_name(word[0], own):
                return
            hits.append(word.span())
    yield from (said for start, end in hits if stands((said := clause[start:end]).lower(), own.low))


def _is_name(word: str, own: Evidence) -> bool:
    """Whether the resume writes a word with a capital, and never without."""
    return not word.islower() and stands(word, own.text) and not stands(word.lower(), own.text)
