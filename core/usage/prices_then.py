"""Prices as they would be under a scenario, beside those of today."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from core.llm import pricing
from core.llm.price_book import PriceBook
from core.llm.price_rows import PriceRow
from core.usage import charging
from core.usage.charging import Tokens
from core.usage.columns import Ints
from core.usage.past import Kind
from core.usage.scenario import Scenario

EPOCH = date(1970, 1, 1)


class Book:
    """The price book of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        given = [one.own(number) for number, one in enumerate(scenario.given)]
        self._book = PriceBook([*given, *pricing.own_rows()])
        self._known_at, self._other = scenario.known_at, scenario.other_prices
        self._rows: dict[tuple[Kind, int], PriceRow | None] = {}
        self._changes: dict[tuple[Kind, int], bool] = {}

    def row(self, kind: Kind, day: int) -> PriceRow | None:
        """The price of a call of this kind on a UTC day, counted from 1970."""
        if (kind, day) not in self._rows:
            name = kind.answered_by or kind.model or kind.provider
            asked = (kind.provider, name, kind.model, pricing.standard(kind.tier), EPOCH + timedelta(days=day))
            then = self._known_at
            self._rows[kind, day] = self._book.now(*asked) if then is None else self._book.then(*asked, then)
        return self._rows[kind, day]

    def changes(self, kind: Kind, day: int) -> bool:
        """Whether it has another price there than today; what was paid is else what would be paid."""
        if not self._other:
            return False
        if (kind, day) not in self._changes:
            at = datetime.combine(EPOCH + timedelta(days=day), time(), UTC)
            name = kind.answered_by or kind.model
            today = pricing.price(kind.provider, name, kind.tier, at, asked=kind.model)
            self._changes[kind, day] = self.row(kind, day) != today
        return self._changes[kind, day]

    def charge(self, kind: Kind, day: int, calls: Tokens, *, cached: bool = True) -> Ints:
        """What calls of that day cost; without `cached` as if the provider had cached nothing."""
        return charging.charge(self.row(kind, day), calls if cached else calls.uncached())


def each(first: Ints, second: Ints) -> list[tuple[int, int, Ints]]:
    """Rows by their values on two columns: both values, and the places of the rows."""
    if not len(first):
        return []
    low = int(second.min())
    code = first * (int(second.max()) - low + 1) + (second - low)
    order = np.argsort(code, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    return [(int(first[rows[0]]), int(second[rows[0]]), rows) for rows in groups]
