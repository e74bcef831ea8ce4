"""An ORM session sees one owner's rows, however it asks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.store import EVERYONE, Job, Store, User, owned
from tests.databases import person, posting

WAYS: dict[str, Callable[[Session, int], object]] = {
    "get": lambda session, id: session.get(Job, id),
    "select": lambda session, id: session.scalars(select(Job).where(Job.id == id)).one_or_none(),
    "column": lambda session, id: session.scalar(select(Job.title).where(Job.id == id)),
    "count": lambda session, id: session.scalar(select(func.count()).select_from(Job).where(Job.id == id)),
    "join": lambda session, id: session.scalar(select(User.name).join(Job, Job.user_id == User.id).where(Job.id == id)),
    "update": lambda session, id: session.execute(update(Job).where(Job.id == id).values(title="x")).rowcount,
    "delete": lambda session, id: session.execute(delete(Job).where(Job.id == id)).rowcount,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_session_finds_its_owners_rows_and_nobody_elses(store: Store, way: str) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    job = posting(store, mine)
    with store.writing(other) as session:
        assert not WAYS[way](session, job)
    with store.writing(EVERYONE) as session:
        assert session.get(Job, job) is not None  # the update and the delete above changed nothing
    with store.writing(mine) as session:
        assert WAYS[way](session, job)


def test_owned_is_as_strict_for_core(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    job = posting(store, mine)
    with store.read() as connection:
        assert [row.id for row in owned(connection, Job.__table__, [job], mine)] == [job]
        assert owned(connection, Job.__table__, [job], other) == []
        assert owned(connection, Job.__table__, [], mine) == []


def test_times_come_back_aware_and_equal(store: Store) -> None:
    written = datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    with store.writing(EVERYONE) as session:
        session.add(User(name="A", plan="free", created_at=written))
    with store.reading(EVERYONE) as session:
        read = session.scalar(select(User.created_at))
    assert read == written
    assert read is not None and read.tzinfo is UTC


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="aware"), store.writing(EVERYONE) as session:
        session.add(User(name="A", plan="free", created_at=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing(EVERYONE) as session:
        session.add(User(name="A", plan="free"))
        session.flush()
        raise ZeroDivisionError
    with store.reading(EVERYONE) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
