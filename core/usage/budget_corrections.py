"""The running month's budgets after a correction of past costs: what was used of them follows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, update

from core.access.limits import OWN, PROJECT, month
from core.store import Ledger
from core.store.columns import now

LEDGER: Table = Ledger.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Moved:
    """One run whose cost changed; its legs count by what is known of them, as they do in a budget."""

    budgets: tuple[str, ...]
    created_at: datetime
    nanousd: int


def post(connection: Connection, moved: Sequence[Moved]) -> dict[str, Any]:
    """Post the differences of this month's runs, so that nobody is stopped, or let go on, by a wrong price.

    Earlier months are over. Returns the month and what was posted to whom, for an undo.
    """
    this = month(now())
    wanted: Counter[str] = Counter()
    for one in moved:
        if month(one.created_at) == this:
            for who in one.budgets:
                wanted[who] += one.nanousd
    return {"month": this, "posted": _posted(connection, this, wanted)}


def give_back(connection: Connection, kept: Mapping[str, Any]) -> None:
    """Take back what `post` said it posted; a month that is over since then stays as it is."""
    this = month(now())
    if kept.get("month") == this:
        _posted(connection, this, Counter({who: -amount for who, amount in kept["posted"].items()}))


def _posted(connection: Connection, period: str, wanted: Counter[str]) -> dict[str, int]:
    """Change those of these lines that there are, in the order in which runs do; none falls below nothing."""
    posted = {}
    for who in sorted(wanted, key=_order):
        line = (LEDGER.c.subject == who) & (LEDGER.c.measure == "nanousd") & (LEDGER.c.period == period)
        enough = LEDGER.c.used + wanted[who] >= 0
        changed = update(LEDGER).where(line, enough).values(used=LEDGER.c.used + wanted[who])
        if wanted[who] and connection.execute(changed).rowcount:
            posted[who] = wanted[who]
    return posted


def _order(who: str) -> tuple[bool, bool, str]:
    """Candidates first, then what they share, the project last."""
    return who == PROJECT, not who.startswith(OWN), who
