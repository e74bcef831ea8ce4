"""Resume versions in Drive: coming in from a file, read, downloaded, edited by hand."""

import json
from collections.abc import Callable

import pytest

from core.drive import papers, people
from core.schema import Change
from core.wiring import Workbench
from tests.pages.drives import RESUME, Pages, ada, drive, with_ada
from tests.pages.reading import said


@pytest.fixture
def house(opening: Callable[..., Workbench]) -> Workbench:
    return with_ada(opening())


def test_a_resume_is_imported_after_it_was_shown(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="resumes")
    at.file_uploader(key=f"drive_file_resume_{ada(house)}_0").upload("ada.md", RESUME.encode()).run()
    assert "Wrote Python services for 40 depots" in said(at)
    assert not papers.resume_versions(house.store, ada(house))
    (label,) = [field for field in at.text_input if field.label == "Label"]
    assert str(label.value).startswith("Imported ")
    label.input("From her file")
    at.button(key="FormSubmitter:drive_save_resume-Save as a new version").click().run()
    assert not at.exception
    (version,) = papers.resume_versions(house.store, ada(house))
    assert (version.label, version.kind, version.content["basics"]["name"]) == ("From her file", "base", "Ada Moreno")
    assert at.subheader[0].value == "v1 · From her file"


def test_a_resume_is_imported_from_pasted_text(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="resumes")
    at.text_area(key=f"drive_paste_{ada(house)}").set_value(RESUME).run()
    assert "Wrote Python services for 40 depots" in said(at)
    assert "No work entries were recognised" not in said(at)
    (label,) = [field for field in at.text_input if field.label == "Label"]
    assert str(label.value).startswith("Pasted ")
    at.button(key="FormSubmitter:drive_save_resume-Save as a new version").click().run()
    (version,) = papers.resume_versions(house.store, ada(house))
    assert version.content["work"][0]["highlights"] == ["Wrote Python services for 40 depots"]
    at.button(key="drive_back_resumes").click().run()
    assert at.text_area(key=f"drive_paste_{ada(house)}").value == ""


def test_a_resume_without_work_is_doubted_before_it_is_saved(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="resumes")
    at.text_area(key=f"drive_paste_{ada(house)}").set_value("# Ada Moreno\n\n## Skills\n\n- Python").run()
    assert "No work entries were recognised." in at.warning[0].value


@pytest.mark.parametrize(
    ("profession", "begins"), [("", "Imported "), ("Backend engineer", "Backend engineer, "), ("x" * 61, "Imported ")]
)
def test_a_version_is_called_after_the_profession_it_names_and_the_day_and_not_after_its_file(
    house: Workbench, page: Pages, profession: str, begins: str
) -> None:
    basics = {"name": "Ada Moreno", "label": profession}
    resume = json.dumps({"basics": basics, "work": [{"name": "Northwind", "position": "Engineer"}]})
    at = drive(page, house, view="resumes")
    at.file_uploader(key=f"drive_file_resume_{ada(house)}_0").upload("ada moreno.json", resume.encode()).run()
    (label,) = [field for field in at.text_input if field.label == "Label"]
    assert str(label.value).startswith(begins)


def test_a_file_chosen_for_one_candidate_is_not_offered_to_another(house: Workbench, page: Pages) -> None:
    at = drive(page, house, view="resumes")
    at.file_uploader(key=f"drive_file_resume_{ada(house)}_0").upload("ada.md", RESUME.encode()).run()
    other = next(user.id for user in people.candidates(house.store) if user.id != ada(house))
    at.selectbox(key="drive_user").select(other).run()
    assert "Nothing is saved yet" not in said(at)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("broken.docx", b"not a zip at all", "damaged or of another kind"),
        ("empty.pdf", b"  ", "This file is empty"),
        ("list.json", b"[1, 2]", "This JSON is a list"),
        ("scan.pdf", b"\x89PNG\r\n\x1a\n" + b"0" * 40, "This is a picture"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_saves_nothing(
    house: Workbench, page: Pages, name: str, data: bytes, sentence: str
) -> None:
    at = drive(page, house, view="resumes")
    at.file_uploader(key=f"drive_file_resume_{ada(house)}_0").upload(name, data).run()
    assert not at.exception
    assert sentence in at.error[0].value
    assert "FormSubmitter:drive_save_resume-Save as a new version" not in [button.key for button in at.button]
    assert not papers.resume_versions(house.store, ada(house))


def test_a_tailored_version_shows_what_it_changed(house: Workbench, page: Pages) -> None:
    store, user = house.store, ada(house)
    content = {"basics": {"name": "Ada"}, "work": [{"name": "Norrsken", "highlights": ["Wrote Python", "Kept pagers"]}]}
    base = papers.add_resume(store, user, content, label="Base")
    change = Change(op="remove", path="work/w1/highlights/w1h2", original="Kept pagers")
    made = papers.save_tailored(store, user, base.id, [change], label="For Norrsken", job_id=None, run_id="run-1")
    at = drive(page, house, view="resumes")
    at.button(key=f"drive_open_version_{made.id}").click().run()
    assert "Kept pagers" not in said(at)
    at.segmented_control(key=f"drive_version_mode_{made.id}").select("Changes").run()
    assert "Kept pagers" in said(at)
    assert "Before, v1" in said(at)
    assert "Wrote Python" not in said(at)


def test_a_resume_is_downloaded_as_word_markdown_and_json(house: Workbench, page: Pages) -> None:
    base = papers.add_resume(house.store, ada(house), {"basics": {"name": "Ada Moreno"}}, label="Base")
    at = drive(page, house, version=base.id)
    assert [button.label for button in at.get("download_button")] == ["Word", "Markdown", "JSON Resume"]


def test_a_version_is_edited_by_hand_into_a_new_one(house: Workbench, page: Pages) -> None:
    store, user = house.store, ada(house)
    content = {
        "basics": {"name": "Ada", "summary": "Engineer."},
        "work": [{"name": "Norrsken", "highlights": ["Wrote Python", "Kept pagers"]}],
    }
    base = papers.add_resume(store, user, content, label="Base")
    at = drive(page, house, version=base.id)
    at.segmented_control(key=f"drive_version_mode_{base.id}").select("Edit as new version").run()
    at.text_area(key=f"drive_edit_{base.id}_summary").set_value("Backend engineer.")
    at.text_area(key=f"drive_edit_{base.id}_w1").set_value("Wrote Python\nLed a team")
    at.button(key="drive_save_edited").click().run()
    assert not at.exception
    made, old = papers.resume_versions(store, user)
    assert (made.number, made.kind, made.label) == (2, "manual", "Base, edited")
    assert made.content["basics"]["summary"] == "Backend engineer."
    assert made.content["work"][0]["highlights"] == ["Wrote Python", "Led a team"]
    assert old.content == base.content
    assert at.subheader[0].value == "v2 · Base, edited"
