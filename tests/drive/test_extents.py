"""How often, of how many, and whether of all: what a rewording may not raise above its line."""

import pytest

from core.drive import extents
from core.drive.numerals import amounts


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Cut monthly turnover.", "Cut yearly turnover.", "monthly"),
        ("Answered 30 calls a month.", "Answered 30 calls.", "a month"),
        ("Answered 30 calls per shift.", "Answered 30 calls.", "per shift"),
        ("Serves 600 requests per second.", "Serving 600 requests a second at peak.", ""),
        ("Leads a weekly review.", "Gives a review every Thursday.", ""),
        ("Posts 3.8 million entries daily.", "Posts 3.8 million entries on each working day.", ""),
        ("An annual budget of $640,000.", "A budget of $640,000 a year.", ""),
        ("Ran a second migration in a day.", "Ran another migration.", ""),
        ("Finished in less than a year.", "Finished in eleven months.", ""),
    ],
)
def test_an_interval_is_the_lines_own(text: str, line: str, said: str) -> None:
    assert extents.oftener(text, line) == said


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Charge nurse on every shift.", "Charge nurse on two shifts.", ""),
        ("All were promoted.", "Two were promoted.", "All"),
        ("Both closed without findings.", "The second closed without findings.", "Both"),
        ("Works in both English and Somali.", "Works in English and Somali.", ""),
        ("Phoned each patient.", "Called every patient.", ""),
        ("Saved $1.86 on each unit.", "Saved $1.86 a unit.", ""),
        ("Held all-hands meetings.", "Held meetings.", ""),
    ],
)
def test_some_do_not_become_all(text: str, line: str, said: str) -> None:
    assert extents.widened(text, line) == said


@pytest.mark.parametrize(
    ("text", "own", "said"),
    [
        ("Dropped 16 of 16 servers.", "It let the company drop 11 of 16 servers.", "16 of 16"),
        ("Dropped 11 out of 16 servers.", "It let the company drop 11 of 16 servers.", ""),
        ("Opened weekly by 34 of the 38 managers.", "34 of 38 store managers open it weekly.", ""),
    ],
)
def test_a_share_is_told_as_a_whole(text: str, own: str, said: str) -> None:
    assert extents.other_share(text, own) == said


@pytest.mark.parametrize(
    ("text", "is_year"),
    [
        ("Prepared a budget; 2025 closed 4 percent below it.", True),
        ("2024 ended with no open finding.", True),
        ("2025 registered users signed up.", False),
        ("Trained 2025 users.", False),
    ],
)
def test_a_year_may_be_what_a_clause_is_about(text: str, is_year: bool) -> None:
    (year,) = [one for one in amounts(text) if one.value in (2024, 2025)]
    assert year.is_year is is_year
