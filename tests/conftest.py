"""What every test stands on: no network, no key, no settings of the person who runs it."""

import os
from pathlib import Path

import pytest
import uvloop

from tests.databases import (  # noqa: F401 - fixtures
    empty_store,
    migrated_postgresql,
    migrated_sqlite,
    postgresql_server,
    sqlite_store,
    sqlite_url,
    store,
)
from tests.lock import sitecustomize as network

HERE = Path(__file__).parent
OURS = ("OPENAI_", "WORKBENCH_")

_unlock = pytest.StashKey()
_environment = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Before the first test module is imported: close the network, here and in child processes, and hide the keys."""
    config.stash[_environment] = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ[network.SWITCH] = "on"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE / "lock"), os.environ.get("PYTHONPATH")]))
    config.stash[_unlock] = network.lock(uvloop.Loop)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_unlock]()
    os.environ.clear()
    os.environ.update(config.stash[_environment])
