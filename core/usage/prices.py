"""The price ledger: the project's own dated rows, which come before the catalogue's.

A row is never changed. It is retired, with a reason, and another takes its place; both stay, so that one can tell later
what was known when. Every change is in the audit log and holds at once in this process, in others within seconds.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, text, update

from core.errors import Conflict, Denied, Invalid, NotFound
from core.llm import pricing
from core.llm.price_book import OwnPrice
from core.schema import Caller
from core.store import Price, Store
from core.store.columns import now
from core.usage import audit
from core.usage.price_terms import PriceTerms, checked, doubts, price_row

log = logging.getLogger(__name__)

FOLLOWED_S = 10  # how soon other processes use what was changed here

PRICE: Table = Price.__table__  # type: ignore[assignment]

_seen: tuple[str, tuple[Any, ...]] | None = None  # the database whose rows are in use, and how many there were


# -- changing ------------------------------------------------------------------------------------------


def add(store: Store, terms: PriceTerms, by: Caller, *, sure: bool = False, replacing: bool = False) -> int:
    """Add a row and return its id.

    Live rows of the same provider, model and tier may not hold on the same days: with `replacing` they are cut back to
    the days around. `sure` says that doubts were read. Errors: `Denied`, `Invalid`, `Conflict`.
    """
    _allow(by)
    terms = checked(terms)
    if (found := doubts(terms)) and not sure:
        raise Invalid(f"{' '.join(found)} If it is right all the same, add it again and confirm that (--sure).")
    with store.write() as connection:
        _lock(connection)
        overlapping = _overlapping(connection, terms)
        if overlapping and not replacing:
            raise Conflict(_overlap(overlapping[0]))
        at = now()
        id = _insert(connection, terms, by, at, "")
        for old in overlapping:
            _retire(connection, old, by, at, f"Replaced by own:{id} on the days it holds")
            for rest in _around(old, terms):
                _insert(connection, rest, by, at, f"What is left of own:{old.id} beside own:{id}")
    load(store)
    return id


def retire(store: Store, id: int, by: Caller, reason: str) -> None:
    """Use a row no longer, for any day. Errors: `Denied`, `NotFound`, `Conflict` (it is retired), `Invalid` (no reason)."""
    _allow(by)
    if not reason.strip():
        raise Invalid("Say why the price is retired, so that others can follow it later.")
    with store.write() as connection:
        _lock(connection)
        row = _one(connection, id)
        if row.retired_at is not None:
            raise Conflict(f"Price own:{id} was retired before. `python -m core prices list --all` shows when.")
        _retire(connection, row, by, now(), reason.strip())
    load(store)


def restore(store: Store, id: int, by: Caller) -> int:
    """Undo a retirement: a row with the same terms takes its place; returns its id.

    Errors: `Denied`, `NotFound`, `Conflict` when it is not retired or its days are taken.
    """
    _allow(by)
    with store.write() as connection:
        _lock(connection)
        row = _one(connection, id)
        if row.retired_at is None:
            raise Conflict(f"Price own:{id} is in use.")
        terms = _terms(row)
        if taken := _overlapping(connection, terms):
            raise Conflict(_overlap(taken[0]))
        restored = _insert(connection, terms, by, now(), f"Takes the place of own:{id}, whose retirement was undone")
    load(store)
    return restored


# -- reading -------------------------------------------------------------------------------------------


def listed(store: Store, *, search: str = "", retired: bool = False) -> Sequence[Row[Any]]:
    """The project's rows by model and day, the newest first; `search` is a part of the model, provider or source."""
    wanted = select(PRICE).order_by(PRICE.c.provider, PRICE.c.model, PRICE.c.tier, PRICE.c.valid_from.desc())
    if not retired:
        wanted = wanted.where(PRICE.c.retired_at.is_(None))
    with store.read() as connection:
        rows = connection.execute(wanted.order_by(PRICE.c.id.desc())).all()
    return [
        row for row in rows if search.lower() in f"{row.provider}/{row.model} {row.tier or ''} {row.source}".lower()
    ]


def rivals(store: Store, terms: PriceTerms) -> list[int]:
    """The live rows that hold on some of the same days. Errors: `Invalid`."""
    with store.read() as connection:
        return [row.id for row in _overlapping(connection, checked(terms))]


def load(store: Store) -> None:
    """Use the rows of this database in the whole process. A row that was spoilt by hand is left out, and said."""
    global _seen
    with store.read() as connection:
        mark, rows = _mark(connection), connection.execute(select(PRICE).order_by(PRICE.c.id)).all()
    pricing.install(_own(rows))
    _seen = (_name(store), mark)


def refresh(store: Store) -> bool:
    """Take over what other processes changed; says whether there was anything. Costs one look at a small table."""
    with store.read() as connection:
        mark = _mark(connection)
    if _seen == (_name(store), mark):
        return False
    load(store)
    return True


# -- rows ----------------------------------------------------------------------------------------------


def _mark(connection: Connection) -> tuple[Any, ...]:
    """What differs whenever a row was added or retired: nothing else happens to rows."""
    return tuple(connection.execute(select(func.count(), func.max(PRICE.c.id), func.count(PRICE.c.retired_at))).one())


def _name(store: Store) -> str:
    return store.url.render_as_string()


def _own(rows: Iterable[Row[Any]]) -> list[OwnPrice]:
    found = []
    for row in rows:
        try:
            price = price_row(f"own:{row.id}", row.rates)
        except Invalid as spoilt:
            log.warning("price own:%s is not used: %s", row.id, spoilt.message)
            continue
        named = (row.provider, row.model, pricing.standard(row.tier))
        days = (row.valid_from.date(), row.valid_to.date() if row.valid_to else None)
        found.append(OwnPrice(*named, *days, row.known_since, row.retired_at, price))
    return found


def _terms(row: Row[Any]) -> PriceTerms:
    return PriceTerms(
        provider=row.provider,
        model=row.model,
        rates=row.rates,
        valid_from=row.valid_from.date(),
        valid_to=row.valid_to.date() if row.valid_to else None,
        tier=row.tier,
        currency=row.currency,
        source=row.source,
        note=row.note,
    )


def _allow(by: Caller) -> None:
    if not by.may("admin"):
        raise Denied("Only admins change prices. Ask one of them to do it.")


def _lock(connection: Connection) -> None:
    """One change at a time, or two rows could each find the days free. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE price IN SHARE ROW EXCLUSIVE MODE"))


def _one(connection: Connection, id: int) -> Row[Any]:
    row = connection.execute(select(PRICE).where(PRICE.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no price own:{id}. `python -m core prices list --all` shows those there are.")
    return row


def _insert(connection: Connection, terms: PriceTerms, by: Caller, at: datetime, reason: str) -> int:
    values = {
        "provider": terms.provider,
        "model": terms.model,
        "tier": terms.tier,
        "currency": terms.currency,
        "rates": dict(terms.rates),
        "valid_from": _midnight(terms.valid_from),
        "valid_to": _midnight(terms.valid_to) if terms.valid_to else None,
        "known_since": at,
        "source": terms.source,
        "note": terms.note,
        "created_by": by.name,
    }
    id: int = connection.execute(insert(PRICE).values(**values).returning(PRICE.c.id)).scalar_one()
    audit.note(connection, by.name, "price.add", f"price:{id}", reason, after=_told(terms))
    return id


def _retire(connection: Connection, row: Row[Any], by: Caller, at: datetime, reason: str) -> None:
    connection.execute(update(PRICE).where(PRICE.c.id == row.id).values(retired_at=at))
    audit.note(connection, by.name, "price.retire", f"price:{row.id}", reason, before=_told(_terms(row)))


def _told(terms: PriceTerms) -> dict[str, Any]:
    """A row as the audit log keeps it."""
    return {
        "model": f"{terms.provider}/{terms.model}",
        "tier": terms.tier,
        "rates": dict(terms.rates),
        "from": terms.valid_from.isoformat(),
        "to": terms.valid_to.isoformat() if terms.valid_to else None,
        "source": terms.source,
        "note": terms.note,
    }


def _overlapping(connection: Connection, terms: PriceTerms) -> Sequence[Row[Any]]:
    same = (PRICE.c.provider == terms.provider) & (PRICE.c.model == terms.model) & PRICE.c.retired_at.is_(None)
    same &= PRICE.c.tier.is_(None) if terms.tier is None else PRICE.c.tier == terms.tier
    before = PRICE.c.valid_to.is_(None) | (PRICE.c.valid_to > _midnight(terms.valid_from))
    wanted = select(PRICE).where(same, before).order_by(PRICE.c.valid_from)
    if terms.valid_to is not None:
        wanted = wanted.where(PRICE.c.valid_from < _midnight(terms.valid_to))
    return connection.execute(wanted).all()


def _around(old: Row[Any], new: PriceTerms) -> list[PriceTerms]:
    """What is left of a row's days before and after another's."""
    whole, rest = _terms(old), []
    if whole.valid_from < new.valid_from:
        rest.append(replace(whole, valid_to=new.valid_from))
    if new.valid_to is not None and (whole.valid_to is None or whole.valid_to > new.valid_to):
        rest.append(replace(whole, valid_from=new.valid_to))
    return rest


def _overlap(row: Row[Any]) -> str:
    until = f"to {row.valid_to:%Y-%m-%d}" if row.valid_to else "without an end"
    return (
        f"Price own:{row.id} holds on some of these days: from {row.valid_from:%Y-%m-%d} {until}. Choose other days, "
        "retire it first, or let this one take its place on the days they share: --replace."
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
