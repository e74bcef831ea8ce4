"""A run that is just being opened is nobody's to lose: not who asked's, who leaves, nor the process's, which ends."""

import asyncio
import time
from collections.abc import Callable

import pytest

from core.llm import runs
from core.llm.scripted import Play
from core.store import Store
from tests.benches import CALLER, Bench, bench, letter, statuses, waited_for


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening takes a moment."""
    real: Callable[..., str] = runs.open_run

    def open_run(*given: object, **named: object) -> str:
        time.sleep(0.2)
        return real(*given, **named)

    monkeypatch.setattr(runs, "open_run", open_run)


def test_who_leaves_while_a_run_is_opened_leaves_no_row_that_nobody_runs(sqlite_store: Store, slow: None) -> None:
    async def start_and_leave(one: Bench) -> None:
        starting = asyncio.ensure_future(one.workbench.registry.start(one.request(), CALLER))
        await _until(lambda: bool(one.workbench.registry._opening))
        starting.cancel()
        await asyncio.wait([starting])

    with bench(sqlite_store, letter()) as one:
        one.workbench.portal.call(lambda: start_and_leave(one))  # type: ignore[union-attr]
        waited_for(lambda: statuses(sqlite_store) == ["ok"])


def test_a_process_that_ends_waits_for_the_run_that_is_being_opened(sqlite_store: Store, slow: None) -> None:
    async def start_and_close(one: Bench) -> str:
        registry = one.workbench.registry
        starting = asyncio.ensure_future(registry.start(one.request(), CALLER))
        await _until(lambda: bool(registry._opening))
        await registry.close()
        return await starting

    with bench(sqlite_store, Play("Letter\n", hang=True)) as one:
        run_id = one.workbench.portal.call(lambda: start_and_close(one))  # type: ignore[union-attr]
        live = one.workbench.find(run_id)
        assert live is not None and live.done
        assert statuses(sqlite_store) == ["cancelled"]


def test_a_run_that_could_not_be_opened_is_not_kept(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_run(*_: object, **__: object) -> str:
        raise ValueError("broken")

    monkeypatch.setattr(runs, "open_run", open_run)
    with bench(sqlite_store, letter()) as one:
        with pytest.raises(ValueError, match="broken"):
            one.start()
        assert not one.workbench.registry._live and not one.workbench.registry._opening


async def _until(held: Callable[[], bool]) -> None:
    while not held():
        await asyncio.sleep(0.005)
