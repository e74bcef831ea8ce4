"""What the database says becomes a sentence with a cure, and never what was being stored."""

import threading
import traceback
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import Misconfigured, StorageDown, StoreConflict
from core.store import EVERYONE, Job, Store, User, init_db
from tests.databases import person

CANARY = "canary-5d1f"


def test_a_full_disk_says_that_nothing_was_saved(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'w.db'}")
    init_db(store)
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    with (
        pytest.raises(StorageDown, match="disk is full, so nothing was saved"),
        store.writing(EVERYONE) as session,
    ):
        session.execute(text(f"PRAGMA max_page_count={pages}"))
        session.add(User(name=CANARY * 20_000, plan="free"))
    store.close()


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "w.db"
    file.write_bytes(b"no database, whatever its name says" * 200)
    store = Store(f"sqlite:///{file}")
    with pytest.raises(StorageDown, match="damaged, or of another kind"):
        init_db(store)
    store.close()


WRONG_ROWS = {
    "taken twice": lambda: User(id=1, name=CANARY, plan="free"),
    "a value missing": lambda: User(name=CANARY, plan=None),
    "nobody's": lambda: Job(user_id=99, title=CANARY, description=CANARY),
}


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_refused_row_is_a_conflict_that_never_says_what_was_in_it(store: Store, row: str) -> None:
    person(store)
    with pytest.raises(StoreConflict) as caught, store.writing(EVERYONE) as session:
        session.add(WRONG_ROWS[row]())
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_nothing_written_in_a_read_is_kept(store: Store) -> None:
    kept = person(store)
    with suppress(StorageDown), store.read() as connection:
        connection.execute(text('DELETE FROM "user"'))
    with store.read() as connection:
        assert connection.execute(text('SELECT id FROM "user"')).scalars().all() == [kept]


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:////proc/no/such/w.db", "postgresql+nodriver://x/y"]
)
def test_a_place_where_nothing_can_be_kept_is_refused_with_its_cure(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"WORKBENCH_D|needs a file"):
        Store(url)


def test_writers_queue_instead_of_failing(store: Store) -> None:
    failed: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(10):
                with store.writing(EVERYONE) as session:
                    session.add(User(name="A", plan="free"))
        except StorageDown as wrong:
            failed.append(wrong)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with store.read() as connection:
        assert connection.exec_driver_sql('SELECT count(*) FROM "user"').scalar_one() == 80
