"""The price book: the project's own rows as they were last read, before those of the catalogue.

A row of the project's own has the days it holds and says when it was known.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from core.llm import catalogue
from core.llm.price_rows import PriceRow, flat

LOCAL = "local 0"  # declared: what runs on our own machine is not charged by anybody
LOCAL_ROW = PriceRow(LOCAL, flat(0), flat(0), audio_in=flat(0), audio_out=flat(0))
LOCAL_PROVIDERS = frozenset({"embedded", "rules"})

_DATED = re.compile(r"-20\d\d-?[01]\d-?[0-3]\d$")


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A row of the project's own, from the day `valid_from` to before `valid_to`, UTC.

    It was known from `known_since` to before `retired_at`. `tier` None is the standard service.
    """

    provider: str
    model: str
    tier: str | None
    valid_from: date
    valid_to: date | None
    known_since: datetime
    retired_at: datetime | None
    row: PriceRow

    def holds(self, day: date, known_at: datetime | None) -> bool:
        """Whether it is the price of that day, as known then; None asks for what is known now."""
        if day < self.valid_from or (self.valid_to is not None and day >= self.valid_to):
            return False
        if known_at is None:
            return self.retired_at is None
        return self.known_since <= known_at and (self.retired_at is None or known_at < self.retired_at)


class PriceBook:
    """A snapshot, never changed. Finding a row again costs a look into a table."""

    def __init__(self, own: Iterable[OwnPrice] = ()) -> None:
        self.own = {price.row.id: price for price in own}
        self._named: dict[tuple[str, str, str | None], list[OwnPrice]] = defaultdict(list)
        for price in self.own.values():
            self._named[price.provider, price.model, price.tier].append(price)
        # Finding a row takes 20 times as long as using it. What was known once is kept apart from what is known now.
        self.now = lru_cache(maxsize=4096)(self.find)
        self.then = lru_cache(maxsize=4096)(self.find)

    def find(
        self,
        provider: str,
        model: str,
        asked: str | None,
        tier: str | None,
        day: date,
        known_at: datetime | None = None,
    ) -> PriceRow | None:
        """The row of a model on a UTC day: the project's under the name that answered, then under the one that was
        asked, then what is declared for this machine, then the catalogue's."""
        for name in (model, asked):
            if name and (own := self._own(provider, name, tier, day, known_at)):
                return own.row
        if provider in LOCAL_PROVIDERS:
            return LOCAL_ROW
        listed = catalogue.find(provider, model, tier, day)
        return listed.row if listed else None

    def _own(
        self, provider: str, model: str, tier: str | None, day: date, known_at: datetime | None
    ) -> OwnPrice | None:
        """Under its own name, else under that name without the date at its end."""
        rows = (own for name in names(model) for own in self._named.get((provider, name, tier), ()))
        return next((own for own in rows if own.holds(day, known_at)), None)


def names(model: str) -> Iterator[str]:
    """A model's name, and what it is without its date: servers answer `gpt-6-luna` as `gpt-6-luna-2026-09-01`."""
    yield model
    if (bare := _DATED.sub("", model)) not in ("", model):
        yield bare
