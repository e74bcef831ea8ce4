"""Leases: a run that lasts longer than its lease stays with the process that runs it."""

import time
from datetime import timedelta

import pytest

from core.errors import StorageDown
from core.llm import history, registry, runs
from core.llm.provider import Deadlines
from core.llm.scripted import Play
from core.store import Store
from tests.benches import bench, waited_for

LEASE_S = 1.2
LONG = Deadlines(first_token=30, idle=30, leg=30)


@pytest.mark.parametrize(("renewed_every_s", "status"), [(0.1, "running"), (60, "abandoned")])
def test_another_process_closes_only_a_run_whose_lease_nobody_renews(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, renewed_every_s: float, status: str
) -> None:
    monkeypatch.setattr(runs, "LEASE", timedelta(seconds=LEASE_S))
    monkeypatch.setattr(registry, "RENEW_S", renewed_every_s)
    with bench(sqlite_store, Play("Letter\n", hang=True), deadlines=LONG) as one:
        live = one.start()
        waited_for(lambda: one.provider.heard)
        time.sleep(LEASE_S * 1.3)
        other = Store(sqlite_store.url.render_as_string(hide_password=False))
        runs.close_expired(other)  # what every process does as it starts, and then every few seconds
        assert history.story(other, live.id).run.status == status
        other.close()


@pytest.mark.parametrize("broken", [StorageDown("No room."), RuntimeError("a mistake of ours")])
def test_an_errand_that_breaks_keeps_no_other_from_being_done_and_comes_again(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: Exception
) -> None:
    done: list[str] = []

    def refuse(_store: Store) -> None:
        done.append("prices")
        raise broken

    monkeypatch.setattr(registry, "RENEW_S", 0.01)
    monkeypatch.setattr(registry.prices, "refresh", refuse)
    monkeypatch.setattr(registry.fold, "fold_all", lambda _store, *, known: done.append("fold"))
    with bench(sqlite_store):
        waited_for(lambda: done[:4] == ["prices", "fold", "prices", "fold"])
    assert "following prices failed" in caplog.text and "mistake" not in caplog.text
