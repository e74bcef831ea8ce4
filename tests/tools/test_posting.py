"""A posting's last lines ask for nothing, and a name is written as one writes it."""

import pytest

from core.drive.resume import normalise
from core.tools import career, posting
from core.tools.scoring import score
from core.tools.titles import closeness
from tests.fakes.candidate import TODAY, asking


@pytest.mark.parametrize(
    "line",
    ["Talent Acquisition Professional", "NO THIRD PARTY RECRUITMENT AGENCIES PLEASE", "Senior Recruiting Partner"],
)
def test_who_signed_a_posting_and_whom_it_keeps_away_are_no_demand(line: str) -> None:
    kinds = {
        each.kind
        for each in posting.read(f"# Requirements\n\n- Python and SQL in production\n\n{line}")
        if each.text == line
    }
    assert kinds <= {"offer"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("JOHN DOE", "John Doe"),
        ("ANNE-MARIE O'NEIL III", "Anne-Marie O'Neil III"),
        ("Ines Holm", "Ines Holm"),
        ("AJ", "AJ"),
    ],
)
def test_a_name_in_capitals_is_written_as_one_writes_it(written: str, said: str) -> None:
    assert career.read(normalise({"basics": {"name": written, "summary": "Writes."}})).name == said


def test_where_a_title_adds_the_place_the_place_weighs_less() -> None:
    wanted = "Nurse Manager, Primary Care"
    assert closeness(wanted, "Clinic Nurse Lead") > closeness(wanted, "Registered Nurse, Primary Care")


def test_a_single_term_is_told_in_the_singular() -> None:
    terms = next(part for part in score(asking("- Python is a must"), TODAY).parts if part.name == "Terms")
    assert terms.why.startswith("The one term of the posting is in the resume")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "Led it. Built it!  Ran it? no. (All of it.) “Yes.”",
            ["Led it.", "Built it!", "Ran it? no.", "(All of it.) “Yes.”"],
        ),
        (
            "Works with Dr. Moore of Acme Inc. Ltd. Approx. Six.",
            ["Works with Dr. Moore of Acme Inc. Ltd. Approx.", "Six."],
        ),
        ("Knows Go, e.g. Gin. Uses A. B. Smith.", ["Knows Go, e.g. Gin.", "Uses A. B. Smith."]),
        ("Built\u00a0it .\tRan  **that** one .", ["Built it.", "Ran that one."]),
        ("- Led [a team](https://a.example) , of `nine`", ["Led a team, of nine"]),
    ],
)
def test_a_line_is_read_as_sentences_without_marks(line: str, said: list[str]) -> None:
    assert list(posting.sentences(line)) == posting.split(posting.plain(line)) == said
