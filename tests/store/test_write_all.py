"""Writes that wait together share a commit; what is wrong with one of them is nobody else's harm."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import Connection, Table, event, insert, select

from core.errors import StoreConflict
from core.store import Store, User

USER: Table = User.__table__  # type: ignore[assignment]


def add(connection: Connection, name: str) -> str:
    connection.execute(insert(USER).values(name=name, plan="pro"))
    return name


def broken(connection: Connection) -> str:
    add(connection, "half done")
    raise ValueError("broken")


def again(connection: Connection) -> str:
    connection.execute(insert(USER).values(id=1, name="one more", plan="pro"))
    return "never"


def every(connection: Connection, works: Sequence[Callable[[Connection], str]]) -> list[str]:
    return [work(connection) for work in works]


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(USER.c.name).order_by(USER.c.id)).scalars())


def commits(store: Store) -> list[object]:
    seen: list[object] = []
    event.listen(store.writer, "commit", seen.append)
    return seen


def test_they_are_written_in_their_order_and_each_gets_its_result(store: Store) -> None:
    works = [partial(add, name=name) for name in ("a", "b", "c")]
    seen = commits(store)
    assert store.write_all(every, works) == names(store) == ["a", "b", "c"]
    assert len(seen) == (1 if store.together > 1 else 3)


@pytest.mark.parametrize(("wrong", "error"), [(broken, ValueError), (again, StoreConflict)])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_that_fails_is_told_alone_and_leaves_nothing(
    store: Store, wrong: Callable[[Connection], str], error: type[Exception], at: int
) -> None:
    add_first = partial(add, name="first")
    assert store.write_all(every, [add_first]) == ["first"]  # takes the id that `again` wants
    works: list[Callable[[Connection], str]] = [partial(add, name="a"), partial(add, name="b")]
    works.insert(at, wrong)
    results = store.write_all(every, works)
    assert isinstance(results[at], error)
    assert [one for one in results if isinstance(one, str)] == ["a", "b"]
    assert sorted(names(store)) == ["a", "b", "first"]


def test_nobody_is_told_before_the_commit(store: Store) -> None:
    def refuse(_connection: Connection) -> None:
        raise ValueError("the disk is gone")

    event.listen(store.writer, "commit", refuse)
    results = store.write_all(every, [partial(add, name="a"), partial(add, name="b")])
    event.remove(store.writer, "commit", refuse)
    assert [type(one) for one in results] == [ValueError, ValueError]
    assert names(store) == []
