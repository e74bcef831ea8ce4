"""Tokens are counted exactly, offline, and texts are cut where a reader would cut them."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.llm.provider import Message
from core.tools import tokens

LETTER = (
    "Dear hiring team,\n\nI have built payment systems for six years. My last project moved 40 services to "
    'Kubernetes! "It never went down," said nobody. I would like to do the same for you.\n\n'
    "Kind regards,\nMaria\n"
) * 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 8),  # 9 in the older cl100k_base: tells the two encodings apart
    ],
    ids=["empty", "two words", "sentence", "long word", "sum", "japanese"],
)
def test_counts_are_those_published_for_o200k_base(text: str, expected: int) -> None:
    assert tokens.count(text) == expected


def test_text_that_looks_like_a_special_token_is_plain_text() -> None:
    assert tokens.count("<|endoftext|>") > 1


def test_a_lone_surrogate_counts_like_the_replacement_character() -> None:
    assert tokens.count("a\ud800b") == tokens.count("a\ufffdb")
    assert tokens.truncate("a\ud800b", 100) == ("a\ufffdb", tokens.count("a\ufffdb"))


@given(some.text(max_size=300))
def test_a_count_lies_between_one_and_the_bytes(text: str) -> None:
    assert (text != "") <= tokens.count(text) <= len(text.encode())


def test_a_call_counts_its_messages_their_roles_and_the_marks_between() -> None:
    said = [("system", "You are brief."), ("user", "hello world")]
    expected = 3 + (3 + 1 + tokens.count("You are brief.")) + (3 + 1 + 2)
    assert tokens.count_messages(said) == expected
    assert tokens.count_messages([Message("system", "You are brief."), Message("user", "hello world")]) == expected
    assert tokens.count_messages([]) == 0


def test_a_text_that_fits_is_returned_untouched() -> None:
    assert tokens.truncate("two words \n", 50) == ("two words \n", tokens.count("two words \n"))
    assert tokens.truncate("hello world", 2) == ("hello world", 2)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("One two three four.\n\nFive six seven", 7, "One two three four."),
        ("One two three. Four five six seven", 5, "One two three."),
        ('He said "one two three." Four five six', 9, 'He said "one two three."'),
        ("- one two\n- three four\n- five six", 8, "- one two\n- three four"),
        ("alpha beta gamma delta", 3, "alpha beta gamma"),
        ("hello world", 0, ""),
        ("hello world", -5, ""),
    ],
    ids=["paragraph", "sentence", "quote", "line", "word", "nothing", "less than nothing"],
)
def test_a_text_is_cut_at_the_best_seam(text: str, limit: int, kept: str) -> None:
    assert tokens.truncate(text, limit) == (kept, tokens.count(kept))


@pytest.mark.parametrize("limit", range(1, 60, 7))
def test_a_cut_letter_ends_with_a_whole_word(limit: int) -> None:
    kept, counted = tokens.truncate(LETTER, limit)
    assert counted == tokens.count(kept) <= limit
    assert LETTER.startswith(kept)
    assert LETTER[len(kept)].isspace()


@pytest.mark.parametrize("text", ["👩‍💻" * 40, "e\u0301" * 80, "🧠" * 60], ids=["joined", "accent", "many bytes"])
def test_a_character_is_never_cut_apart(text: str) -> None:
    whole = {"👩‍💻": 3, "e\u0301": 2, "🧠": 1}[next(one for one in ("👩‍💻", "e\u0301", "🧠") if text.startswith(one))]
    for limit in range(1, 40):
        kept, counted = tokens.truncate(text, limit)
        assert len(kept) % whole == 0
        assert counted <= limit


@given(some.text(alphabet="ab \n.!é🧠日。\u0301\u200d", max_size=200), some.integers(0, 60))
def test_what_is_kept_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    kept, counted = tokens.truncate(text, limit)
    assert text.startswith(kept)
    assert counted == tokens.count(kept) <= limit


def test_most_of_the_allowance_is_used() -> None:
    assert tokens.truncate(LETTER, 200)[1] > 120


def test_threads_may_count_at_the_same_time() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.count(LETTER))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tokens.count(LETTER)] * 8
