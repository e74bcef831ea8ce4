"""Years at work are counted from the dates, and of one kind of work only where the posts tell of it."""

from datetime import date

import pytest

from core.drive.claims import figures
from core.drive.resume import normalise
from core.drive.source import Source
from core.drive.tailoring import judge_by
from core.drive.tenure import Tenure
from core.schema import Change

TODAY = date(2026, 6, 15)
RESUME = normalise(
    {
        "basics": {"name": "Maren Toft", "summary": "Keeps cold chains cold."},
        "work": [
            {
                "name": "Aalund Dairies",
                "position": "Logistics planner",
                "startDate": "2021-02",
                "highlights": ["Planned full-stack pallets for 40 refrigerated lorries in Python."],
            },
            {
                "name": "Tern Bank",
                "position": "Data analyst",
                "startDate": "2018-03",
                "endDate": "2021-01",
                "highlights": ["Wrote reports in SQL for 12 branches."],
            },
        ],
    }
)  # 8.3 years in all, 5.4 of them at the dairy, 2.9 at the bank
WORK = RESUME["work"]


def standing(text: str, entry: str = "") -> str | None:
    claim = next(each for each in figures(text) if each.kind == "number")
    return Tenure(WORK, TODAY).standing(claim.amount, entry) if claim.amount else None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Planner with 8 years of experience", "held"),
        ("Planner with eight years' experience", "held"),
        ("Planner with over eight years of professional experience", "held"),
        ("Planner with more than five years of experience in logistics", "held"),
        ("Planner with three years as a data analyst", "held"),
        ("Planner with eight years in logistics and data", "held"),
        ("For the last five years I have planned lorries", "held"),
        ("Planner with nearly nine years of experience", "held"),
        ("Planner with eight years of experience in logistics", "other"),
        ("Planner with eight years of Python", "other"),
        ("Planner with three years in Kubernetes", "other"),
        ("Planner with 9 years of experience", "absent"),
        ("Planner with over ten years of experience", "absent"),
        ("Planner with a decade and 12 years of experience", "absent"),
        ("Cut losses by half within five years", None),
        ("Grew the fleet in the last five years", None),
        ("Planned 8 lorries", None),
    ],
)
def test_what_the_dates_say_of_years_at_work(text: str, wanted: str | None) -> None:
    assert standing(text) == wanted


def test_the_last_years_of_a_longer_time_are_counted_too() -> None:
    _, last = [each for each in figures("Eight years of work, the last five in logistics") if each.kind == "number"]
    assert last.amount and Tenure(WORK, TODAY).standing(last.amount) == "held"


def test_in_an_entry_its_own_dates_count() -> None:
    assert standing("Reports in SQL for three years of work", "w2") == "held"
    assert standing("Reports in SQL for eight years of work", "w2") == "absent"


def test_without_dates_nothing_is_said() -> None:
    claim = next(figures("Planner with 8 years of experience"))
    assert claim.amount and Tenure([{"name": "Aalund Dairies"}], TODAY).standing(claim.amount) is None


@pytest.mark.parametrize(
    ("text", "verdict", "why"),
    [
        ("Logistics planner with eight years of experience who keeps cold chains cold.", "verified", ""),
        ("Keeps cold chains cold, with eight years of Python.", "needs review", "do not add up to so many years"),
        ("Keeps cold chains cold, with over ten years of experience.", "blocked", "add up to: 8.3 years of work"),
    ],
)
def test_a_summary_is_judged_by_the_dates(text: str, verdict: str, why: str) -> None:
    change = Change(op="replace", path="basics/summary", original="Keeps cold chains cold.", value=text)
    (found,) = judge_by(Source(RESUME, today=TODAY), [change]).accepted
    assert found.verdict == verdict and why in found.why
