"""Tables of rows, drawn from Arrow alone: pandas, once loaded, would cost the server 45 MB for good."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.widgets import said

if TYPE_CHECKING:
    import pyarrow as pa  # loaded by the first table, as it costs 40 MB: not every server draws one


# The table's own download writes cells as they are, and a spreadsheet takes one that begins so for a formula. An unseen
# sign in front makes it text; an amount with its sign is harmless.
RISKY, AMOUNT = re.compile("[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"), re.compile(r"[+-]\$?[\d.,]+ ?%?")
UNSEEN = "\u2060"


def draw(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type] | None = None, **shown: Any) -> None:
    """Draw the rows with `st.dataframe`, which takes `shown` (`column_config`, `key`, `alt` …). `columns`: see `table`.

    Use this in place of `st.dataframe` and `st.table`, which both load pandas for rows as Python has them.
    """
    st.dataframe(table(rows, columns), **({"hide_index": True, "lazy": False, "placeholder": "–"} | shown))


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type] | None = None) -> "pa.Table":
    """The rows as an Arrow table with these columns in this order; without `columns`, those of the first row.

    A column's type is `str`, `int`, `float`, `bool`, `datetime` (aware; shown in the reader's time zone) or `list`
    (of strings), by default what its values are, numpy's too; None and not-a-number are empty cells. Errors:
    `KeyError` for a row that lacks a column or a value of another type.
    """
    import pyarrow as pa
    from pyarrow import json as arrow

    rows = list(rows)
    columns = _columns(rows) if columns is None else columns
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), list: pa.list_(pa.string())}
    kinds |= {datetime: pa.timestamp("ms", _zone()), type(None): pa.null()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    lines = (json.dumps({name: _written(row[name]) for name in columns}, ensure_ascii=False) for row in rows)
    data = "\n".join(lines).encode("utf-8", "replace")
    if not data:
        return schema.empty_table()
    return arrow.read_json(
        pa.BufferReader(data),
        read_options=arrow.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=arrow.ParseOptions(explicit_schema=schema),
    )


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, type]:
    """The columns of the first row, each of the type of its values; numbers of both kinds are `float`."""
    found = {name: {type(_plain(row[name])) for row in rows} - {type(None)} for name in (rows[0] if rows else ())}
    return {name: float if kinds == {int, float} else next(iter(kinds), type(None)) for name, kinds in found.items()}


def _zone() -> str:
    """The reader's time zone as Arrow names it: `Europe/Madrid`, or `-03:30` where it is known by its offset alone."""
    return str(said.zone()).removeprefix("UTC") or "UTC"


def _plain(value: Any) -> Any:
    """A value as Python has it: a number of numpy's as a number, not-a-number as nothing."""
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value  # only that differs from itself


def _written(value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, str):
        return f"{UNSEEN}{plain}" if RISKY.match(plain) and not AMOUNT.fullmatch(plain) else plain
    return plain.isoformat(timespec="milliseconds") if isinstance(plain, datetime) else plain
