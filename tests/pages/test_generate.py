"""Generate: from picking a candidate to the answer on view, and every way it can go wrong on the way."""

import threading
import time
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.state.query_params import QueryParams

from core.access import members
from core.drive import papers, people
from core.errors import (
    ProviderBusy,
    ProviderCut,
    ProviderDown,
    ProviderGarbled,
    ProviderSlow,
)
from core.llm import packs
from core.llm.provider import Deadlines
from core.llm.scripted import Play
from core.schema import AiRequest, Caller
from core.wiring import Workbench
from pages.widgets import form, view
from tests.benches import recent
from tests.pages.generating import GOOD, Opening, Pages, make, on_premium
from tests.pages.reading import metrics, said

# -- the way that goes well ---------------------------------------------------------------------------


def test_a_finished_run_shows_answer_badge_and_figures(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = make(page())
    text = said(at)
    for part in (
        "complete",
        "A good fit",
        "The work fits.",
        "Much of it.",
        "First strength",
        "One doubt",
        "Ask about it",
    ):
        assert part in text
    assert "{" not in "".join(str(element.value) for element in at.markdown)
    shown = metrics(at)
    assert shown["Model"] == "gpt-6.1-terra"
    assert (shown["Tokens in"], shown["Tokens out"]) == ("900", "80")
    assert shown["Cost"].startswith("$0.0")
    assert shown["First token"] != "–"


def test_the_chips_carry_their_tokens_and_switched_off_they_are_not_sent(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page(user=str(on_premium(workbench)))
    chips = at.pills(key="generate_chips")
    assert all(option.endswith(" tok") for option in chips.options)
    at.pills(key="generate_chips").set_value(["job", "resume"]).run()
    make(at)
    sent = workbench.providers["openai"].calls[0].messages[-1].content  # type: ignore[attr-defined]
    assert 'name="resume"' in sent and 'name="job"' in sent
    assert 'name="profile"' not in sent and 'name="keywords"' not in sent and 'name="document' not in sent


def test_a_document_switched_on_is_sent(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    user = on_premium(workbench)
    paper = papers.save_document(
        workbench.store, user, title="Reference", body="Praised by Ines.", kind="notes", by="x"
    )
    at = page(user=str(user))
    assert f"document:{paper.id}" in at.pills(key="generate_chips").value
    make(at)
    assert "Praised by Ines." in workbench.providers["openai"].calls[0].messages[-1].content  # type: ignore[attr-defined]


def test_keywords_need_job_and_resume(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page()
    at.pills(key="generate_chips").set_value(["resume", "keywords"]).run()
    assert "Keywords are left out" in said(at)


def test_a_feature_outside_the_plan_is_explained_and_cannot_be_started(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    free = next(user.id for user in people.candidates(workbench.store) if user.plan == "free")
    at = page(user=str(free))
    at.pills(key="generate_feature").set_value("cover_letter").run()
    assert "Plan free does not include cover letter; plans pro and premium do." in said(at)
    assert at.button(key="generate_go").disabled
    assert not recent(workbench.store)


def test_a_missing_input_is_refused_with_its_cure_and_nothing_typed_is_lost(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page()
    at.text_area(key="generate_instructions").set_value("Keep it short.")
    at = make(at, "improve_text")
    assert "Fill in 'Text to improve'" in at.error[0].value
    assert at.text_area(key="generate_instructions").value == "Keep it short."
    at.text_area(key="generate_input_text").set_value("I done good work.").run()
    at.button(key="generate_go").click().run()
    assert not at.error
    assert "complete" in said(at) or "fallback" in said(at)


def test_a_double_click_finds_the_same_run(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page()
    at.button(key="generate_go").click().run()
    at.button(key="generate_go").click().run()
    assert len(recent(workbench.store)) == 1


def test_the_same_request_later_is_a_new_run(opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench = opening(GOOD)
    monkeypatch.setattr("pages.widgets.press.DOUBLE_CLICK_S", 0.0)
    at = page()
    at.button(key="generate_go").click().run()
    at.button(key="generate_go").click().run()
    assert len(recent(workbench.store)) == 2


# -- the run in the URL -------------------------------------------------------------------------------


def test_a_reload_comes_back_to_the_run_and_fills_in_the_form(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    user = on_premium(workbench)
    first = page(user=str(user))
    first.text_area(key="generate_instructions").set_value("Stress the figures.").run()
    first.pills(key="generate_chips").set_value(["job", "resume"]).run()
    make(first, "interview_prep")
    again = page(run=str(first.query_params["run"]))
    assert "A good fit" in said(again)
    assert again.pills(key="generate_feature").value == "interview_prep"
    assert again.text_area(key="generate_instructions").value == "Stress the figures."
    assert set(again.pills(key="generate_chips").value) - {"memory"} == {"job", "resume"}  # the run left a note
    assert again.selectbox(key="generate_user").value == user


def test_another_page_and_back_shows_the_same_run(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = make(page())
    run_id = at.query_params["run"]
    at.switch_page("drive.py").run()
    at.query_params.clear()  # as a browser does
    at.switch_page("generate.py").run()
    assert at.query_params["run"] == run_id
    assert "A good fit" in said(at)


def test_a_reload_in_the_middle_attaches_to_the_same_run(opening: Opening, page: Pages) -> None:
    workbench = opening(Play(*["word "] * 40, pause_s=0.02), GOOD)
    request = _request(workbench)
    run_id = workbench.start(request, _caller(workbench))
    at = page(run=run_id)  # returns when the run has ended: it was followed
    live = workbench.find(run_id)
    assert live and live.done
    assert at.query_params["run"] == run_id
    assert len(recent(workbench.store)) == 1


def test_an_unknown_run_in_the_url_gets_a_sentence_and_a_working_page(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page(run="0190-no-such-run")
    assert "There is no such run." in at.warning[0].value
    make(at)
    assert "A good fit" in said(at)


@pytest.mark.parametrize("unknown", ["999", "²", "9" * 5_000], ids=["999", "superscript", "5,000 digits"])
def test_an_unknown_candidate_in_the_url_is_said(opening: Opening, page: Pages, unknown: str) -> None:
    opening(GOOD)
    at = page(user=unknown, job=unknown)
    assert "There is no candidate" in at.warning[0].value
    assert not at.exception


# -- Stop ---------------------------------------------------------------------------------------------


def test_stop_ends_the_run_and_keeps_what_had_arrived(opening: Opening, page: Pages) -> None:
    workbench = opening(Play('{"title": "Half an answer", "summary": "Only this', hang=True))
    run_id = workbench.start(_request(workbench), _caller(workbench))
    timer = threading.Timer(0.6, lambda: _press_stop(workbench, run_id))
    timer.start()
    at = page(run=run_id)
    timer.join()
    assert "stopped" in said(at)
    assert "Half an answer" in said(at)
    assert workbench.result(run_id).status == "cancelled"


def test_the_stop_button_is_ready_before_the_answer_streams(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(Play("x", hang=True))
    assert page().button(key="generate_stop").disabled

    def let_it_end(live: Any, *_: Any) -> None:
        workbench.cancel(live.id)
        while not live.done:
            time.sleep(0.01)
        st.stop()  # else the page is drawn anew, as the run has ended

    monkeypatch.setattr("pages.widgets.live.follow", let_it_end)
    at = page(run=workbench.start(_request(workbench), _caller(workbench)))
    assert not at.button(key="generate_stop").disabled
    assert at.button(key="generate_go").disabled


def test_a_run_of_another_process_is_waited_for(opening: Opening, page: Pages) -> None:
    workbench = opening(Play("x", hang=True))
    run_id = workbench.start(_request(workbench), _caller(workbench))
    live = workbench.registry._live.pop(run_id)
    at = page(run=run_id)
    assert not at.exception
    assert "in another process" in said(at)
    workbench.registry._live[run_id] = live  # so that it is stopped when the workbench closes


# -- what fails on the way ------------------------------------------------------------------------------


FAILURES = {
    "429": Play(error=ProviderBusy("The model's server is busy.")),
    "500": Play(error=ProviderDown("The model's server could not be reached.")),
    "timeout": Play(error=ProviderSlow("The model took too long, so it was stopped.")),
    "reset before the first token": Play(error=ProviderDown("The model's server closed the connection.")),
    "reset in the middle": Play('{"title": "Ha', error=ProviderCut("The model's answer was cut off in the middle.")),
    "garbage": Play(error=ProviderGarbled("The model's server sent something unreadable.")),
    "empty": Play(""),
    "wrong schema": Play('{"colour": "blue", "size": [1, 2]}'),
    "cut without finish reason": Play('{"title": "Half', finish=None),
    "silence": Play(hang=True),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_ends_in_an_answer_with_status_fallback(opening: Opening, page: Pages, failure: str) -> None:
    workbench = opening(FAILURES[failure], deadlines=Deadlines(first_token=0.3, idle=0.3, leg=1))
    at = make(page())
    run = recent(workbench.store)[0]
    assert run.status == "fallback"
    assert "fallback" in said(at)
    assert any("Going on with" in warning.value for warning in at.warning)
    assert metrics(at)["Model"] == "Rules, no AI"
    assert at.subheader[0].value
    result = workbench.result(run.id)
    assert [attempt.status for attempt in result.attempts][-2:] == ["failed", "ok"]


def test_a_model_that_takes_over_is_named_and_the_failed_tokens_are_kept(opening: Opening, page: Pages) -> None:
    workbench = opening(Play("{", error=ProviderCut("The model's answer was cut off in the middle.")), GOOD)
    at = make(page(user=str(on_premium(workbench))))
    assert any("Going on with gpt-6-luna" in warning.value for warning in at.warning)
    shown = metrics(at)
    assert int(shown["Tokens in"].replace(",", "")) > 900
    assert "all 2 attempts" in said(at)


def test_a_page_names_all_it_shows_in_one_step_of_the_browsers_history(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(GOOD)
    steps: list[str] = []
    send = QueryParams._send_query_param_msg

    def counted(params: QueryParams) -> None:
        send(params)
        steps.append(str(params))

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", counted)
    at = page()
    assert len(steps) == 1 and all(name in steps[0] for name in ("user", "job", "resume"))
    at.button(key="generate_go").click().run()
    assert len(steps) == 2 and "run" in steps[1]
    at.run()
    assert len(steps) == 2  # what stands there already is not written again


# -- another form, the same page ------------------------------------------------------------------------


def test_the_result_of_another_candidate_is_one_line_with_the_way_back(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    first = on_premium(workbench)
    at = make(page(user=str(first)))
    other = next(user for user in people.candidates(workbench.store) if user.id != first)
    at.selectbox(key="generate_user").set_value(other.id).run()
    assert "Last result: Match report for" in said(at)
    assert "A good fit" not in said(at)
    assert not [button for button in at.button if button.key in ("generate_save", "generate_save_version")]
    assert "Nothing is sent before you press the button." in said(at)
    at.button(key="generate_show").click().run()
    assert "A good fit" in said(at)
    assert at.selectbox(key="generate_user").value == first


def test_a_dismissed_result_is_gone_and_stays_under_runs(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = make(page())
    at.pills(key="generate_feature").set_value("interview_prep").run()
    at.button(key="generate_dismiss").click().run()
    assert "Last result" not in said(at)
    assert "run" not in at.query_params
    assert len(recent(workbench.store)) == 1


def test_a_text_over_its_limit_is_kept_and_cannot_be_sent(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page()
    at.text_area(key="generate_instructions").set_value("x" * 45_000).run()
    assert "45,000 of 4,000 characters: shorten it." in at.error[0].value
    assert at.button(key="generate_go").disabled
    assert len(str(at.text_area(key="generate_instructions").value)) == 45_000
    at.text_area(key="generate_instructions").set_value("x" * 4_000).run()
    assert not at.error and not at.button(key="generate_go").disabled


def test_what_was_typed_outlives_another_page(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page()
    at.text_area(key="generate_instructions").set_value("Keep me").run()
    at.switch_page("drive.py").run()
    at.switch_page("generate.py").run()
    assert at.text_area(key="generate_instructions").value == "Keep me"


def test_one_begins_with_a_candidate_who_has_every_feature_and_sees_the_plans(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page()
    picker = at.selectbox(key="generate_user")
    assert all(option.rpartition(" · ")[2] in ("free", "pro", "premium") for option in picker.options)
    assert "lock" not in " ".join(at.pills(key="generate_feature").options)


def test_a_locked_feature_leads_to_where_the_plan_is_changed(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    free = next(user.id for user in people.candidates(workbench.store) if user.plan == "free")
    at = page(user=str(free))
    at.pills(key="generate_feature").set_value("cover_letter").run()
    link = next(one for one in at.get("page_link") if one.label == "Change the plan in Drive")
    assert f"user={free}" in link.proto.query_string


def test_the_route_is_said_in_short_with_what_each_model_lacks(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    assert "Tier premium: gpt-6.1-terra → gpt-6-luna → smollm2-135m (switched off or not installed) → rules" in said(
        page()
    )


def test_a_text_to_improve_has_room_and_no_match_score(opening: Opening, page: Pages) -> None:
    opening(Play("Better text\n\nA note.\n\nI did good work."))
    at = page()
    at.pills(key="generate_feature").set_value("improve_text").run()
    assert form.LONG_HEIGHT >= 10 * 24 and len(at.columns) < 7  # ten lines at least, beside nothing else
    at.text_area(key="generate_input_text").set_value("I done good work.").run()
    at.button(key="generate_go").click().run()
    assert "Match score" not in metrics(at)


def test_a_run_stopped_before_its_first_word_says_so(opening: Opening, page: Pages) -> None:
    workbench = opening(Play(hang=True))
    run_id = workbench.start(_request(workbench), _caller(workbench))
    timer = threading.Timer(0.6, lambda: _press_stop(workbench, run_id))
    timer.start()
    at = page(run=run_id)
    timer.join()
    assert "Stopped before anything had arrived." in said(at)
    assert "this is what had arrived" not in said(at)


# -- nothing there --------------------------------------------------------------------------------------


def test_without_candidates_the_page_says_how_to_get_some(opening: Opening, page: Pages) -> None:
    opening(empty=True)
    at = page()
    assert not at.exception
    assert "There is no candidate yet" in said(at)
    assert not at.code  # a page is no terminal
    assert [link.label for link in at.get("page_link")] == ["Add a candidate in Drive"]


def test_without_job_and_resume_the_page_says_how_to_add_them(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    user = people.add_candidate(workbench.store, name="Nadia Petrenko", plan="pro", profile={})
    at = page(user=str(user.id))
    assert "has no resume yet" in said(at) and "has no job yet" in said(at)
    make(at)
    assert "Pick a job" in at.error[0].value


def _request(workbench: Workbench) -> AiRequest:
    user = on_premium(workbench)
    return AiRequest(feature="match", user_id=user, job_id=people.jobs(workbench.store, user)[0].id)


def _caller(workbench: Workbench) -> Caller:
    return members.caller(members.local_admin(workbench.store))


def _press_stop(workbench: Workbench, run_id: str) -> None:
    view.stop(workbench, run_id)


@pytest.mark.parametrize("chosen", ["match", packs.NAME])
def test_what_a_call_may_cost_is_said_before_it_is_made(opening: Opening, page: Pages, chosen: str) -> None:
    opening()
    at = page()
    at.pills("generate_feature").set_value(chosen).run()
    told = next(metric for metric in at.metric if metric.label == "Expected cost")
    low, high = (float(end) for end in told.value.removeprefix("$").split("–"))
    assert 0 < low < high
    assert (next(metric.value for metric in at.metric if metric.label == "Plan")) == "premium"


def test_one_begins_with_a_candidate_a_document_can_be_made_for(opening: Opening, page: Pages) -> None:
    workbench = opening()
    people.add_candidate(workbench.store, name="Aaron Early", plan="premium", profile={})
    at = page()
    assert at.selectbox("generate_user").value in people.furnished(workbench.store)
    assert not any("has no resume yet" in info.value for info in at.info)
