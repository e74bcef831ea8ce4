"""What follows from a line's own figures is no new figure; what does not follow is."""

import pytest

from core.drive.claims import figures
from core.drive.evidence import Evidence
from core.drive.reckoning import Reckoning

OWN = """\
Shortened the changeover of the bottling line from 90 to 54 minutes.
Grew subscriptions from 4,100 in 2019 to 9,430 in 2023 on a budget that rose from $1.2 to $1.5 million.
Answered 11,400 tickets with a share of 18 percent reopened.
Found that 12 of 34 suppliers were late.
Cut rejects to 45 a month; 640 rejects in 2020 had gone unseen, and the new gauge brought rejects to 80.
Lowered the memory of a transformer 4.2x.
"""
HELD = Reckoning(OWN)


def follows(text: str) -> bool:
    """Whether the first figure of a text follows from those of `OWN`."""
    return HELD.holds(next(figures(text)).amount)


@pytest.mark.parametrize(
    "text",
    [
        "Cut the changeover of the bottling line by 40 percent",
        "Cut bottling changeover by two fifths",
        "More than doubled subscriptions",
        "Grew subscriptions by 130 percent",
        "Grew subscriptions 2.3x",
        "Raised the budget by a quarter",
        "Answered over 11,000 tickets",
        "Answered nearly 12,000 tickets",
        "Kept reopened tickets under 20 percent",
        "Kept reopened tickets to nearly a fifth",
        "Showed that about a third of suppliers were late",
        "Cut rejects by more than 85 percent",
    ],
)  # fmt: skip
def test_a_figure_that_two_others_come_to_or_that_is_rounded_openly_follows(text: str) -> None:
    assert follows(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cut the changeover of the bottling line by 45 percent",
        "Halved the changeover of the bottling line",
        "Doubled the changeover of the bottling line",
        "Tripled subscriptions",
        "More than tripled subscriptions",
        "Grew subscriptions by more than 140 percent",
        "Raised the budget by a third",
        "Answered over 12,000 tickets",
        "Answered nearly 11,000 tickets",
        "Answered 11,000 tickets",
        "Kept reopened tickets under 15 percent",
        "Cut scrap of the foundry by 40 percent",
        "Showed that half of suppliers were late",
        "Doubled the number of engineers",
    ],
)  # fmt: skip
def test_a_figure_that_does_not_come_out_or_is_of_something_else_does_not_follow(text: str) -> None:
    assert not follows(text)


def test_a_time_between_two_years_of_a_line_follows_and_another_does_not() -> None:
    claims = [
        next(each for each in figures(f"Grew subscriptions in {many} years") if each.amount) for many in ("four", "two")
    ]
    assert [HELD.holds(claim.amount) for claim in claims if claim.amount] == [True, False]


def test_evidence_holds_what_follows_from_it() -> None:
    claim = next(figures("Cut the changeover of the bottling line by 40 percent"))
    assert Evidence(OWN).standing(claim)[0] == "held"


def test_a_rate_said_as_an_adjective_is_a_rate_and_no_time() -> None:
    held = Evidence("Serves 2M+ monthly API requests")
    said = [next(figures(f"Serves over two million API requests a {time}")) for time in ("month", "day")]
    assert [held.standing(claim)[0] for claim in said] == ["held", "other"]
