"""Every run that fits, as Arrow tables in batches: the database writes lines of CSV, Arrow reads them.

A line is one object for Python where a row would be twenty, so that a million runs take three seconds.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import ClientCursor
from pyarrow import csv
from sqlalchemy import ColumnElement, Connection, FromClause, LargeBinary, Select, cast, func, select

from core.llm import run_list, run_ways
from core.llm.run_filter import RunFilter
from core.store import Job, User

BATCH = 20_000  # runs held at a time
WORDS = ("status", "feature", "plan", "provider", "model", "prompt", "caller", "error_code", "cost_status")
FREE = ("provider", "model", "prompt", "caller", "error_code")  # may hold commas, quotes and line ends
NULL = "(NULL)"  # what SQLite writes for a quoted value that is none

WORD = pa.dictionary(pa.int32(), pa.string())
_KINDS = {"id": pa.string(), "created_at": pa.timestamp("us", "UTC"), **dict.fromkeys(WORDS, WORD)}
_READ = csv.ReadOptions(column_names=list(run_ways.COLUMNS), use_threads=False, block_size=1 << 28)
_PARSE = csv.ParseOptions(newlines_in_values=True)
_CONVERT = csv.ConvertOptions(
    column_types={name: _KINDS.get(name, pa.int64()) for name in run_ways.COLUMNS},
    null_values=["", NULL],
    strings_can_be_null=True,
)


def tables(connection: Connection, wanted: RunFilter, *, batch: int = BATCH) -> Iterator[pa.Table]:
    """The runs, newest first, as one moment has them: the columns of the list, `candidate` and `job`."""
    people, titles = _names(connection, select(User.id, User.name)), _names(connection, select(Job.id, Job.title))
    lines = _from_sqlite if connection.dialect.name == "sqlite" else _from_postgresql
    for text in lines(connection, wanted, batch):
        found = csv.read_csv(pa.py_buffer(text), _READ, _PARSE, _CONVERT)
        yield found.append_column("candidate", _look_up(found["user_id"], people)).append_column(
            "job", _look_up(found["job_id"], titles)
        )


def _from_sqlite(connection: Connection, wanted: RunFilter, batch: int) -> Iterator[bytes]:
    form = ",".join('"%w"' if name in FREE else "%s" for name in run_ways.COLUMNS)

    def line(run: FromClause) -> Sequence[ColumnElement[Any]]:
        return [cast(func.printf(form, *(run.c[name] for name in run_ways.COLUMNS)), LargeBinary)]

    cursor: Any = connection.execute(run_list.statement(connection, wanted, line)).cursor
    while rows := cursor.fetchmany(batch):
        yield b"\n".join([text for (text,) in rows])


def _from_postgresql(connection: Connection, wanted: RunFilter, batch: int) -> Iterator[bytes]:
    raw: Any = connection.connection.driver_connection
    connection.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")
    listed = run_list.statement(connection, wanted, lambda run: [run.c[name] for name in run_ways.COLUMNS])
    held: list[bytes] = []
    with raw.cursor().copy(f"COPY ({_literal(connection, listed)}) TO STDOUT (FORMAT csv)") as lines:
        for line in lines:
            held.append(bytes(line))
            if len(held) == batch:
                yield b"".join(held)
                held.clear()
    if held:
        yield b"".join(held)


def _literal(connection: Connection, wanted: Select[Any]) -> str:
    """The statement with its values in it, quoted by the driver: COPY takes none."""
    compiled: Any = wanted.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    raw: Any = connection.connection.driver_connection
    return str(ClientCursor(raw).mogrify(compiled.string, compiled.construct_params()))


def _names(connection: Connection, wanted: Select[int, str]) -> tuple[pa.Array, pa.Array]:
    ids, names = [pa.array([], pa.int64())], [pa.array([], pa.string())]
    found = connection.execute(wanted.execution_options(yield_per=BATCH))
    for rows in found.partitions():
        ids.append(pa.array([row[0] for row in rows], pa.int64()))
        names.append(pa.array([row[1] for row in rows], pa.string()))
    return pa.concat_arrays(ids), pa.concat_arrays(names)


def _look_up(ids: pa.ChunkedArray, among: tuple[pa.Array, pa.Array]) -> pa.ChunkedArray:
    return among[1].take(pc.index_in(ids, value_set=among[0]))
