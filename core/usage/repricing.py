"""Re-pricing: what past calls cost by today's price rows, where that is known and differs from what is recorded.

A known cost never becomes unknown. Nothing is changed here; `core.usage.corrections` does that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from core.llm import pricing
from core.schema import Cost, CostStatus, Usage
from core.store import Store
from core.usage.filters import Filter
from core.usage.records import ATTEMPT, RUN
from core.usage.slices import slices

SAMPLES = 20
OFTEN = 1_000  # rows between two words of progress

Progress = Callable[[int, float], None]


class Line(NamedTuple):
    """One attempt whose recorded cost is not what today's price rows say."""

    attempt_id: int
    run_id: str
    began: datetime  # its run
    at: datetime
    model: str
    before: Cost
    after: Cost


@dataclass(slots=True)
class Change:
    """What a correction does to one model, or to all. Nano-dollars; an attempt whose cost was unknown counts as 0 in
    `before_nanousd` and is counted in `unknown`."""

    attempts: int = 0
    before_nanousd: int = 0
    after_nanousd: int = 0
    unknown: int = 0

    def add(self, line: Line) -> None:
        self.attempts += 1
        self.before_nanousd += line.before.nanousd or 0
        self.after_nanousd += line.after.nanousd or 0
        self.unknown += line.before.nanousd is None


@dataclass(slots=True)
class Preview:
    """What applying would do: `total` and by model, some of the lines, the largest changes first.

    `looked_at` counts the attempts of the filter, `without_price` those of them whose recorded cost stays because no
    price row holds for them today, `still_unknown` those whose cost is unknown and stays so.
    """

    total: Change = field(default_factory=Change)
    models: dict[str, Change] = field(default_factory=lambda: defaultdict(Change))
    samples: list[Line] = field(default_factory=list)
    runs: int = 0
    looked_at: int = 0
    without_price: int = 0
    still_unknown: int = 0


def preview(store: Store, asked: Filter, *, progress: Progress | None = None) -> Preview:
    """What today's price rows would change, in bounded memory. Errors: `StorageDown`."""
    found, last_run = Preview(), ""
    for line in differing(store, asked, found, progress):
        found.total.add(line)
        found.models[line.model].add(line)
        found.runs += line.run_id != last_run
        last_run = line.run_id
        found.samples.append(line)
        if len(found.samples) > 50 * SAMPLES:
            found.samples = _largest(found.samples)
    found.samples = _largest(found.samples)
    return found


def _largest(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: -abs((one.after.nanousd or 0) - (one.before.nanousd or 0)))[:SAMPLES]


_COLUMNS = (
    *(RUN.c[name].label(f"run_{name}") for name in ("id", "created_at")),
    *(
        ATTEMPT.c[name]
        for name in (
            *("id", "provider", "model", "answered_by", "service_tier", "started_at", "finish_reason", "usage"),
            *("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"),
            *("cost_nanousd", "cost_status", "price"),
        )
    ),
)


def differing(store: Store, asked: Filter, found: Preview, progress: Progress | None) -> Iterator[Line]:
    """Each attempt whose cost differs, oldest run first; `found` counts what was looked at."""
    behind = 0.0
    for some in slices(store, asked, _COLUMNS):
        for place, row in enumerate(some.rows, 1):
            if row.id is not None:
                found.looked_at += 1
                if line := _line(row, found):
                    yield line
            if progress and (place % OFTEN == 0 or place == len(some.rows)):
                progress(found.looked_at, behind + (some.share - behind) * place / len(some.rows))
        behind = some.share


def _line(row: Any, found: Preview) -> Line | None:
    """What changes for one attempt; nothing where no price was asked for: such a call was turned away."""
    before = Cost(nanousd=row.cost_nanousd, status=row.cost_status, price=row.price)
    unknown = before.nanousd is None
    if (before.price is None and not unknown) or not (row.input_tokens or row.output_tokens):
        found.still_unknown += unknown
        return None
    after = _today(row, before.status)
    if after.nanousd is None:
        found.without_price += not unknown
        found.still_unknown += unknown
        return None
    if after.nanousd == before.nanousd:
        return None
    model = f"{row.provider}/{row.model}" if row.model else row.provider
    return Line(row.id, row.run_id, row.run_created_at, row.started_at, model, before, after)


def _today(row: Any, status: CostStatus) -> Cost:
    """The cost by today's rows for the time of the call, as sure as its tokens were counted."""
    counted = row.usage is not None and row.finish_reason is not None and row.input_tokens > 0
    usage = Usage.model_construct(
        input_tokens=row.input_tokens,
        cached_tokens=row.cached_tokens,
        output_tokens=row.output_tokens,
        reasoning_tokens=row.reasoning_tokens,
    )
    return pricing.cost(
        usage,
        provider=row.provider,
        model=row.answered_by or row.model,
        at=row.started_at,
        tier=row.service_tier,
        estimated=status == "estimated" or (status == "unknown" and not counted),
        raw=row.usage,
        asked=row.model,
    )
