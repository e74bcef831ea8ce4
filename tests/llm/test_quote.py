"""What a call may cost: from what is sent to the longest answer, at the price of the model that would be asked."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.llm import quote
from core.llm.quote import Quote
from core.llm.router import Leg
from core.schema import Cost

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKED = {"openai": object(), "embedded": object()}


def prepared(leg: Leg, *, sent: int, most: int) -> Any:
    composed = SimpleNamespace(input_tokens=sent, call=SimpleNamespace(max_tokens=most))
    return SimpleNamespace(route=SimpleNamespace(legs=(leg,)), compose=lambda *_: composed)


def told(leg: Leg) -> Quote:
    return quote.quote(prepared(leg, sent=4_000, most=2_000), ASKED, AT)  # type: ignore[arg-type]


def test_the_ends_are_no_answer_and_the_longest_one() -> None:
    found = told(Leg("openai", "gpt-6-luna"))  # $0.10 a million in, $0.50 out
    assert (found.input_tokens, found.most_tokens) == (4_000, 2_000)
    assert (found.least.nanousd, found.most.nanousd) == (400_000, 1_400_000)


@pytest.mark.parametrize(
    ("leg", "most"),
    [(Leg("rules", None), 0), (Leg("embedded", "smollm2-135m"), 0), (Leg("openai", "never-heard-of"), None)],
)
def test_what_runs_here_is_free_and_what_has_no_price_is_unknown(leg: Leg, most: int | None) -> None:
    assert told(leg).most.nanousd == most


@pytest.mark.parametrize(("other", "sum"), [(300, 500), (None, None)])
def test_several_are_summed_and_unknown_where_one_is(other: int | None, sum: int | None) -> None:
    costs = [Cost(nanousd=one, status="unknown" if one is None else "estimated") for one in (200, other)]
    whole = quote.together(Quote(10, 20, cost, cost) for cost in costs)
    assert (whole.input_tokens, whole.most_tokens) == (20, 40)
    assert (whole.least.nanousd, whole.most.nanousd) == (sum, sum)
