"""Bring a database to the newest shape, however many processes start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from core.store.db import Store

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_201_958_641  # any number, the same for every process


def init_db(store: Store) -> None:
    """Migrate to the newest version. Safe to call from several processes at the same time."""
    migrate(store, "head")


def migrate(store: Store, target: str) -> None:
    """Go up or down to `target`: `head`, `base` or a revision."""
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
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
