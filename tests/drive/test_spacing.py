"""Words that were set too wide are read whole, and no other text is touched."""

import pytest

from core.drive.blocks import Block
from core.drive.spacing import closed

WIDE = [
    ("S enior S oftware E ngineer", "Senior Software Engineer"),
    ("December 2 019 - p resent", "December 2019 - present"),
    ("I w orked a s a p lumber o f t he c ity", "I worked as a plumber of the city"),
    ("Riga ( L atvia, R iga)", "Riga ( Latvia, Riga)"),
    ("K now C ++ a nd P ython", "Know C ++ and Python"),
]
PAGE = [Block(text) for text, _ in WIDE] * 3


@pytest.mark.parametrize(("wide", "whole"), WIDE)
def test_a_wide_line_of_a_wide_page_is_closed(wide: str, whole: str) -> None:
    assert closed([Block(wide, "bullet"), *PAGE])[0] == Block(whole, "bullet")


USUAL = [
    "I led a team of 5 people and wrote a plan b for it.",
    "Skills: C, R, Go; vitamin k and class b licences; 3 years",
    "Vitamin k, grade b",
]


@pytest.mark.parametrize("text", USUAL)
def test_a_usual_line_stays_as_it_is_even_on_a_wide_page(text: str) -> None:
    line = Block(f"{text} The rest of this line is set as anybody would set it, word by word.")
    assert closed([line, *PAGE])[0] == line


def test_a_usual_page_stays_as_it_is() -> None:
    page = [Block(text) for text in USUAL * 9] + [Block("Grade b pipes, size m nuts")]
    assert closed(page) == page
    assert closed([Block("S oftware E ngineer")]) == [Block("S oftware E ngineer")]  # too little to tell
