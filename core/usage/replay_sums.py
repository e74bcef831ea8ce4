"""The sums of a replay: by month, feature, plan and model, before and after."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from core.usage.columns import Array, Ints, add_up
from core.usage.past import ENDS, STATUSES, Dictionary, Past
from core.usage.scenario import Group, Outcome, Side

BY = ("month", "feature", "plan", "model", "new_model")
SIDES = ("before", "after")
MEASURES = (
    *("runs", "both", "both_before", "both_after", "refused"),
    *(f"{side}{what}" for side in SIDES for what in ("", "_exact", "_estimated", "_unknown", "_refused")),
)

Sum = dict[str, int]


class After(NamedTuple):
    """What becomes of the runs of a slice, as the columns of `Past`; `refused` are those that the gate turns away."""

    cost: Ints
    sure: Ints
    model: Ints
    refused: Array


class Sums:
    """All measures so far, by one value of each of `BY`."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, ...], Sum] = {}

    def add(self, past: Past, after: After) -> None:
        parts = (past.month, past.feature, past.plan, past.model, after.model)
        widths = [int(part.max()) + 1 for part in parts]
        code = np.zeros(len(past), np.int64)
        for part, width in zip(parts, widths, strict=True):
            code = code * width + part
        found, sums = add_up(code, _measured(past, after))
        for place, number in enumerate(found.tolist()):
            held = self._sums.setdefault(_apart(number, widths), dict.fromkeys(MEASURES, 0))
            for name in MEASURES:
                held[name] += int(sums[name][place])

    def told(self, words: Dictionary) -> Outcome:
        """As plain data: totals, and the groups of each of `BY`, dearest first, months in their order."""
        total = _added(self._sums.values())
        return Outcome(
            runs=total["runs"],
            before=_side(total, "before"),
            after=_side(total, "after"),
            both=total["both"],
            both_before_nanousd=total["both_before"],
            both_after_nanousd=total["both_after"],
            refused_nanousd=total["refused"],
            groups={name: self._groups(place, name, words) for place, name in enumerate(BY)},
        )

    def _groups(self, place: int, name: str, words: Dictionary) -> tuple[Group, ...]:
        by_value: dict[int, list[Sum]] = defaultdict(list)
        for key, sums in self._sums.items():
            by_value[key[place]].append(sums)
        groups = [_group(_value(name, number, words), _added(some)) for number, some in by_value.items()]
        if name == "month":
            return tuple(sorted(groups, key=lambda one: one.value or ""))
        return tuple(sorted(groups, key=lambda one: (-max(one.before_nanousd or 0, one.after_nanousd or 0), -one.runs)))


def _measured(past: Past, after: After) -> dict[str, Array]:
    was_refused = past.end == ENDS.index("refused")
    both = (past.cost >= 0) & (after.cost >= 0)
    measured: dict[str, Array] = {"runs": np.ones(len(past), np.int64), "both": both}
    measured["refused"] = np.where(both & after.refused, past.cost, 0)
    sides = ((past.cost, past.sure, was_refused), (after.cost, after.sure, after.refused))
    for side, (cost, sure, refused) in zip(SIDES, sides, strict=True):
        measured[side] = np.where(cost >= 0, cost, 0)
        measured[f"both_{side}"] = np.where(both, cost, 0)
        measured[f"{side}_refused"] = refused
        measured |= {f"{side}_{name}": sure == place for place, name in enumerate(STATUSES)}
    return measured


def _apart(number: int, widths: Sequence[int]) -> tuple[int, ...]:
    values = []
    for width in reversed(widths):
        number, value = divmod(number, width)
        values.append(value)
    return tuple(reversed(values))


def _added(sums: Iterable[Sum]) -> Sum:
    total = dict.fromkeys(MEASURES, 0)
    for one in sums:
        for name in MEASURES:
            total[name] += one[name]
    return total


def _side(sums: Sum, side: str) -> Side:
    counts = {name: sums[f"{side}_{name}"] for name in (*STATUSES, "refused")}
    return Side(nanousd=_known(sums, side), **counts)


def _group(value: str | None, sums: Sum) -> Group:
    return Group(
        value=value,
        runs=sums["runs"],
        before_nanousd=_known(sums, "before"),
        after_nanousd=_known(sums, "after"),
        before_unknown=sums["before_unknown"],
        after_unknown=sums["after_unknown"],
    )


def _known(sums: Sum, side: str) -> int | None:
    return None if sums["runs"] and sums[f"{side}_unknown"] == sums["runs"] else sums[side]


def _value(name: str, number: int, words: Dictionary) -> str | None:
    if name == "month":
        return f"{number // 12:04d}-{number % 12 + 1:02d}"
    known = {"feature": words.features, "plan": words.plans}.get(name, words.models)
    value: str | None = known.values[number]
    return value
