"""Runs: the list with its filters and pages, and one run's whole story."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.access import members
from core.drive import papers, people
from core.errors import PlanDenied, ProviderBusy
from core.llm import history, runs
from core.llm.runs import Opening
from core.llm.scripted import Play
from core.schema import AiRequest, Parameters, Usage
from core.store import EVERYONE, Member
from core.tools.material import Piece
from core.wiring import Workbench
from pages.widgets import ledger, run_table
from tests.benches import recent
from tests.pages.reading import metrics, said

Pages = Callable[..., AppTest]
Open = Callable[..., Workbench]

USED = Usage(input_tokens=900, output_tokens=12)
BUSY = "The model is busy. Try again in a moment."


def ran(house: Workbench, feature: Any = "cover_letter", **given: Any) -> str:
    """One call of the first candidate whose plan allows it, to its end; returns the run's id."""
    user = next(user for user in people.candidates(house.store) if user.plan == "pro")
    job = people.jobs(house.store, user.id)[0]
    request = AiRequest(**{"feature": feature, "user_id": user.id, "job_id": job.id} | given)
    run_id = house.start(request, members.caller(members.local_admin(house.store)))
    live = house.find(run_id)
    assert live is not None
    end = time.monotonic() + 90
    while not live.done and time.monotonic() < end:
        live.after(len(live.events), wait_s=0.1)
    assert live.done
    return run_id


def waiting(house: Workbench, *, at: datetime | None = None, pieces: tuple[Piece, ...] = (), **given: Any) -> str:
    """The record of a run that is under way in another process."""
    user = next(user for user in people.candidates(house.store) if user.plan == "pro")
    request = AiRequest(**{"feature": "match", "user_id": user.id} | given)
    caller = members.caller(members.local_admin(house.store))
    route = "premium, because plan pro"
    opening = Opening(runs.new_id(), caller, request, "match@1", "pro", route=route, pieces=pieces)
    runs.open_run(house.store, opening, owner="another process")
    if at:
        with house.store.write() as connection:
            connection.execute(update(runs.RUN).where(runs.RUN.c.id == opening.id).values(created_at=at))
    return opening.id


# -- the list ------------------------------------------------------------------------------------------


def lines(at: AppTest) -> list[dict[str, Any]]:
    return list(at.dataframe[0].value.to_dict("records"))


def chips(at: AppTest) -> list[str]:
    return [button.label for button in at.button if str(button.key).startswith("runs_chip_")]


def test_without_a_run_the_page_says_how_to_make_one(opening: Open, page: Pages) -> None:
    opening()
    at = page("runs.py")
    assert not at.exception
    assert "There is no run yet. Make the first one on the page Generate." in said(at)


def test_a_line_of_the_list_says_all_of_a_run(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    at = page("runs.py", columns=".".join(run_table.COLUMNS))
    (line,) = lines(at)
    assert (line["status"], line["feature"], line["prompt"]) == (["complete"], "Cover letter", "cover_letter@2")
    assert (line["in"], line["out"], line["caller"], line["plan"]) == (900, 12, "Local admin", "pro")
    assert 0 < line["cost"] < 0.1
    assert (line["certainty"], line["provider"]) == ("exact", "openai")
    assert line["latency"] >= line["first"] >= 0
    assert "1 run · on this page 1: 900 tokens in, 12 out, cost" in said(at) and "(1 exact)" in said(at)


def test_an_unknown_cost_is_never_a_zero(opening: Open, page: Pages) -> None:
    house = opening()
    waiting(house)
    at = page("runs.py", columns="in.out.cost.certainty.latency.first")
    (line,) = lines(at)
    assert not any(line[name] and line[name] == line[name] for name in line)
    assert "cost unknown (1 unknown)" in said(at)
    assert "One run is under way." in said(at)


def test_the_columns_of_numbers_are_numbers_so_that_they_stand_right(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    waiting(house)
    frame = page("runs.py", columns="in.out.cost.latency.first").dataframe[0].value
    for column in ("in", "out", "cost", "latency", "first"):
        assert frame[column].dtype.kind in "fi", column
        assert frame[column].isna().tolist() == [True, False]


def test_filters_narrow_the_list_and_stand_in_the_url(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    waiting(house)
    at = page("runs.py")
    assert len(lines(at)) == 2 and not chips(at)
    at.multiselect(key="runs_status").select("running").run()
    assert [line["feature"] for line in lines(at)] == ["Match report"]
    assert at.query_params["status"] in ("running", ["running"])
    at.multiselect(key="runs_feature").select("cover_letter").run()
    assert "No run fits these filters." in said(at)
    assert chips(at) == ["Status: running", "Feature: Cover letter"]
    at.button(key="runs_chip_0").click().run()
    assert [line["feature"] for line in lines(at)] == ["Cover letter"]
    assert "status" not in at.query_params
    at.button(key="runs_clear").click().run()
    assert len(lines(at)) == 2 and not chips(at) and not at.query_params


CHIPS = [
    ({"model": "gpt-6-luna"}, "Model: gpt-6-luna", 1),
    ({"model": ""}, "Model: none", 1),
    ({"cost_status": "exact"}, "Cost is: exact", 1),
    ({"prompt": "match"}, "Prompt: match", 1),
    ({"caller": "member:1"}, "Caller: Local admin", 2),
    ({"search": "zzz"}, "Search: zzz", 0),
    ({"error_code": "any"}, "Error: any error", 0),
    ({"from": "2020-01-01"}, "From 1 Jan 2020", 2),
    ({"from": "2020-01-01", "to": "2020-01-01"}, "1 Jan 2020", 0),
    ({"from": "2020-01-01", "to": "2020-02-01"}, "1 Jan 2020 to 1 Feb 2020", 0),
    ({"to": "2020-01-01T10:00Z"}, "Before 1 Jan 2020, 10:00", 0),
]


def test_a_filter_in_the_url_is_a_chip_that_says_so(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house, model="openai/gpt-6-luna")
    waiting(house)
    at = page("runs.py")
    for given, chip, found in CHIPS:
        for name, value in given.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception
        assert chips(at) == [chip]
        assert len(at.dataframe[0].value if at.dataframe else []) == found, chip
        at.button(key="runs_chip_0").click().run()
        assert len(lines(at)) == 2 and not at.query_params, chip


def test_a_candidate_and_a_job_in_the_url_are_called_by_name(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    told = history.story(house.store, ran(house))
    at = page("runs.py", user=str(told.run.user_id), job=str(told.run.job_id))
    assert chips(at) == [f"Candidate: {told.candidate}", f"Job: {told.job}"]
    assert len(lines(at)) == 1


def test_what_means_nothing_in_the_url_means_all(opening: Open, page: Pages) -> None:
    house = opening()
    waiting(house)
    nonsense = {
        "status": "nonsense",
        "feature": "x",
        "user": "abc",
        "after": "1.2",
        "sort": "x",
        "columns": "x",
        "from": "x",
    }
    at = page("runs.py", **nonsense)
    assert not at.exception
    assert len(lines(at)) == 1 and not chips(at)


def test_a_search_finds_candidates_jobs_and_runs(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    told = history.story(house.store, ran(house))
    waiting(house)
    at = page("runs.py")
    for words, found in (
        (told.candidate.split()[-1].lower(), 2),
        (str(told.job)[:12], 1),
        (told.run.id, 1),
        ("zzzz", 0),
    ):
        at.text_input(key="runs_search").set_value(words).run()
        assert len(at.dataframe[0].value if at.dataframe else []) == found, words
    at.button(key="runs_clear_empty").click().run()
    assert len(lines(at)) == 2


def test_a_period_is_kept_as_days(opening: Open, page: Pages) -> None:
    house = opening()
    for days in (0, 3, 12):
        waiting(house, at=datetime.now(UTC) - timedelta(days=days))
    at = page("runs.py")
    at.selectbox(key="runs_period").select("7d").run()
    assert len(lines(at)) == 2
    assert {"from", "to"} <= set(at.query_params)
    at.selectbox(key="runs_period").select("own").run()
    assert not at.exception
    first = (datetime.now(UTC) - timedelta(days=20)).date()
    at.date_input(key="runs_days").set_value((first, first + timedelta(days=10))).run()
    assert len(lines(at)) == 1
    assert at.selectbox(key="runs_period").value == "own"
    at.selectbox(key="runs_period").select("all").run()
    assert len(lines(at)) == 3 and not at.query_params


def test_the_order_is_the_databases_and_not_the_pages(
    opening: Open, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    house = opening()
    costs = [3, 1, 2, None]
    for cost in costs:
        run_id = waiting(house)
        with house.store.write() as connection:
            values = {"status": "ok", "cost_nanousd": cost and cost * 10**9, "latency_ms": 5}
            connection.execute(update(runs.RUN).where(runs.RUN.c.id == run_id).values(**values))
    at = page("runs.py")
    at.selectbox(key="runs_sort").select("cost").run()
    assert [line["cost"] for line in lines(at)] == [3, 2]
    at.button(key="runs_older").click().run()
    assert lines(at)[0]["cost"] == 1
    at.selectbox(key="runs_sort").select("oldest").run()
    assert [line["cost"] for line in lines(at)] == [3, 1]


def test_columns_are_chosen_and_kept_in_the_url(opening: Open, page: Pages) -> None:
    house = opening()
    waiting(house)
    at = page("runs.py")
    assert list(lines(at)[0]) == list(run_table.USUAL)
    at.multiselect(key="runs_columns").set_value(["run", "status"]).run()
    assert list(lines(at)[0]) == ["run", "status"]
    assert at.query_params["columns"] in ("run.status", ["run.status"])
    at.button(key="runs_columns_usual").click().run()
    assert list(lines(at)[0]) == list(run_table.USUAL)


def test_older_runs_are_a_page_away_and_back(opening: Open, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    house = opening()
    times = [datetime.now(UTC) - timedelta(hours=hours) for hours in range(5)]
    for at_time in times:
        waiting(house, at=at_time)
    at = page("runs.py", columns="time.run")
    seen = [[line["run"] for line in lines(at)]]
    assert at.button(key="runs_newer").disabled
    for _ in range(2):
        at.button(key="runs_older").click().run()
        seen.append([line["run"] for line in lines(at)])
    assert [len(one) for one in seen] == [2, 2, 1]
    assert at.button(key="runs_older").disabled
    assert [id for one in seen for id in one] == [row.id for row in recent(house.store)]
    at.button(key="runs_newer").click().run()
    assert [line["run"] for line in lines(at)] == seen[1]
    at.button(key="runs_newest").click().run()
    assert [line["run"] for line in lines(at)] == seen[0]


def test_one_can_go_to_a_day(opening: Open, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    house = opening()
    made = [waiting(house, at=datetime(2026, 3, day, 12, tzinfo=UTC)) for day in range(1, 6)]
    at = page("runs.py", columns="run")
    at.date_input(key="runs_day").set_value(date(2026, 3, 2)).run()
    assert [line["run"] for line in lines(at)] == [made[1], made[0]]


# -- as a file -----------------------------------------------------------------------------------------


def test_the_filtered_runs_are_handed_over_as_a_file(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    waiting(house)
    at = page("runs.py", status="ok")
    at.button(key="runs_export_start").click().run()
    assert not at.exception
    export = house.exports.find(at.session_state["runs_export"])
    until = time.monotonic() + 30
    while export.ended_at is None and time.monotonic() < until:
        time.sleep(0.05)
    at.run()
    assert "**1 run** is ready as CSV" in said(at)
    (link,) = at.get("link_button")
    assert link.proto.url == export.address
    at.button(key="runs_export_done").click().run()
    assert not at.get("link_button")


# -- one run -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unknown", ["no-such-run", "", "'; drop table ai_run"])
def test_an_unknown_run_in_the_url_is_said(opening: Open, page: Pages, unknown: str) -> None:
    opening()
    at = page("runs.py", run=unknown)
    assert not at.exception
    assert "There is no such run." in at.warning[0].value
    at.button(key="runs_back").click().run()
    assert at.title[0].value == "Runs"


def test_a_story_tells_route_figures_answer_prompt_and_context(opening: Open, page: Pages) -> None:
    house = opening(Play("A letter\n\nIt fits.\n\nDear team", usage=USED))
    at = page("runs.py", run=ran(house, instructions="Keep it short"))
    assert not at.exception
    shown = said(at)
    assert "Route: " in shown
    assert "because plan pro" in shown
    assert metrics(at)["Tokens in / out"] == "900 / 12"
    assert metrics(at)["Cost"].endswith(" exact")
    assert "Dear team" in shown
    assert "Keep it short" in shown
    assert "price genai-prices" in shown
    assert "finish reason stop" in shown
    codes = [code.value for code in at.code]
    assert "A letter\n\nIt fits.\n\nDear team" in codes  # raw, as it came
    assert any("standing rules" in code for code in codes)
    pieces = at.dataframe[0].value
    assert {"Profile", "Keywords"} <= set(pieces["Piece"])
    assert (pieces["Tokens"] > 0).all()


def test_a_fallback_run_shows_the_failed_leg_and_the_one_that_took_over(opening: Open, page: Pages) -> None:
    house = opening(Play(error=ProviderBusy(BUSY)))
    run_id = ran(house)
    at = page("runs.py", run=run_id)
    assert not at.exception
    attempts = house.result(run_id).attempts
    assert len(attempts) >= 2
    assert f"Attempts ({len(attempts)})" in [tab.label for tab in at.tabs]
    shown = said(at)
    for attempt in attempts:
        where = attempt.provider if attempt.model is None else f"{attempt.provider}/{attempt.model}"
        assert f"**{attempt.number}. {where}**" in shown
    assert BUSY in shown
    assert "error code provider_busy" in shown
    assert "Nothing arrived." in [code.value for code in at.code]
    assert metrics(at)["Model"] == "Rules, no AI"
    assert "fallback" in shown


def test_a_run_under_way_leads_to_where_it_can_be_watched(opening: Open, page: Pages) -> None:
    house = opening()
    run_id = waiting(house)
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "under way" in at.info[0].value
    assert "Watch it" in [link.label for link in at.get("page_link")]
    assert metrics(at)["Cost"] == "unknown"


def test_a_refused_run_says_why(opening: Open, page: Pages) -> None:
    house = opening()
    user = next(user for user in people.candidates(house.store) if user.plan == "free")
    with pytest.raises(PlanDenied):
        house.start(
            AiRequest(feature="cover_letter", user_id=user.id), members.caller(members.local_admin(house.store))
        )
    run_id = recent(house.store)[0].id
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "plan free does not include cover letter" in said(at)


def test_a_run_whose_process_ended_says_what_is_known_and_what_is_not(opening: Open, page: Pages) -> None:
    house = opening()
    piece = Piece(chip="job", label="Job", text="", tokens=1_234)
    run_id = waiting(house, pieces=(piece, piece))
    with house.store.write() as connection:
        connection.execute(update(runs.RUN).values(lease_until=datetime(2026, 1, 1, tzinfo=UTC)))
    runs.close_expired(house.store)  # unless the house did so itself meanwhile
    assert recent(house.store)[0].status == "abandoned"
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "what it used and cost is not known" in said(at) and "came to 2,468 tokens" in said(at)
    assert "counts as used" in said(at)
    assert metrics(at)["Tokens in / out"] == "not known" and "unknown" in metrics(at)["Cost"]


def test_a_run_whose_route_was_not_kept_is_not_called_refused(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    run_id = ran(house)
    with house.store.write() as connection:
        connection.execute(update(runs.RUN).values(route=""))
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "was not kept" in said(at) and "refused" not in said(at)


def test_an_edited_prompt_shows_its_text(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    draft = house.prompts.for_feature("cover_letter").text.rstrip() + "\n\nKeep it to a page.\n"
    at = page("runs.py", run=ran(house, draft=draft))
    assert not at.exception
    assert draft.strip() in [code.value for code in at.code]
    assert "cover_letter@draft-" in said(at)


def test_what_was_kept_of_a_run_is_linked(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    run_id = ran(house)
    user_id = history.story(house.store, run_id).run.user_id
    papers.save_document(
        house.store, user_id, title="Kept letter", body="x", kind="cover_letter", by="cli", run_id=run_id
    )
    at = page("runs.py", run=run_id)
    (link,) = [one for one in at.get("page_link") if one.label == "Kept letter, revision 1"]
    assert link
    assert [button.label for button in at.get("download_button")] == ["Download"]


def test_a_run_leads_to_the_others_of_its_candidate_and_job(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    told = history.story(house.store, ran(house))
    waiting(house)
    for key, chip, found in (("user", f"Candidate: {told.candidate}", 2), ("job", f"Job: {told.job}", 1)):
        at = page("runs.py", run=told.run.id, status="cancelled")
        at.button(key=f"runs_of_{key}").click().run()
        assert (chips(at), len(lines(at))) == ([chip], found)


def test_the_playground_opens_a_run_with_all_it_was_made_from(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    draft = house.prompts.for_feature("cover_letter").text.rstrip() + "\n\nKeep it to a page.\n"
    user = next(user for user in people.candidates(house.store) if user.plan == "pro")
    job, version = people.jobs(house.store, user.id)[-1], papers.resume_versions(house.store, user.id)[-1]
    paper = papers.save_document(house.store, user.id, title="Notes", body="Likes trams.", kind="note", by="cli")
    given = AiRequest(
        feature="cover_letter",
        user_id=user.id,
        job_id=job.id,
        resume_version_id=version.id,
        document_ids=(paper.id,),
        memory=False,
        switched_off=frozenset({"profile"}),
        instructions="Keep it short",
        inputs={"tone": "warm"} if "tone" in house.prompts.for_feature("cover_letter").inputs else {},
        draft=draft,
        parameters=Parameters(temperature=0.3, max_tokens=700),
    )
    first = ran(house, **{name: getattr(given, name) for name in AiRequest.model_fields})
    at = page("playground.py", run=first)
    assert not at.exception
    at.button(key="playground_go").click().run()
    again = AiRequest.model_validate(history.story(house.store, recent(house.store)[0].id).run.request)
    assert recent(house.store)[0].id != first
    assert again == given


def test_an_analyst_reads_a_run_without_links_to_pages_they_do_not_have(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    run_id = ran(house)
    user_id = history.story(house.store, run_id).run.user_id
    papers.save_document(
        house.store, user_id, title="Kept letter", body="x", kind="cover_letter", by="cli", run_id=run_id
    )
    with house.store.writing(EVERYONE) as session:
        session.execute(update(Member).values(role="analyst"))
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "Kept letter, revision 1" in said(at) and "Open in Playground" in said(at)
    assert not at.get("page_link")
