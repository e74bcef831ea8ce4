"""Ready is said only while work can really be taken: above all, while the database takes writes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import Connection, Engine, event

from core.access import ledger
from core.api import health
from core.store import Store, probe
from tests.benches import letter
from tests.fakes.door import Door, door


@dataclass
class Writes:
    """Whether transactions that begin from now on may write: a full disk, a missing right, a standby server."""

    refused: bool = False

    def begun(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":  # its connections remember it
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if self.refused else 'OFF'}")
        elif self.refused:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@pytest.fixture
def writes() -> Iterator[Writes]:
    found = Writes()
    event.listen(Engine, "begin", found.begun)  # before there are threads that begin
    yield found
    event.remove(Engine, "begin", found.begun)


def ready(one: Door) -> httpx2.Response:
    return one.client().get("/health/now")


def test_it_is_not_ready_while_the_database_takes_no_write(store: Store, writes: Writes) -> None:
    now = health.Readiness(kept_s=0)
    with door(store, letter(), more=[health.at("/health/now", GET=now.ready)]) as one:
        assert ready(one).status_code == 200
        writes.refused = True
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
        writes.refused = False
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
