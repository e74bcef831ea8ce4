"""Ready is said only while work can really be taken: above all, while the database takes writes."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from sqlalchemy import Connection, event

from core.access import ledger
from core.api import health
from core.store import Store, probe
from tests.benches import letter
from tests.fakes.door import Door, door


def refuse_writes(connection: Connection) -> None:
    """What a full disk, a missing right or a standby server come to."""
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("PRAGMA query_only=ON" if sqlite else "SET TRANSACTION READ ONLY")


def ready(one: Door) -> httpx2.Response:
    return one.client().get("/health/now")


def test_it_is_not_ready_while_the_database_takes_no_write(store: Store) -> None:
    now = health.Readiness(kept_s=0)
    with door(store, letter(), more=[health.at("/health/now", GET=now.ready)]) as one:
        assert ready(one).status_code == 200
        writer = one.workbench.store.writer
        event.listen(writer, "begin", refuse_writes)
        refused = ready(one)
        assert refused.status_code == 503
        assert refused.json() == {
            "status": "not ready",
            "migrated": True,
            "writable": False,
            "policy": True,
            "demo_data": True,
        }
        assert one.client().get("/health/live").status_code == 200
        event.remove(writer, "begin", refuse_writes)
        writer.dispose()  # SQLite's connections remember it
        assert ready(one).status_code == 200
        with store.read() as connection:
            assert connection.execute(ledger.LEDGER.select()).all() == []  # asking leaves nothing behind


def test_who_asks_without_pause_is_told_what_was_found_a_moment_ago(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Store] = []
    write = probe.write
    monkeypatch.setattr(probe, "write", lambda store: (written.append(store), write(store)))
    kept = health.Readiness(kept_s=60)
    with door(sqlite_store, letter(), more=[health.at("/health/now", GET=kept.ready)]) as one:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ready(one).status_code, range(40)))
        assert set(answers) == {200} and len(written) == 1
        kept._until = 0
        assert ready(one).status_code == 200 and len(written) == 2


def test_a_database_that_is_gone_is_said_at_once(sqlite_store: Store) -> None:
    now = health.Readiness(kept_s=0)
    with door(sqlite_store, letter(), more=[health.at("/health/now", GET=now.ready)]) as one:
        with one.workbench.store.write() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        assert ready(one).json()["migrated"] is False
