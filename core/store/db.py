"""Sessions and transactions on SQLite or PostgreSQL, with the ownership guard.

SQLite gets two engines on one file: a writer that begins IMMEDIATE, so that writers queue instead
of failing, and a deferred reader. Writers of one process wait in line for a lock, because SQLite's own
waiting sleeps and is unfair. PostgreSQL gets one. Parameters never reach a log or an exception.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal, TypeVar

from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    bindparam,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from core.errors import Misconfigured, StorageDown, StoreConflict, tried
from core.store.columns import Owned
from core.store.hints import HintedCompiler
from core.store.statement import Statement, begin_with

A = TypeVar("A")
T = TypeVar("T")

EVERYONE: Final = "everyone"
Owner = int | Literal["everyone"]


class Store:
    """One database. Reads and writes are context managers; a write commits at its end or not at all.

    `together` is how many writes may share a commit.
    """

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        if self.url.get_backend_name() == "sqlite":
            _make_folder(self.url)
            self._turn: AbstractContextManager[object] = Lock()
            self.together = 64
            self.writer = _sqlite(self.url, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite(self.url, begin="BEGIN")
        else:
            self._turn = nullcontext()
            self.together = 1  # its transactions run side by side, and two that hold much would wait for each other
            self.writer = _postgresql(self.url)
            reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "binary": True}
            self.reader = self.writer.execution_options(**reads)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A Core connection on one consistent state, for the call path. Nothing written here is kept."""
        with _told(), self.reader.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A Core write transaction, for the call path."""
        with _told(), self._turn, self.writer.begin() as connection:
            yield connection

    def write_all(
        self, work: Callable[[Connection, Sequence[A]], Sequence[T]], items: Sequence[A]
    ) -> list[T | Exception]:
        """What `work` returns for each item once it is committed, or the error that kept that one from being written.

        They share one transaction. Where that fails each gets its own, so that one harms none of the others: `work` may
        be called twice for an item and must keep nothing of the first time.
        """
        if 1 < len(items) <= self.together:
            results = tried(partial(self._write, work, items))
            if not isinstance(results, Exception):
                return list(results)
        alone = [tried(partial(self._write, work, [item])) for item in items]
        return [one if isinstance(one, Exception) else one[0] for one in alone]

    def _write(self, work: Callable[[Connection, Sequence[A]], Sequence[T]], items: Sequence[A]) -> Sequence[T]:
        with self.write() as connection:
            return work(connection, items)

    @contextmanager
    def reading(self, owner: Owner) -> Iterator[Session]:
        """An ORM session that sees what belongs to `owner` (a user id) or, named so, to everyone."""
        with _told(), GuardedSession(self.reader, owner=owner) as session:
            yield session

    @contextmanager
    def writing(self, owner: Owner) -> Iterator[Session]:
        """An ORM session that commits at its end; what it finds and changes belongs to `owner`."""
        with _told(), self._turn, GuardedSession(self.writer, owner=owner) as session, session.begin():
            yield session

    @contextmanager
    def alone(self) -> Iterator[Any]:
        """The driver's connection outside any transaction, while no other thread writes: for what none can hold."""
        with self._turn, closing(self.writer.raw_connection()) as connection:
            yield connection.driver_connection

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


class GuardedSession(Session):
    """A session whose every ORM query on an owned table is narrowed to one owner."""

    def __init__(self, bind: Engine, *, owner: Owner) -> None:
        super().__init__(bind, expire_on_commit=False, info={"owner": owner})


@event.listens_for(GuardedSession, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    owner = state.session.info["owner"]
    if owner != EVERYONE:
        state.statement = state.statement.options(
            with_loader_criteria(Owned, lambda cls: cls.user_id == owner, include_aliases=True)
        )


def owned(connection: Connection, table: Table, ids: Sequence[int], user_id: int) -> list[Row[Any]]:
    """The rows of `table` with these ids that belong to the user, but for those in the bin: Core's one door past the guard."""
    if not ids:
        return []
    mine = table.c.id.in_(ids), table.c.user_id == user_id
    return list(connection.execute(select(table).where(*mine, *_out_of_bin(table))))


def own(table: Table, *columns: ColumnElement[Any]) -> Statement:
    """`owned` for the call path: these columns of the row `id` of `table`, if it belongs to `user_id`."""
    mine = table.c.id == bindparam("id"), table.c.user_id == bindparam("user_id")
    return Statement(select(*columns).where(*mine, *_out_of_bin(table)))


def newest_own(table: Table, *columns: ColumnElement[Any]) -> Statement:
    """The same of the newest row that belongs to `user_id`."""
    own_rows = select(*columns).where(table.c.user_id == bindparam("user_id"), *_out_of_bin(table))
    return Statement(own_rows.order_by(table.c.id.desc()).limit(1))


def _out_of_bin(table: Table) -> list[ColumnElement[bool]]:
    """What is in the bin is found by nobody who asks for it by its id."""
    return [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured(
            "WORKBENCH_DATABASE_URL is not a database URL. Use sqlite:///PATH or postgresql://…"
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Misconfigured("WORKBENCH_DATABASE_URL must start with sqlite:/// or postgresql://.")
    return parsed


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise Misconfigured("The SQLite database needs a file, as in sqlite:///data/workbench.db.")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise Misconfigured(
            f"The database's folder cannot be made ({wrong.strerror}). Set WORKBENCH_DATA_DIR to one that can be written."
        ) from None


def _postgresql(url: URL) -> Engine:
    try:
        from core.store import binary  # here, for the driver takes its time and SQLite needs none

        return binary.enable(create_engine(url, hide_parameters=True, pool_size=10, pool_pre_ping=True, **JSON_BY))
    except (NoSuchModuleError, ImportError):
        raise Misconfigured("WORKBENCH_DATABASE_URL names a driver that is not installed. Use postgresql://…") from None


def _sqlite(url: URL, *, begin: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, **JSON_BY)
    engine.dialect.statement_compiler = HintedCompiler

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=15000",
            "foreign_keys=ON",
            "secure_delete=ON",
            "wal_autocheckpoint=4000",  # 16 MB: each checkpoint waits for the disk
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        begin_with(connection, begin)

    return engine


def _json(value: Any) -> str:
    try:
        return to_json(value).decode()
    except PydanticSerializationError:  # half a character: escaped, as JSON may hold it
        return json.dumps(value)


def _from_json(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


DAMAGED: Final = ("file is not a database", "disk image is malformed")  # what SQLite says of such a file
JSON_BY: Final = {"json_serializer": _json, "json_deserializer": _from_json}


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the database says into our sentence; its own may hold what was being stored."""
    try:
        yield
    except OperationalError as wrong:
        raise StorageDown(_sentence(str(wrong.orig))) from None
    except IntegrityError as wrong:
        raise StoreConflict(getattr(getattr(wrong.orig, "diag", None), "constraint_name", None)) from None
    except OverflowError:
        raise StorageDown(
            "A number is larger than the database can hold. Tell an admin: this is our mistake."
        ) from None
    except PoolTimeout:
        raise StorageDown("The database has no connection left. Try again in a moment.") from None
    except DBAPIError as wrong:
        if wrong.connection_invalidated:
            raise StorageDown("The database went away. Check that it runs, then try again.") from None
        if any(sign in str(wrong.orig) for sign in DAMAGED):
            raise StorageDown(
                "The database file is damaged, or of another kind. Put back a copy of it, or set WORKBENCH_DATA_DIR to "
                "another folder."
            ) from None
        raise StorageDown("The database refused what was to be stored. Tell an admin: this is our mistake.") from None


def _sentence(said: str) -> str:
    for sign, sentence in (
        ("full", "The disk is full, so nothing was saved. Free some space, then try again."),
        ("disk I/O", "The disk refused the write, so nothing was saved. Check its space and health, then try again."),
        ("readonly", "The database file may not be written. Give this account the right to, then try again."),
        ("is locked", "The database was busy for too long. Try again in a moment."),
        ("no such table", "The database is not set up. Run `python -m core db upgrade`, then try again."),
        ("unable to open", "The database file cannot be opened. Check WORKBENCH_DATA_DIR and its rights."),
    ):
        if sign in said:
            return sentence
    return "The database cannot be reached. Check WORKBENCH_DATABASE_URL and that the server runs."
