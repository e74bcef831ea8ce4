"""The project's budget: what all candidates together may spend in a month, and what they did."""

from dataclasses import dataclass
from datetime import datetime

from core.access import ledger
from core.access.limits import limits
from core.access.plans import PLANS, Policy
from core.store import Store
from core.store.columns import now

NOBODY = 0  # the project's line is everybody's: any plan and no candidate lead to it


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
    holding = limits(policy, PLANS[0], NOBODY, at)
    with store.read() as connection:
        line = ledger.budgets(connection, holding)[-1]
    return Budget(holding.project.most, line.used, line.reserved, holding.project.resets_at(at) or at)
