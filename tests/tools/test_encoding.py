"""The encoding's tokens are OpenAI's, and every text is counted as another implementation of it counts."""

import base64
import hashlib
import random
import time

import pytest
import toktok
from hypothesis import given, settings
from hypothesis import strategies as some

from core.tools import encoding
from core.tools.encoding import ranks
from tests.bench.pack_encoding import packed, read

PUBLISHED = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"  # of o200k_base.tiktoken
# What decides where a piece ends: cases and contractions, gaps of every kind, accents, numbers, marks, other scripts.
DECIDING = "  \n\r\t'aAsS\u017ftTrReEvVmMlLdD\u0301éÉǅʰª日本ไท1²½ⅷ./!-_\u00a0\u3000\x1c\x85\u200d🧠\U00031350"
WORDS = (
    "Kubernetes",
    "tailor",
    "résumé",
    "C++",
    "don't",
    "WE'LL",
    "größer",
    "開発",
    "  ",
    "\n\n",
    "2026-11-23",
    "{}[];",
)


def listed() -> bytes:
    """The list of tokens as OpenAI publishes it."""
    tokens = (base64.b64encode(ranks.token(rank)) + b" %d\n" % rank for rank in range(ranks.TOKENS))
    return b"".join(tokens)


def counted(text: str) -> int:
    found: int = toktok.batch_count([text], "o200k_base", 1)[0]
    return found


def test_the_tokens_are_those_openai_publishes() -> None:
    assert hashlib.sha256(listed()).hexdigest() == PUBLISHED


def test_the_file_is_what_the_published_list_is_packed_into() -> None:
    assert packed(read(listed())) == ranks.FILE.read_bytes()


def test_a_list_with_a_gap_is_not_packed() -> None:
    with pytest.raises(ValueError, match="rank 1"):
        read(b"YQ== 0\nYg== 2\n")


@pytest.mark.parametrize("part", [b"", b"zqzqzq", b" Kubernete", b"\xff\xfe\xfd", b"a" * 500])
def test_what_is_no_token_is_not_found(part: bytes) -> None:
    assert ranks.find(part) == ranks.NO_TOKEN


@settings(deadline=None)  # the other one takes its time to load
@given(some.text(alphabet=DECIDING, max_size=60) | some.lists(some.sampled_from(WORDS)).map(" ".join))
def test_texts_count_as_elsewhere(text: str) -> None:
    assert encoding.count(text) == counted(text)


@settings(deadline=None)
@given(some.text(alphabet=DECIDING, max_size=60), some.integers(0, 30))
def test_the_first_tokens_reach_as_far_as_elsewhere(text: str, limit: int) -> None:
    assert encoding.reach(text, limit) == len(toktok.truncate(text, limit, "o200k_base")[0].removesuffix("\ufffd"))


@pytest.mark.parametrize("letters", ["a", "ab", "abcdefghijklmnopqrstuvwxyz", "01", "=-", "日本語開発者募集", " \n"])
@pytest.mark.parametrize("length", [127, 400, 5_000])
def test_long_texts_without_a_seam_count_as_elsewhere(letters: str, length: int) -> None:
    text = "".join(random.Random(length).choices(letters, k=length))
    assert encoding.count(text) == counted(text)


def test_texts_that_are_read_in_blocks_count_as_elsewhere() -> None:
    chosen = random.Random(1)
    text = "".join(chosen.choice(WORDS) + chosen.choice(("", " ", " ", "\n")) for _ in range(20_000))
    assert encoding.count(text) == counted(text)


def test_one_endless_word_is_counted_in_time_that_grows_with_its_length() -> None:
    def took_s(length: int) -> float:
        text = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz", k=length))
        began = time.thread_time()
        encoding.count(text)
        return time.thread_time() - began

    assert took_s(40_000) < 10 * took_s(10_000)
