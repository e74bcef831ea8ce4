"""How much of the model's text was kept: its words in the saved text, in order."""

import pytest

from core.drive import kept
from core.schema import Change

LETTER = "Dear team, I led the migration of 40 services to Kubernetes."


@pytest.mark.parametrize(
    ("written", "saved", "permille"),
    [
        (LETTER, LETTER, 1000),
        (LETTER, f"# A title\n\n{LETTER}\n\nKind regards, Ada", 1000),
        (LETTER, LETTER.upper().replace(",", " –"), 1000),
        (LETTER, "", 0),
        (LETTER, "Something else entirely", 0),
        ("one two three four", "one two four", 750),
        ("one two three four", "four three two one", 250),
        ("one two three four", "one 2 three 4", 500),
        ("C++ and C#", "C and C", 333),
        ("", "whatever", None),
        ("***", "whatever", None),
    ],
)
def test_the_share_is_of_the_written_words_in_order(written: str, saved: str, permille: int | None) -> None:
    assert kept.of_text(written, saved) == permille


def change(path: str, value: str) -> Change:
    return Change(op="replace", path=path, value=value)


def test_a_change_counts_when_it_was_accepted_as_it_was() -> None:
    proposed = [change("work/a", "x"), change("work/b", "y"), change("basics/summary", "z")]
    assert kept.of_changes(proposed, proposed) == 1000
    assert kept.of_changes(proposed, [proposed[0], change("work/b", "y, edited")]) == 333
    assert kept.of_changes(proposed, []) == 0
    assert kept.of_changes([], []) is None
