"""Models without a price: what of the newest calls and of the policy file has a cost that nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Table, func, select

from core.access.plans import RULES, Policy
from core.llm import pricing
from core.llm.price_book import names
from core.store import AiAttempt, Store
from core.store.columns import now
from core.usage.filters import Filter
from core.usage.queries import Snapshot

NEWEST = 1_000  # calls that are looked at, so that the look costs the same however many there are

ATTEMPT: Table = AiAttempt.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Called:
    """A model as it was called: `asked` in the request, `answered` by the server. Without a call, `last_at` is None."""

    provider: str
    asked: str
    answered: str | None = None
    tier: str | None = None
    calls: int = 0
    last_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name to price it by: the one that was asked, unless that one has a price and quite another answered."""
        if self.answered is None or self.asked in names(self.answered):
            return self.asked
        known = pricing.price(self.provider, self.asked, None, self.last_at or now())
        return self.answered if known else self.asked


def called(store: Store) -> list[Called]:
    """The models of the newest calls, most called first; tiers apart, the standard one as None."""
    parts = (ATTEMPT.c.provider, ATTEMPT.c.model, ATTEMPT.c.answered_by, ATTEMPT.c.service_tier)
    newest = select(func.coalesce(func.max(ATTEMPT.c.id), 0) - NEWEST).scalar_subquery()
    wanted = select(*parts, func.count(), func.max(ATTEMPT.c.started_at)).where(ATTEMPT.c.id > newest).group_by(*parts)
    found: dict[tuple[str, str, str | None, str | None], Called] = {}
    with store.read() as connection:
        for provider, asked, answered, tier, calls, last_at in connection.execute(wanted):
            if asked is None:
                continue
            one = Called(provider, asked, answered, pricing.standard(tier), calls, last_at)
            same = found.get(key := (provider, asked, answered, one.tier))
            found[key] = _both(same, one) if same else one
    return sorted(found.values(), key=lambda one: (-one.calls, one.provider, one.asked))


def missing(store: Store, policy: Policy) -> Sequence[Called]:
    """Those of the newest calls and of the policy that have no price on the day they ran, or today."""
    calls = called(store)
    seen = {(one.provider, one.asked) for one in calls}
    never = [Called(*parts) for parts in models(policy) if parts not in seen]
    return [one for one in (*calls, *never) if _price(one) is None]


def first_day(figures: Snapshot, gap: Called) -> date | None:
    """The first UTC day that a call of this model had no known cost; None when there was none."""
    begin = figures.first_day()
    if begin is None:
        return None
    where = {"attempt_provider": {gap.provider}, "attempt_model": {gap.asked}, "attempt_cost_status": {"unknown"}}
    days = figures.rows(Filter.days(begin, now().date(), where=where), ("day",))
    return date.fromisoformat(str(days[0].values[0])) if days else None


def models(policy: Policy) -> list[tuple[str, str]]:
    """The policy's models as (provider, model), without the rules."""
    parts = (name.partition("/") for name in policy.models() if name != RULES)
    return [(provider, model) for provider, _, model in parts]


def _price(one: Called) -> pricing.PriceRow | None:
    return pricing.price(one.provider, one.answered or one.asked, one.tier, one.last_at or now(), asked=one.asked)


def _both(one: Called, other: Called) -> Called:
    last_at = max(at for at in (one.last_at, other.last_at) if at)
    return replace(one, calls=one.calls + other.calls, last_at=last_at)
