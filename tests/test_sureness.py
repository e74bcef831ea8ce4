"""How sure a sum is: as sure as its least sure part, and it says how many parts are how sure."""

import pytest

from core import sureness
from core.sureness import Total


@pytest.mark.parametrize(
    ("costs", "whole", "least", "coverage"),
    [
        ([], Total(0), "exact", ""),
        ([(7, "exact"), (0, "exact")], Total(7, exact=2), "exact", "2 exact"),
        ([(7, "exact"), (5, "estimated")], Total(12, 1, 1), "estimated", "1 exact, 1 estimated"),
        (
            [(7, "estimated"), (None, "unknown"), (5, "exact")],
            Total(12, 1, 1, 1),
            "unknown",
            "1 exact, 1 estimated, 1 unknown",
        ),
        ([(None, "unknown")], Total(None, unknown=1), "unknown", "1 unknown"),
        ([(None, "exact")], Total(None, unknown=1), "unknown", "1 unknown"),
        ([(1, "exact")] * 1_203, Total(1_203, exact=1_203), "exact", "1,203 exact"),
    ],
)
def test_a_sum_is_as_sure_as_its_least_sure_part(
    costs: list[tuple[int | None, str]], whole: Total, least: str, coverage: str
) -> None:
    found = sureness.total(costs)
    assert (found, sureness.least(found), sureness.coverage(found)) == (whole, least, coverage)
