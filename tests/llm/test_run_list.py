"""The list of runs: every filter and order as a naive one would give them, pages that neither skip nor repeat."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from core.llm import run_list, run_order, run_terms, run_ways
from core.llm.run_filter import SORTS, RunFilter
from core.llm.runs import RUN
from core.store import Store
from tests.databases import person, posting
from tests.llm.run_samples import FIRST, many, run

Fits = Callable[[dict[str, Any]], bool]
BO, CYRA = 2, 3  # ids, and those of their jobs

FILTERS: list[tuple[dict[str, Any], Fits]] = [
    ({}, lambda row: True),
    ({"status": ("ok",)}, lambda row: row["status"] == "ok"),
    ({"status": ("running",)}, lambda row: row["status"] == "running"),
    ({"status": ("refused", "fallback")}, lambda row: row["status"] in ("refused", "fallback")),
    ({"status": ("ok", "abandoned")}, lambda row: row["status"] in ("ok", "abandoned")),
    ({"feature": ("match",)}, lambda row: row["feature"] == "match"),
    ({"feature": ("match", "cover_letter")}, lambda row: row["feature"] in ("match", "cover_letter")),
    ({"plan": ("free",)}, lambda row: row["plan"] == "free"),
    ({"provider": ("openai",)}, lambda row: row["provider"] == "openai"),
    ({"provider": ("rules",)}, lambda row: row["provider"] == "rules"),
    ({"provider": ("none",)}, lambda row: row["provider"] is None),
    ({"model": ("gpt-6-luna",)}, lambda row: row["model"] == "gpt-6-luna"),
    ({"model": ("none",)}, lambda row: row["model"] is None),
    ({"model": ("none", "gpt-6-luna")}, lambda row: row["model"] in (None, "gpt-6-luna")),
    ({"model": ("nobody-has-it",)}, lambda row: False),
    (
        {"provider": ("embedded",), "model": ("gpt-6-luna", "smollm2-135m")},
        lambda row: row["provider"] == "embedded" and row["model"] == "smollm2-135m",
    ),
    ({"prompt": ("match@1",)}, lambda row: row["prompt"] == "match@1"),
    ({"prompt": ("match",)}, lambda row: row["prompt"].startswith("match@")),
    ({"prompt": ("match", "match@2")}, lambda row: row["prompt"].startswith("match@")),
    ({"caller": ("cli",)}, lambda row: row["caller"] == "cli"),
    ({"error_code": ("provider_busy",)}, lambda row: row["error_code"] == "provider_busy"),
    ({"error_code": ("any",)}, lambda row: row["error_code"] is not None),
    ({"error_code": ("any", "rate_limited")}, lambda row: row["error_code"] is not None),
    ({"error_code": ("none",)}, lambda row: row["error_code"] is None),
    ({"cost_status": ("exact",)}, lambda row: row["cost_status"] == "exact"),
    ({"cost_status": ("estimated",)}, lambda row: row["cost_status"] == "estimated"),
    ({"cost_status": ("unknown",)}, lambda row: row["cost_status"] == "unknown" and row["status"] != "running"),
    ({"user": (BO,)}, lambda row: row["user_id"] == BO),
    ({"user": (BO, CYRA)}, lambda row: row["user_id"] in (BO, CYRA)),
    ({"job": (CYRA,)}, lambda row: row["job_id"] == CYRA),
    ({"search": "lind"}, lambda row: row["user_id"] == CYRA),
    ({"search": "åkesson"}, lambda row: row["user_id"] == BO),
    ({"search": "rail eng"}, lambda row: row["job_id"] == BO),
    ({"search": "50%"}, lambda row: row["job_id"] == CYRA),
    ({"search": "%"}, lambda row: row["job_id"] == CYRA),
    ({"search": "engineer"}, lambda row: row["job_id"] is not None),
    ({"search": "no such thing"}, lambda row: False),
    ({"since": FIRST + timedelta(days=1)}, lambda row: row["created_at"] >= FIRST + timedelta(days=1)),
    ({"until": FIRST + timedelta(days=1)}, lambda row: row["created_at"] < FIRST + timedelta(days=1)),
    (
        {"since": FIRST + timedelta(days=1), "until": FIRST + timedelta(days=2), "status": ("ok",), "plan": ("pro",)},
        lambda row: (
            FIRST + timedelta(days=1) <= row["created_at"] < FIRST + timedelta(days=2)
            and (row["status"], row["plan"]) == ("ok", "pro")
        ),
    ),
    (
        {"caller": ("cli",), "status": ("fallback",), "search": "ada"},
        lambda row: (row["caller"], row["status"], row["user_id"]) == ("cli", "fallback", 1),
    ),
    (
        {"error_code": ("any",), "model": ("gpt-6-luna",), "feature": ("match", "improve_text")},
        lambda row: row["error_code"] and row["model"] == "gpt-6-luna" and row["feature"] in ("match", "improve_text"),
    ),
]

KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "newest": lambda row: (),
    "oldest": lambda row: (),
    "cost": lambda row: (-1 if row["cost_nanousd"] is None else row["cost_nanousd"],),
    "latency": lambda row: (-1 if row["latency_ms"] is None else row["latency_ms"],),
    "tokens": lambda row: (row["input_tokens"] + row["output_tokens"],),
}


def naive(rows: Sequence[dict[str, Any]], fits: Fits, sort: str) -> list[str]:
    order = sorted(filter(fits, rows), key=lambda row: (*KEYS[sort](row), row["created_at"], row["id"]))
    return [row["id"] for row in (order if sort == "oldest" else order[::-1])]


def all_pages(store: Store, wanted: RunFilter, sort: Any, limit: int) -> list[str]:
    """Every id, page by page to the end, and back again: both ways the same pages."""
    pages = [run_list.page(store, wanted, sort=sort, limit=limit)]
    while pages[-1].after:
        pages.append(run_list.page(store, wanted, sort=sort, after=pages[-1].after, limit=limit))
    back = [pages[-1]]
    while back[-1].before:
        back.append(run_list.page(store, wanted, sort=sort, before=back[-1].before, limit=limit))
    assert [page.rows for page in back[::-1]] == [page.rows for page in pages]
    return [row.id for page in pages for row in page.rows]


@pytest.fixture(params=["found", "walked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to the same runs: by the rarest condition's index, and along the list."""
    if request.param == "walked":
        monkeypatch.setattr(run_ways, "FEW", 0)
        monkeypatch.setattr(run_ways, "SOME", dict.fromkeys(run_ways.SOME, 0))


def test_every_filter_and_order_gives_what_a_naive_one_gives(store: Store, way: None) -> None:
    rows = many(store)
    for given, fits in FILTERS:
        wanted = RunFilter(**given)
        for sort in SORTS:
            expected = naive(rows, fits, sort)
            assert [row.id for row in run_list.page(store, wanted, sort=sort, limit=1_000).rows] == expected, (
                given,
                sort,
            )
        assert run_list.count(store, wanted) == run_list.Count(len(expected), exact=True), given


def test_many_that_a_search_names_are_found_in_one_seek(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many(store, 60)
    monkeypatch.setattr(run_terms, "MOST_SEEKS", 1)
    for said, fits in (
        ("engineer", lambda row: row["job_id"]),
        ("a", lambda row: row["user_id"] != BO or row["job_id"]),
    ):
        found = run_list.page(store, RunFilter(search=said), sort="tokens", limit=1_000).rows
        assert [row.id for row in found] == naive(rows, fits, "tokens")


@pytest.mark.parametrize("near", [(), (5, 25)], ids=["all", "near"])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_meet_without_gap_or_overlap_in_both_directions(
    store: Store, sort: Any, near: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a page is looked for among the next few runs or among all."""
    monkeypatch.setattr(run_list, "NEAR", near)
    rows = many(store, 60)
    for given, fits in FILTERS[:6] + FILTERS[-5:]:
        assert all_pages(store, RunFilter(**given), sort, limit=7) == naive(rows, fits, sort), given


@pytest.mark.parametrize("given", [{}, {"status": ("ok", "fallback")}, {"plan": ("pro",)}])
def test_runs_that_come_meanwhile_neither_repeat_nor_hide_one(store: Store, given: dict[str, Any]) -> None:
    rows = many(store, 60)
    wanted, seen = RunFilter(**given), []
    expected = [row["id"] for row in rows[::-1] if all(row[name] in values for name, values in given.items())]
    page = run_list.page(store, wanted, limit=5)
    while True:
        seen += [row.id for row in page.rows]
        with store.write() as connection:  # one newer than all, and one in the middle of what was read already
            later = [run(0, moment, 1, None) for moment in (datetime.now(UTC), FIRST + timedelta(hours=19, minutes=30))]
            connection.execute(insert(RUN), later)
        if page.after is None:
            break
        page = run_list.page(store, wanted, after=page.after, limit=5)
    assert len(seen) == len(set(seen))
    assert [id for id in seen if id in set(expected)] == expected


def test_a_line_says_who_what_and_how_much(store: Store) -> None:
    user = person(store)
    job = posting(store, user)
    kept = run(1, FIRST, user, job, input_tokens=100, cached_tokens=40, output_tokens=7, reasoning_tokens=3)
    with store.write() as connection:
        connection.execute(insert(RUN), [kept])
    (row,) = run_list.page(store, RunFilter()).rows
    assert (row.id, row.created_at, row.candidate, row.job) == (kept["id"], FIRST, "Ada Moreno", "Backend engineer")
    for name in ("user_id", "status", "feature", "plan", "prompt", "provider", "model", "caller", "cost_nanousd"):
        assert getattr(row, name) == kept[name], name
    assert (row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens) == (100, 40, 7, 3)


def test_an_unknown_cost_stays_unknown_and_comes_last_among_costs(store: Store) -> None:
    user = person(store)
    costs = {"dear": 9, "none": None, "free": 0}
    rows = {name: run(1, FIRST, user, None, cost_nanousd=cost) for name, cost in costs.items()}
    with store.write() as connection:
        connection.execute(insert(RUN), list(rows.values()))
    found = run_list.page(store, RunFilter(), sort="cost").rows
    assert [row.cost_nanousd for row in found] == [9, 0, None]


def test_a_run_is_found_by_its_beginning(store: Store) -> None:
    rows = many(store, 30)
    wanted = rows[12]["id"]
    assert [row.id for row in run_list.page(store, RunFilter(search=wanted.upper())).rows] == [wanted]
    beginning = wanted[:20]
    found = {row.id for row in run_list.page(store, RunFilter(search=beginning)).rows}
    assert found == {row["id"] for row in rows if row["id"].startswith(beginning)}


@pytest.mark.parametrize("nonsense", ["no-such-place", "..", "1.2", "x.y.z", "5.99999999999999999999.a", "1.5.a\x00"])
def test_a_place_that_is_none_begins_at_the_beginning(store: Store, nonsense: str) -> None:
    rows = many(store, 5)
    assert [row.id for row in run_list.page(store, RunFilter(), after=nonsense).rows] == naive(
        rows, lambda _: True, "newest"
    )


def test_a_place_of_another_order_begins_at_the_beginning(store: Store) -> None:
    many(store, 9)
    after = run_list.page(store, RunFilter(), sort="cost", limit=3).after
    assert run_list.page(store, RunFilter(), after=after, limit=3) == run_list.page(store, RunFilter(), limit=3)


def test_one_can_go_to_a_day(store: Store) -> None:
    rows = many(store, 60)
    moment = FIRST + timedelta(hours=9)
    found = run_list.page(store, RunFilter(), after=run_order.place_of(moment), limit=500)
    assert [row.id for row in found.rows] == naive(rows, lambda row: row["created_at"] < moment, "newest")
    assert run_list.page(store, RunFilter(), before=found.before, limit=500).rows[-1].created_at >= moment


def test_more_than_are_counted_are_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    many(store, 60)
    monkeypatch.setattr(run_list, "COUNTED", 10)
    assert run_list.count(store, RunFilter()) == run_list.Count(10, exact=False)
    assert run_list.count(store, RunFilter(caller=("cli",))) == run_list.Count(10, exact=False)


def test_a_count_within_the_newest_runs_is_a_least(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many(store, 60)
    monkeypatch.setattr(run_list, "EXAMINED", 30)
    found = run_list.count(store, RunFilter(plan=("free",)))
    assert found == run_list.Count(sum(row["plan"] == "free" for row in rows[-30:]), exact=False)


def test_the_values_to_choose_from_are_those_that_runs_have(store: Store) -> None:
    rows = many(store)
    for name in ("provider", "model", "prompt", "caller", "error_code"):
        assert run_list.values(store, name) == sorted({row[name] for row in rows if row[name]}), name


def test_filtered_candidates_and_jobs_have_names(store: Store) -> None:
    many(store, 3)
    named = run_list.named(store, RunFilter(user=(BO, 99), job=(CYRA,)))
    assert named == {("user", BO): "Bo Åkesson", ("job", CYRA): "50% time engineer"}


def test_the_list_is_read_from_its_index_alone(sqlite_store: Store) -> None:
    """Rows are wide: a page that reads them is slow as soon as they do not fit into memory."""
    many(sqlite_store, 40)
    plans = []
    with sqlite_store.read() as connection:
        for given in ({}, {"plan": ("pro",)}, {"plan": ("pro",), "caller": ("cli",)}):
            wanted = run_list.statement(
                connection, RunFilter(**given), lambda run: [run.c[n] for n in run_ways.COLUMNS]
            )
            compiled = wanted.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
            plans += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    assert sum("COVERING INDEX ix_ai_run_list" in step for step in plans) == 3
    assert not [step for step in plans if "ai_run" in step and "COVERING" not in step]
