"""Generate: from picking a candidate to a kept document, and every way it can go wrong on the way."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from core.access import members
from core.drive import papers, people
from core.errors import (
    ProviderBusy,
    ProviderCut,
    ProviderDown,
    ProviderGarbled,
    ProviderSlow,
)
from core.llm import history
from core.llm.provider import Deadlines
from core.llm.scripted import Play
from core.schema import AiRequest, Caller, Usage
from core.wiring import Workbench
from pages.widgets import form, view
from tests.benches import recent
from tests.pages.reading import metrics, said

Opening = Callable[..., Workbench]
Pages = Callable[..., AppTest]

ANSWER = {
    "title": "A good fit",
    "summary": "The work fits.",
    "content": "## What fits\n\nMuch of it.",
    "bullets": ["First strength", "Second strength"],
    "warnings": ["One doubt"],
    "next_actions": ["Ask about it"],
}
GOOD = Play(
    *[json.dumps(ANSWER)[at : at + 9] for at in range(0, 400, 9)], usage=Usage(input_tokens=900, output_tokens=80)
)
LETTER = Play("Cover letter: Acme\n\nA note.\n\n", "Dear Hiring Team,\n\nHere is why.\n\nKind regards")


def on_premium(workbench: Workbench) -> int:
    return next(user.id for user in people.candidates(workbench.store) if user.plan == "premium")


def make(at: AppTest, feature: str = "match") -> AppTest:
    """Pick a feature and press Generate."""
    at.pills(key="generate_feature").set_value(feature).run()
    at.button(key="generate_go").click().run()
    assert not at.exception
    return at


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
    monkeypatch.setattr("pages.widgets.view.DOUBLE_CLICK_S", 0.0)
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


def test_a_notice_is_shown_while_the_run_goes_on() -> None:
    script = """
import streamlit as st
from core.schema import Event
from pages.widgets import live
started = Event(1, "started", {"feature": "match"})
gone = Event(2, "delta", {"field": "title", "text": "Old title"})
notice = Event(3, "notice", {"code": "provider_cut", "message": "It stopped.", "provider": "openai", "model": "m2"})
live.draw([started, gone, notice, Event(4, "delta", {"field": "title", "text": "New title"})])
"""
    at = AppTest.from_string(script).run()
    assert at.warning[0].value == "It stopped. Going on with m2."
    assert at.subheader[0].value == "New title"


# -- keeping it -----------------------------------------------------------------------------------------


def save(at: AppTest) -> AppTest:
    at.button(key="generate_save").click().run()
    at.button(key="generate_save_now").click().run()
    assert not at.exception
    return at


def test_an_answer_is_saved_once_however_often_one_saves_it(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    user = on_premium(workbench)
    before = len(papers.documents(workbench.store, user))
    at = save(make(page(user=str(user)), "cover_letter"))
    assert at.success[0].value == "Saved to Drive: Cover letter: Acme, revision 1."
    save(at)
    kept = papers.documents(workbench.store, user)
    assert len(kept) == before + 1
    assert kept[0].body.strip() == "Dear Hiring Team,\n\nHere is why.\n\nKind regards"
    assert kept[0].source_run_id == at.query_params["run"]


def test_title_and_text_can_be_changed_before_saving(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    user = on_premium(workbench)
    at = make(page(user=str(user)), "cover_letter")
    run_id = at.query_params["run"]
    at.button(key="generate_save").click().run()
    at.text_input(key=f"generate_title_{run_id}").set_value("Letter to Acme")
    at.text_area(key=f"generate_body_{run_id}").set_value("Dear Ms Okafor,")
    at.button(key="generate_save_now").click().run()
    assert (papers.documents(workbench.store, user)[0].title, papers.documents(workbench.store, user)[0].body) == (
        "Letter to Acme",
        "Dear Ms Okafor,",
    )


def test_an_empty_title_is_refused_and_the_text_stays(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    at = make(page(user=str(on_premium(workbench))), "cover_letter")
    run_id = at.query_params["run"]
    at.button(key="generate_save").click().run()
    at.text_input(key=f"generate_title_{run_id}").set_value(" ")
    at.text_area(key=f"generate_body_{run_id}").set_value("My edit")
    at.button(key="generate_save_now").click().run()
    assert "needs a title" in at.error[0].value
    assert at.text_area(key=f"generate_body_{run_id}").value == "My edit"


def test_an_answer_becomes_the_next_revision_of_a_document(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    user = on_premium(workbench)
    paper = papers.save_document(workbench.store, user, title="Draft", body="Old", kind="cover_letter", by="x")
    at = make(page(user=str(user)), "cover_letter")
    at.button(key="generate_save").click().run()
    at.segmented_control(key="generate_save_as").set_value("New revision").run()
    at.selectbox(key="generate_save_document").set_value(paper.id).run()
    at.button(key="generate_save_now").click().run()
    assert at.success[0].value == "Saved to Drive: Draft, revision 2."
    assert len(papers.revisions(workbench.store, user, paper.id)) == 2
    at.button(key="generate_save").click().run()
    at.segmented_control(key="generate_save_as").set_value("New revision").run()
    at.selectbox(key="generate_save_document").set_value(paper.id).run()
    at.button(key="generate_save_now").click().run()
    assert at.success[0].value == "Draft holds this text already, as revision 2: no revision was added."
    assert len(papers.revisions(workbench.store, user, paper.id)) == 2


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


def test_only_ticked_changes_go_into_the_new_resume_version(opening: Opening, page: Pages) -> None:
    workbench = opening()
    user = on_premium(workbench)
    source = papers.resume_versions(workbench.store, user)[0]
    entry = next(entry for entry in source.content["work"] if len(entry["highlights"]) > 1)
    changes = [
        {"op": "remove", "path": f"work/{entry['id']}/highlights/{id}", "original": text, "reason": "Not asked for."}
        for id, text in list(zip(entry["highlight_ids"], entry["highlights"], strict=True))[:2]
    ]
    forbidden = {
        "op": "replace",
        "path": f"work/{entry['id']}/position",
        "original": "x",
        "value": "Chief",
        "reason": "No.",
    }
    workbench.providers["openai"]._script[:] = [Play(json.dumps(ANSWER | {"changes": [*changes, forbidden]}))]  # type: ignore[attr-defined]
    at = make(page(user=str(user)), "tailor_resume")
    run_id = at.query_params["run"]
    assert "Job titles are never changed." in said(at)
    at.checkbox(key=f"generate_keep_{run_id}_0").uncheck().run()
    at.text_input(key=f"generate_label_{run_id}").set_value("For Acme")
    at.button(key="generate_save_version").click().run()
    at.button(key="generate_save_version").click().run()
    versions = papers.resume_versions(workbench.store, user)
    assert len(versions) == 2
    assert versions[0].label == "For Acme"
    made = next(one for one in versions[0].content["work"] if one["id"] == entry["id"])
    assert entry["highlights"][0] in made["highlights"]
    assert entry["highlights"][1] not in made["highlights"]
    assert "Saved as resume version 2: For Acme." in said(at)


def tailoring(workbench: Workbench, page: Pages) -> tuple[AppTest, list[str]]:
    """A tailored resume on view that drops two bullets, and those bullets."""
    user = on_premium(workbench)
    source = papers.resume_versions(workbench.store, user)[0]
    entry = next(entry for entry in source.content["work"] if len(entry["highlights"]) > 1)
    texts = entry["highlights"][:2]
    changes = [
        {"op": "remove", "path": f"work/{entry['id']}/highlights/{id}", "original": text, "reason": "Not asked for."}
        for id, text in zip(entry["highlight_ids"], texts, strict=False)
    ]
    workbench.providers["openai"]._script[:] = [Play(json.dumps(ANSWER | {"changes": changes}))]  # type: ignore[attr-defined]
    return make(page(user=str(user)), "tailor_resume"), texts


VERDICTS = ("verified", "needs review", "blocked")


def judged(workbench: Workbench, page: Pages) -> tuple[AppTest, int, list[str]]:
    """A tailored resume on view with a change of each verdict, its candidate, and what each change would add."""
    user = on_premium(workbench)
    source = papers.resume_versions(workbench.store, user)[0]
    entry = next(entry for entry in source.content["work"] if len(entry["highlights"]) > 2)
    added = ["", " Befriended penguins.", " Ran it in Cobol at NASA."]
    changes = [
        {
            "op": "replace",
            "path": f"work/{entry['id']}/highlights/{id}",
            "original": text,
            "value": text + more if more else text.replace(text.split()[0], f"Carefully {text.split()[0].lower()}", 1),
            "reason": "Asked for.",
        }
        for id, text, more in zip(entry["highlight_ids"], entry["highlights"], added, strict=False)
    ]
    workbench.providers["openai"]._script[:] = [Play(json.dumps(ANSWER | {"changes": changes}))]  # type: ignore[attr-defined]
    return make(page(user=str(user)), "tailor_resume"), user, [change["value"] for change in changes]


def test_only_verified_changes_are_ticked_at_first_and_the_others_say_why(opening: Opening, page: Pages) -> None:
    workbench = opening()
    at, _, _ = judged(workbench, page)
    run_id = at.query_params["run"]
    found = [change.verdict for change in history.story(workbench.store, run_id).result.changes]
    assert tuple(found) == VERDICTS
    ticks = [at.checkbox(key=f"generate_keep_{run_id}_{number}").value for number in range(3)]
    assert ticks == [True, False, False]
    text = said(at)
    assert "penguins" in text and "NASA” stands nowhere in the resume" in text
    assert "1 needs review and 1 is blocked" in text
    assert at.get_by_key("generate_preview").label == "The resume with 1 of 3 changes"


def test_a_blocked_change_is_kept_only_when_ticked_and_confirmed(opening: Opening, page: Pages) -> None:
    workbench = opening()
    at, user, (_, _, blocked) = judged(workbench, page)
    key = f"generate_keep_{at.query_params['run']}_2"
    at.checkbox(key=key).check().run()
    assert at.get_by_key("generate_preview").label == "The resume with 1 of 3 changes"
    assert "Until this is confirmed" in said(at)
    at.checkbox(key=f"{key}_confirmed").check().run()
    assert at.get_by_key("generate_preview").label == "The resume with 2 of 3 changes"
    at.button(key="generate_save_version").click().run()
    assert not at.exception
    newest = papers.resume_versions(workbench.store, user)[0].content
    assert blocked in [line for entry in newest["work"] for line in entry["highlights"]]


def test_a_letter_with_unfounded_claims_is_saved_only_when_they_are_checked(opening: Opening, page: Pages) -> None:
    lie = "I led 431 people at Zorbcorp."
    workbench = opening(
        Play("Cover letter: Acme\n\nA note.\n\n", f"Dear Hiring Team,\n\nHere is why. {lie}\n\nKind regards")
    )
    user = on_premium(workbench)
    before = len(papers.documents(workbench.store, user))
    at = make(page(user=str(user)), "cover_letter")
    run_id = at.query_params["run"]
    assert "One sentence claims what nothing in the context holds." in said(at)
    at.button(key="generate_save").click().run()
    assert at.button(key="generate_save_now").disabled
    assert "“431”, “Zorbcorp” in “I led 431 people at Zorbcorp.”" in said(at)
    at.checkbox(key=f"generate_checked_{run_id}").check().run()
    at.button(key="generate_save_now").click().run()
    assert len(papers.documents(workbench.store, user)) == before + 1


def test_taking_the_unfounded_sentence_out_needs_no_tick(opening: Opening, page: Pages) -> None:
    workbench = opening(
        Play("Cover letter: Acme\n\nA note.\n\n", "Dear Hiring Team,\n\nHere is why. I led 431 people.\n\nKind regards")
    )
    user = on_premium(workbench)
    at = make(page(user=str(user)), "cover_letter")
    at.button(key="generate_save").click().run()
    at.text_area(key=f"generate_body_{at.query_params['run']}").set_value("Dear Hiring Team,\n\nHere is why.").run()
    assert not at.button(key="generate_save_now").disabled


def test_what_is_saved_downloaded_and_shown_holds_only_the_ticked_changes(opening: Opening, page: Pages) -> None:
    workbench = opening()
    at, (refused, dropped) = tailoring(workbench, page)
    run_id = at.query_params["run"]
    at.checkbox(key=f"generate_keep_{run_id}_0").uncheck().run()
    assert at.get_by_key("generate_preview").label == "The resume with 1 of 2 changes"
    (preview,) = [element.value for element in at.get_by_key("generate_preview").markdown]
    assert dropped not in preview.replace("\\", "") and refused in preview.replace("\\", "")
    save(at)
    kept = papers.documents(workbench.store, on_premium(workbench))[0].body
    plain = kept.replace("\\", "")
    assert refused in plain and dropped not in plain
    assert plain.startswith("# ")
    for noise in ("Key points", "Warnings", "Next actions", "The work fits.", "One doubt"):
        assert noise not in plain


def test_a_saved_paper_is_said_and_linked_now_and_later(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    at = save(make(page(user=str(on_premium(workbench))), "cover_letter"))
    assert [toast.value for toast in at.toast] == ["Saved to Drive: Cover letter: Acme, revision 1."]
    link = next(one for one in at.get("page_link") if one.label == "Open in Drive")
    assert f"document={papers.documents(workbench.store, on_premium(workbench))[0].id}" in link.proto.query_string
    again = page(run=str(at.query_params["run"]))
    assert "Cover letter: Acme, revision 1" in [one.label for one in again.get("page_link")]


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


STREAM = """
import streamlit as st
from core.schema import Event
from pages.widgets import live
live.draw([Event(1, "started", {{"feature": "match", "provider": "{provider}"}}), *[{event}]])
"""
WORD = 'Event(2, "delta", {"field": "summary", "text": "A fit"})'


@pytest.mark.parametrize(
    ("provider", "event", "sentence", "there"),
    [
        ("embedded", "", "Reading the resume and the posting", True),
        ("embedded", WORD, "Reading the resume and the posting", False),
        ("embedded", WORD, "Draft of the demo model; it is checked when complete.", True),
        ("openai", WORD, "Draft of the demo model; it is checked when complete.", False),
    ],
)
def test_while_it_grows_the_card_says_what_is_seen(provider: str, event: str, sentence: str, there: bool) -> None:
    at = AppTest.from_string(STREAM.format(provider=provider, event=event)).run()
    assert not at.exception
    assert (sentence in said(at)) is there


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
