"""Which lines of a resume a letter tells."""

import re

from core.llm.rules.deed import deed
from core.llm.rules.facts import Facts
from core.tools import keywords
from core.tools.career import Bullet, Post
from core.tools.lexicon import HARD

LONGEST_UNLESS_A_DEED = 200  # characters
LONGEST_LINE = 420
_HEADING_LIKE = re.compile(
    r"(?:(?:latest|last|current|previous|main|key|my) )?"
    r"(?:areas?|tools?|technolog(?:y|ies)|tech(?:nical)? stack|stack|environment|skills?|key skills|responsibilities|duties"
    r"|achievements?|tasks|project|projects?|role|team|front|back|frontend|backend|database|databases|languages)"
    r"(?: (?:summary|used|description|size|of responsibility))?\s*[.:–—-](?:\s|$)|(?:tools|technology|skills) (?:summary|used)\b"
    r"|(?:the )?(?:development|design|creation|implementation|support|maintenance|administration) of\b|developed of\b",
    re.IGNORECASE,
)
_OF_A_THING = re.compile(
    r"(?:the |it |this |our )?[A-Z]?\w* ?(?:is|are|was|were|provides?|allows?|includes?|gives) ", re.IGNORECASE
)


def chosen(facts: Facts) -> list[tuple[Post, Bullet]]:
    """The three lines that speak most to the posting, from two posts at most, newest first."""
    best = sorted(facts.best_bullets, key=lambda pair: not facts.relevance(pair[1].text))
    kept: list[tuple[Post, Bullet]] = []
    for post, bullet in best:
        posts = {each.id for each, _ in kept}
        if len(kept) < 3 and (post.id in posts or len(posts) < 2) and _can_be_told(bullet.text):
            kept.append((post, bullet))
    order = [post.id for post in facts.career.posts]
    return sorted(kept, key=lambda pair: order.index(pair[0].id))


def _can_be_told(text: str) -> bool:
    """Whether a line says what was done; a list of tools or a heading that an import took for a line does not."""
    if len(text) > LONGEST_LINE or _HEADING_LIKE.match(text) or _OF_A_THING.match(text) or not text[:1].isalnum():
        return False
    if len(text) > LONGEST_UNLESS_A_DEED and deed(text) is None:
        return False
    named = {name for hit in keywords.find(text) if hit.grade == HARD for name in hit.term.split()}
    listing = len(re.findall(r"[,;|/·]| and ", text)) >= 3
    return deed(text) is not None or not (listing and 3 * len(named) >= len(text.split()))
