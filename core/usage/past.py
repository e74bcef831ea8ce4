"""A slice of history as columns, for calculations that know no database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from pydantic_core import from_json
from sqlalchemy import Column, String, type_coerce

from core.access.plans import RULES
from core.llm import usage_shapes
from core.usage.charging import UNKNOWN, Tokens
from core.usage.columns import Array, Ints
from core.usage.records import ATTEMPT, RUN

STATUSES = ("exact", "estimated", "unknown")  # as numbers: the larger, the less sure
ENDS = ("ok", "fallback", "cancelled", "refused", "abandoned")
A_DAY_US = 86_400_000_000


class Kind(NamedTuple):
    """How a leg was priced."""

    provider: str
    model: str | None
    answered_by: str | None
    tier: str | None

    @property
    def name(self) -> str:
        return self.provider if self.model is None else f"{self.provider}/{self.model}"


@dataclass(slots=True)
class Words:
    """Values by number, in the order in which they were first seen."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def number(self, value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def column(self, values: Sequence[Any]) -> Ints:
        known = self.numbers
        for value in dict.fromkeys(values):
            known.setdefault(value, len(known))
        return np.fromiter(map(known.__getitem__, values), np.int64, len(values))

    @property
    def values(self) -> list[Any]:
        return list(self.numbers)


@dataclass(slots=True)
class Dictionary:
    """What the numbers of a history's columns stand for."""

    features: Words = field(default_factory=Words)
    plans: Words = field(default_factory=Words)
    callers: Words = field(default_factory=Words)
    models: Words = field(default_factory=Words)  # provider/name, rules, or None
    kinds: Words = field(default_factory=Words)


@dataclass(frozen=True, slots=True)
class Legs:
    """One row a leg, in the order of their runs; `run` is the place of its run. Costs as in `Past`."""

    run: Ints
    kind: Ints
    day: Ints  # UTC days since 1970 of its beginning
    tokens: Tokens
    cost: Ints
    sure: Ints

    def __len__(self) -> int:
        return len(self.run)


@dataclass(frozen=True, slots=True)
class Past:
    """One row a run, in the order in which they began.

    `cost` is in nano-dollars, `UNKNOWN` (-1) where it is not known, `sure` a place in `STATUSES`, `end` one in `ENDS`,
    `at` microseconds since 1970, `month` months since year 0. `chosen` says that the caller chose the model.
    """

    at: Ints
    month: Ints
    user: Ints
    feature: Ints
    plan: Ints
    caller: Ints
    model: Ints
    end: Ints
    chosen: Array
    cost: Ints
    sure: Ints
    legs: Legs

    def __len__(self) -> int:
        return len(self.at)


def _as_stored(time: Column[Any]) -> Any:
    """A time as the driver gives it, because to make a time of a text takes longer than to read it."""
    return type_coerce(time, String())


COLUMNS = (
    RUN.c.id,
    _as_stored(RUN.c.created_at).label("created_at"),
    *(RUN.c[name] for name in ("user_id", "feature", "plan", "caller", "provider", "model", "status")),
    *(RUN.c[name] for name in ("cost_nanousd", "cost_status")),
    (RUN.c.tier.is_(None) & RUN.c.route.contains("chosen by the caller")).label("chosen"),
    *(ATTEMPT.c[name].label(f"leg_{name}") for name in ("provider", "model", "answered_by", "service_tier")),
    _as_stored(ATTEMPT.c.started_at).label("leg_started_at"),
    *(ATTEMPT.c[name].label(f"leg_{name}") for name in ("input_tokens", "cached_tokens")),
    *(ATTEMPT.c[name].label(f"leg_{name}") for name in ("output_tokens", "cost_nanousd", "cost_status", "usage")),
)


def laid_out(rows: Sequence[Sequence[Any]], words: Dictionary) -> Past:
    """Rows of `COLUMNS` as the driver gives them, runs in order with their legs in order, as columns; at least one row."""
    columns = list(zip(*rows, strict=True))
    ids = columns[0]
    first = [place for place, run_id in enumerate(ids) if not place or ids[place - 1] != run_id]
    at, user, feature, plan, caller, provider, model, status, cost, sure, chosen = (
        [column[place] for place in first] for column in columns[1:12]
    )
    names = [who if name is None else f"{who}/{name}" for who, name in zip(provider, model, strict=True)]
    began = _micros(at)
    return Past(
        at=began,
        month=began.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) + 1970 * 12,
        user=np.array(user, np.int64),
        feature=words.features.column(feature),
        plan=words.plans.column(plan),
        caller=words.callers.column(caller),
        model=words.models.column(names),
        end=_places(status, ENDS),
        chosen=np.array(chosen, bool),
        cost=_costs(cost),
        sure=_places(sure, STATUSES),
        legs=_legs(columns, first, words),
    )


def answering(past: Past, words: Dictionary) -> Ints:
    """The leg whose tokens a run needed: the last one of a model; -1 where the rules answered, or nobody."""
    leg = np.full(len(past), -1, np.int64)
    if not len(past.legs):
        return leg
    by_rules = np.array([kind.provider == RULES for kind in words.kinds.values], bool)
    tokens = past.legs.tokens
    of_model = np.flatnonzero(~by_rules[past.legs.kind] & (tokens.input + tokens.output > 0))
    leg[past.legs.run[of_model]] = of_model  # of several legs of one run the last is kept
    rules = words.models.numbers.get(RULES, -1)
    leg[past.model == rules] = -1
    return leg


def _legs(columns: Sequence[Sequence[Any]], first: Sequence[int], words: Dictionary) -> Legs:
    provider = columns[12]
    there = [place for place, who in enumerate(provider) if who is not None]
    of_run = np.zeros(len(provider), np.int64)
    of_run[list(first[1:])] = 1
    run = np.cumsum(of_run)[there]
    legs = [[column[place] for place in there] for column in columns[12:]]
    provider, model, answered, tier, began, given, cached, output, cost, sure, usage = legs
    tokens = _tokens(given, cached, output, usage)
    kinds = list(zip(provider, model, answered, tier, strict=True))
    for one in dict.fromkeys(kinds):
        words.kinds.number(Kind(*one))
    day = _micros(began) // A_DAY_US
    return Legs(run, words.kinds.column(kinds), day, tokens, _costs(cost), _places(sure, STATUSES))


def _tokens(given: Sequence[int], cached: Sequence[int], output: Sequence[int], usage: Sequence[Any]) -> Tokens:
    """Counts that contradict each other are mended as the price lookup mends them."""
    counts = [np.array(column, np.int64) for column in (given, cached, output)]
    all_in, all_out = np.maximum(counts[0], 0), np.maximum(counts[2], 0)
    read = np.minimum(np.maximum(counts[1], 0), all_in)
    written, heard, said = (np.zeros(len(given), np.int64) for _ in range(3))
    odd = np.zeros(len(given), bool)
    for place, said_by_server in enumerate(usage):
        raw = from_json(said_by_server) if isinstance(said_by_server, str) else said_by_server
        if raw and (apart := usage_shapes.read(raw)):
            written[place], heard[place], said[place] = apart.written, apart.audio_in, apart.audio_out
            odd[place] = apart.images > 0
    written = np.minimum(written, all_in - read)
    return Tokens(all_in, read, written, all_out, np.minimum(heard, all_in), np.minimum(said, all_out), odd)


def _micros(times: Sequence[Any]) -> Ints:
    """Microseconds since 1970 of UTC times as text of fixed width, or as times."""
    if times and isinstance(times[0], str):
        return np.array([text[:26] for text in times], "datetime64[us]").astype(np.int64)
    return np.fromiter((round(one.timestamp() * 1_000_000) for one in times), np.int64, len(times))


def _costs(costs: Sequence[int | None]) -> Ints:
    return np.fromiter((UNKNOWN if one is None else one for one in costs), np.int64, len(costs))


def _places(values: Sequence[str], known: Sequence[str]) -> Ints:
    places = {value: place for place, value in enumerate(known)}
    return np.fromiter((places.get(value, len(known) - 1) for value in values), np.int64, len(values))
