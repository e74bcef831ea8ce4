"""The frame: who is here, which pages they have, what is said when something is closed or broken."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner
from streamlit.util import calc_hash

from core import traces, wiring
from core.access import members
from core.drive.people import candidates
from core.errors import StorageDown
from core.settings import HOUSE
from core.store import EVERYONE, Member
from core.wiring import Workbench
from pages.widgets import broken

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
        ("analyst", "Usage", "generate.py"),
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


def test_the_first_pages_own_name_is_an_address_too(opening: Opening, page: Pages) -> None:
    opening()
    at = page()
    at._page_hash = calc_hash("generate")
    assert at.run().title[0].value == "Generate" and not at.exception


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


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages run as the front door runs them: with its handler for what breaks, and no exception's words in a log."""
    begin = LocalScriptRunner.__init__

    def as_served(runner: LocalScriptRunner, *given: Any, **more: Any) -> None:
        begin(runner, *given, **more)
        runner._on_script_error = broken.show

    monkeypatch.setattr(LocalScriptRunner, "__init__", as_served)
    with traces.discreet():
        yield


def number_of(at: AppTest) -> str:
    """The number under which the mistake is logged."""
    (said,) = [error.value for error in at.error if "under the number" in error.value]
    assert "Ada" not in said
    return str(said.partition("under the number ")[2].partition(":")[0])


def test_an_unforeseen_mistake_gets_a_number_and_the_log_gets_places_only(
    opening: Opening,
    page: Pages,
    served: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    opening()

    def breaks(*_: object) -> None:
        raise KeyError("Ada Moreno, ada@example.com")

    monkeypatch.setattr("core.drive.people.candidates", breaks)
    at = page()
    assert not at.exception and "Local admin" in sidebar(at)
    number = number_of(at)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "workbench.pages"]
    assert len(number) == 8 and number in line
    assert "KeyError" in line and "test_frame.py:" in line and "context.py:" in line
    assert "Ada" not in caplog.text + "".join(capfd.readouterr())
    monkeypatch.setattr("core.drive.people.candidates", candidates)
    assert not at.run().error  # the page is usable again


def test_a_callback_that_breaks_is_told_in_the_same_way(
    opening: Opening,
    page: Pages,
    served: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    opening()
    at = page("admin.py")

    def breaks(*_: object, **__: object) -> None:
        raise KeyError("Ada Moreno, ada@example.com")

    monkeypatch.setattr("core.access.tokens.create", breaks)
    at.text_input(key="admin_token_name").set_value("backend")
    at.button(key="admin_make").click().run()
    assert not at.exception
    seen = caplog.text + "".join(capfd.readouterr())
    assert number_of(at) in seen and "Uncaught app execution: KeyError at test_frame.py:" in seen
    assert "Ada" not in seen


def test_the_front_door_keeps_what_exceptions_say_out_of_logs_and_pages() -> None:
    door = (HOUSE / "workbench.py").read_text("utf-8")
    assert "with traces.discreet():" in door and "on_script_error=broken.show" in door
    assert st.get_option("logger.enableRich") is False and st.get_option("client.showErrorDetails") == "none"
