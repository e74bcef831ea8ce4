"""Runs: the list with its filters and pages, and one run's whole story."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.access import members
from core.drive import papers, people
from core.errors import PlanDenied, ProviderBusy
from core.llm import runs
from core.llm.runs import Opening
from core.llm.scripted import Play
from core.schema import AiRequest, Usage
from core.store import EVERYONE, Member
from core.wiring import Workbench
from pages.widgets import ledger

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
    end = time.monotonic() + 20
    while not live.done and time.monotonic() < end:
        live.after(len(live.events), wait_s=0.1)
    assert live.done
    return run_id


def waiting(house: Workbench, *, at: datetime | None = None, **given: Any) -> str:
    """The record of a run that is under way in another process."""
    user = next(user for user in people.candidates(house.store) if user.plan == "pro")
    request = AiRequest(**{"feature": "match", "user_id": user.id} | given)
    caller = members.caller(members.local_admin(house.store))
    opening = Opening(runs.new_id(), caller, request, "match@1", "pro", route="premium, because plan pro")
    runs.open_run(house.store, opening, owner="another process")
    if at:
        with house.store.write() as connection:
            connection.execute(update(runs.RUN).where(runs.RUN.c.id == opening.id).values(created_at=at))
    return opening.id


def said(at: AppTest) -> str:
    kinds = (at.title, at.markdown, at.caption, at.subheader, at.info, at.warning, at.error, at.text)
    return "\n".join(element.value for kind in kinds for element in kind)


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


# -- the list ------------------------------------------------------------------------------------------


def test_without_a_run_the_page_says_how_to_make_one(opening: Open, page: Pages) -> None:
    opening()
    at = page("runs.py")
    assert not at.exception
    assert "There is no run yet. Make the first one on the page Generate." in said(at)


def test_a_line_of_the_list_says_all_of_a_run(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    at = page("runs.py")
    (line,) = at.dataframe[0].value.to_dict("records")
    assert (line["status"], line["feature"], line["prompt"]) == (["complete"], "Cover letter", "cover_letter@1")
    assert (line["in"], line["out"], line["caller"]) == (900, 12, "Local admin")
    assert 0 < line["cost"] < 0.1
    assert line["certainty"] == "exact"
    assert line["latency"] >= line["first"] >= 0
    assert "1 run on this page · 900 tokens in, 12 out · cost" in said(at) and "(1 exact)" in said(at)


def test_an_unknown_cost_is_never_a_zero(opening: Open, page: Pages) -> None:
    house = opening()
    waiting(house)
    at = page("runs.py")
    (line,) = at.dataframe[0].value.to_dict("records")
    assert not any(line[name] for name in ("in", "out", "cost", "certainty", "latency", "first"))
    assert "(1 unknown)" in said(at)
    assert "One run is under way." in said(at)


def test_the_columns_of_numbers_are_numbers_so_that_they_sort(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    waiting(house)
    frame = page("runs.py").dataframe[0].value
    for column in ("in", "out", "cost", "latency", "first"):
        assert frame[column].dtype.kind in "fi", column
        assert frame[column].isna().tolist() == [True, False]


def test_filters_narrow_the_list_and_stand_in_the_url(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team", usage=USED))
    ran(house)
    waiting(house)
    at = page("runs.py")
    assert len(at.dataframe[0].value) == 2
    at.selectbox(key="runs_status").select("running").run()
    assert at.dataframe[0].value["feature"].tolist() == ["Match report"]
    assert at.query_params["status"] in ("running", ["running"])
    at.selectbox(key="runs_feature").select("cover_letter").run()
    assert "No run fits these filters." in said(at)
    at.selectbox(key="runs_status").select("").run()
    assert at.dataframe[0].value["feature"].tolist() == ["Cover letter"]


@pytest.mark.parametrize("unknown", [{"status": "nonsense"}, {"feature": "x"}, {"candidate": "abc"}, {"before": "no"}])
def test_an_unknown_filter_in_the_url_means_all(opening: Open, page: Pages, unknown: dict[str, str]) -> None:
    waiting(opening())
    at = page("runs.py", **unknown)
    assert not at.exception
    assert len(at.dataframe[0].value) == 1


def test_older_runs_are_a_page_away_and_back(opening: Open, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    house = opening()
    times = [datetime.now(UTC) - timedelta(hours=hours) for hours in range(5)]
    for at_time in times:
        waiting(house, at=at_time)
    at = page("runs.py")
    seen = [at.dataframe[0].value["time"].tolist()]
    for _ in range(2):
        at.button(key="runs_older").click().run()
        seen.append(at.dataframe[0].value["time"].tolist())
    assert [len(one) for one in seen] == [2, 2, 1]
    assert "runs_older" not in [button.key for button in at.button]
    flat = [moment for one in seen for moment in one]
    assert flat == sorted(flat, reverse=True)
    at.button(key="runs_newest").click().run()
    assert at.dataframe[0].value["time"].tolist() == seen[0]


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
    assert "price list genai-prices" in shown
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
    assert [link.label for link in at.get("page_link")] == ["Watch it"]
    assert metrics(at)["Cost"] == "unknown"


def test_a_refused_run_says_why(opening: Open, page: Pages) -> None:
    house = opening()
    user = next(user for user in people.candidates(house.store) if user.plan == "free")
    with pytest.raises(PlanDenied):
        house.start(
            AiRequest(feature="cover_letter", user_id=user.id), members.caller(members.local_admin(house.store))
        )
    run_id = ledger.history.recent(house.store)[0].id
    at = page("runs.py", run=run_id)
    assert not at.exception
    assert "plan free does not include cover letter" in said(at)


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
    user_id = ledger.history.story(house.store, run_id).run.user_id
    papers.save_document(
        house.store, user_id, title="Kept letter", body="x", kind="cover_letter", by="cli", run_id=run_id
    )
    at = page("runs.py", run=run_id)
    (link,) = [one for one in at.get("page_link") if one.label == "Kept letter, revision 1"]
    assert link
    assert [button.label for button in at.get("download_button")] == ["Download"]


def test_an_analyst_reads_a_run_without_links_to_pages_they_do_not_have(opening: Open, page: Pages) -> None:
    house = opening(Play("Dear team"))
    run_id = ran(house)
    user_id = ledger.history.story(house.store, run_id).run.user_id
    papers.save_document(
        house.store, user_id, title="Kept letter", body="x", kind="cover_letter", by="cli", run_id=run_id
    )
    with house.store.writing(EVERYONE) as session:
        session.execute(update(Member).values(role="analyst"))
    at = page(run=run_id)
    assert not at.exception
    assert "Kept letter, revision 1" in said(at)
    assert not at.get("page_link")
