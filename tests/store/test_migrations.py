"""Migrations go up, down and up again, leave no drift, and many may start at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from core.errors import Misconfigured, StorageDown
from core.store import Base, Store, init_db
from core.store.migrate import PREPARING, configuration, is_current, migrate, newest
from tests.databases import person


def test_up_down_and_up_again_gives_every_table(empty_store: Store) -> None:
    for target in ("head", "base", "head"):
        migrate(empty_store, target)
    there = set(inspect(empty_store.reader).get_table_names())
    assert there == {*Base.metadata.tables, "alembic_version"}


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # on SQLite: the next rule looks at those
def test_the_migrations_and_the_models_agree(store: Store) -> None:
    with store.write() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.check(config)  # raises when a migration is missing


def test_the_migrations_and_the_models_make_the_same_indexes(sqlite_store: Store, tmp_path: Path) -> None:
    """Of those on expressions SQLAlchemy knows nothing on SQLite."""
    of_models = Store(f"sqlite:///{tmp_path / 'models.db'}")
    Base.metadata.create_all(of_models.writer)
    assert _indexes(of_models) == _indexes(sqlite_store)
    of_models.close()


def _indexes(store: Store) -> dict[str, str]:
    """By name what makes each, however it is spaced and quoted."""
    with store.read() as connection:
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''")
        return {name: re.sub(r'["\s]', "", sql) for name, sql in found}


def test_a_new_database_is_not_current_and_a_migrated_one_is(empty_store: Store) -> None:
    assert not is_current(empty_store)
    init_db(empty_store)
    assert is_current(empty_store)


def test_the_newest_migration_is_known_by_its_file_name() -> None:
    assert newest() == ScriptDirectory.from_config(configuration()).get_current_head()


def test_a_database_that_is_current_is_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*_: object) -> None:
        raise AssertionError("a current database was migrated")

    monkeypatch.setattr("core.store.migrate.migrate", touched)
    init_db(store)


def test_who_waits_for_a_database_in_use_to_be_migrated_is_told_once(
    empty_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    init_db(empty_store)
    assert not capsys.readouterr().err  # a new one is there at once
    migrate(empty_store, "-1")
    for said in (f"{PREPARING}\n", ""):
        init_db(empty_store)
        assert capsys.readouterr().err == said


def test_several_processes_may_migrate_at_once(empty_store: Store) -> None:
    stores = [Store(empty_store.url.render_as_string(hide_password=False)) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(init_db, stores))
    assert all(is_current(store) for store in stores)
    for store in stores:
        store.close()


def test_migrating_again_keeps_what_is_there(store: Store) -> None:
    kept = person(store)
    init_db(store)
    with store.read() as connection:
        assert connection.exec_driver_sql('SELECT id FROM "user"').scalar_one() == kept


@pytest.mark.parametrize("url", ["not a url", "mysql://here/there", "sqlite"])
def test_a_wrong_database_url_is_a_sentence(url: str) -> None:
    with pytest.raises(Misconfigured, match="WORKBENCH_DATABASE_URL"):
        Store(url)


def test_a_database_without_tables_says_how_to_get_them(tmp_path: Any) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(StorageDown, match="db upgrade"), store.read() as connection:
        connection.exec_driver_sql("SELECT * FROM ai_run")
    store.close()
