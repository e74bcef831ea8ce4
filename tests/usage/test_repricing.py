"""Past costs are corrected by today's prices all or nothing, and an undo leaves every row and every total as before."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, update

from core.errors import Conflict, Denied, Invalid, NotFound
from core.llm import pricing
from core.schema import Caller
from core.store import Base, Ledger, Store
from core.store.columns import now
from core.usage import audit, budget_corrections, correction_log, correction_rows, corrections, fold, prices, repricing
from core.usage.filters import Filter
from core.usage.price_terms import PriceTerms
from core.usage.queries import Usage
from core.usage.records import ATTEMPT, RUN
from tests.databases import person
from tests.usage import history

ADMIN = Caller(name="member:1", role="admin", scopes=frozenset({"admin"}))
ANALYST = Caller(name="member:2", role="analyst")
ALL = Filter.days(date(2026, 3, 1), date(2026, 4, 30))
MONTH = Filter.days(date(2020, 1, 1), date(2100, 1, 1))
LEDGER: Table = Ledger.__table__  # type: ignore[assignment]
KEPT = ("ai_run", "ai_attempt", "ledger")  # what an undo has to leave as it was


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    pricing.install([])


def give(store: Store, model: str = "gpt-6-luna", dollars: str = "1", **more: Any) -> int:
    """A price of so many dollars for a million tokens in or out."""
    terms = PriceTerms("openai", model, {"input": dollars, "output": dollars}, date(2026, 1, 1), "Contract 7", **more)
    return prices.add(store, terms, ADMIN, sure=True, replacing=True)


def leg(tokens: int, nanousd: int | None, *, model: str = "gpt-6-luna", **more: Any) -> dict[str, Any]:
    status = "unknown" if nanousd is None else "exact"
    numbers = {"input_tokens": tokens, "cached_tokens": 0, "output_tokens": 0, "reasoning_tokens": 0}
    one = {"provider": "openai", "model": model, "status": "ok", "error_code": None, "price": "own:0", "latency_ms": 9}
    return one | {"ttft_ms": 1, "cost_nanousd": nanousd, "cost_status": status} | numbers | more


def run(user_id: int, *legs: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
    base = history.run(random.Random(1), user_id, at=at)
    status = {"status": "ok", "provider": "openai", "model": legs[-1]["model"]}
    return base | status | history.summed(legs) | {"legs": list(legs)}


def rows(store: Store, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(Base.metadata.tables[name]))), key=repr) for name in names
        }


def costs(store: Store) -> list[tuple[int | None, str, str | None]]:
    with store.read() as connection:
        wanted = select(ATTEMPT.c.cost_nanousd, ATTEMPT.c.cost_status, ATTEMPT.c.price).order_by(ATTEMPT.c.id)
        return [tuple(row) for row in connection.execute(wanted)]


# -- what differs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "becomes"),
    [
        (leg(2_000, 5), (2_000_000, "exact", "own:1")),  # 2,000 × 1,000 nano-dollars
        (leg(2_000, 2_000_000, price="list 1"), None),  # the same amount under another name is the same cost
        (leg(2_000, 5, cost_status="estimated"), (2_000_000, "estimated", "own:1")),
        (leg(2_000, None, price=None), (2_000_000, "estimated", "own:1")),  # nobody knows that it was counted
        (leg(2_000, None, price=None, usage={"prompt_tokens": 2_000, "completion_tokens": 0}, finish_reason="stop"),
         (2_000_000, "exact", "own:1")),
        (leg(0, 0, price=None), None),  # turned away before it began
        (leg(2_000, 0, price=None), None),
        (leg(2_000, 5, model="house-model"), None),  # no price today: the cost stays
        (leg(2_000, 5, answered_by="gpt-6-luna-2026-09-01"), (2_000_000, "exact", "own:1")),
        (leg(2_000, 5, service_tier="slow"), None),  # no price for that service
    ],
)  # fmt: skip
def test_a_cost_becomes_what_todays_row_says(
    store: Store, kept: dict[str, Any], becomes: tuple[int, str, str] | None
) -> None:
    history.fill(store, [run(person(store), kept)])
    before = costs(store)
    give(store)
    found = repricing.preview(store, ALL)
    assert (found.total.attempts, found.looked_at) == (0 if becomes is None else 1, 1)
    assert costs(store) == before
    if becomes:
        corrections.apply(store, ALL, ADMIN, "Contract 7")
        assert costs(store) == [becomes]


def test_the_preview_adds_up_by_model_and_counts_what_was_unknown(store: Store) -> None:
    user = person(store)
    history.fill(
        store,
        [
            run(user, leg(1_000, 7), leg(1_000, None, price=None)),
            run(user, leg(3_000, 9, model="gpt-6.1-terra")),
            run(user, leg(1_000, 5, model="house-model")),
        ],
    )
    give(store)
    give(store, "gpt-6.1-terra", "2")
    found = repricing.preview(store, ALL)
    total = found.total
    assert (total.attempts, total.before_nanousd, total.after_nanousd, total.unknown) == (3, 16, 8_000_000, 1)
    assert (found.runs, found.looked_at, found.without_price) == (2, 4, 1)
    assert {name: (one.attempts, one.after_nanousd) for name, one in found.models.items()} == {
        "openai/gpt-6-luna": (2, 2_000_000),
        "openai/gpt-6.1-terra": (1, 6_000_000),
    }
    assert [one.after.nanousd for one in found.samples] == [6_000_000, 1_000_000, 1_000_000]


def test_what_stays_unknown_is_counted_and_never_said_to_agree(store: Store) -> None:
    user = person(store)
    legs = [
        leg(1_000, None, model="house-model", price=None),
        leg(0, None, price=None),
        leg(1_000, 5, model="house-model"),
    ]
    history.fill(store, [run(user, one) for one in legs])
    found = repricing.preview(store, ALL)
    assert (found.looked_at, found.still_unknown, found.without_price, found.total.attempts) == (3, 2, 1, 0)


def test_progress_grows_to_the_whole_while_one_slice_is_looked_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "OFTEN", 2)
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(5)])
    told: list[tuple[int, float]] = []
    repricing.preview(store, ALL, progress=lambda calls, share: told.append((calls, share)))
    assert told == [(2, 0.4), (4, 0.8), (5, 1.0)]


def test_only_the_filter_is_looked_at(store: Store) -> None:
    one, other = person(store), person(store, name="Bo Lind")
    history.fill(store, [run(one, leg(1_000, 7)), run(other, leg(1_000, 7))])
    give(store)
    corrections.apply(store, Filter(ALL.start, ALL.end, UTC, {"user": {other}}), ADMIN, "Contract 7")
    assert sorted(cost for cost, _, _ in costs(store)) == [7, 1_000_000]


# -- apply and undo --------------------------------------------------------------------------------------


def test_a_run_costs_the_sum_of_its_legs_and_its_index_says_why(store: Store) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7), leg(2_000, 5, model="house-model"))])
    give(store)
    id = corrections.apply(store, ALL, ADMIN, " Contract 7 ")
    with store.read() as connection:
        assert connection.execute(select(RUN.c.cost_nanousd, RUN.c.cost_status)).one() == (1_000_005, "exact")
    (made,) = correction_log.listed(store)
    assert (made.id, made.who, made.reason, made.lines) == (id, "member:1", "Contract 7", 1)
    assert (made.before_nanousd, made.after_nanousd, made.undone_at) == (7, 1_000_000, None)
    (told,) = audit.events(store, "repricing")
    assert (told.action, told.reason, told.after) == (
        "repricing.apply",
        "Contract 7",
        {"attempts": 1, "cost_nanousd": 10**6},
    )


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**16), folded=st.booleans(), twice=st.booleans())
def test_apply_and_undo_leave_every_row_and_every_total_as_before(
    store: Store, seed: int, folded: bool, twice: bool
) -> None:
    chance = random.Random(seed)
    _emptied(store)
    users = [person(store) for _ in range(2)]
    history.fill(store, [history.run(chance, chance.choice(users)) for _ in range(25)])
    if folded:
        fold.fold_all(store)
    before, figures = rows(store, *KEPT), _figures(store)
    give(store, dollars="3")
    try:
        first = corrections.apply(store, ALL, ADMIN, "Contract 7")
    except Invalid:
        assert repricing.preview(store, ALL).total.attempts == 0
        return
    _agrees(store)
    if twice:
        give(store, dollars="4")
        second = corrections.apply(store, ALL, ADMIN, "Contract 8")
        _agrees(store)
        with pytest.raises(Conflict, match=f"Correction {second}"):
            corrections.undo(store, first, ADMIN)
        corrections.undo(store, second, ADMIN)
    if chance.random() < 0.5:
        fold.fold_all(store)
    corrections.undo(store, first, ADMIN)
    assert rows(store, *KEPT) == before
    assert _figures(store) == figures
    _agrees(store)


def _emptied(store: Store) -> None:
    pricing.install([])
    with store.write() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


def _figures(store: Store) -> list[dict[str, Any]]:
    found = Usage(store).now()
    by = ("feature", "model", "cost_status")
    rows = [{"values": row.values} | history.as_measured(row.total) for row in found.rows(ALL, by, percentiles=False)]
    return sorted(rows, key=repr)


def _agrees(store: Store) -> None:
    """Runs and legs add up to what a full scan says, as noted and after adding up."""
    runs = history.scan(store)
    for one in runs:
        if one["legs"]:
            assert one["cost_nanousd"] == history.summed(one["legs"])["cost_nanousd"]
    for filter in (ALL, ALL.narrowed("attempt_provider", {"openai"})):
        expected = history.added(history.chosen(runs, filter, legs=filter.legs))
        assert history.as_measured(Usage(store).now().totals(filter)) == expected
    fold.fold_all(store)
    assert history.as_measured(Usage(store).now().totals(ALL)) == history.added(history.chosen(runs, ALL))


def test_an_undo_is_told_and_happens_once(store: Store) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7))])
    give(store)
    id = corrections.apply(store, ALL, ADMIN, "Contract 7")
    assert corrections.undo(store, id, ADMIN) == 1
    (made,) = correction_log.listed(store)
    assert made.undone_by == "member:1" and made.undone_at is not None
    assert [one.action for one in audit.events(store, "repricing")] == ["repricing.undo", "repricing.apply"]
    with pytest.raises(Conflict, match="undone before"):
        corrections.undo(store, id, ADMIN)


def test_who_died_in_the_middle_changed_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(3)])
    give(store)
    before, figures = rows(store, *KEPT, "repricing", "repricing_line", "audit_event", "usage_pending"), _figures(store)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(budget_corrections, "post", killed)  # after everything else is written
    with pytest.raises(KeyboardInterrupt):
        corrections.apply(store, ALL, ADMIN, "Contract 7")
    assert rows(store, *KEPT, "repricing", "repricing_line", "audit_event", "usage_pending") == before
    assert _figures(store) == figures


def test_a_cost_that_changed_meanwhile_stops_all_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(3)])
    give(store)
    begin = corrections._begin

    def changed(connection: Any, *more: Any, **named: Any) -> int:
        one = select(ATTEMPT.c.id).limit(1).scalar_subquery()
        connection.execute(update(ATTEMPT).where(ATTEMPT.c.id == one).values(cost_nanousd=8))
        return begin(connection, *more, **named)

    monkeypatch.setattr(corrections, "_begin", changed)
    with pytest.raises(Conflict, match="changed meanwhile"):
        corrections.apply(store, ALL, ADMIN, "Contract 7")
    assert [cost for cost, _, _ in costs(store)] == [7, 7, 7]


# -- part by part ------------------------------------------------------------------------------------------


def stopped_after(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    """Parts of two attempts, and the process dies in the one after so many."""
    write, left = correction_rows.write, [parts]

    def dying(*given: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return write(*given)

    monkeypatch.setattr(corrections, "AT_ONCE", 2)
    monkeypatch.setattr(correction_rows, "write", dying)


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("then", ["go on", "undo", "go on and undo"])
def test_one_that_was_stopped_goes_on_or_is_undone_as_one(
    store: Store, monkeypatch: pytest.MonkeyPatch, parts: int, then: str
) -> None:
    user, this = person(store), now()
    with store.write() as connection:
        line = {"subject": "project", "measure": "nanousd", "period": f"{this:%Y-%m}", "used": 90, "reserved": 0}
        connection.execute(insert(LEDGER).values(**line))
    moments = [this, this, None, None, None]
    history.fill(store, [run(user, leg(1_000, 7), leg(1_000, None, price=None), at=at) for at in moments])
    before = rows(store, *KEPT)
    give(store)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(patch, parts)
        corrections.apply(store, MONTH, ADMIN, "Contract 7")
    (half,) = correction_log.listed(store)
    assert (half.unfinished, half.lines) == (True, 2 * parts)
    assert sorted(cost for cost, _, _ in costs(store) if cost) == [7] * (5 - parts) + [10**6] * 2 * parts
    _agrees(store)
    with pytest.raises(Conflict, match=f"Correction {half.id} is still being written, or was stopped"):
        corrections.apply(store, MONTH, ADMIN, "Contract 8")
    if "go on" in then:
        corrections.go_on(store, half.id, ADMIN)
        assert [cost for cost, _, _ in costs(store)] == [10**6] * 10
        (whole,) = correction_log.listed(store)
        sums = (whole.unfinished, whole.lines, whole.before_nanousd, whole.after_nanousd)
        assert sums == (False, 10, 35, 10**7)
        (told,) = (one for one in audit.events(store, "repricing") if one.action == "repricing.apply")
        assert told.after == {"attempts": 10, "cost_nanousd": 10**7}
        with store.read() as connection:
            assert connection.execute(select(LEDGER.c.used)).scalar() == 90 + 4 * 10**6 - 14
    if "undo" in then:
        corrections.undo(store, half.id, ADMIN)
        assert rows(store, *KEPT) == before
        assert not correction_log.listed(store)[0].unfinished
    _agrees(store)


def test_an_undo_that_was_stopped_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(5)])
    before = rows(store, *KEPT)
    give(store)
    id = corrections.apply(store, ALL, ADMIN, "Contract 7")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(patch, 1)
        corrections.undo(store, id, ADMIN)
    (half,) = correction_log.listed(store)
    assert (half.undoing, half.undone_at) == (True, None)
    _agrees(store)
    for act in (
        lambda: corrections.go_on(store, id, ADMIN),
        lambda: corrections.apply(store, ALL, ADMIN, "Contract 8"),
    ):
        with pytest.raises(Conflict):
            act()
    assert corrections.undo(store, id, ADMIN) == 3
    assert rows(store, *KEPT) == before
    assert not correction_log.listed(store)[0].undoing


def test_who_goes_on_while_another_undoes_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(5)])
    before = rows(store, *KEPT)
    give(store)
    monkeypatch.setattr(corrections, "AT_ONCE", 2)
    parts = corrections._parts

    def interrupted(lines: Any) -> Any:
        for number, part in enumerate(parts(lines)):
            if number == 1:
                corrections.undo(store, 1, ADMIN)
            yield part

    monkeypatch.setattr(corrections, "_parts", interrupted)
    with pytest.raises(Conflict, match="or undid it"):
        corrections.apply(store, ALL, ADMIN, "Contract 7")
    assert rows(store, *KEPT) == before


# -- refusals ----------------------------------------------------------------------------------------------


def test_what_cannot_be_applied_is_refused_with_a_sentence(store: Store) -> None:
    history.fill(store, [run(person(store), leg(1_000, 7)) for _ in range(2)])
    with pytest.raises(Invalid, match="Say why"):
        corrections.apply(store, ALL, ADMIN, " ")
    with pytest.raises(Denied, match="Only admins"):
        corrections.apply(store, ALL, ANALYST, "Contract 7")
    give(store)
    with pytest.raises(Conflict, match="Look again"):
        corrections.apply(store, ALL, ADMIN, "Contract 7", expected=(2, 1))
    with pytest.raises(Invalid, match="nothing to apply"):
        corrections.apply(store, Filter.days(date(2020, 1, 1), date(2020, 1, 2)), ADMIN, "Contract 7")
    for act in (corrections.undo, corrections.go_on):
        with pytest.raises(NotFound, match="no correction 7"):
            act(store, 7, ADMIN)
    id = corrections.apply(store, ALL, ADMIN, "Contract 7")
    with pytest.raises(Conflict, match="nothing left to write"):
        corrections.go_on(store, id, ADMIN)


# -- the running month's budgets ---------------------------------------------------------------------------


def test_the_running_months_budgets_follow_and_earlier_months_do_not(store: Store) -> None:
    user, this = person(store), now()
    last = this.replace(day=1) - timedelta(days=3)
    who = {"feature": "match", "plan": "free", "caller": "cli"}
    history.fill(store, [run(user, leg(1_000, 7), at=at) | who for at in (this, last)])
    lines = [
        ("project", f"{this:%Y-%m}", 900),
        ("feature:match", f"{this:%Y-%m}", 800),
        ("caller:cli", f"{this:%Y-%m}", 40),
        ("plan:pro", f"{this:%Y-%m}", 50),
        (f"user:{user}", f"{this:%Y-%m}", 500),
        ("project", f"{last:%Y-%m}", 7),
    ]
    with store.write() as connection:
        for who, period, used in lines:
            values = {"subject": who, "measure": "nanousd", "period": period, "used": used, "reserved": 3}
            connection.execute(insert(LEDGER).values(**values))
    before = rows(store, "ledger")
    give(store)
    id = corrections.apply(store, MONTH, ADMIN, "Contract 7")
    with store.read() as connection:
        used = {(row.subject, row.period): row.used for row in connection.execute(select(LEDGER))}
    follow = {
        one for one in lines if one[1] == f"{this:%Y-%m}" and one[0] != "plan:pro"
    }  # the runs were of another plan
    assert used == {one[:2]: one[2] + (one in follow) * 999_993 for one in lines}
    corrections.undo(store, id, ADMIN)
    assert rows(store, "ledger") == before
