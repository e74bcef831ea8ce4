"""What is known of runs of unknown cost is what a full scan of their calls says."""

import random
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.store import Store
from core.usage import fold
from core.usage.coverage import known_calls
from core.usage.filters import Filter
from core.usage.queries import Usage
from tests.databases import person
from tests.usage import history


def scanned(store: Store, asked: Filter) -> int:
    """Known costs of the legs of the chosen runs whose own cost is unknown."""
    runs = history.chosen(history.scan(store), asked)
    return sum(leg["cost_nanousd"] or 0 for run in runs if run["cost_nanousd"] is None for leg in run["legs"])


@pytest.mark.parametrize("folded", [True, False], ids=["added up", "pending"])
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kolkata")], ids=str)
@pytest.mark.parametrize(
    "where",
    [{}, {"feature": {"match"}}, {"plan": {"pro"}, "status": {"fallback"}}, {"cost_status": {"unknown"}}],
    ids=str,
)
def test_known_calls_of_unknown_runs_are_what_the_record_says(
    store: Store, folded: bool, zone: Any, where: dict[str, Any]
) -> None:
    chance, users = random.Random(3), [person(store), person(store, name="Bo Lind")]
    history.fill(store, [history.run(chance, chance.choice(users)) for _ in range(80)])
    if folded:
        fold.fold_all(store)
    figures = Usage(store).now()
    for more in ({}, {"user": {users[0]}}):
        asked = Filter.days(date(2026, 3, 27), date(2026, 3, 29), zone, where | more)
        assert known_calls(figures, asked, figures.totals(asked)) == scanned(store, asked)
    assert scanned(store, Filter.days(date(2026, 3, 1), date(2026, 4, 30))) > 0, "the history has nothing to find"


def test_where_calls_are_counted_or_all_is_known_nothing_lies_beyond(store: Store) -> None:
    chance, user = random.Random(4), person(store)
    history.fill(store, [history.run(chance, user) for _ in range(40)])
    figures = Usage(store).now()
    for where in ({"attempt_provider": {"openai"}}, {"cost_status": {"exact"}}):
        asked = Filter.days(date(2026, 3, 1), date(2026, 4, 30), where=where)  # type: ignore[arg-type]
        assert known_calls(figures, asked, figures.totals(asked)) == 0
