"""The job pack on Generate: made side by side, followed, stopped, found again, saved; and what was made for a job."""

import json
import re
import threading
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from streamlit.testing.v1 import AppTest

from core.access.plans import PLANS
from core.drive import papers, people
from core.llm import history, packs
from core.llm.provider import ModelCall
from core.llm.scripted import Play
from core.schema import Caller, Usage
from core.wiring import Workbench
from pages.widgets import pack_board
from tests.benches import recent
from tests.pages.reading import metrics, said

Opening = Callable[..., Workbench]
Pages = Callable[..., AppTest]

ANSWER = {"title": "A good fit", "summary": "The work fits.", "content": "## What fits\n\nMuch of it."}
USED = Usage(input_tokens=900, output_tokens=80)
LETTER = ("Cover letter: Acme\n\nA note.\n\n", "Dear Hiring Team,\n\nHere is why.\n\nKind regards")


def good(call: ModelCall) -> Play:
    """A letter where text is asked for, a report where JSON is."""
    return Play(*LETTER, usage=USED) if call.output == "text" else Play(json.dumps(ANSWER), usage=USED)


def who(workbench: Workbench, plan: str = "premium") -> tuple[int, int]:
    """A candidate of this plan and one of their jobs."""
    user = next(user.id for user in people.candidates(workbench.store) if user.plan == plan)
    return user, people.jobs(workbench.store, user)[0].id


def shown(workbench: Workbench, page: Pages, plan: str = "premium") -> AppTest:
    user, job = who(workbench, plan)
    at = page(user=str(user), job=str(job))
    at.pills(key="generate_feature").set_value(packs.NAME).run()
    assert not at.exception
    return at


def make(at: AppTest) -> AppTest:
    at.button(key="generate_pack_go").click().run()
    assert not at.exception
    return at


def test_a_pack_makes_a_run_of_its_own_for_each_document(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = make(shown(workbench, page))
    made = recent(workbench.store)
    assert sorted(run.feature for run in made) == sorted(packs.PACK)
    assert {run.status for run in made} <= {"ok", "fallback"}
    assert metrics(at)["Documents"] == "5 of 5"
    assert metrics(at)["Cost of the pack"].startswith("$0.0")
    assert "Cost of 5 runs: 5 exact." in said(at)
    assert "run" not in at.query_params
    assert set(at.query_params["pack"]) == {run.id for run in made}


def test_the_words_of_a_letter_are_those_of_the_letter_and_not_of_what_is_told_about_it(
    opening: Opening, page: Pages
) -> None:
    workbench = opening(good)
    at = make(shown(workbench, page))
    letter = next(run for run in recent(workbench.store) if run.feature == "cover_letter")
    answer = history.story(workbench.store, letter.id).result.answer
    words = len(answer.content.split())
    assert words < len(f"{answer.title} {answer.summary} {answer.content}".split())
    told = [one.value for one in at.caption if " words · " in one.value]
    assert int(told[packs.PACK.index("cover_letter")].split()[0]) == words


def test_only_what_is_ticked_is_made_in_the_order_of_a_pack(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page)
    at.pills(key="generate_pack_features").set_value(["cover_letter", "match"]).run()
    at.text_area(key="generate_instructions").set_value("Stress the figures.").run()
    make(at)
    assert sorted(run.feature for run in recent(workbench.store)) == ["cover_letter", "match"]
    sent = [call.messages[-1].content for call in workbench.providers["openai"].calls]  # type: ignore[attr-defined]
    assert len(sent) == 2 and all("Stress the figures." in text for text in sent)
    assert [key for key in _keys(at) if key.startswith("generate_pack_open_")] == [
        "generate_pack_open_match",
        "generate_pack_open_cover_letter",
    ]


def test_a_document_outside_the_plan_is_not_offered_and_said(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page, "free")
    assert list(at.pills(key="generate_pack_features").value) == ["match", "recruiter_lens"]
    assert "Plan free does not include cover letter" in said(at)
    make(at)
    assert sorted(run.feature for run in recent(workbench.store)) == ["match", "recruiter_lens"]


def test_a_double_click_makes_one_pack(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page)
    make(at)
    make(at)
    assert len(recent(workbench.store)) == 5


def test_without_a_job_there_is_no_pack(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page)
    at.selectbox(key="generate_job").set_value(0).run()
    assert at.button(key="generate_pack_go").disabled
    assert "A job pack is made for one job." in said(at)


def test_a_limit_reached_for_one_leaves_the_others_going(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(good)
    user, _ = who(workbench)
    _leave_runs(workbench, 3)
    at = make(shown(workbench, page))
    statuses = sorted(run.status for run in recent(workbench.store) if run.user_id == user)
    assert statuses.count("refused") == 2
    assert metrics(at)["Documents"] == "3 of 5"
    assert len(re.findall(r"allows 3 runs a minute for a candidate", said(at))) == 2
    refused = [one for one in at.query_params["pack"] if one.endswith(":rate_limited")]
    assert len(refused) == 2

    again = page(pack=at.query_params["pack"], user=str(user))  # a second tab
    assert "The plan's runs a minute were used up. Try again in a minute." in said(again)
    _leave_runs(workbench, 1_000)
    again.button(key=f"generate_pack_again_{refused[0].partition(':')[0]}").click().run()
    assert metrics(again)["Documents"] == "4 of 5"


def test_a_reload_or_a_second_tab_finds_the_pack_and_fills_in_the_form(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page)
    at.pills(key="generate_pack_features").set_value(["match", "cover_letter"]).run()
    at.text_area(key="generate_instructions").set_value("Keep it short.").run()
    make(at)
    at.button(key="generate_pack_open_cover_letter").click().run()
    again = page(pack=at.query_params["pack"], open="cover_letter")
    assert not again.exception
    assert again.pills(key="generate_feature").value == packs.NAME
    assert list(again.pills(key="generate_pack_features").value) == ["match", "cover_letter"]
    assert again.text_area(key="generate_instructions").value == "Keep it short."
    assert "Here is why." in said(again)
    assert len(recent(workbench.store)) == 2


def test_a_reload_in_the_middle_comes_back_to_the_same_runs(opening: Opening, page: Pages) -> None:
    workbench = opening(lambda call: Play(*LETTER[:1], *["word "] * 20, pause_s=0.02))
    user, job = who(workbench)
    requests = packs.requests(["cover_letter", "match"], workbench.prompts, user_id=user, job_id=job)
    started = workbench.start_pack(requests, _caller(), key="k")
    again = page(pack=[one.run_id or "" for one in started])  # returns when all have ended: they were followed
    assert metrics(again)["Documents"] == "2 of 2"
    assert len(recent(workbench.store)) == 2


def test_another_page_and_back_shows_the_same_pack(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = make(shown(workbench, page))
    held = at.query_params["pack"]
    at.switch_page("drive.py").run()
    at.query_params.clear()  # as a browser does
    at.switch_page("generate.py").run()
    assert at.query_params["pack"] == held
    assert metrics(at)["Documents"] == "5 of 5"


@pytest.mark.parametrize("unknown", [["0190-no-such-run"], ["match:no_such_code"], ["a:b", "x" * 5_000]])
def test_an_unknown_pack_in_the_url_is_said_and_the_page_works(
    opening: Opening, page: Pages, unknown: list[str]
) -> None:
    workbench = opening(good)
    at = page(pack=unknown)
    assert "of the pack in this address cannot be found" in said(at)
    at.pills(key="generate_feature").set_value(packs.NAME).run()
    make(at)
    assert len(recent(workbench.store)) == 5


def test_runs_of_another_candidate_are_no_part_of_the_pack(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    ids = []
    for plan, feature in (("premium", "match"), ("pro", "cover_letter")):
        user, job = who(workbench, plan)
        (one,) = workbench.start_pack(
            packs.requests([feature], workbench.prompts, user_id=user, job_id=job), _caller(), key=plan
        )
        ids.append(one.run_id or "")
    at = page(pack=ids)
    assert metrics(at)["Documents"] == "1 of 1"
    assert "A document of the pack in this address cannot be found." in said(at)


def test_stop_all_stops_every_document_and_keeps_what_had_arrived(opening: Opening, page: Pages) -> None:
    workbench = opening(lambda call: Play('{"title": "Half", "summary": "Only this', hang=True))
    user, job = who(workbench)
    requests = packs.requests(["match", "interview_prep"], workbench.prompts, user_id=user, job_id=job)
    run_ids = [one.run_id or "" for one in workbench.start_pack(requests, _caller(), key="k")]
    timer = threading.Timer(0.5, lambda: [workbench.cancel(run_id) for run_id in run_ids])
    timer.start()
    at = page(pack=run_ids)
    timer.join()
    assert {workbench.result(run_id).status for run_id in run_ids} == {"cancelled"}
    assert metrics(at)["Documents"] == "2 of 2"
    at.button(key="generate_pack_open_match").click().run()
    assert "Only this" in said(at)
    assert "generate_pack_save" not in _keys(at)  # nothing whole came of it


def test_stop_can_be_pressed_while_documents_are_written(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(lambda call: Play('{"title": "Half", "summary": "Only this much', hang=True))
    monkeypatch.setattr(pack_board, "follow", lambda *_: None)
    at = make(shown(workbench, page))
    assert at.button(key="generate_pack_go").disabled
    assert not at.button(key="generate_pack_stop").disabled
    monkeypatch.undo()
    at.button(key="generate_pack_stop").click().run()
    assert {run.status for run in recent(workbench.store)} == {"cancelled"}
    assert at.button(key="generate_pack_stop").disabled


def test_a_document_being_written_tells_its_growing_word_count(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = opening(lambda call: Play('{"title": "Half", "summary": "one two three four', hang=True))
    monkeypatch.setattr(pack_board, "follow", lambda *_: None)
    at = shown(workbench, page)
    at.pills(key="generate_pack_features").set_value(["match"]).run()
    make(at)
    live = workbench.find(recent(workbench.store)[0].id)
    assert live
    live.after(2, wait_s=5)
    at.run()
    assert re.search(r"Writing\*\*\] · [3-5] words · gpt", said(at))


def test_save_all_keeps_what_is_ready_and_names_what_waits_for_a_person(opening: Opening, page: Pages) -> None:
    lie = "I led 431 people at Zorbcorp."

    def lying(call: ModelCall) -> Play:
        return Play(LETTER[0], f"Dear team,\n\nHere is why. {lie}") if call.output == "text" else good(call)

    workbench = opening(lying)
    user, _ = who(workbench)
    before = len(papers.documents(workbench.store, user))
    at = make(shown(workbench, page))
    at.button(key="generate_pack_save").click().run()
    assert not at.exception
    kept = papers.documents(workbench.store, user)
    assert "cover_letter" not in {paper.kind for paper in kept[: len(kept) - before]}
    assert "match" in {paper.kind for paper in kept[: len(kept) - before]}
    assert re.search(r"\*\*Cover letter:\*\* 1 sentence claims what nothing in the context holds", said(at))
    at.button(key="generate_pack_save").click().run()
    assert len(papers.documents(workbench.store, user)) == len(kept)  # twice the same is once


def test_the_pack_of_another_job_is_one_line_with_the_way_back(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = make(shown(workbench, page))
    first = at.selectbox(key="generate_user").value
    other, _ = who(workbench, "pro")
    at.selectbox(key="generate_user").set_value(other).run()
    assert "Last pack: for" in said(at)
    assert metrics(at)["Documents"] == "5"  # of the one that would be made
    at.button(key="generate_pack_show").click().run()
    assert at.selectbox(key="generate_user").value == first
    assert metrics(at)["Documents"] == "5 of 5"


def test_a_single_document_again_leaves_the_pack_out_of_the_url(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = make(shown(workbench, page))
    at.pills(key="generate_feature").set_value("match").run()
    assert "pack" not in at.query_params
    at.button(key="generate_go").click().run()
    assert "run" in at.query_params
    at.pills(key="generate_feature").set_value(packs.NAME).run()
    assert "pack" in at.query_params and "run" not in at.query_params
    assert metrics(at)["Documents"] == "5 of 5"


# -- made for this job ------------------------------------------------------------------------------------


def test_what_was_kept_for_a_job_is_listed_with_model_cost_and_files(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    at = shown(workbench, page)
    at.pills(key="generate_pack_features").set_value(["cover_letter"]).run()
    make(at)
    at.button(key="generate_pack_save").click().run()
    (line,) = [text for text in said(at).splitlines() if text.startswith("Cover letter ·") and "$" in text]
    assert re.search(r"gpt-6\.1-terra · \\?\$0\.0\d+", line)
    made = [key for key in _keys(at) if key.startswith("generate_made_")]
    assert any(key.endswith("_docx") for key in made) and any(key.endswith("_md") for key in made)


def test_a_job_without_papers_says_what_to_do(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    user, _ = who(workbench)
    job = people.add_job(workbench.store, user, title="Baker", company="", description="Bread.")
    at = page(user=str(user), job=str(job.id))
    assert "Nothing is kept yet. Make a document or the job pack, then save it to Drive." in said(at)


# -- parts ------------------------------------------------------------------------------------------------


def _keys(at: AppTest) -> list[str]:
    buttons = [*at.button, *at.get("download_button")]
    return [str(button.key) for button in buttons]


def _caller() -> Caller:
    return Caller(name="member:1", role="admin", scopes=frozenset({"run", "admin"}))


def _leave_runs(workbench: Workbench, runs: int) -> None:
    """Let every plan allow so many runs a minute."""
    plans = workbench.policy.plans
    allowed = {name: getattr(plans, name).model_copy(update={"runs_per_minute": runs}) for name in PLANS}
    workbench.desk.policy = workbench.policy.model_copy(update={"plans": plans.model_copy(update=allowed)})


def test_the_zip_holds_each_document_as_word_and_markdown(opening: Opening, page: Pages) -> None:
    workbench = opening(good)
    user, job = who(workbench)
    requests = packs.requests(packs.PACK, workbench.prompts, user_id=user, job_id=job)
    run_ids = [one.run_id or "" for one in workbench.start_pack(requests, _caller(), key="k")]
    page(pack=run_ids)
    stories = [pack_board.view.story(workbench, run_id) for run_id in run_ids]
    with ZipFile(BytesIO(pack_board._zip(workbench, stories, {}))) as file:
        names = file.namelist()
    assert len(names) == 10 and {name.rpartition(".")[2] for name in names} == {"docx", "md"}
