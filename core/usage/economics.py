"""What a kept document costs: all that was spent, failures and trials included, by what people saved from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.usage.figures import Total
from core.usage.filters import RUN_DIMENSIONS, Filter, Value, known
from core.usage.kept_counts import Papers
from core.usage.queries import Snapshot

USUAL = ("feature", "prompt", "model", "plan")


@dataclass(frozen=True, slots=True)
class Economy:
    """One group: its values in the order asked for, its runs, and the documents and resume versions kept from them.

    `kept_permille` is how much of the model's text stands in what was saved, on average; None where nothing was.
    """

    values: tuple[Value, ...]
    total: Total
    kept: int
    kept_permille: int | None

    @property
    def nanousd_each(self) -> int | None:
        """What one kept document cost; None where none was kept or nothing of the cost is known."""
        if not self.kept or self.total.cost_nanousd is None:
            return None
        return self.total.cost_nanousd // self.kept


def economics(figures: Snapshot, asked: Filter, by: Sequence[str] = USUAL) -> tuple[Economy, list[Economy]]:
    """All runs that began in the filter, and one row a group, dearest first; runs of which nothing was kept count in full.

    A document counts once, however many of its revisions came from the group; so does a resume version. One of two
    groups counts in both, and once in all. Errors: `Invalid` for a dimension that runs do not have.
    """
    for dimension in (*by, *(name for name in asked.where if name != "user")):
        known(dimension, RUN_DIMENSIONS)
    whole, kept = figures.kept(asked, by)
    groups = [
        Economy(values, row.total, *kept.get(values, Papers()))
        for row in figures.rows(asked, tuple(by), percentiles=False)
        for values in (_values(row.values),)
    ]
    dearest = sorted(groups, key=lambda one: (-(one.total.cost_nanousd or 0), -one.total.runs))
    return Economy((), figures.totals(asked), *whole), dearest


def _values(values: Sequence[object]) -> tuple[Value, ...]:
    return tuple(value if value is None or isinstance(value, int) else str(value) for value in values)
