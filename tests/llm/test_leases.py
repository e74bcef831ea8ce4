"""Leases: a run that lasts longer than its lease stays with the process that runs it."""

import time
from copy import copy
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.errors import StorageDown
from core.llm import history, registry, runs
from core.llm.provider import Deadlines
from core.llm.scripted import Play
from core.store import EVERYONE, AiRun, Store
from core.store.columns import now
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
        if status == "running":  # after a standstill of the machine the next renewal may still be on its way
            waited_for(lambda: _lease(sqlite_store, live.id) > now() + timedelta(seconds=LEASE_S / 2))
        other = Store(sqlite_store.url.render_as_string(hide_password=False))
        runs.close_expired(other)  # what every process does as it starts, and then every few seconds
        assert history.story(other, live.id).run.status == status
        other.close()


def _lease(store: Store, run_id: str) -> datetime:
    with store.reading(EVERYONE) as session:
        return session.scalars(select(AiRun.lease_until).where(AiRun.id == run_id)).one()


@pytest.mark.parametrize("broken", [StorageDown("No room."), RuntimeError("a mistake of ours")])
def test_an_errand_that_breaks_keeps_no_other_from_being_done_and_comes_again(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: Exception
) -> None:
    done: list[str] = []

    def refuse(_store: Store) -> None:
        done.append("prices")
        raise copy(broken)  # or one would bring along where the others went

    monkeypatch.setattr(registry, "RENEW_S", 0.01)
    monkeypatch.setattr(registry.prices, "refresh", refuse)
    monkeypatch.setattr(registry.fold, "fold_all", lambda _store, *, known: done.append("fold"))
    with bench(sqlite_store):
        waited_for(lambda: done[:6] == ["prices", "fold"] * 3)
    assert "mistake" not in caplog.text
    (said,) = [line for line in caplog.messages if line.startswith("following prices failed: ")]  # not every round
    assert said.endswith(": No room.") or "RuntimeError at test_leases.py" in said


def test_an_errand_that_works_again_is_told_of_when_it_breaks_again(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = iter([StorageDown("No room."), None, StorageDown("No room."), StorageDown("No right."), None])

    def refuse(_store: Store) -> None:
        if broken := next(rounds, None):
            raise broken

    monkeypatch.setattr(registry, "RENEW_S", 0.01)
    monkeypatch.setattr(registry.prices, "refresh", refuse)
    with bench(sqlite_store):
        waited_for(lambda: "No right." in caplog.text)
    said = [line for line in caplog.messages if line.startswith("following prices failed: ")]
    assert [line.rpartition(": ")[2] for line in said] == ["No room.", "No room.", "No right."]
