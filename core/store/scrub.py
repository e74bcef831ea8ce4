"""Leave nothing of what was deleted in SQLite's files.

SQLite zeroes what is deleted. But rows that it moved from one page to another before that may stand on the former one
too, in room that nobody uses, until the file is written anew; and the log keeps them until it is emptied.
"""

import sqlite3
import time
from pathlib import Path

from core.store.db import Store

AT_ONCE = 1_000_000_000  # bytes of a file that is written anew without asking: nobody else writes meanwhile
TRIES, PAUSE_S = 50, 0.1


def is_large(store: Store) -> bool:
    """Whether writing the file anew takes so long that a person should choose the moment."""
    return _is_file(store) and Path(str(store.url.database)).stat().st_size > AT_ONCE


def scrub(store: Store) -> bool:
    """Write the file anew and empty the log; False where there is no room for it, or others use it all the while.

    PostgreSQL takes care of its own.
    """
    if not _is_file(store):
        return True
    with store.alone() as connection:
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError:
            return False
    return empty_log(store)


def empty_log(store: Store) -> bool:
    """Write the log into the file and cut it to nothing; False when somebody read an older state all the while."""
    if not _is_file(store):
        return True
    for _ in range(TRIES):
        with store.alone() as connection:
            connection.execute("PRAGMA busy_timeout=100")  # who writes waits as long as this does
            try:
                (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute("PRAGMA busy_timeout=15000")
        if not busy:
            return True
        time.sleep(PAUSE_S)
    return False


def _is_file(store: Store) -> bool:
    return store.url.get_backend_name() == "sqlite"
