"""A sign hides nothing: wherever a pattern is found, one of the words it was given stands; what is read is what was said."""

import random
import re
import string
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import pytest

from core.drive import claims, numerals, ranks, signs
from core.drive.signs import Marked
from core.llm import deeds, fields, reports, speech

op: Any = import_module("re._constants")  # how Python itself takes a pattern apart
parser: Any = import_module("re._parser")
MARKED = {
    f"{module.__name__}.{name}": value
    for module in (deeds, fields, ranks, reports, speech)
    for name, value in vars(module).items()
    if isinstance(value, Marked)
}
LETTERS = string.ascii_letters


def said(parts: Iterable[Any], chance: random.Random) -> str:
    """A text that a parsed pattern is likely to match."""
    return "".join(one(code, value, chance) for code, value in parts)


def one(code: Any, value: Any, chance: random.Random) -> str:
    if code is op.LITERAL:
        return chr(value)
    if code is op.IN:
        return member(value, chance)
    if code is op.BRANCH:
        return said(chance.choice(value[1]), chance)
    if code is op.SUBPATTERN:
        return said(value[3], chance)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, inner = value
        return "".join(said(inner, chance) for _ in range(chance.randint(least, min(int(most), least + 3))))
    if code is op.ASSERT:
        return said(value[1], chance)
    return " " if code in (op.NOT_LITERAL, op.ANY) else ""


def member(values: list[Any], chance: random.Random) -> str:
    if values[0][0] is op.NEGATE:
        return chance.choice(LETTERS)
    code, value = chance.choice(values)
    if code is op.RANGE:
        return chr(chance.randint(*value))
    if code is op.CATEGORY:
        return " " if value is op.CATEGORY_SPACE else chance.choice("abc")
    return chr(value)


@pytest.mark.parametrize("name", MARKED)
def test_a_pattern_is_found_wherever_it_would_be_without_its_words(name: str) -> None:
    marked, chance = MARKED[name], random.Random(name)
    tree = parser.parse(marked.pattern.pattern, marked.pattern.flags)
    found = 0
    for _ in range(600):
        text = said(tree, chance)
        if marked.pattern.flags & re.IGNORECASE:
            text = chance.choice((str.upper, str.title, str.lower, str))(text)
        text = chance.choice(("{}", "Once {}.", "“{}”", "*{}*, and so on", "x{}", "it’s {} for all")).format(text)
        plain = marked.pattern.search(text)
        seen = marked.search(text)
        assert (plain and plain.span()) == (seen and seen.span()), text
        assert marked.sub("", text) == marked.pattern.sub("", text)
        found += plain is not None
    assert found > 100


def test_there_are_patterns_to_look_at() -> None:
    assert len(MARKED) > 15


@pytest.mark.parametrize("text", ["She WOULDN'T", "\u017fhould", "cannot_not not", "didn’t", "no", "NO"])
def test_words_count_in_any_case_and_with_any_apostrophe(text: str) -> None:
    assert bool(speech.DENIED.search(text)) == bool(speech.DENIED.pattern.search(text))
    assert bool(reports._HYPOTHETICAL.search(text)) == bool(reports._HYPOTHETICAL.pattern.search(text))


@pytest.mark.parametrize(
    "word", [*sorted(numerals._SAID), "doubled", "halved", "tenfold", "two-thirds", "7", "٣", "²", "½", "x3"]
)
def test_a_word_that_counts_is_seen_before_it_is_read(word: str) -> None:
    for text in (word, word.upper(), f"Cut cost by {word} of it."):
        assert numerals.counts(text)


@pytest.mark.parametrize(
    "text",
    [
        "Senior engineer",
        "as an architect",
        "M.A. in history",
        "M. Sc in physics",
        "Ph. D",
        "certified",
        "award-winning",
        "a CTO",
    ],
)
def test_a_rank_is_seen_before_it_is_read(text: str) -> None:
    assert [claim.said for claim in claims.of_rank(f"She is {text}.")]
    assert signs.has(text, ranks.RANKED)


def test_a_plain_sentence_has_no_sign() -> None:
    assert signs.read("The resume shows Kubernetes, Kafka and Git in a migration.").signs == 0


def test_a_sign_given_later_is_seen_in_words_read_before() -> None:
    assert not signs.has("zyxwv", signs.sign("vwxyz"))
    assert signs.has("A zyxwv.", signs.sign("zyxwv"))


def test_a_long_text_is_not_kept() -> None:
    before = signs._read_once.cache_info().currsize
    assert signs.has("word " * 1_000 + "would", reports._HYPOTHETICAL.sign)
    assert signs._read_once.cache_info().currsize == before
