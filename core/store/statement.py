"""Statements of the call path: compiled once for each kind of database, then run on its driver.

What SQLAlchemy does around a statement costs ten times what the statement itself does. Its knowledge is used here all
the same: it writes the SQL, and its types turn values into what a driver takes and back.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Insert, TextClause
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable

Values = Mapping[str, Any]
Processor = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """The statement for one dialect: what its values are called, and how each is turned for the driver."""

    sql: str
    names: tuple[str, ...] | None
    constants: Values
    defaults: Mapping[str, Processor]
    into: tuple[tuple[str, Processor], ...]

    def given(self, values: Values) -> tuple[Any, ...] | dict[str, Any]:
        """The values as the driver takes them."""
        given = {**self.constants, **values}
        for name, default in self.defaults.items():
            if name not in given:
                given[name] = default(None)
        for name, into in self.into:
            given[name] = into(given[name])
        return tuple([given[name] for name in self.names]) if self.names else given


class Statement:
    """One statement with named values and no list among them. An INSERT fills in its columns' defaults."""

    def __init__(self, statement: Executable, *columns: str) -> None:
        """`columns` are those that the caller gives to an INSERT."""
        self._statement: Any = statement
        self._columns = list(columns)
        self._compiled: dict[str, _Compiled] = {}
        self._readers: dict[str, list[tuple[int, Processor]]] = {}

    def run(self, connection: Connection, values: Values) -> int:
        """Run it; returns how many rows it changed."""
        cursor = self._cursor(connection, values)
        changed = cursor.rowcount
        cursor.close()
        return changed

    def run_all(self, connection: Connection, values: Sequence[Values]) -> None:
        """Run it for each of several values, in order."""
        if not values:
            return
        made = self._made(connection.dialect, values[0])
        execute(connection, made.sql, [made.given(each) for each in values], many=True).close()

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Every row it returns, each value as its column's type has it."""
        cursor = self._cursor(connection, values)
        found: Sequence[Any] = cursor.fetchall()
        readers = self._read_by(connection.dialect, cursor) if found else []
        cursor.close()
        return [_read(row, readers) for row in found] if readers else [tuple(row) for row in found]

    def row(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """The first row, None where there is none."""
        return next(iter(self.rows(connection, values)), None)

    def _cursor(self, connection: Connection, values: Values) -> DBAPICursor:
        made = self._made(connection.dialect, values)
        return execute(connection, made.sql, made.given(values))

    def _read_by(self, dialect: Dialect, cursor: DBAPICursor) -> list[tuple[int, Processor]]:
        """The columns whose values have to be turned, and how."""
        if isinstance(self._statement, TextClause):
            return []
        if dialect.name not in self._readers:
            kinds = (column.type.dialect_impl(dialect) for column in self._statement.exported_columns)
            described = zip(kinds, cursor.description or (), strict=True)
            readers = enumerate(kind.result_processor(dialect, about[1]) for kind, about in described)
            self._readers[dialect.name] = [(at, reader) for at, reader in readers if reader]
        return self._readers[dialect.name]

    def _made(self, dialect: Dialect, values: Values) -> _Compiled:
        return self._compiled.get(dialect.name) or self._compile(dialect, values)

    def _compile(self, dialect: Dialect, values: Values) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns or None)
        if unknown := values.keys() - compiled.binds.keys():
            raise TypeError(f"the statement takes no {', '.join(sorted(unknown))}")
        prefetched = compiled.insert_prefetch if isinstance(self._statement, Insert) else ()
        defaults = {column.key: _default(column.default) for column in prefetched}
        given = {name for name, bound in compiled.binds.items() if bound.required}
        into = [
            (name, bound.type.dialect_impl(dialect).bind_processor(dialect)) for name, bound in compiled.binds.items()
        ]
        made = self._compiled[dialect.name] = _Compiled(
            sql=compiled.string,
            names=tuple(compiled.positiontup) if compiled.positional else None,
            constants={k: v for k, v in compiled.params.items() if k not in given and k not in defaults},
            defaults=defaults,
            into=tuple((name, processor) for name, processor in into if processor),
        )
        return made


def execute(connection: Connection, sql: str, values: Any = (), *, many: bool = False) -> DBAPICursor:
    """Run SQL on the driver, inside the connection's transaction. Errors: SQLAlchemy's, without the values."""
    if not connection.in_transaction():
        connection.begin()
    return begin_with(connection, sql, values, many=many)


def begin_with(connection: Connection, sql: str, values: Any = (), *, many: bool = False) -> DBAPICursor:
    """The same without a look at the transaction, because this begins one."""
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
    except connection.dialect.loaded_dbapi.Error as wrong:
        failed = _failure(connection, wrong, cursor)
    else:
        return cursor
    raise failed


def _failure(connection: Connection, wrong: Exception, cursor: DBAPICursor) -> BaseException:
    dialect = connection.dialect
    lost = dialect.is_disconnect(wrong, connection.connection, cursor)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(wrong)
    return DBAPIError.instance(
        None,
        None,
        wrong,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )


def _read(row: Sequence[Any], readers: Sequence[tuple[int, Processor]]) -> tuple[Any, ...]:
    values = list(row)
    for at, reader in readers:
        values[at] = reader(values[at])
    return tuple(values)


def _default(default: Any) -> Processor:
    return default.arg if default.is_callable else lambda _: default.arg
