"""A year of made-up runs, their legs, and what was kept of them, as rows in the shape of real ones."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.demo import kept
from core.demo.kept import Kept
from core.llm import pricing
from core.schema import FEATURES, Usage
from core.store.columns import now

DAYS = 365
MILLION = 10**6
NAMES = (*FEATURES, "outreach_note", "skill_gap")
MODELS = (
    *(("openai", name) for name in ("gpt-6-luna", "gpt-5-mini", "gpt-6.1-terra", "gpt-6-sol")),
    ("openai", "gpt-6-early-preview"),  # in no price list: its cost is unknown
    ("embedded", "smollm2-135m"),
)
RULES = ("rules", None)
PLANS = ("free", "pro", "premium")
STATUSES = ("ok", "fallback", "cancelled", "refused", "abandoned")
CALLERS = tuple(f"demo:{name}" for name in ("backend", "mobile", "batch", *(f"support-{n}" for n in range(1, 8))))
ERRORS = ("provider_busy", "provider_slow", "provider_down", "provider_cut", "answer_unreadable")
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 16, 18, 20, 19, 17, 14, 11, 9, 8, 7, 5, 3)  # of a day in UTC
WEEK = (20, 22, 22, 21, 18, 7, 8)  # from Monday on

RUN_COLUMNS = (
    *("id", "caller", "feature", "prompt", "plan", "route", "request", "context", "status", "provider", "model"),
    *("changes", "details", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_nanousd"),
    *("cost_status", "latency_ms", "ttft_ms", "error_code", "request_sha256", "created_at", "finished_at", "user_id"),
)
LEG_COLUMNS = (
    *("run_id", "number", "provider", "model", "answered_by", "status", "finish_reason", "error_code", "messages"),
    *("parts", "text", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "price", "cost_nanousd"),
    *("cost_status", "latency_ms", "ttft_ms", "started_at", "user_id"),
)

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rates:
    """What a million tokens of one model cost in nano-dollars, and the price row that says so; None where none does."""

    provider: str
    model: str | None
    input: int = 0
    cached: int = 0
    output: int = 0
    price: str | None = None


class Drawn(NamedTuple):
    """What chance says of one run; the last two are bits for its id and for what else is to be chosen."""

    moment: int
    who: int
    what: int
    model: int
    ended: int
    caller: int
    sent: int
    cached: int
    written: int
    latency: int
    first: int
    low: int
    high: int


class Year:
    """Runs by day, oldest first: more by day than by night, more on workdays, and more from month to month."""

    def __init__(self, count: int, people: Sequence[tuple[int, str]], chance: np.random.Generator) -> None:
        self.count, self.chance = count, chance
        order = chance.permutation(len(people))
        self.people = [people[place] for place in order]  # the first of them ask most
        self.begin = datetime.combine(now().date() - timedelta(days=DAYS), time(), UTC)
        self.rates = [_rates(*names) for names in (*MODELS, RULES)]

    def days(self) -> Iterator[tuple[Rows, Rows, list[Kept]]]:
        """The rows of runs and legs, and what was kept of them, day by day."""
        weekday = self.begin.weekday()
        weights = np.array([WEEK[(weekday + day) % 7] * (1 + day / DAYS) for day in range(DAYS)])
        for day, many in enumerate(self.chance.multinomial(self.count, weights / weights.sum())):
            if many:
                yield self._day(day, int(many))

    def _day(self, day: int, many: int) -> tuple[Rows, Rows, list[Kept]]:
        runs: Rows = []
        legs: Rows = []
        papers: list[Kept] = []
        for drawn in zip(*(column.tolist() for column in self._drawn(many)), strict=True):
            self._run(runs, legs, papers, day, Drawn(*drawn))
        return runs, legs, papers

    def _drawn(self, many: int) -> list[npt.NDArray[Any]]:
        """What chance says of each run, one column a thing."""
        chance = self.chance
        hours = np.array(HOURS) / sum(HOURS)
        moments = np.sort(chance.choice(24, many, p=hours) * 3_600_000_000 + chance.integers(0, 3_600_000_000, many))
        people = (len(self.people) * chance.random(many) ** 2.5).astype(np.int64)
        feature = (len(NAMES) * chance.random(many) ** 1.4).astype(np.int64)
        model = chance.choice(len(MODELS), many, p=(0.45, 0.2, 0.18, 0.08, 0.03, 0.06))
        status = chance.choice(len(STATUSES), many, p=(0.885, 0.055, 0.03, 0.028, 0.002))
        caller = (len(CALLERS) * chance.random(many) ** 3).astype(np.int64)
        sent = chance.lognormal(7.6, 0.6, many).astype(np.int64) + 300
        cached = np.where(chance.random(many) < 0.4, sent * chance.random(many) * 0.9, 0).astype(np.int64)
        written = chance.lognormal(6.0, 0.7, many).astype(np.int64) + 20
        latency = (chance.lognormal(8.2, 0.55, many) + written * 6).astype(np.int64)
        first = (latency * (0.04 + 0.3 * chance.random(many))).astype(np.int64)
        bits = [chance.integers(0, 2**width, many, np.int64) for width in (12, 62)]
        return [moments, people, feature, model, status, caller, sent, cached, written, latency, first, *bits]

    def _run(self, runs: Rows, legs: Rows, papers: list[Kept], day: int, drawn: Drawn) -> None:
        """One run and its legs as rows, and what was kept of it."""
        moment, who, what, model, ended, caller, sent, cached, written, latency, first, low, high = drawn
        at = self.begin + timedelta(days=day, microseconds=moment)
        run_id = _id(at, low, high)
        began, (user_id, plan) = at.isoformat(timespec="microseconds"), self.people[who]
        status, feature = STATUSES[ended], NAMES[what]
        mine: Rows = []
        if status not in ("refused", "abandoned"):
            failed = 1 + low % 4 // 3 if status == "fallback" else 0
            chain = [self.rates[(model + step) % len(MODELS)] for step in range(failed)]
            chain.append(self.rates[-1 if failed and low % 3 == 0 else (model + failed) % len(MODELS)])
            for number, rates in enumerate(chain, 1):
                over = number <= failed
                used = (sent, cached, 0 if over and low % 2 else written // (1 + 3 * over), first)
                mine.append(_leg(run_id, number, rates, used, latency, status, over, low, began, user_id))
            legs += mine
        error = {"refused": "rate_limited", "abandoned": "abandoned", "fallback": ERRORS[low % 5]}.get(status)
        asked = json.dumps({"feature": feature if feature in FEATURES else FEATURES[-1], "user_id": user_id})
        version = 1 + 3 * day // DAYS
        finished = at + timedelta(milliseconds=latency)
        done = finished.isoformat(timespec="microseconds")
        if status in ("ok", "fallback") and (
            paper := kept.of_run(run_id, feature, user_id, CALLERS[caller], finished, high)
        ):
            papers.append(paper)
        runs.append(
            (
                *(run_id, CALLERS[caller], feature, f"{feature}@{version}", plan, "", asked, "[]", status),
                *_sums(mine, status, latency),
                *(error, f"{high:064x}", began, done, user_id),
            )
        )


def _leg(
    run_id: str,
    number: int,
    rates: Rates,
    used: tuple[int, int, int, int],
    latency: int,
    status: str,
    failed: bool,
    low: int,
    began: str,
    user_id: int,
) -> tuple[Any, ...]:
    sent, cached, written, first = used
    reasoning = written // 3 if rates.model and rates.model.endswith("terra") else 0
    local = rates.provider != "openai"
    if rates.model is None:
        sent = cached = written = 0
    known = local or rates.price is not None
    parts = (sent - cached) * rates.input + cached * rates.cached + written * rates.output
    cost = _half_even(parts) if known else None
    sure = "unknown" if not known else "estimated" if (failed or status == "cancelled") and not local else "exact"
    outcome = "failed" if failed else "cancelled" if status == "cancelled" else "ok"
    error = ERRORS[(low + number - 1) % 5] if failed else None
    ended = "stop" if outcome == "ok" else None
    head = (run_id, number, rates.provider, rates.model, rates.model, outcome, ended, error, "[]", "[]", "")
    return (
        *head,
        sent,
        cached,
        written,
        reasoning,
        rates.price,
        cost,
        sure,
        latency // (1 + failed),
        first,
        began,
        user_id,
    )


def _sums(legs: Rows, status: str, latency: int) -> tuple[Any, ...]:
    """From `provider` to `ttft_ms`: the last leg's names, the sums of all, unknown where one of them is."""
    if not legs:
        return (
            None,
            None,
            "[]",
            "{}",
            0,
            0,
            0,
            0,
            *((0, "exact") if status == "refused" else (None, "unknown")),
            None,
            None,
        )
    last = legs[-1]
    tokens = [sum(leg[place] for leg in legs) for place in (11, 12, 13, 14)]
    sure = {leg[17] for leg in legs}
    how = next(one for one in ("unknown", "estimated", "exact") if one in sure)
    cost = None if how == "unknown" else sum(leg[16] for leg in legs)
    return (last[2], last[3], "[]", "{}", *tokens, cost, how, latency, last[19])


def _rates(provider: str, model: str | None) -> Rates:
    """The rates of today's price row for short calls; what is made up has no other."""
    many = 100_000  # below any step by length
    kinds = ({"input_tokens": many}, {"input_tokens": many, "cached_tokens": many}, {"output_tokens": many})
    costs = [pricing.cost(Usage(**kind), provider=provider, model=model, at=now()) for kind in kinds]
    sent, cached, written = ((cost.nanousd or 0) * (MILLION // many) for cost in costs)
    return Rates(provider, model, sent, cached, written, costs[0].price)


def _half_even(parts: int) -> int:
    """Millionths as whole nano-dollars, rounded as prices are."""
    whole, rest = divmod(parts, MILLION)
    return whole + (2 * rest > MILLION or (2 * rest == MILLION and whole % 2 == 1))


def _id(at: datetime, low: int, high: int) -> str:
    """A version 7 UUID of that moment."""
    digits = f"{int(at.timestamp() * 1000):012x}7{low:03x}{(0b10 << 62) | high:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
