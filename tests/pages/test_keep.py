"""What a run made is kept: as a document, a revision or a resume version, once, and only as far as it was checked."""

import json

from streamlit.testing.v1 import AppTest

from core.drive import papers
from core.llm import history
from core.llm.scripted import Play
from core.wiring import Workbench
from tests.pages.generating import ANSWER, LETTER, Opening, Pages, make, on_premium
from tests.pages.reading import said


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


def save_as_revision(at: AppTest, document: int) -> None:
    at.button(key="generate_save").click().run()
    at.segmented_control(key="generate_save_as").set_value("New revision").run()
    at.selectbox(key="generate_save_document").set_value(document).run()
    at.button(key="generate_save_now").click().run()


def test_an_answer_becomes_the_next_revision_of_a_document(opening: Opening, page: Pages) -> None:
    workbench = opening(LETTER)
    user = on_premium(workbench)
    paper = papers.save_document(workbench.store, user, title="Draft", body="Old", kind="cover_letter", by="x")
    at = make(page(user=str(user)), "cover_letter")
    save_as_revision(at, paper.id)
    assert at.success[0].value == "Saved to Drive: Draft, revision 2."
    assert len(papers.revisions(workbench.store, user, paper.id)) == 2
    save_as_revision(at, paper.id)
    assert at.success[0].value == "Draft holds this text already, as revision 2: no revision was added."
    assert len(papers.revisions(workbench.store, user, paper.id)) == 2


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
