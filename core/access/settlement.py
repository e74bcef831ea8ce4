"""Settlement: what runs held of their limits becomes what they used, once, whoever settles them."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from core.access.ledger import Claim, Key, where
from core.access.limits import NOBODY, OWN, PROJECT
from core.store.statement import Statement

_POST = Statement(
    text("""
    INSERT INTO ledger (subject, measure, period, used, reserved) VALUES (:subject, :measure, :period, :used, 0)
    ON CONFLICT (subject, measure, period) DO UPDATE SET
        used = ledger.used + excluded.used, reserved = ledger.reserved - :freed""")
)
_HELD = "subject, day, month, also, tokens, nanousd"
_FORFEIT = Statement(
    text(f"""
    DELETE FROM reservation WHERE NOT EXISTS (
        SELECT 1 FROM ai_run WHERE ai_run.id = reservation.run_id AND ai_run.status = 'running')
    RETURNING {_HELD}""")
)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How much of what a run held becomes free, and how much is used; `whose` as `ledger.where` says it."""

    whose: Sequence[str | None]
    tokens: int
    nanousd: int
    freed_tokens: int
    freed_nanousd: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run used in the end; of an unknown cost, `least_nanousd` is what is known of it.

    `recorded` says that its end is written by the same transaction, `erased` that its candidate is gone.
    """

    claim: Claim
    run_id: str
    tokens: int
    nanousd: int | None
    least_nanousd: int
    recorded: bool
    erased: bool = False


def settle(connection: Connection, spent: Sequence[Spent]) -> None:
    """Turn what runs hold into what they used, once; an unknown cost keeps its reservation, or more if more is known.

    A run that was recorded though it holds nothing any more had been taken for dead: what counts as used since then
    is put right.
    """
    ids = {f"id{i}": one.run_id for i, one in enumerate(spent)}
    held = {run_id: what for run_id, *what in _let_go(len(ids)).rows(connection, ids)} if ids else {}
    ended = (_ended(one, held.pop(one.run_id, None)) for one in spent)
    _post(connection, [one for one in ended if one])


@lru_cache
def _let_go(count: int) -> Statement:
    ids = ", ".join(f":id{i}" for i in range(count))
    return Statement(text(f"DELETE FROM reservation WHERE run_id IN ({ids}) RETURNING run_id, {_HELD}"))


def _ended(spent: Spent, held: Sequence[Any] | None) -> _Ended | None:
    """What settling a run changes; `held` is its row of the reservations, if there is one."""
    claim = spent.claim
    if held is not None:
        *whose, tokens, nanousd = held
        return _Ended(whose, spent.tokens, _cost(spent, nanousd), tokens, nanousd)
    if spent.recorded and (claim.tokens or claim.nanousd):
        whose = [*where(claim.limits).values()]
        whose[0] = NOBODY if spent.erased else whose[0]
        return _Ended(whose, spent.tokens - claim.tokens, _cost(spent, claim.nanousd) - claim.nanousd, 0, 0)
    return None


def _cost(spent: Spent, held_nanousd: int) -> int:
    return max(held_nanousd, spent.least_nanousd) if spent.nanousd is None else spent.nanousd


def forfeit(connection: Connection) -> None:
    """What runs that are no longer running still hold counts as used: nobody knows what they used."""
    _post(connection, [_Ended(row[:4], *row[4:], *row[4:]) for row in _FORFEIT.rows(connection, {})])


def _post(connection: Connection, ended: Sequence[_Ended]) -> None:
    used: Counter[Key] = Counter()
    freed: Counter[Key] = Counter()
    for one in ended:
        subject, day, month, also = (str(part or "") for part in one.whose)
        used[subject, "tokens", day] += one.tokens
        freed[subject, "tokens", day] += one.freed_tokens
        for who in (subject, *(json.loads(also) if also else ()), PROJECT):
            used[who, "nanousd", month] += one.nanousd
            freed[who, "nanousd", month] += one.freed_nanousd
    changes = [
        {"subject": key[0], "measure": key[1], "period": key[2], "used": used[key], "freed": freed[key]}
        for key in sorted(used, key=_order)
        if used[key] or freed[key]
    ]
    if changes:
        _POST.run_all(connection, changes)


def _order(key: Key) -> tuple[int, str, bool, str]:
    """The order of `Limits`, candidate by candidate, then what they share, the project last."""
    who, measure, period = key
    return 2 if who == PROJECT else not who.startswith(OWN), who, measure != "tokens", period
