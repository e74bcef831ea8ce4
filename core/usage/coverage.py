"""The known part of runs of unknown cost: one call without a price makes its run's cost unknown, but not its other calls'."""

from core.usage.figures import Total
from core.usage.filters import Filter
from core.usage.queries import Questions

KNOWN = ("exact", "estimated")


def known_calls(figures: Questions, asked: Filter, total: Total) -> int:
    """Nano-dollars of calls of known cost in the runs of unknown cost; `total` is the filter's own.

    A run's cost is the sum of its legs', so this is what all known legs cost beyond the runs that are known. Where legs
    were counted in the first place there is nothing beyond: 0.
    """
    if asked.legs or not total.unknown:
        return 0
    rows = figures.rows(asked, ("attempt_cost_status",), percentiles=False)
    legs = sum(row.total.cost_nanousd or 0 for row in rows if row.values[0] in KNOWN)
    return max(0, legs - (total.cost_nanousd or 0))
