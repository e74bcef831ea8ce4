"""Made-up runs cost what the price list says."""

from datetime import UTC, datetime, timedelta

from core.demo import runs
from core.store import Store
from core.usage import repricing
from core.usage.filters import Filter


def test_todays_price_rows_would_change_no_cost_of_a_made_up_run(store: Store) -> None:
    legs = runs.make(store, 200)
    today = datetime.now(UTC).date()
    seen = repricing.preview(store, Filter.days(today - timedelta(days=366), today))
    assert (seen.looked_at, seen.runs, seen.total) == (legs, 0, repricing.Change())
