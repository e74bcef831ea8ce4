"""The audit log of money: who changed what, when and why, and what it was before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.orm import Session

from core.store import AuditEvent, Store
from core.store.columns import now

EVENT: Table = AuditEvent.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `subject` is what was changed, as `kind:id` (`price:17`); `before` is None for something new."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def note(
    within: Session | Connection,
    who: str,
    action: str,
    subject: str,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one event in the transaction that makes the change, so that neither is kept without the other.

    `who` is a caller's name, `action` a verb with its kind (`price.add`), `before` and `after` are JSON-ready.
    """
    told = {"who": who, "action": action, "subject": subject, "reason": reason}
    states = {"before": None if before is None else dict(before), "after": None if after is None else dict(after)}
    within.execute(insert(EVENT).values(at=now(), **told, **states))


def events(store: Store, kind: str, *, subject: str | None = None, limit: int = 200) -> Sequence[Event]:
    """The newest changes of one kind (`price`), or of one subject of that kind (`price:17`), newest first."""
    wanted = select(*(EVENT.c[name] for name in Event.__slots__)).order_by(EVENT.c.id.desc()).limit(limit)
    wanted = wanted.where(EVENT.c.subject.startswith(f"{kind}:", autoescape=True))
    if subject is not None:
        wanted = wanted.where(EVENT.c.subject == subject)
    with store.read() as connection:
        return [Event(*row) for row in connection.execute(wanted)]
