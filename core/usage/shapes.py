"""Sums turned into what people read: rows, series, percentiles, causes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np

from core.usage import grouping, percentiles
from core.usage.figures import (
    MEASURES,
    NOT_MEASURED,
    Array,
    Cause,
    Ints,
    Percentiles,
    Row,
    Series,
    Speed,
    Total,
    UserRow,
)
from core.usage.filters import TIMES, Every, Value
from core.usage.grouping import Groups
from core.usage.keys import Dimensions
from core.usage.selection import Selection
from core.usage.sums import MODEL, SPEEDS


def rows(selection: Selection, by: tuple[str, ...], *, percentiles: bool) -> list[Row]:
    """One row for each combination that occurs."""
    groups = _grouped(selection, by, percentiles=percentiles)
    speeds = {name: _percentiles(selection, by, groups, name) for name in SPEEDS} if percentiles else {}
    places = np.flatnonzero(groups.sums["runs"])
    order = places[dearest({name: sums[places] for name, sums in groups.sums.items()})]
    for place, name in reversed(list(enumerate(by))):
        if name in TIMES:
            order = order[np.argsort(groups.codes[place][order], kind="stable")]
    names = [_names(selection, name, groups.codes[place]) for place, name in enumerate(by)]
    return [
        Row(tuple(column[at] for column in names), total(groups.sums, at, *(speeds[name][at] for name in speeds)))
        for at in order
    ]


def _grouped(selection: Selection, by: tuple[str, ...], *, percentiles: bool) -> Groups:
    """The sums by these dimensions and times, in the order asked for."""
    times = [name for name in by if name in TIMES]
    dimensions = tuple(name for name in by if name not in TIMES)
    if "user" in dimensions or len(times) > 1 or (percentiles and not _quick(selection, by)):
        return selection.detailed(by)
    groups = selection.sums(dimensions, times[0] if times else None)  # type: ignore[arg-type]
    return _unfold(selection, groups, dimensions, by)


def _quick(selection: Selection, by: tuple[str, ...]) -> bool:
    """Whether percentiles are at hand: for everything and by model."""
    return by in ((), (MODEL[selection.kind],))


def _unfold(selection: Selection, groups: Groups, dimensions: tuple[str, ...], by: tuple[str, ...]) -> Groups:
    """A code of several dimensions together as one code each, and the time where it was asked for."""
    if not by:
        return Groups((), groups.sums)
    columns = {}
    combined = groups.codes[-1]
    values = selection.values(dimensions)
    for place, name in enumerate(dimensions):
        codes = {value: code for code, (value,) in enumerate(selection.values((name,)))}
        columns[name] = np.array([codes[value[place]] for value in values], np.int64)[combined]
    for name in by:
        if name in TIMES:
            columns[name] = groups.codes[0]
    return Groups(tuple(columns[name] for name in by), groups.sums)


def _names(selection: Selection, name: str, codes: Ints) -> list[Value | date | datetime]:
    if name == "user":
        return list(codes.tolist())
    found: dict[int, Value | date | datetime]
    if name in TIMES:
        found = {code: grouping.start(code, name) for code in set(codes.tolist())}  # type: ignore[arg-type]
    else:
        found = {code: value for code, (value,) in enumerate(selection.values((name,)))}
    return [found[code] for code in codes.tolist()]


def _percentiles(selection: Selection, by: tuple[str, ...], groups: Groups, name: str) -> list[Percentiles]:
    """The percentiles of each group."""
    if not by or _quick(selection, by):
        _, model, bucket, count = selection.speeds(name, models=bool(by))
        place = _places(groups.codes, [model], len(model))
    else:
        counted = selection.detailed(by, name)
        bucket, count = counted.codes[-1].astype(np.int64), counted.sums["runs"]
        place = _places(groups.codes, counted.codes[:-1], counted.size)
    durations = percentiles.of_groups(place, bucket, count, groups.size)
    return [
        Percentiles(*(None if np.isnan(ms) else int(ms) for ms in three))
        for three in zip(*durations.values(), strict=True)
    ]


def _places(groups: Sequence[Array], wanted: Sequence[Array], many: int) -> Ints:
    """For each of `many` wanted combinations its place among the groups."""
    if not groups:
        return np.zeros(many, np.int64)
    if len(groups) == 1:  # ascending, as groups are made
        return np.searchsorted(groups[0], wanted[0])
    known = {one: place for place, one in enumerate(zip(*(codes.tolist() for codes in groups), strict=True))}
    return np.array([known[one] for one in zip(*(codes.tolist() for codes in wanted), strict=True)], np.int64)


def dearest(sums: Mapping[str, Ints]) -> Ints:
    """Places by cost, then by runs, then as they are."""
    runs, cost = (sums[name].astype(np.int64) for name in ("runs", "cost_nanousd"))  # small columns know no minus
    return np.lexsort((-runs, -cost))


def total(
    sums: Mapping[str, Ints], at: int, latency: Percentiles = NOT_MEASURED, ttft: Percentiles = NOT_MEASURED
) -> Total:
    """One place of the sums; the cost of unknown ones alone is unknown."""
    one = {name: int(sums[name][at]) for name in MEASURES}
    cost = None if one["unknown"] and not one["exact"] + one["estimated"] else one["cost_nanousd"]
    return Total(**{**one, "cost_nanousd": cost}, latency=latency, ttft=ttft)  # type: ignore[arg-type]


def user(groups: Groups, at: int, names: Mapping[int, str]) -> UserRow:
    """One place of the sums by user."""
    user_id, runs, unknown = int(groups.codes[0][at]), int(groups.sums["runs"][at]), int(groups.sums["unknown"][at])
    cost = None if runs == unknown else int(groups.sums["cost_nanousd"][at])
    return UserRow(user_id, names.get(user_id), runs, cost)


def series(selection: Selection, dimensions: tuple[str, ...], every: Every) -> Series:
    """The measures over time, one row a value."""
    groups = selection.sums(dimensions, every)
    moments = selection.moments(every)
    used, row = np.unique(groups.codes[1], return_inverse=True)
    sums = {}
    for name in MEASURES:
        sums[name] = np.zeros((len(used), len(moments)), np.int64)
        np.add.at(sums[name], (row, groups.codes[0] - moments.start), groups.sums[name])
    whole = {name: table.sum(axis=1) for name, table in sums.items()}
    order = np.array([place for place in dearest(whole) if whole["runs"][place]], np.int64)
    values = [value for (value,) in selection.values(dimensions)] if dimensions else [None]
    return Series(
        selection.times(every),
        tuple(values[used[place]] for place in order),
        {name: table[order] for name, table in sums.items()},
    )


def speed(selection: Selection, by: str | None, every: Every) -> Speed:
    """Percentiles over time, one row a model or one for all."""
    moments = selection.moments(every)
    counts = {name: selection.speeds(name, every, models=bool(by)) for name in SPEEDS}
    used = np.unique(counts["latency"][1]) if by else np.zeros(1, np.int64)
    found = {}
    for name, (time, model, bucket, count) in counts.items():
        place = time - moments.start
        if by:
            place = place * len(used) + np.searchsorted(used, model)
        durations = percentiles.of_groups(place, bucket, count, len(used) * len(moments))
        found[name] = {f"p{percent}": one.reshape(-1, len(used)).T for percent, one in durations.items()}
    values = selection.values((MODEL[selection.kind],))
    groups = tuple(values[code][0] for code in used) if by else (None,)
    return Speed(selection.times(every), groups, found["latency"], found["ttft"])


def causes(groups: Groups, values: Sequence[Dimensions]) -> list[Cause]:
    """The legs that did not answer, by model, error and outcome, most legs first."""
    named: dict[Dimensions, list[int]] = {}
    for at, code in enumerate(groups.codes[0].tolist()):
        if values[code][3] != "ok" and groups.sums["runs"][at]:
            named.setdefault(values[code][:4], []).append(at)
    found = []
    for (provider, model, error_code, status), places in named.items():
        added: dict[str, Array] = {name: groups.sums[name][places].sum(keepdims=True) for name in MEASURES}
        fallbacks = sum(int(groups.sums["runs"][at]) for at in places if values[groups.codes[0][at]][4] == "fallback")
        one = total(added, 0)
        found.append(Cause(error_code, status or "", provider or "", model, one.runs, fallbacks, one))
    return sorted(found, key=lambda cause: -cause.legs)
