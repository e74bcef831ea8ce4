"""Adding up goes on beside the traffic, in several processes, and may be killed at any moment."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.store import Store, UsageDay, UsagePending, User
from core.usage import fold, pending
from core.usage.filters import Filter
from core.usage.queries import Usage
from core.usage.records import RUN
from tests.databases import person
from tests.usage import history

ALL = Filter.days((history.START - timedelta(days=2)).date(), (history.START + timedelta(days=9)).date(), UTC)


def agrees(store: Store) -> None:
    """The figures are those of the record, in a new process as in this one."""
    for legs in ("model", "attempt_model"):
        expected = history.grouped(history.chosen(history.scan(store), ALL, legs=legs != "model"), (legs,), UTC)
        found = {row.values: history.as_measured(row.total) for row in Usage(store).rows(ALL, (legs,))}
        assert found == {values: history.added(rows) for values, rows in expected.items()}


def test_totals_hold_while_others_write_add_up_and_correct(store: Store) -> None:
    user_id, usage, stop = person(store), Usage(store), threading.Event()
    wrong: list[str] = []

    def regular(chance: random.Random) -> dict[str, Any]:
        """A run of which every token sent brings two back, at a cost that is known."""
        tokens = chance.randrange(1, 500)
        one = history.run(chance, user_id) | {"legs": [], "cost_status": "exact", "cost_nanousd": 7 * tokens}
        return one | dict.fromkeys(history.TOKENS, 0) | {"input_tokens": tokens, "output_tokens": 2 * tokens}

    def settle(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            one = regular(chance)
            history.fill(store, [one])
            if chance.random() < 0.3:
                again = regular(chance) | {"id": one["id"], "created_at": one["created_at"]}
                with store.write() as connection:
                    history.again(connection, again)

    def add_up() -> None:
        while not stop.is_set():
            fold.fold(store, most=7)
            time.sleep(0.005)

    def look() -> None:
        while not stop.is_set():
            before = _count(store)
            total = usage.totals(ALL)
            after = _count(store)
            sums = (total.output_tokens, total.cost_nanousd, total.exact)
            if not before <= total.runs <= after or sums != (
                *(2 * total.input_tokens, 7 * total.input_tokens, total.runs),
            ):
                wrong.append(f"{before} {after} {total}")

    writers = [_started(settle, seed) for seed in range(3)]
    others = [_started(add_up), _started(add_up), _started(look)]
    for thread in writers:
        thread.join()
    stop.set()
    for thread in others:
        thread.join()
    assert wrong == []
    assert usage.totals(ALL).runs == 120
    agrees(store)


def _count(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(RUN)).scalar_one()


def _started(work: Callable[..., None], *given: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=given)
    thread.start()
    return thread


FOLDING = """
import sys
from core.store import Store
from core.usage import fold
store = Store(sys.argv[1])
print("ready", flush=True)
while True:
    fold.fold(store, most=3)
"""


def test_a_killed_process_loses_and_doubles_nothing(sqlite_store: Store, sqlite_url: str) -> None:
    user_id, chance = person(sqlite_store), random.Random(5)
    for _ in range(2):
        folding = subprocess.Popen([sys.executable, "-c", FOLDING, sqlite_url], stdout=subprocess.PIPE)
        assert folding.stdout is not None
        folding.stdout.readline()
        for _ in range(20):
            history.fill(sqlite_store, [history.run(chance, user_id) for _ in range(3)])
            time.sleep(chance.random() * 0.01)
        folding.kill()
        folding.wait()
        folding.stdout.close()
        agrees(sqlite_store)
    fold.fold_all(sqlite_store)
    assert fold.fold(sqlite_store) == 0
    agrees(sqlite_store)


def test_two_who_fold_at_once_do_it_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history.fill(store, [history.run(random.Random(1), person(store)) for _ in range(30)])
    carry_out = fold._carry_out
    outrun: list[bool] = []

    def late(store: Store, plan: Any) -> bool:
        if not outrun:
            outrun.append(True)
            fold.fold(store)  # somebody else, in between
        return carry_out(store, plan)

    monkeypatch.setattr(fold, "_carry_out", late)
    fold.fold(store)
    agrees(store)
    with store.read() as connection:
        assert connection.execute(select(func.sum(UsageDay.runs))).scalar() == 30


def test_a_run_that_changes_while_it_is_added_up_counts_as_it_became(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, user_id = random.Random(2), person(store)
    one = history.run(chance, user_id)
    history.fill(store, [one])
    carry_out = fold._carry_out

    def changed_meanwhile(store: Store, plan: Any) -> bool:
        monkeypatch.setattr(fold, "_carry_out", carry_out)
        with store.write() as connection:
            history.again(connection, history.run(chance, user_id) | {"id": one["id"], "created_at": one["created_at"]})
        return carry_out(store, plan)

    monkeypatch.setattr(fold, "_carry_out", changed_meanwhile)
    fold.fold(store)
    agrees(store)
    fold.fold_all(store)
    agrees(store)


def test_notes_that_commit_late_are_not_passed_over(store: Store) -> None:
    """Ids are given out before they are committed: a later one may be folded before an earlier one is there."""
    user_id, chance = person(store), random.Random(4)
    runs = [history.run(chance, user_id) for _ in range(4)]
    history.fill(store, runs, noted=False)
    with store.write() as connection:
        pending.note(connection, [runs[0]["id"], runs[1]["id"]])
        connection.execute(update(UsagePending).values(id=UsagePending.id + 100))
    assert fold.fold(store) == 2
    with store.write() as connection:
        pending.note(connection, [runs[2]["id"], runs[3]["id"]])
        connection.execute(update(UsagePending).values(id=-UsagePending.id))
    assert Usage(store).totals(ALL).runs == 4
    assert fold.fold(store) == 2
    agrees(store)


def test_what_was_spent_for_an_erased_candidate_stays(store: Store) -> None:
    chance, gone, stays = random.Random(6), person(store), person(store)
    runs = [history.run(chance, user_id) for user_id in (gone, stays) * 20]
    history.fill(store, runs[:20])
    fold.fold_all(store)
    history.fill(store, runs[20:])
    before = Usage(store).totals(ALL)
    with store.write() as connection:
        pending.leaving(connection, gone)
        connection.execute(delete(User).where(User.id == gone))
    usage = Usage(store)
    for step in (lambda: 0, lambda: fold.fold_all(store), lambda: fold.rebuild(store)):
        step()
        assert usage.totals(ALL) == before
        assert {row.user_id for row in usage.users(ALL)} == {0, stays}


def test_a_day_that_lost_what_it_is_to_lose_is_made_anew(store: Store) -> None:
    chance, user_id = random.Random(7), person(store)
    one = history.run(chance, user_id)
    history.fill(store, [one, history.run(chance, user_id, at=one["created_at"])])
    fold.fold_all(store)
    with store.write() as connection:
        connection.execute(delete(UsageDay))
        history.again(connection, history.run(chance, user_id) | {"id": one["id"], "created_at": one["created_at"]})
    fold.fold_all(store)
    agrees(store)
