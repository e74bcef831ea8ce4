"""An answer while it grows, drawn from its events."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import said


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
