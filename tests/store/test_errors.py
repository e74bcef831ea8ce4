"""What the database says becomes a sentence with a cure, and never what was being stored."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import StorageDown
from core.store import EVERYONE, Store, User, init_db
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


def test_an_exception_never_holds_the_parameters(store: Store) -> None:
    person(store)
    with pytest.raises(IntegrityError) as caught, store.writing(EVERYONE) as session:
        session.add(User(id=1, name=CANARY, plan="free"))
    assert CANARY not in repr(caught.value) + str(caught.value)


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
