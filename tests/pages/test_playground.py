"""Playground: an edited prompt on real context, what is sent, what comes back raw."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy
from streamlit.testing.v1 import AppTest

from core.drive import papers, people
from core.llm import history
from core.llm.prompts import parse
from core.llm.scripted import Play
from core.schema import Usage
from core.store import EVERYONE, AiRun
from core.wiring import Workbench
from pages.widgets import editor
from pages.widgets.press import Press
from tests.benches import finished, recent
from tests.pages.reading import said

Opening = Callable[..., Workbench]
Pages = Callable[..., AppTest]

ANSWER = {
    "title": "A good fit",
    "summary": "The work fits.",
    "content": "Much of it.",
    "bullets": ["First strength"],
    "warnings": ["One doubt"],
    "next_actions": ["Ask about it"],
}
RAW = json.dumps(ANSWER)
GOOD = Play(RAW[:60], RAW[60:], usage=Usage(input_tokens=900, output_tokens=80))
SOURCE = "playground_source_match@2"


def edit(at: AppTest, old: str, new: str) -> str:
    text = at.text_area(key=SOURCE).value
    assert text is not None and old in text
    changed = text.replace(old, new, 1)
    at.text_area(key=SOURCE).set_value(changed).run()
    assert not at.exception
    return str(changed)


def run(at: AppTest) -> AppTest:
    at.button(key="playground_go").click().run()
    assert not at.exception
    return at


def calls(workbench: Workbench) -> list[Any]:
    return workbench.providers["openai"].calls  # type: ignore[attr-defined, no-any-return]


def test_an_edited_prompt_is_what_the_model_gets_and_what_is_recorded(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    text = edit(at, "You write match reports", "You write haiku about match reports")
    run(at)
    assert "You write haiku" in calls(workbench)[0].messages[0].content
    record = history.story(workbench.store, recent(workbench.store)[0].id).run
    assert record.prompt.startswith("match@draft-")
    assert record.prompt_text == text
    assert "A good fit" in said(at)


def test_an_untouched_prompt_runs_as_the_shipped_version(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    run(page("playground.py"))
    assert recent(workbench.store)[0].prompt == "match@2"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("output: json", "output: jsn", "Line 5: output has to be json or text."),
        ("{{resume}}", "{{resumee}}", "resumee"),
        ("feature: match\n", "", "lacks feature"),
    ],
)
def test_a_wrong_prompt_is_said_at_once_with_its_line_and_cannot_run(
    opening: Opening, page: Pages, old: str, new: str, sentence: str
) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    edit(at, old, new)
    assert sentence in at.error[0].value
    assert "Line" in at.error[0].value
    assert at.button(key="playground_go").disabled
    assert at.get_by_key("playground_download_prompt").disabled
    assert not recent(workbench.store)


def test_a_press_that_came_with_a_mistake_starts_nothing_when_it_is_mended(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    at.text_area(key=SOURCE).set_value("no prompt")
    at.button(key="playground_go").click().run()  # both at once, as Ctrl+Enter does
    at.button(key="playground_reset").click().run()
    assert not at.error
    assert not recent(workbench.store)


def test_edits_outlive_a_change_of_page_and_go_with_reset(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page("playground.py")
    shipped = at.text_area(key=SOURCE).value
    changed = edit(at, "match reports", "match letters")
    at.switch_page("generate.py").run()
    at.switch_page("playground.py").run()
    assert at.text_area(key=SOURCE).value == changed
    at.button(key="playground_reset").click().run()
    assert at.text_area(key=SOURCE).value == shipped


def test_each_prompt_keeps_its_own_edits(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page("playground.py")
    changed = edit(at, "match reports", "match letters")
    at.selectbox(key="playground_prompt").set_value("recruiter_lens@2").run()
    assert "name: recruiter_lens" in str(at.text_area(key="playground_source_recruiter_lens@2").value)
    at.selectbox(key="playground_prompt").set_value("match@2").run()
    assert at.text_area(key=SOURCE).value == changed


def test_the_composed_messages_are_drawn_only_when_they_are_opened(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    assert not at.code
    at.session_state["playground_composed"] = True
    at.run()
    text = said(at)
    assert "| Part | Tokens |" in text and "System and rules" in text and "Keywords" in text
    assert any("<data name=" in str(code.value) for code in at.code)
    assert not calls(workbench)  # looking costs nothing


def test_model_and_parameters_are_those_chosen(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    at.selectbox(key="playground_model").set_value("openai/gpt-6.1-terra")
    at.number_input(key="playground_temperature").set_value(0.9)
    at.number_input(key="playground_max_tokens").set_value(777).run()
    run(at)
    call = calls(workbench)[0]
    assert (call.model, call.temperature, call.max_tokens) == ("gpt-6.1-terra", 0.9, 777)
    assert "chosen by the caller" in history.story(workbench.store, str(at.query_params["run"])).run.route


def test_a_model_that_does_not_exist_is_refused_with_its_cure(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page()
    at.session_state["playground_model"] = "nowhere/gpt"  # typed, not picked: AppTest can only pick
    at.session_state["playground_wanted"] = Press()
    at.switch_page("playground.py").run()
    assert "There is no model 'nowhere/gpt'" in at.error[0].value
    assert not recent(workbench.store)


def test_the_rules_alone_can_be_chosen(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    at.selectbox(key="playground_model").set_value("rules").run()
    run(at)
    row = recent(workbench.store)[0]
    assert (row.status, row.provider) == ("ok", "rules")
    assert not calls(workbench)


def test_the_raw_response_and_the_parsed_answer_can_be_read(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = run(page("playground.py"))
    assert RAW in [code.value for code in at.code]
    parsed = json.loads(at.json[0].value)
    assert parsed["answer"]["title"] == "A good fit"
    assert "finish stop" in said(at)


def test_an_answer_is_saved_with_the_same_actions(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = run(page("playground.py"))
    at.button(key="playground_save").click().run()
    at.button(key="playground_save_now").click().run()
    assert "Saved to Drive: A good fit, revision 1." in said(at)
    owner = history.story(workbench.store, str(at.query_params["run"])).run.user_id
    assert papers.documents(workbench.store, owner)[0].title == "A good fit"


def test_a_reload_brings_back_draft_model_and_parameters(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    first = page("playground.py")
    changed = edit(first, "match reports", "match letters")
    first.number_input(key="playground_temperature").set_value(0.7).run()
    run(first)
    again = page("playground.py", run=str(first.query_params["run"]))
    assert again.text_area(key=SOURCE).value == changed
    assert again.number_input(key="playground_temperature").value == 0.7
    assert "A good fit" in said(again)


def test_the_download_is_the_next_version_and_ships_as_it_is(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    at = page("playground.py")
    changed = edit(at, "match reports", "match letters")
    desk = editor.Edited(workbench.prompts.get("match@2"), changed, parse(changed, draft=True))
    name, text = editor.following(workbench, desk)
    shipped = parse(text)
    assert (name, shipped.name, shipped.version) == ("match_v3.md", "match", 3)
    assert "match letters" in shipped.system
    assert name in at.get_by_key("playground_download_prompt").proto.help


def test_a_prompt_of_a_feature_outside_the_plan_is_explained(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    free = next(user.id for user in people.candidates(workbench.store) if user.plan == "free")
    at = page("playground.py", user=str(free))
    at.selectbox(key="playground_prompt").set_value("cover_letter@2").run()
    assert "Plan free does not include cover letter" in said(at)
    assert at.button(key="playground_go").disabled
    assert not recent(workbench.store)


class Demo:
    """A model as small as the embedded one: it writes an opening from facts."""

    name, writes, context_tokens, configured, deadlines = "embedded", "opening", 900, True, None

    async def aclose(self) -> None: ...


def test_the_demo_model_is_said_to_see_little_of_a_prompt_and_others_can_be_looked_at(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(GOOD)
    monkeypatch.setattr(type(workbench.providers["openai"]), "configured", False)
    workbench.providers["embedded"] = Demo()  # type: ignore[index]
    at = page("playground.py")
    assert (
        "This demo model is told facts that the rules found; of your prompt it is told the first and last words and what"
        in said(at)
    )
    at.session_state["playground_composed"] = True
    at.run()
    assert not any("<data name=" in str(code.value) for code in at.code)
    at.selectbox(key="playground_sent_to").set_value("openai/gpt-6-luna").run()
    assert "openai/gpt-6-luna is not set up here (no key): a preview." in said(at)
    assert any("<data name=" in str(code.value) for code in at.code)


def test_what_an_edit_changes_is_shown_beside_the_shipped_prompt(opening: Opening, page: Pages) -> None:
    opening(GOOD)
    at = page("playground.py")
    assert not any(code.language == "diff" for code in at.code)
    edit(at, "You write match reports", "You write short letters")
    [shown] = [str(code.value) for code in at.code if code.language == "diff"]
    assert "-You write match reports" in shown and "+You write short letters" in shown
    assert "Changes to match_v2.md" in [expander.label for expander in at.expander]


def rewritten(workbench: Workbench, run_id: str, **columns: Any) -> None:
    """The record of a run as an older workbench could have left it."""
    with workbench.store.writing(EVERYONE) as session:
        session.execute(sqlalchemy.update(AiRun).where(AiRun.id == run_id).values(**columns))


def test_a_run_whose_prompt_is_gone_is_opened_with_a_sentence_that_says_so(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    run_id = str(run(page("playground.py")).query_params["run"])
    rewritten(workbench, run_id, prompt="match@7")
    at = page("playground.py", run=run_id)
    assert at.selectbox(key="playground_prompt").value == "match@2"
    gone = "This run was made with match@7, which is no longer among the prompts. match@2 is open in its stead"
    assert gone in said(at)
    assert gone not in said(run(at))  # what is on view now was made with the open one


def test_that_sentence_goes_as_well_when_the_next_run_has_ended_before_its_buttons_are_drawn(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(GOOD)
    run_id = str(run(page("playground.py")).query_params["run"])
    rewritten(workbench, run_id, prompt="match@7")
    at = page("playground.py", run=run_id)
    assert "no longer among the prompts" in said(at)
    start = Workbench.start

    def start_and_end(bench: Workbench, *asked: Any, **more: Any) -> str:
        started = start(bench, *asked, **more)
        live = bench.find(started)
        assert live
        finished(live)
        return started

    monkeypatch.setattr(Workbench, "start", start_and_end)
    assert "no longer among the prompts" not in said(run(at))


def test_a_draft_that_no_longer_reads_is_opened_with_what_is_wrong_with_it(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    first = page("playground.py")
    changed = edit(first, "match reports", "match letters")
    run_id = str(run(first).query_params["run"])
    request = dict(history.story(workbench.store, run_id).run.request)
    rewritten(workbench, run_id, request=request | {"draft": changed.replace("output: json", "output: verse")})
    at = page("playground.py", run=run_id)
    assert "output: verse" in str(at.text_area(key=SOURCE).value)
    assert "output has to be json or text" in said(at)


def test_a_draft_of_an_older_version_is_opened_beside_that_version(opening: Opening, page: Pages) -> None:
    workbench = opening(GOOD)
    assert len(workbench.prompts.versions("match")) > 1
    at = page("playground.py")
    at.selectbox(key="playground_prompt").set_value("match@1").run()
    source = "playground_source_match@1"
    text = str(at.text_area(key=source).value).replace("match reports", "match letters")
    at.text_area(key=source).set_value(text).run()
    again = page("playground.py", run=str(run(at).query_params["run"]))
    assert again.selectbox(key="playground_prompt").value == "match@1"
    assert again.text_area(key=source).value == text
