"""The budgets that candidates share: what they may spend together in a month, and what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.access import dated_budgets, ledger, limits
from core.access.limits import Limit
from core.access.plans import Policy
from core.store import Store
from core.store.columns import now


@dataclass(frozen=True, slots=True)
class Budget:
    """The month so far in nano-dollars. `reserved` is what runs under way hold at most."""

    most: int
    used: int
    reserved: int
    resets_at: datetime

    @property
    def left(self) -> int:
        return max(0, self.most - self.used - self.reserved)

    @property
    def share(self) -> float:
        """How much of it is gone, from 0 to 1; a budget of nothing is gone."""
        return 1 - self.left / self.most if self.most else 1.0


def project(store: Store, policy: Policy, *, at: datetime | None = None) -> Budget:
    """The project's budget of the month (UTC). Errors: `StorageDown`."""
    at = at or now()
    ((_, found),) = _as_they_stand(store, (limits.project(dated_budgets.policy_now(store, policy, at), at),), at)
    return found


def shared(store: Store, policy: Policy, *, at: datetime | None = None) -> list[tuple[Limit, Budget]]:
    """The project's, then those of plans, features and callers. Errors: `StorageDown`."""
    at = at or now()
    return _as_they_stand(store, limits.shared(dated_budgets.policy_now(store, policy, at), at), at)


def _as_they_stand(store: Store, wanted: Sequence[Limit], at: datetime) -> list[tuple[Limit, Budget]]:
    if not wanted:
        return []
    with store.read() as connection:
        lines = ledger.dollars(connection, [one.subject for one in wanted], limits.month(at))
    return [
        (one, Budget(one.most, line.used, line.reserved, one.resets_at(at) or at))
        for one, line in zip(wanted, lines, strict=True)
    ]
