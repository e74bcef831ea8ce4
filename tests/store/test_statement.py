"""Statements of the call path do what SQLAlchemy would, on both databases, and say as little of their values."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Table, bindparam, insert, select, text, update

from core.errors import StorageDown, StoreConflict
from core.store import AiRun, Job, Store, User
from core.store.db import newest_own, own
from core.store.statement import Statement
from tests.databases import person, posting

USER: Table = User.__table__  # type: ignore[assignment]
JOB: Table = Job.__table__  # type: ignore[assignment]
RUN: Table = AiRun.__table__  # type: ignore[assignment]

ADD = Statement(insert(USER).inline(), "name", "plan", "profile")
SEE = Statement(select(USER.c.name, USER.c.profile, USER.c.created_at).where(USER.c.id == bindparam("id")))
MOVE = Statement(update(USER).where(USER.c.id == bindparam("who")), "plan")


def test_values_go_in_and_come_out_as_their_columns_have_them(store: Store) -> None:
    profile = {"goals": "Größe 🚀", "years": 3, "none": None, "listed": [1.5, True]}
    with store.write() as connection:
        assert ADD.run(connection, {"name": "Ada", "plan": "pro", "profile": profile}) == 1
    with store.read() as connection:
        id = connection.execute(select(USER.c.id)).scalar_one()
        row = SEE.row(connection, {"id": id})
        ours = connection.execute(select(USER.c.name, USER.c.profile, USER.c.created_at)).one()
    assert row == tuple(ours) and row[1] == profile
    assert row[2].tzinfo is UTC and abs((datetime.now(UTC) - row[2]).total_seconds()) < 60  # the column's default


def test_it_says_how_many_rows_it_changed(store: Store) -> None:
    user = person(store)
    with store.write() as connection:
        assert MOVE.run(connection, {"who": user, "plan": "free"}) == 1
        assert MOVE.run(connection, {"who": user + 1, "plan": "free"}) == 0


def test_several_run_in_their_order(store: Store) -> None:
    with store.write() as connection:
        ADD.run_all(connection, [{"name": name, "plan": "pro", "profile": {}} for name in ("Ada", "Bo")])
    with store.read() as connection:
        assert connection.execute(select(USER.c.name).order_by(USER.c.id)).scalars().all() == ["Ada", "Bo"]


@pytest.mark.parametrize(
    ("values", "error"),
    [({"name": "Ada", "plan": "pro"}, KeyError), ({"name": "A", "plan": "p", "profile": {}, "age": 3}, TypeError)],
    ids=["one is missing", "one is unknown"],
)
def test_values_that_do_not_fit_are_a_mistake_of_ours(store: Store, values: dict[str, object], error: type) -> None:
    add = Statement(insert(USER).inline(), "name", "plan", "profile")
    with pytest.raises(error), store.write() as connection:
        add.run(connection, values)


def _twice(connection: Connection) -> None:
    add = Statement(insert(USER).inline(), "id", "name", "plan")
    add.run(connection, {"id": 7, "name": "SECRET", "plan": "pro"})
    add.run(connection, {"id": 7, "name": "SECRET", "plan": "pro"})


def _nowhere(connection: Connection) -> None:
    Statement(text("SELECT :a FROM nowhere")).rows(connection, {"a": "SECRET"})


@pytest.mark.parametrize(("work", "error"), [(_twice, StoreConflict), (_nowhere, StorageDown)])
def test_what_the_database_refuses_is_said_in_our_words(store: Store, work: object, error: type[Exception]) -> None:
    with pytest.raises(error) as refused, store.write() as connection:
        work(connection)  # type: ignore[operator]
    chain: BaseException | None = refused.value
    while chain:
        assert "SECRET" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    with store.write() as connection:  # and the connection is as good as before
        assert ADD.run(connection, {"name": "Ada", "plan": "pro", "profile": {}}) == 1


def test_reads_of_one_connection_see_one_state(store: Store) -> None:
    user = person(store)
    with store.read() as connection:
        assert SEE.row(connection, {"id": user}) is not None
        with store.write() as other:
            other.execute(update(USER).values(name="Changed"))
        row = SEE.row(connection, {"id": user})
    assert row is not None and row[0] != "Changed"


def test_own_rows_are_the_users_own(store: Store) -> None:
    mine, other = person(store), person(store, name="Bo Lind")
    old, new, others = posting(store, mine, title="Old"), posting(store, mine, title="New"), posting(store, other)
    one, newest = own(JOB, JOB.c.id), newest_own(JOB, JOB.c.id)
    with store.read() as connection:
        assert one.row(connection, {"id": old, "user_id": mine}) == (old,)
        assert one.row(connection, {"id": others, "user_id": mine}) is None
        assert newest.row(connection, {"user_id": mine}) == (new,)
        assert newest.row(connection, {"user_id": other + 1}) is None
