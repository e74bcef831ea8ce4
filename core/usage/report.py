"""The figures as rows for a file or the terminal, each value under its name."""

import csv
import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time

from core.errors import Invalid
from core.schema import usd
from core.usage.figures import MEASURES, Row
from core.usage.filters import DIMENSIONS, TIMES, Filter, Value, known
from core.usage.queries import Questions

FIGURES = (*MEASURES, "p50_ms", "p95_ms")
FORMATS = ("table", "json", "csv")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for more than text
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # what a terminal would obey

Cell = str | int | None


def asked(first: date, end: date, where: Sequence[str]) -> Filter:
    """The filter of the terminal's words: UTC days from `first` to before `end`, conditions as `dimension=value`.

    Values of the same dimension are alternatives; nothing after the sign stands for runs that have none.
    Errors: `Invalid`.
    """
    conditions: dict[str, Collection[Value]] = {}
    for condition in where:
        name, sign, value = condition.partition("=")
        if not sign:
            raise Invalid(f"--where {condition}: write DIMENSION=VALUE, for example --where feature=match.")
        known(name, (*DIMENSIONS, "user"))
        conditions[name] = [*conditions.get(name, ()), _value(name, value)]
    begin, stop = (datetime.combine(day, time(), UTC) for day in (first, end))
    return Filter(begin, stop, UTC, conditions)


def rows(usage: Questions, filter: Filter, by: Sequence[str]) -> list[dict[str, Cell]]:
    """One row a group, its dimensions by name and then `FIGURES`; durations in milliseconds. Errors: `Invalid`."""
    if not by:
        return [_cells(Row((), usage.totals(filter)), ())]
    if len(set(by)) < len(by):
        raise Invalid("A dimension can be named once only after --by.")
    return [_cells(row, by) for row in usage.rows(filter, by)]


def written(found: Sequence[Mapping[str, Cell]], by: Sequence[str], form: str) -> str:
    """Rows as JSON, CSV or a table for the eye."""
    if form == "json":
        text = json.dumps({"rows": found}, ensure_ascii=False)
        return CONTROL.sub(
            lambda control: f"\\u{ord(control[0]):04x}", text
        )  # it leaves those beyond ASCII as they are
    if form == "csv":
        return _csv(found, by)
    return _table(found, by)


def _cells(row: Row, by: Sequence[str]) -> dict[str, Cell]:
    names = {name: _shown(name, value) for name, value in zip(by, row.values, strict=True)}
    sums = {name: getattr(row.total, name) for name in MEASURES}
    return names | sums | {"p50_ms": row.total.latency.p50, "p95_ms": row.total.latency.p95}


def _shown(name: str, value: Value | date | datetime) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return f"{value:%Y-%m}" if name == "month" else value.isoformat()
    return value


def _value(name: str, given: str) -> Value:
    if name == "user":
        if not given.isdigit():
            raise Invalid(f"--where user={given}: a candidate is named by the number that is the id.")
        return int(given)
    return given or None


def _csv(found: Sequence[Mapping[str, Cell]], by: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*by, *FIGURES])
    writer.writerows([_defused(row[name]) for name in (*by, *FIGURES)] for row in found)
    return out.getvalue().rstrip("\n")


def _defused(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    return ("'" if cell.startswith(FORMULA) else "") + _plain(cell)


def _plain(text: str) -> str:
    """Names are what providers sent and callers chose: what would steer the terminal is written as `\\x1b`."""
    return CONTROL.sub(lambda control: ascii(control[0])[1:-1], text)


def _table(found: Sequence[Mapping[str, Cell]], by: Sequence[str]) -> str:
    names = [*by, *FIGURES]
    heads = ["cost_usd" if name == "cost_nanousd" else name.removesuffix("_tokens") for name in names]
    lines = [heads] + [[_readable(name, row[name]) for name in names] for row in found]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    return "\n".join(
        "  ".join(_aligned(names[i] in by, cell, widths[i]) for i, cell in enumerate(line)).rstrip() for line in lines
    )


def _aligned(is_text: bool, cell: str, width: int) -> str:
    return cell.ljust(width) if is_text else cell.rjust(width)


def _readable(name: str, cell: Cell) -> str:
    if name == "cost_nanousd":
        return "unknown" if cell is None else str(usd(int(cell)))
    if cell is None:
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and name in FIGURES else _plain(str(cell))


def as_day(given: str) -> date:
    """A day as it is written in the terminal. Errors: `Invalid`."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Invalid(f"{given} is no day. Write it as 2026-11-23.") from None


def any_dimension(name: str) -> str:
    """A thing to group by. Errors: `Invalid`."""
    return known(name, (*DIMENSIONS, "user", *TIMES))
