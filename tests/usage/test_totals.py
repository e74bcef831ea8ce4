"""Whatever happens in whatever order, the figures are what a person would add up from the record."""

import random
from collections.abc import Callable
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from core.store import Base, Store, User
from core.usage import fold, pending
from core.usage.filters import LEG_DIMENSIONS, RUN_DIMENSIONS, TIMES, Filter
from core.usage.queries import Snapshot, Usage
from tests.databases import person
from tests.usage import history

ZONES = (UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe"))
STEPS = ("settle", "settle", "settle", "fold", "killed fold", "settle again", "rebuild", "erase", "look")
MANY = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class House:
    """A database, what happened in it, and what it should say."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.usage = Usage(store)
        self.runs: dict[str, dict[str, Any]] = {}
        with store.write() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))
        self.users = [person(store) for _ in range(3)]

    def settle(self, chance: random.Random) -> None:
        runs = [history.run(chance, chance.choice(self.users)) for _ in range(chance.randrange(1, 15))]
        history.fill(self.store, runs)
        self.runs |= {one["id"]: one for one in runs}

    def fold(self, chance: random.Random) -> None:
        fold.fold(self.store, most=chance.randrange(1, 20))

    def killed_fold(self, chance: random.Random) -> None:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(fold, "_strike", _killed)
            fold.fold(self.store, most=chance.randrange(1, 20))
            raise KeyboardInterrupt  # there was nothing to fold

    def settle_again(self, chance: random.Random) -> None:
        for run_id in chance.sample(sorted(self.runs), min(3, len(self.runs))):
            before = self.runs[run_id]
            if before["user_id"]:
                after = history.run(chance, before["user_id"]) | {"id": run_id, "created_at": before["created_at"]}
                with self.store.write() as connection:
                    history.again(connection, after)
                self.runs[run_id] = after

    def rebuild(self, _chance: random.Random) -> None:
        fold.rebuild(self.store)

    def erase(self, _chance: random.Random) -> None:
        if len(self.users) > 1:
            user_id = self.users.pop()
            with self.store.write() as connection:
                pending.leaving(connection, user_id)
                connection.execute(delete(User).where(User.id == user_id))
            for one in self.runs.values():
                one["user_id"] = 0 if one["user_id"] == user_id else one["user_id"]

    def look(self, chance: random.Random) -> None:
        check(self, self.usage.now(), chance)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def check(house: House, now: Snapshot, chance: random.Random) -> None:
    """Totals and groups of a filter made up by chance."""
    filter = _filter(chance, house)
    runs = house.runs.values()
    total = now.totals(filter)
    assert history.as_measured(total) == history.added(history.chosen(runs, filter, legs=filter.legs))
    by = tuple(chance.sample((*RUN_DIMENSIONS, *LEG_DIMENSIONS, *TIMES, "user"), chance.randrange(4)))
    legs = filter.legs or any(name in LEG_DIMENSIONS for name in by)
    rows = {row.values: history.as_measured(row.total) for row in now.rows(filter, by, percentiles=False)}
    expected = history.grouped(history.chosen(runs, filter, legs=legs), by, filter.zone)
    assert rows == {values: history.added(group) for values, group in expected.items()}


def _filter(chance: random.Random, house: House) -> Filter:
    first = history.START.date() + timedelta(days=chance.randrange(-1, 5))
    where: dict[str, Any] = {}
    runs = list(house.runs.values())
    for name in chance.sample((*RUN_DIMENSIONS, *LEG_DIMENSIONS, "user"), chance.choice((0, 0, 1, 2))):
        rows = history.chosen(runs, Filter.days(date(2026, 3, 1), date(2026, 4, 30)), legs=name in LEG_DIMENSIONS)
        values = sorted({row[name] for row in rows}, key=str)
        where[name] = chance.sample(values, min(len(values), chance.randrange(1, 3)))
    zone = chance.choice(ZONES)
    filter = Filter.days(first, first + timedelta(days=chance.randrange(4)), zone, where)
    if chance.random() < 0.3:
        shift = timedelta(minutes=15 * chance.randrange(90))
        filter = Filter(filter.start + shift, filter.end + shift, zone, where)
    return filter


@MANY
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2**16)), min_size=4, max_size=20))
def test_totals_are_what_the_record_says_whatever_happened(store: Store, steps: list[tuple[str, int]]) -> None:
    house = House(store)
    for step, seed in steps:
        act: Callable[[random.Random], None] = getattr(house, step.replace(" ", "_"))
        act(random.Random(seed))
    for seed in range(6):
        check(house, house.usage.now(), random.Random(seed))
    fold.fold_all(store)
    incremental = house.usage.now()
    fold.rebuild(store)
    for seed in range(6):
        check(house, incremental, random.Random(seed))
        check(house, Usage(store).now(), random.Random(seed))
