"""Tokens: how long a text is for the models we call, counted exactly and offline in o200k_base."""

import re
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import combining

from core.llm.provider import Message
from core.tools import encoding

PER_MESSAGE = 3  # OpenAI's rule of thumb for the marks around a message
PER_CALL = 3  # and for the mark that opens the answer; the server's own usage is the truth
KNOWN_CHARS = 16_000  # the count of a text up to here is kept, for as long as there is room

# Where a reader would cut, best first, and the share of the allowed text that must be left for it.
_PARAGRAPH = (re.compile(r"\n\s*\n"), 0.6)
_SENTENCE = (re.compile(r"(?<=[.!?])\s|(?<=[.!?][\"')\]])\s|(?<=[。！？])|\n"), 0.6)
_WORD = (re.compile(r"\s"), 0.3)
_JOINER, _VARIATIONS = "\u200d", range(0xFE00, 0xFE10)


def count(text: str) -> int:
    """Tokens of `text`; what looks like a special token counts as the plain text it is."""
    return _known(text) if len(text) <= KNOWN_CHARS else encoding.count(_sound(text))


def count_messages(messages: Sequence[Message | tuple[str, str]]) -> int:
    """Tokens of a whole chat call, given as messages or (role, content) pairs; 0 for no messages."""
    if not messages:
        return 0
    pairs = [(one.role, one.content) if isinstance(one, Message) else one for one in messages]
    return PER_CALL + sum(PER_MESSAGE + count(role) + count(content) for role, content in pairs)


def truncate(text: str, limit: int) -> tuple[str, int]:
    """The beginning of `text` in at most `limit` tokens, and how many tokens that beginning has.

    A text that fits comes back as it is. Otherwise it ends, without trailing space, at a paragraph,
    else a sentence, else a word, else, where a single word fills the limit, at a character.
    """
    text = _sound(text)
    tokens = count(text)
    if tokens <= limit:
        return text, tokens
    for allowed in range(limit, 0, -1):  # a shorter text may have more tokens: seldom, and by one or two
        kept = _cut(text, encoding.reach(text, allowed))
        if (tokens := count(kept)) <= limit:
            return kept, tokens
    return "", 0


@lru_cache(maxsize=128)  # the same prompt, posting and resume come back with every run for them
def _known(text: str) -> int:
    return encoding.count(_sound(text))


def _cut(text: str, end: int) -> str:
    """The beginning of `text` up to the best place to stop at or before `end`."""
    for seam, share in (_PARAGRAPH, _SENTENCE, _WORD):
        places = [found.start() for found in seam.finditer(text, int(end * share), end + 1)]
        if places and (kept := text[: places[-1]].rstrip()):
            return kept
    while 0 < end < len(text) and _continues(text, end):
        end -= 1
    return text[:end].rstrip()


def _continues(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it: an accent, or a joined emoji."""
    here = text[at]
    return bool(combining(here)) or here == _JOINER or ord(here) in _VARIATIONS or text[at - 1] == _JOINER


def _sound(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot carry, replaced as OpenAI's own tokenizer does."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
