"""The Usage page: figures of the period beside the one before, narrowed by what the URL says."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from core.drive import people
from core.drive.papers import save_document
from core.usage.filters import Filter
from core.wiring import Workbench
from pages.widgets import address, usage_cards, usage_filters, usage_links, usage_period, usage_views, words
from tests.benches import recent
from tests.pages.conftest import Opening
from tests.usage import history

Page = Callable[..., AppTest]
VIEWS = ("overview", "speed", "people", "errors", "documents")


def recorded(workbench: Workbench, *runs: dict[str, Any]) -> None:
    """Runs of these values; whatever is not said is chosen by the same chance each time."""
    chance = random.Random(7)
    with workbench.store.write() as connection:
        for given in runs:
            ago = given.pop("ago", timedelta(minutes=5))
            one = history.run(chance, given.pop("user_id", 1), at=datetime.now(UTC) - ago)
            run = one | {"status": "ok", "feature": "match"} | given
            history.put(connection, run, noted=run["status"] != "running")


def cards(at: AppTest) -> dict[str, str]:
    assert not at.exception and not at.error
    return {metric.label: metric.value for metric in at.metric}


def changes(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.delta for metric in at.metric}


def test_without_a_run_the_page_says_how_to_make_one(opening: Opening, page: Page) -> None:
    opening()
    at = page("usage.py")
    assert cards(at) == {}
    assert "No run in this period yet" in at.info[0].value


def test_without_a_fitting_run_the_filters_can_be_cleared(opening: Opening, page: Page) -> None:
    recorded(opening(), {"feature": "match"})
    at = page("usage.py", feature="cover_letter")
    assert cards(at) == {}
    at.button("usage_clear_all").click().run()
    assert cards(at)["Runs"] == "1"


@pytest.mark.parametrize("view", VIEWS)
def test_each_section_draws_what_there_is(opening: Opening, page: Page, view: str) -> None:
    recorded(opening(), *({"status": status} for status in ("ok", "fallback", "refused", "cancelled")))
    assert cards(page("usage.py", view=view))["Runs"] == "4"


@pytest.mark.parametrize(
    ("cost", "status", "shown"),
    [
        (1_500_000, "exact", "$0.0015"),
        (1_500_000, "estimated", "≈ $0.0015"),
        (1_284_200_000_000, "exact", "$1,284.20"),
        (None, "unknown", "unknown"),
    ],
)
def test_spend_says_how_sure_it_is(opening: Opening, page: Page, cost: int | None, status: str, shown: str) -> None:
    recorded(opening(), {"cost_nanousd": cost, "cost_status": status})
    at = page("usage.py")
    assert cards(at)["Spend"] == shown
    assert f"Cost of 1 run: 100% {status}." in [caption.value for caption in at.caption]


@pytest.mark.parametrize("legs", [(5_000_000, None), (None, 5_000_000)])
def test_a_spend_with_unknown_runs_is_at_least_all_that_is_known_and_says_what_part_is_theirs(
    opening: Opening, page: Page, legs: tuple[int | None, ...]
) -> None:
    chance = random.Random(1)
    costs = [
        history.leg(chance)
        | {"cost_nanousd": cost, "cost_status": "unknown" if cost is None else "exact", "status": status}
        for cost, status in zip(legs, ("failed", "ok"), strict=True)
    ]
    known = history.leg(chance) | {"cost_nanousd": 2_000_000, "cost_status": "exact"}
    recorded(
        opening(),
        {"status": "fallback", "legs": costs, **history.summed(costs)},
        {"legs": [known], **history.summed([known])},
    )
    at = page("usage.py")
    assert cards(at)["Spend"] == "≥ $0.0070"
    (told,) = [caption.value.replace("\\", "") for caption in at.caption if "single calls" in caption.value]
    assert told.startswith("$0.0050 of the spend are single calls of runs whose whole cost is not known.")


@pytest.mark.parametrize(
    ("status", "offered"), [("ok", True), ("cancelled", True), ("running", False), ("abandoned", False)]
)
def test_a_missing_price_is_offered_only_where_one_may_be_missing(
    opening: Opening, page: Page, status: str, offered: bool
) -> None:
    lease = datetime.now(UTC) + timedelta(minutes=1) if status == "running" else None
    recorded(opening(), {"status": status, "cost_nanousd": None, "cost_status": "unknown", "lease_until": lease})
    labels = [link.label for link in page("usage.py").get("page_link")]
    assert ("Add a missing price" in labels) is offered
    assert "1 unknown" in labels


def test_a_period_without_a_run_leads_to_those_that_have_some(opening: Opening, page: Page) -> None:
    recorded(opening(), {"ago": timedelta(days=40)})
    at = page("usage.py", period="7d")
    first = datetime.now(UTC) - timedelta(days=40)
    assert f"The first that is recorded is of {first.day} {first:%B %Y}" in at.info[0].value
    at.button("usage_all").click().run()
    assert cards(at)["Runs"] == "1"


@pytest.mark.parametrize(("first_ago", "change"), [(12, None), (13, "× 12")])
def test_what_began_in_the_middle_of_the_period_before_is_nothing_to_compare_much_with(
    opening: Opening, page: Page, first_ago: int, change: str | None
) -> None:
    day = timedelta(days=1)
    recorded(opening(), {"ago": first_ago * day - timedelta(minutes=1)}, *({"ago": day} for _ in range(12)))
    at = page("usage.py", period="7d")
    assert (cards(at)["Runs"], changes(at)["Runs"] or None) == ("12", change)


def test_one_click_is_one_step_of_the_browsers_history(
    opening: Opening, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A URL that is written in parts would need as many steps back."""
    recorded(opening(), {"feature": "match"})
    at = page("usage.py", feature="match", plan="pro", period="own", **{"from": "2020-01-01", "to": "2020-01-02"})
    written, write = [], QueryParams._send_query_param_msg

    def counted(self: QueryParams) -> None:
        written.append(str(self))
        write(self)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", counted)
    at.button("usage_clear").click().run()
    at.selectbox("usage_period").set_value("12m").run()
    assert len(written) == 2 and "12m" in written[1]
    assert "feature" not in written[0] and "from" not in written[1]


def test_the_period_stands_beside_the_one_before(opening: Opening, page: Page) -> None:
    day = timedelta(days=1)
    recorded(opening(), *({"ago": 8 * day} for _ in range(2)), *({"ago": day} for _ in range(3)))
    at = page("usage.py", period="7d")
    assert (cards(at)["Runs"], changes(at)["Runs"]) == ("3", "+50%")


def test_the_fallback_share_counts_answered_runs_alone(opening: Opening, page: Page) -> None:
    statuses = ("ok", "ok", "ok", "fallback", "refused", "abandoned")
    recorded(opening(), *({"status": status} for status in statuses))
    assert cards(page("usage.py"))["Fallback share"] == "25.0%"


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        ({}, "5"),
        ({"feature": "match"}, "3"),
        ({"feature": ["match", "cover_letter"]}, "5"),
        ({"feature": "match", "plan": "pro"}, "2"),
        ({"user": "2"}, "1"),
        ({"user": "²"}, "5"),
        ({"user": "9" * 5_000}, "5"),
        ({"period": "no such thing"}, "5"),
        ({"period": "own", "from": "2020-01-01", "to": "2020-01-31"}, None),
    ],
)
def test_the_url_holds_period_and_filters(
    opening: Opening, page: Page, query: dict[str, Any], runs: str | None
) -> None:
    recorded(
        opening(),
        {"feature": "match", "plan": "pro"},
        {"feature": "match", "plan": "pro", "user_id": 2},
        {"feature": "match", "plan": "free"},
        {"feature": "cover_letter", "plan": "free"},
        {"feature": "cover_letter", "plan": "free"},
    )
    assert cards(page("usage.py", **query)).get("Runs") == runs


def test_a_filter_is_a_chip_that_takes_it_away(opening: Opening, page: Page) -> None:
    recorded(opening(), {"feature": "match"}, {"feature": "cover_letter"})
    at = page("usage.py", feature="match", plan=["pro", "free"])
    assert at.button("usage_chip_feature").label == "Feature: Match report"
    at.button("usage_chip_feature").click().run()
    assert "feature" not in at.query_params
    assert at.query_params["plan"] == ["pro", "free"]
    at.button("usage_clear").click().run()
    assert "plan" not in at.query_params


def test_picking_a_filter_and_a_split_writes_the_url(opening: Opening, page: Page) -> None:
    recorded(opening(), {"feature": "match"}, {"feature": "cover_letter"})
    at = page("usage.py")
    at.multiselect("usage_by_feature").set_value(["cover_letter"]).run()
    at.segmented_control("usage_split").set_value("plan").run()
    assert at.query_params["feature"] == "cover_letter"
    assert at.query_params["split"] == "plan"
    assert cards(at)["Runs"] == "1"


# -- a click on time, and the way to the runs -------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "every", "last"),
    [
        (date(2026, 2, 3), "hour", date(2026, 2, 3)),
        (date(2026, 2, 3), "day", date(2026, 2, 3)),
        (date(2026, 2, 2), "week", date(2026, 2, 8)),
        (date(2026, 2, 1), "month", date(2026, 2, 28)),
        (date(2024, 2, 1), "month", date(2024, 2, 29)),
        (date(2025, 12, 1), "month", date(2025, 12, 31)),
    ],
)
def test_a_click_on_time_means_its_days(first: date, every: Any, last: date) -> None:
    assert usage_period.around(first, every) == (first, last)


def test_the_days_of_a_click_end_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_period, "today", lambda: date(2026, 2, 4))
    assert usage_period.around(date(2026, 2, 2), "week") == (date(2026, 2, 2), date(2026, 2, 4))


def test_the_way_to_the_runs_keeps_period_and_filters() -> None:
    asked = Filter.days(date(2026, 3, 1), date(2026, 3, 2), where={"feature": {"match"}, "model": {None}})
    assert usage_links.where(asked, cost_status="unknown") == {
        "from": "2026-03-01T00:00+00:00",
        "to": "2026-03-03T00:00+00:00",
        "feature": ["match"],
        "model": [""],
        "cost_status": "unknown",
    }
    hour = usage_links.hour(asked, datetime(2026, 3, 2, 14))  # noqa: DTZ001 - local, as the figures say hours
    assert (hour["from"], hour["to"]) == ("2026-03-02T14:00+00:00", "2026-03-02T15:00+00:00")


@pytest.mark.parametrize(
    ("count", "shown"),
    [(812, "812"), (9_999, "9,999"), (48_231, "48.2k"), (12_300_000, "12.3M"), (1_240_000_000, "1.24B")],
)
def test_large_counts_are_short(count: int, shown: str) -> None:
    assert words.many(count) == shown


def test_a_spend_that_lacks_unknown_costs_says_so(opening: Opening, page: Page) -> None:
    known = {"cost_nanousd": 1_500_000, "cost_status": "exact", "legs": []}
    recorded(opening(), known, {"cost_nanousd": None, "cost_status": "unknown", "legs": []})
    (spend,) = (metric for metric in page("usage.py").metric if metric.label == "Spend")
    assert spend.value == "≥ $0.0015"
    assert "the cost of 1 run is not known in full: it is at least that much" in spend.help


def test_unknown_costs_lead_to_prices_and_to_what_past_runs_cost_by_them(opening: Opening, page: Page) -> None:
    recorded(opening(), {"cost_nanousd": None, "cost_status": "unknown"})
    at = page("usage.py", period="7d", feature="match")
    links = {link.proto.label: link.proto.query_string for link in at.main if link.type == "page_link"}
    assert links["Add a missing price"] == "view=prices"
    assert links["Price past runs"] == "period=7d&feature=match&view=repricing"


def test_a_period_that_cost_nothing_has_a_sentence_in_place_of_an_empty_chart(opening: Opening, page: Page) -> None:
    recorded(opening(), {"cost_nanousd": 0, "cost_status": "exact"})
    at = page("usage.py")
    assert cards(at)["Spend"] == "$0"
    assert any(caption.value.startswith("Nothing to draw") for caption in at.caption)
    told = [caption.value for caption in page("usage.py", view="people").caption]
    assert told.count("Nothing of known cost above $0 in this period.") == 2


@pytest.mark.parametrize(
    ("now", "before", "shown"), [(103, 100, "+3%"), (997, 1000, "0%"), (1003, 1000, "0%"), (2000, 100, "× 20")]
)
def test_a_change_that_rounds_to_nothing_has_no_sign(now: int, before: int, shown: str) -> None:
    assert usage_cards._change(now, before) == shown


def test_moments_without_a_run_are_left_out_of_a_sparkline(opening: Opening, page: Page) -> None:
    recorded(opening(), {"latency_ms": 4000}, {"latency_ms": 4000, "ago": timedelta(days=3)})
    drawn = {metric.label: list(metric.proto.chart_data) for metric in page("usage.py", period="7d").metric}
    assert len(drawn["Runs"]) == 7 and 0 in drawn["Runs"]
    assert len(drawn["Latency p95"]) == 2 and min(drawn["Latency p95"]) > 3000


@pytest.mark.parametrize(
    ("begin", "end", "days"),
    [
        ("2026-10-01", "2026-10-15", (date(2026, 10, 1), date(2026, 10, 15))),
        ("2026-10-07T10:00+00:00", "2026-10-07T11:00+00:00", (date(2026, 10, 7), date(2026, 10, 7))),
        ("2026-10-07T23:00+00:00", "2026-10-08T00:00+00:00", (date(2026, 10, 7), date(2026, 10, 7))),
        ("2026-10-01Tnoon", "2026-10-15", None),
    ],
)
def test_a_period_of_moments_is_that_of_their_days(
    monkeypatch: pytest.MonkeyPatch, begin: str, end: str, days: tuple[date, date] | None
) -> None:
    monkeypatch.setattr(usage_period.st, "query_params", {"period": "own", "from": begin, "to": end})
    monkeypatch.setattr(usage_period, "today", lambda: date(2026, 11, 23))
    assert usage_period.days() == (days or (date(2026, 10, 15), date(2026, 10, 25)))


def test_the_way_to_the_runs_of_an_hour_leads_back_to_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"period": "last-month", "view": "speed", "split": "plan", "feature": "match", "other": "x"}
    monkeypatch.setattr(usage_filters.st, "query_params", given)
    assert usage_filters.shape() == {"period": "last-month", "view": "speed", "split": "plan"}


@pytest.mark.parametrize(
    ("every", "handed", "written"),
    [
        ("day", "2026-10-07", {"period": "own", "from": "2026-10-07", "to": "2026-10-07"}),
        ("week", "2026-10-05", {"period": "own", "from": "2026-10-05", "to": "2026-10-11"}),
        ("hour", "2026-10-07 10:00:00", {}),
    ],
)
def test_a_click_on_a_moment_shows_its_days_and_one_on_an_hour_opens_its_runs(
    monkeypatch: pytest.MonkeyPatch, every: Any, handed: str, written: dict[str, str]
) -> None:
    query: dict[str, str] = {}
    state: dict[str, Any] = {}
    monkeypatch.setattr(address, "change", query.update)
    monkeypatch.setattr(usage_views.st, "session_state", state)
    monkeypatch.setattr(usage_period, "today", lambda: date(2026, 11, 23))
    month = Filter.days(date(2026, 10, 1), date(2026, 10, 31), UTC, {"feature": frozenset({"match"})})
    usage_views._zoom(usage_filters.Asked(month, month.previous(), "model", every))([None, handed])
    hour = {"from": "2026-10-07T10:00+00:00", "to": "2026-10-07T11:00+00:00", "feature": ["match"]}
    assert (query, state) == (written, {} if written else {"usage_open": hour})


def test_what_runs_without_a_model_cost_is_explained(opening: Opening, page: Page) -> None:
    chance, name = random.Random(1), "“No model” are runs that the rules answered"
    failed = history.leg(chance) | {"cost_nanousd": 2_000_000, "cost_status": "exact", "status": "failed"}
    free = {"provider": "rules", "model": None, "cost_nanousd": 0, "cost_status": "exact", "legs": []}
    workbench = opening()
    recorded(workbench, free)
    assert name not in "".join(caption.value for caption in page("usage.py").caption)
    recorded(workbench, free | {"status": "fallback", "legs": [failed], "cost_nanousd": 2_000_000})
    assert name in "".join(caption.value for caption in page("usage.py").caption)


def test_a_kept_documents_cost_holds_all_that_is_known(opening: Opening, page: Page) -> None:
    workbench = opening()
    chance = random.Random(1)
    legs = [
        history.leg(chance) | {"cost_nanousd": 5_000_000, "cost_status": "exact", "status": "failed"},
        history.leg(chance) | {"cost_nanousd": None, "cost_status": "unknown", "status": "ok"},
    ]
    recorded(workbench, {"status": "fallback", "legs": legs, **history.summed(legs)})
    (run,) = recent(workbench.store)
    save_document(workbench.store, 1, title="Letter", body="Text", kind="cover_letter", by="member:1", run_id=run.id)
    assert "**≥ \\$0.0050** for the one document kept" in "".join(
        one.value for one in page("usage.py", view="documents").markdown
    )


def test_the_filter_of_a_candidate_says_their_name(opening: Opening, page: Page) -> None:
    workbench = opening()
    recorded(workbench, {"user_id": 2})
    at = page("usage.py", user="2")
    assert f"Candidate: {people.name(workbench.store, 2)}" in [button.label for button in at.button]


def test_a_period_without_tokens_says_so_and_shows_no_empty_axes(opening: Opening, page: Page) -> None:
    free = {"provider": "rules", "model": None, "cost_nanousd": 0, "cost_status": "exact", "legs": []}
    unused = dict.fromkeys(("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"), 0)
    recorded(opening(), free | unused)
    told = [caption.value for caption in page("usage.py").caption]
    assert "Nothing to draw: no run of this period used a token." in told
    assert "Nothing to draw: no run of this period sent a token." in told


@pytest.mark.parametrize(
    ("least", "most", "shown"),
    [
        (4_200_000, 16_200_000, "$0.0042–0.0162"),
        (400_000, 1_400_000, "$0.0004–0.0014"),
        (40_000, 90_000, "$0.000040–0.000090"),
        (1_250_000_000, 3_000_000_000, "$1.25–3.00"),
        (5_000_000, 5_000_000, "$0.0050"),
        (None, None, "unknown"),
    ],
)
def test_a_span_of_money_has_the_digits_its_larger_end_deserves(
    least: int | None, most: int | None, shown: str
) -> None:
    assert words.span(least, most) == shown
