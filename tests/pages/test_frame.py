"""The frame: who is here, which pages they have, what is said when something is closed or broken."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import wiring
from core.access import members
from core.errors import StorageDown
from core.store import EVERYONE, Member
from core.wiring import Workbench

Opening = Callable[..., Workbench]
Pages = Callable[..., AppTest]


def sidebar(at: AppTest) -> str:
    return " ".join(str(element.value) for element in [*at.sidebar.markdown, *at.sidebar.caption])


def test_without_sign_in_it_says_who_you_are_and_whom_it_serves(opening: Opening, page: Pages) -> None:
    opening()
    at = page()
    assert not at.exception
    assert "Local admin" in sidebar(at)
    assert "this machine only" in sidebar(at)


@pytest.mark.parametrize(
    ("role", "first", "hidden"),
    [
        ("support", "Generate", "playground.py"),
        ("engineer", "Generate", None),
        ("analyst", "Runs", "generate.py"),
        ("admin", "Generate", None),
    ],
)
def test_each_role_has_its_pages(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch, role: str, first: str, hidden: str | None
) -> None:
    workbench = opening()
    with workbench.store.writing(EVERYONE) as session:
        member = Member(name="Ines Duarte", email="ines@example.org", role=role)
        session.add(member)
    monkeypatch.setattr(members, "local_admin", lambda store: member)
    at = page()
    assert at.title[0].value == first
    if hidden:
        with pytest.raises(ValueError, match=hidden.partition(".")[0]):
            at.switch_page(hidden)


def test_a_name_is_shown_as_written(opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench = opening()
    member = Member(id=7, name="![x](http://x.example)", email="x@example.org", role="admin")
    monkeypatch.setattr(members, "local_admin", lambda store: member)
    assert workbench and r"!\[x\]" in sidebar(page())


def test_pages_without_their_front_door_say_how_to_start(page: Pages) -> None:
    wiring.install(None)
    at = page()
    assert not at.exception
    assert "make run" in at.error[0].value


def test_a_page_that_breaks_says_why(opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    opening()

    def full(*_: object) -> None:
        raise StorageDown("The disk is full. Free some space and try again.")

    monkeypatch.setattr("core.drive.people.candidates", full)
    at = page()
    assert not at.exception
    assert at.error[0].value == "The disk is full. Free some space and try again."


def test_an_unforeseen_mistake_gets_a_number_and_the_log_gets_places_only(
    opening: Opening, page: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opening()

    def breaks(*_: object) -> None:
        raise KeyError("Ada Moreno, ada@example.com")

    monkeypatch.setattr("core.drive.people.candidates", breaks)
    at = page()
    assert not at.exception
    said = at.error[0].value
    number = said.partition("under the number ")[2].partition(":")[0]
    assert len(number) == 8 and "Ada" not in said
    (line,) = [record.getMessage() for record in caplog.records if record.name == "workbench.pages"]
    assert number in line and "KeyError" in line and "test_frame.py:" in line and "context.py:" in line
    assert "Ada" not in line
    monkeypatch.undo()
    assert not at.run().error  # the page is usable again


def test_what_breaks_outside_a_page_is_said_in_the_same_way() -> None:
    at = AppTest.from_string("from pages.widgets import broken\nassert broken.show(ValueError('secret'))").run()
    assert "logged under the number" in at.error[0].value
    assert "secret" not in at.error[0].value
