"""Leases: a run that lasts longer than its lease stays with the process that runs it."""

import time
from datetime import timedelta

import pytest

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
