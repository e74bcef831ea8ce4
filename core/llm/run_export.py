"""The runs of a filter as a file, CSV or Parquet, written in bounded memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv
from sqlalchemy import Connection, func, select

from core.llm import run_lines
from core.llm.run_columns import COLUMNS, TEXTS, Format
from core.llm.run_filter import RunFilter
from core.llm.run_terms import RUN
from core.store import AiAttempt, Store

Progress = Callable[[int, float], None]  # rows so far, and about which share of all

WORDY = [*run_lines.WORDS, "candidate", "job"]  # columns in which values come again and again
WITH_TEXTS = 500  # runs at a time, because theirs are long
RISKY = r"^[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"  # a spreadsheet takes a cell that begins so for a formula


def export(
    store: Store,
    wanted: RunFilter,
    file: Path,
    *,
    format: Format,
    texts: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write every run that fits, newest first, as one moment has them; returns how many.

    `texts` adds what was asked, sent and answered. The file has its name only once it is whole; one that was there is
    replaced. Errors: `StorageDown`, `OSError`.
    """
    part, count = file.with_name(f"{file.name}.part"), 0
    try:
        with store.read() as connection, _writer(part, format, texts) as write:
            share = _share(connection, wanted)
            for table in run_lines.tables(connection, wanted, batch=WITH_TEXTS if texts else run_lines.BATCH):
                write(_shaped(connection, table, texts))
                count += table.num_rows
                if progress:
                    progress(count, share(table["created_at"][-1].as_py()))
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def schema(*, texts: bool = False) -> pa.Schema:
    """The columns of the file with their types."""
    return pa.schema([pa.field(name, _kind(name)) for name in _told(texts)])


def _told(texts: bool) -> dict[str, str]:
    """What each column holds; a Parquet file says so itself."""
    return COLUMNS | (TEXTS if texts else {})


def _kind(name: str) -> pa.DataType:
    if name in ("user_id", "job_id") or name.endswith(("_tokens", "_ms", "_nanousd")):
        return pa.int64()
    if name in run_lines.WORDS:
        return run_lines.WORD
    return {"created_at": pa.timestamp("us", "UTC"), "cost_usd": pa.decimal128(19, 9)}.get(name, pa.string())


@contextmanager
def _writer(file: Path, format: Format, texts: bool) -> Iterator[Callable[[pa.Table], None]]:
    shape = schema(texts=texts)
    if format == "parquet":
        # Without Arrow's own schema beside the file's, words are read as strings and not as Arrow's dictionaries.
        with pq.ParquetWriter(file, shape, compression="zstd", use_dictionary=WORDY, store_schema=False) as parquet:
            parquet.add_key_value_metadata(_told(texts))
            yield parquet.write_table
        return
    words = (run_lines.WORD, pa.decimal128(19, 9))
    plain = pa.schema([pa.field(one.name, pa.string() if one.type in words else one.type) for one in shape])
    with csv.CSVWriter(file, plain, write_options=csv.WriteOptions(quoting_style="needed")) as lines:
        yield lambda table: lines.write_table(_defused(table, plain))


def _shaped(connection: Connection, found: pa.Table, texts: bool) -> pa.Table:
    found = found.rename_columns(["run_id" if name == "id" else name for name in found.column_names])
    found = found.append_column("cost_usd", _dollars(found["cost_nanousd"]))
    if texts:
        for name, column in _texts(connection, found["run_id"].to_pylist()).items():
            found = found.append_column(name, column)
    shape = schema(texts=texts)
    return found.select(shape.names).cast(shape)


def _dollars(nanousd: pa.ChunkedArray) -> pa.Array:
    """The same whole numbers, read with nine decimals."""
    whole = nanousd.combine_chunks().cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(pa.decimal128(19, 9), len(whole), whole.buffers(), offset=whole.offset)


def _defused(table: pa.Table, shape: pa.Schema) -> pa.Table:
    """Cells that a spreadsheet would run get an apostrophe in front, costs all their digits."""
    columns = []
    for field in shape:
        column = table[field.name]
        if field.name == "cost_usd":
            column = _in_digits(table["cost_nanousd"])
        elif column.type == run_lines.WORD:
            column = pa.chunked_array(
                [_harmless(chunk.dictionary).take(chunk.indices) for chunk in column.chunks], pa.string()
            )
        elif field.type == pa.string() and field.name != "run_id":
            column = _harmless(column)
        columns.append(column)
    return pa.table(columns, schema=shape)


def _harmless(texts: Any) -> Any:
    risky = pc.match_substring_regex(texts, RISKY)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts) if pc.any(risky).as_py() else texts


def _in_digits(nanousd: pa.ChunkedArray) -> pa.ChunkedArray:
    whole = pc.divide(nanousd, 10**9)
    rest = pc.utf8_lpad(pc.cast(pc.subtract(nanousd, pc.multiply(whole, 10**9)), pa.string()), 9, "0")
    return pc.binary_join_element_wise(pc.cast(whole, pa.string()), rest, ".")


def _texts(connection: Connection, ids: Sequence[str]) -> dict[str, pa.Array]:
    asked = connection.execute(select(RUN.c.id, RUN.c.request, RUN.c.answer).where(RUN.c.id.in_(ids)))
    runs = {id: (request, answer) for id, request, answer in asked}
    attempts: dict[str, list[dict[str, Any]]] = {}
    columns = (
        AiAttempt.run_id,
        AiAttempt.number,
        AiAttempt.provider,
        AiAttempt.model,
        AiAttempt.messages,
        AiAttempt.text,
    )
    for row in connection.execute(select(*columns).where(AiAttempt.run_id.in_(ids)).order_by(AiAttempt.number)):
        attempts.setdefault(row.run_id, []).append(
            {
                "number": row.number,
                "provider": row.provider,
                "model": row.model,
                "sent": row.messages,
                "received": row.text,
            }
        )
    said = {
        "request": [runs[id][0] for id in ids],
        "answer": [runs[id][1] for id in ids],
        "attempts": [attempts.get(id) for id in ids],
    }
    return {name: pa.array([_json(value) for value in values], pa.string()) for name, values in said.items()}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _share(connection: Connection, wanted: RunFilter) -> Callable[[datetime], float]:
    """How far along in time a run is: about how much of the work is done with it."""
    times = (select(end(RUN.c.created_at)) for end in (func.min, func.max))
    oldest, newest = (connection.execute(time).scalar() for time in times)
    if oldest is None or newest is None:
        return lambda _: 1.0
    first, last = max(oldest, wanted.since or oldest), min(newest, wanted.until or newest)
    span = max((last - first).total_seconds(), 1e-6)
    return lambda at: min(max((last - at).total_seconds() / span, 0.0), 1.0)
