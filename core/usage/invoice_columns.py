"""Which column of a provider's export is what: found by its name, or said by whoever brings the file."""

import csv
import io
import re
from collections.abc import Mapping, Sequence

from core.errors import Invalid, Unreadable

MOST_BEFORE = 100  # lines in which the heading is looked for
DELIMITERS = (",", ";", "\t", "|")
NEEDED = {"day": "date", "model": "model", "cost": "cost"}

# What columns are called, in lower case with single underscores; the first that a file has is taken.
HEADERS = {
    "day": (
        *("date", "day", "usage_date", "start_time_iso", "start_time", "timestamp", "period_start", "bucket_start"),
        *("start_date", "time", "datum", "usage_start_time", "usage_date_utc", "date_utc", "created_at", "usagedate"),
        *("usagedatetime", "chargeperiodstart"),
    ),
    "model": (
        *("model", "model_name", "model_id", "line_item", "sku", "snapshot_id", "resource", "modell", "product"),
        *("model_version", "model_permaslug", "metername", "meter_name", "skumeter"),
    ),
    "cost": (
        *("cost", "cost_usd", "amount_value", "amount", "cost_in_usd", "total_cost", "price", "usd", "costs", "kosten"),
        *("total", "charge", "billed_cost", "cost_in_major", "spend", "cost_total", "costinusd", "billedcost"),
        *("costinbillingcurrency", "pretaxcost", "usage"),
    ),
    "input": (
        *("input_tokens", "tokens_in", "prompt_tokens", "n_context_tokens_total", "input", "context_tokens"),
        *("tokens_input", "tokens_prompt", "native_tokens_prompt"),
    ),
    "output": (
        *("output_tokens", "tokens_out", "completion_tokens", "n_generated_tokens_total", "output"),
        *("generated_tokens", "tokens_output", "usage_output_tokens", "tokens_completion", "native_tokens_completion"),
    ),
    "cached": (
        *("input_cached_tokens", "cached_tokens", "cached_input_tokens", "tokens_cached", "cache_read_tokens"),
        *("n_cached_context_tokens_total", "cached", "usage_input_tokens_cache_read", "cache_read_input_tokens"),
    ),
    "uncached": ("usage_input_tokens_no_cache", "uncached_input_tokens", "input_tokens_no_cache"),
    "written": ("usage_input_tokens_cache_write_5m", "cache_creation_input_tokens", "cache_write_tokens"),
    "written_long": ("usage_input_tokens_cache_write_1h",),
    "currency": ("amount_currency", "currency", "waehrung", "währung", "billingcurrency", "billing_currency"),
    "provider": ("provider", "provider_name", "vendor"),
}
APART = ("uncached", "cached", "written", "written_long")  # what makes the input where no column has it whole


def table(text: str, given: Mapping[str, str]) -> tuple[list[list[str]], dict[str, str]]:
    """The lines from the heading on, and the header taken for each kind: those `given`, the others by their names.

    Errors: `Unreadable` where a needed one is missing, `Invalid` for a given one that the file does not have.
    """
    rows, columns, broken = _best(text, given)
    missing = [NEEDED[kind] for kind in NEEDED if kind not in columns]
    if missing and broken:
        raise Unreadable("A cell of the file is longer than a cell may be: perhaps a quote is never closed. Mend it.")
    if not rows:
        raise Unreadable("The file is empty. Export the costs as CSV.")
    heads = ", ".join(_said(rows[0]))[:200] or "none"
    for kind, header in given.items():
        if kind not in HEADERS:
            raise Invalid(f"There is no column of the kind {kind}. Use one of {', '.join(HEADERS)}.")
        if columns.get(kind) is None or columns[kind].strip() != header.strip():
            raise Invalid(f"The export has no column {header}. Its columns are: {heads}.")
    if missing:
        raise Unreadable(
            f"The export lacks a column for {' and '.join(missing)}. Its columns are: {heads}. "
            "Say which of them is the date, the model and the cost, or name them so."
        )
    return rows, columns


def recognised(text: str) -> tuple[list[str], dict[str, str]]:
    """The headers of the file, and by kind those that are recognised by name."""
    rows, columns, _ = _best(text, {})
    return (_said(rows[0]), {kind: header.strip() for kind, header in columns.items()}) if rows else ([], {})


def _best(text: str, given: Mapping[str, str]) -> tuple[list[list[str]], dict[str, str], bool]:
    """The lines from the heading on, read with the delimiter that gives the most recognised columns, then the most columns."""
    found: list[tuple[tuple[int, int], list[list[str]], dict[str, str]]] = []
    broken = False
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error:
            broken = True
            continue
        rows = rows[_heading(rows, given) :]
        if rows and any(cell.strip() for row in rows for cell in row):
            columns = _columns(rows[0], given)
            found.append(((len(columns), len(_said(rows[0]))), rows, columns))
    _, rows, columns = max(found, key=lambda one: one[0], default=((0, 0), [], {}))
    return rows, columns, broken


def _heading(rows: Sequence[Sequence[str]], given: Mapping[str, str]) -> int:
    """The first line with two columns that are known, or else with two columns."""
    first = rows[:MOST_BEFORE]
    known = (place for place, row in enumerate(first) if len(_columns(row, given)) > 1)
    several = (place for place, row in enumerate(first) if len(_said(row)) > 1)
    return next(known, next(several, 0))


def _said(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]


def _columns(row: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The header taken for each kind."""
    plain = {re.sub(r"[^a-z0-9ä-ü]+", "_", cell.strip().lower()).strip("_"): cell for cell in row}
    taken = {kind: next((plain[name] for name in known if name in plain), None) for kind, known in HEADERS.items()}
    here = {cell.strip(): cell for cell in row}
    taken |= {kind: here.get(header.strip(), taken.get(kind)) for kind, header in given.items()}
    return {kind: header for kind, header in taken.items() if header is not None}
