"""What a model's server says of itself is kept in a form that every page and terminal can show."""

import pytest

from core.llm import sound


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("gpt-6-luna-2026-09-01", "gpt-6-luna-2026-09-01"),
        ("\x1b]0;title\x07\x1b[31mred", "]0;title[31mred"),
        ("two\r\nlines", "twolines"),
        ("\u202eturned", "turned"),
        (" \x00\t", None),
        ("", None),
        (None, None),
        ("m" * 300, "m" * 200),
    ],
)
def test_a_name_has_nothing_that_a_terminal_obeys(given: str | None, kept: str | None) -> None:
    assert sound.name(given, 200) == kept
