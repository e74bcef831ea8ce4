"""Bring a database to the newest shape, however many processes start at once.

Alembic is loaded only when there is something to migrate: it takes 10 MB and a tenth of a second.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from core.store.db import Store

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
PREPARING = "Preparing the database for this version. With millions of runs that takes some minutes: let it finish."
LOCK = 7_201_958_641  # any number, the same for every process


def init_db(store: Store) -> None:
    """Migrate to the newest version. Safe to call from several processes at the same time."""
    if not is_current(store):
        announce(store)
        migrate(store, "head")


def announce(store: Store) -> None:
    """Say on the terminal what is about to be done, where there may be much to do: in a database that is in use."""
    with store.read() as connection:
        used = inspect(connection).has_table("alembic_version")
    if used:
        print(PREPARING, file=sys.stderr, flush=True)


def migrate(store: Store, target: str) -> None:
    """Go up or down to `target`: `head`, `base` or a revision."""
    from alembic import command

    with store.write() as connection:
        if store.url.get_backend_name() == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
        config = configuration()
        config.attributes["connection"] = connection
        if target == "head":
            command.upgrade(config, target)
        else:
            command.downgrade(config, target)


def is_current(store: Store) -> bool:
    """Whether the database stands at the newest migration."""
    with store.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [newest()]


def newest() -> str:
    """The newest revision, known from the files alone: `0004_usage.py` holds revision 0004."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def configuration() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
