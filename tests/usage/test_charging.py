"""Columns of calls cost to the last nano-dollar what each of them costs alone."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm import pricing
from core.llm.price_rows import PriceRow, Rate, flat
from core.usage.charging import UNKNOWN, Tokens, charge

AT = datetime(2026, 11, 23, tzinfo=UTC)
LUNA = pricing.price("openai", "gpt-6-luna", None, AT)
STEPS = PriceRow(
    "own:1", Rate(((-1, 7), (1_000, 13))), Rate(((-1, 31), (2_000, 3))), cached=flat(1), audio_out=flat(999)
)
DEAR = PriceRow("own:2", flat(10**15), flat(10**15))
HALF = PriceRow("own:3", flat(500_000), None)
ROWS = {"luna": LUNA, "steps": STEPS, "dear": DEAR, "half": HALF}

COUNTS = st.sampled_from((0, 1, 3, 999, 1_000, 1_001, 2_000, 2_001, 271_999, 272_000, 272_001)) | st.integers(0, 10**9)


@given(name=st.sampled_from(sorted(ROWS)), drawn=st.lists(st.tuples(*[COUNTS] * 6), min_size=1, max_size=20))
def test_every_call_of_a_column_costs_what_the_row_says(name: str, drawn: list[tuple[int, ...]]) -> None:
    row = ROWS[name]
    assert row is not None
    calls = [_sound(*one) for one in drawn]
    columns = [np.array(column, np.int64) for column in zip(*calls, strict=True)]
    found = charge(row, Tokens(*columns, np.zeros(len(calls), bool))).tolist()
    expected = [row.nanousd(*call) for call in calls]
    apart = [bool(call[4] and (call[1] or call[2])) for call in calls]
    assert found == [UNKNOWN if one is None or odd else one for one, odd in zip(expected, apart, strict=True)]


def _sound(given: int, cached: int, written: int, output: int, heard: int, said: int) -> tuple[int, ...]:
    cached = min(cached, given)
    written = min(written, given - cached)
    return given, cached, written, output, min(heard, given - cached - written), min(said, output)


@pytest.mark.parametrize(("tokens", "nanousd"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_half_a_nano_dollar_goes_to_the_even(tokens: int, nanousd: int) -> None:
    one = np.array([tokens], np.int64)
    nothing = np.zeros(1, np.int64)
    assert charge(HALF, Tokens(one, nothing, nothing, nothing, nothing, nothing, np.zeros(1, bool))).tolist() == [
        nanousd
    ]


def test_without_a_row_nothing_is_known() -> None:
    some = np.ones(3, np.int64)
    assert charge(None, Tokens(some, some, some, some, some, some, np.zeros(3, bool))).tolist() == [UNKNOWN] * 3
