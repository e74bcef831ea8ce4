"""Alerts about money: found in the figures, kept once each, dismissed and brought back by people."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, bindparam, select, text, update

from core.access.limits import money
from core.access.plans import Policy
from core.errors import NotFound
from core.schema import usd
from core.store import Alert, Store
from core.store.columns import Json, UtcTime, now
from core.usage import unusual
from core.usage.budgets import Standing, outlook, roughly, standings
from core.usage.filters import Filter, Value
from core.usage.queries import Questions
from core.usage.unusual import Unusual

ALERT: Table = Alert.__table__  # type: ignore[assignment]

UNKNOWN_SHARE = 0.05  # of a week's runs with unknown cost, above which its totals say too little
UNKNOWN_LEAST = 20  # runs
SHOWN = timedelta(days=45)
STALE = timedelta(days=7)  # what happened so long ago is not news for a webhook


@dataclass(frozen=True, slots=True)
class Found:
    """What a person should know. `key` is what it is about and when; `facts` are JSON-ready and hold nobody's text."""

    key: str
    kind: str
    message: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it is kept. `facts["runs"]` is the period and the filter of the runs behind it."""

    id: int
    key: str
    kind: str
    at: datetime
    message: str
    facts: dict[str, Any]
    sent_at: datetime | None
    dismissed_at: datetime | None
    dismissed_by: str | None

    @property
    def filter(self) -> Filter:
        """The runs behind it."""
        runs = self.facts["runs"]
        first, last = (datetime.fromisoformat(runs[name]).date() for name in ("from", "to"))
        return Filter.days(first, last, where={name: frozenset(values) for name, values in runs["where"].items()})


# -- kept --------------------------------------------------------------------------------------------------


def check(
    store: Store,
    policy: Policy,
    figures: Questions,
    *,
    each: Sequence[Standing] | None = None,
    at: datetime | None = None,
) -> int:
    """Look at everything and keep what is new; returns how many alerts that are. Errors: `StorageDown`.

    `each` are the budgets as they stand, where they are known already.
    """
    at = (at or now()).astimezone(UTC)
    with store.read() as connection:
        known = set(connection.execute(select(ALERT.c.key).where(ALERT.c.at > at - timedelta(days=100))).scalars())
    each = standings(store, policy, figures, at=at) if each is None else each
    new = list(_found(each, policy, figures, at, known))
    if not new:
        return 0
    with store.write() as connection:
        values = [
            {"key": one.key, "kind": one.kind, "at": at, "message": one.message, "facts": dict(one.facts)}
            for one in new
        ]
        return sum(connection.execute(_KEEP, each).rowcount for each in values)


_KEEP = text("""
    INSERT INTO alert (key, kind, at, message, facts) VALUES (:key, :kind, :at, :message, :facts)
    ON CONFLICT (key) DO NOTHING""").bindparams(bindparam("at", type_=UtcTime()), bindparam("facts", type_=Json))


def current(store: Store, *, dismissed: bool = False, at: datetime | None = None) -> Sequence[Told]:
    """The alerts of the last weeks, newest first, without those that were dismissed unless they are asked for."""
    wanted = select(ALERT).where(ALERT.c.at > (at or now()) - SHOWN).order_by(ALERT.c.at.desc(), ALERT.c.id.desc())
    return _told(store, wanted if dismissed else wanted.where(ALERT.c.dismissed_at.is_(None)))


def unsent(store: Store, *, at: datetime | None = None) -> Sequence[Told]:
    """What the webhook has not had yet, oldest first."""
    fresh = (ALERT.c.at > (at or now()) - STALE) & ALERT.c.sent_at.is_(None) & ALERT.c.dismissed_at.is_(None)
    return _told(store, select(ALERT).where(fresh).order_by(ALERT.c.id))


def sent(store: Store, alert_id: int) -> None:
    _change(store, alert_id, sent_at=now())


def dismiss(store: Store, alert_id: int, who: str) -> None:
    """Somebody has seen to it. Errors: `NotFound`."""
    _change(store, alert_id, dismissed_at=now(), dismissed_by=who)


def restore(store: Store, alert_id: int) -> None:
    """Take back that it was dismissed. Errors: `NotFound`."""
    _change(store, alert_id, dismissed_at=None, dismissed_by=None)


def _change(store: Store, alert_id: int, **values: object) -> None:
    with store.write() as connection:
        if not connection.execute(update(ALERT).where(ALERT.c.id == alert_id).values(**values)).rowcount:
            raise NotFound("There is no such alert any more. Reload the page.")


def _told(store: Store, wanted: Any) -> list[Told]:
    with store.read() as connection:
        return [Told(**row._mapping) for row in connection.execute(wanted)]


# -- found -------------------------------------------------------------------------------------------------


def _found(
    each: Sequence[Standing], policy: Policy, figures: Questions, at: datetime, known: Collection[str]
) -> Iterator[Found]:
    for standing in each:
        found = _of_budget(standing, policy)
        if found and found.key not in known:
            yield found
    for ago in (0, 1):
        day = at.date() - timedelta(days=ago)
        key = f"day:{day}"
        if key not in known and (odd := unusual.unusual(figures, day)):
            yield _of_day(key, odd, unusual.parts(figures, odd))
    if (missing := _unknown(figures, at)) and missing.key not in known:
        yield missing


def _of_budget(standing: Standing, policy: Policy) -> Found | None:
    """The worst that can be said of a budget."""
    limit, run_out = standing.limit, standing.forecast.run_out
    facts = {
        "budget": limit.subject,
        "usd_per_month": usd(limit.most),
        "used_usd": usd(standing.used),
        "held_usd": usd(standing.reserved),
        "runs": _runs(standing.filter),
    }
    about = f"{limit.subject}:{limit.period}:{usd(limit.most)}"  # a budget that was raised is worth another alert
    name = f"The month's budget of {limit.whose}"
    if standing.taken >= limit.most:
        then = "Runs it pays for are refused" if limit.refuses else "Only the rules answer the runs it pays for"
        message = f"{name}, {money(limit.most)}, is used up. {then} until {_day(standing)}."
        return Found(f"used-up:{about}", "used_up", message, facts)
    if not limit.refuses and Decimal(standing.taken) >= policy.project.step_down_at * limit.most:
        message = f"{name} is {standing.share:.0%} used: the cheap models answer now. {outlook(standing)}"
        return Found(f"near-end:{about}", "near_end", message, facts)
    if run_out and run_out.likely:
        days = {name: getattr(run_out, name) for name in ("earliest", "likely", "latest")}
        told = {name: day.isoformat() if day else None for name, day in days.items()}
        message = f"{name}, {money(limit.most)}, will not last the month. {outlook(standing)}"
        return Found(f"run-out:{about}", "run_out", message, facts | {"run_out": told})
    return None


def _of_day(key: str, odd: Unusual, parts: Sequence[unusual.Part]) -> Found:
    usual = f"{odd.day:%A}" if odd.weekdays else "day"
    rose = f"where a {usual} usually costs nothing"
    if odd.usual:
        rose = f"{odd.spent / odd.usual:.1f} times the usual {roughly(odd.usual)} of a {usual}"
    sentences = [f"On {odd.day.day} {odd.day:%B} {roughly(odd.spent)} was spent, {rose}.", _why(odd)]
    if parts:
        named = [f"{unusual.named(part)} ({part.share:.0%})" for part in parts]
        sentences.append(f"Most of the rise: {unusual.listed(named)}.")
    top: dict[str, Value] = {part.dimension: part.value for part in parts[:1]}
    facts = {
        "day": odd.day.isoformat(),
        "spent_usd": usd(odd.spent),
        "usual_usd": usd(odd.usual),
        "count": odd.runs,
        "usual_count": odd.usual_runs,
        "parts": [{"dimension": one.dimension, "value": one.value, "share": round(one.share, 3)} for one in parts],
        "runs": {"from": odd.day.isoformat(), "to": odd.day.isoformat(), "where": {k: [v] for k, v in top.items()}},
    }
    return Found(key, "unusual_day", " ".join(sentences), facts)


def _why(odd: Unusual) -> str:
    runs = f"{odd.runs:,} runs instead of about {odd.usual_runs:,}"
    each, usual = odd.spent // max(odd.runs, 1), odd.usual // max(odd.usual_runs, 1)
    dearer = f"{roughly(each)} each instead of about {roughly(usual)}"
    if odd.more_runs >= 0.7:
        return f"More runs: {runs}, each about as dear."
    if odd.more_runs <= 0.3:
        return f"Dearer runs: {dearer}, about as many of them."
    return f"More runs, and dearer ones: {runs}, {dearer}."


def _unknown(figures: Questions, at: datetime) -> Found | None:
    """Too much of the last seven days of unknown cost."""
    span = Filter.days(at.date() - timedelta(days=6), at.date())
    ended = {row.values[0]: row.total for row in figures.rows(span, ("status",), percentiles=False)}
    ended.pop("running", None)  # what they cost shows when they end
    runs, unknown = (sum(getattr(total, name) for total in ended.values()) for name in ("runs", "unknown"))
    if unknown < UNKNOWN_LEAST or unknown < UNKNOWN_SHARE * runs:
        return None
    year, week, _ = at.isocalendar()
    message = (
        f"The cost of {unknown:,} of {runs:,} runs of the last seven days is unknown ({unknown / runs:.0%}), so totals are "
        "too low by what they cost. Add the missing prices in Admin, Prices."
    )
    facts = {"count": runs, "unknown_count": unknown, "runs": _runs(span.narrowed("cost_status", {"unknown"}))}
    return Found(f"unknown-cost:{year}-W{week:02}", "unknown_cost", message, facts)


def _runs(filter: Filter) -> dict[str, Any]:
    """Period and filter as facts hold them: the first and the last day (UTC), values by dimension."""
    first, last = filter.start.date(), filter.end.date() - timedelta(days=1)
    where = {name: sorted(values, key=str) for name, values in filter.where.items()}
    return {"from": first.isoformat(), "to": last.isoformat(), "where": where}


def _day(standing: Standing) -> str:
    anew = standing.last + timedelta(days=1)
    return f"{anew.day} {anew:%B}"
