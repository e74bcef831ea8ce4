"""The frame: who is here, which pages they have, what is said when the works are closed."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

Pages = Callable[..., AppTest]


def test_without_sign_in_it_says_who_you_are_and_whom_it_serves(opening, page: Pages) -> None:
    opening()
    at = page()
    assert not at.exception
    said = " ".join(element.value for element in [*at.sidebar.markdown, *at.sidebar.caption])
    assert "Local admin" in said
    assert "this machine only" in said
