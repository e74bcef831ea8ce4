"""Documents in Drive: read, renamed, edited, restored, put in the bin and taken out."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.drive import bin, papers
from core.wiring import Workbench
from tests.pages.drives import Pages, ada, drive, labels, letter, with_ada
from tests.pages.reading import said


@pytest.fixture
def house(opening: Callable[..., Workbench]) -> Workbench:
    return with_ada(opening())


def editing(page: Pages, house: Workbench, document: int) -> AppTest:
    at = drive(page, house, document=document)
    return at.segmented_control(key=f"drive_mode_{document}").select("Edit").run()


def test_a_document_opens_from_the_list_and_goes_back(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = drive(page, house)
    at.button(key=f"drive_open_document_{paper.id}").click().run()
    assert at.subheader[0].value == "Letter"
    assert "Dear *team*" in said(at)
    at.button(key="drive_back_documents").click().run()
    assert "Letter" in labels(at)


def test_what_a_model_wrote_loads_nothing(house: Workbench, page: Pages) -> None:
    paper = letter(house, body="![x](https://evil.example/a.png) <img src=x> [go](https://evil.example)")
    shown = said(drive(page, house, document=paper.id))
    assert "![x](" not in shown
    assert "](https" not in shown
    assert "\\<img" in shown


def test_rename_changes_the_title_on_the_page(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = drive(page, house, document=paper.id)
    at.text_input(key=f"drive_title_{paper.id}").input("For Norrsken")
    at.button(key="FormSubmitter:drive_rename-Rename").click().run()
    assert at.subheader[0].value == "For Norrsken"
    assert papers.documents(house.store, ada(house))[0].title == "For Norrsken"


def test_an_edited_text_becomes_the_next_revision(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = editing(page, house, paper.id)
    at.text_area(key=f"drive_text_{paper.id}_1").input("Dear all")
    at.button(key="drive_revise").click().run()
    assert not at.exception
    assert "Saved as revision 2." in said(at)
    assert at.segmented_control(key=f"drive_mode_{paper.id}").value == "Read"
    kept = papers.revisions(house.store, ada(house), paper.id)
    assert (kept[0].number, kept[0].body, kept[0].created_by) == (2, "Dear all", "member:1")


def test_an_unsaved_edit_outlives_another_page_and_can_be_given_up(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = editing(page, house, paper.id)
    at.text_area(key=f"drive_text_{paper.id}_1").set_value("Dear all").run()
    at.switch_page("generate.py").run()
    at.query_params.clear()
    at.switch_page("drive.py")
    at.query_params["document"] = str(paper.id)
    at.run()
    at.segmented_control(key=f"drive_mode_{paper.id}").select("Edit").run()
    assert at.text_area(key=f"drive_text_{paper.id}_1").value == "Dear all"
    at.button(key="drive_discard").click().run()
    assert at.text_area(key=f"drive_text_{paper.id}_1").value == "Dear *team*"
    assert len(papers.revisions(house.store, ada(house), paper.id)) == 1


def test_an_emptied_text_is_refused_and_not_lost(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = editing(page, house, paper.id)
    at.text_area(key=f"drive_text_{paper.id}_1").input(" ")
    at.button(key="drive_revise").click().run()
    assert "There is no text to save" in at.error[0].value
    assert len(papers.revisions(house.store, ada(house), paper.id)) == 1


def test_an_earlier_revision_is_read_and_restored(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    papers.save_revision(house.store, ada(house), paper.id, body="Second", by="cli")
    at = drive(page, house, document=paper.id)
    at.segmented_control(key=f"drive_mode_{paper.id}").select("Revisions").run()
    assert "drive_restore_revision" not in [button.key for button in at.button]  # the newest needs no restoring
    at.selectbox(key=f"drive_revision_{paper.id}").select(1).run()
    assert "Dear *team*" in said(at)
    at.button(key="drive_restore_revision").click().run()
    assert papers.documents(house.store, ada(house))[0].body == "Dear *team*"
    assert [one.number for one in papers.revisions(house.store, ada(house), paper.id)] == [3, 2, 1]


def test_the_bin_has_an_undo(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = drive(page, house, document=paper.id)
    at.button(key="drive_bin").click().run()
    assert "is in the bin" in at.success[0].value
    assert papers.documents(house.store, ada(house)) == []
    at.button(key="drive_undo").click().run()
    assert "is back" in at.success[0].value
    assert [one.id for one in papers.documents(house.store, ada(house))] == [paper.id]


def test_a_document_is_taken_out_of_the_bin(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    bin.put(house.store, ada(house), "document", paper.id)
    at = drive(page, house)
    assert at.expander[0].label == "Bin (1)"
    at.button(key=f"drive_unbin_{paper.id}").click().run()
    assert "Letter" in labels(at)


def test_a_link_to_a_binned_document_says_where_it_is(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    bin.put(house.store, ada(house), "document", paper.id)
    at = drive(page, house, document=paper.id)
    assert "is in the bin" in at.warning[0].value
    at.button(key=f"drive_unbin_{paper.id}").click().run()
    assert at.subheader[0].value == "Letter"


def test_a_document_binned_by_another_meanwhile_is_said(house: Workbench, page: Pages) -> None:
    paper = letter(house)
    at = drive(page, house, document=paper.id)
    bin.put(house.store, ada(house), "document", paper.id)
    at.button(key="drive_bin").click().run()
    assert not at.exception
    assert "not in the candidate's Drive any more" in at.error[0].value
