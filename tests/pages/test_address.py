"""What pages write into their URL: each change is one step of the browser's history, or none."""

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from pages.widgets import address
{call}
"""
CHANGES = {
    "what stands there already": ("address.name(user=1)", "user=1&run=a", 0),
    "two names at once": ("address.name(user=2, job=5, run=None)", "user=2&run=a&job=5", 1),
    "one in, one out": ("address.change({'after': ['x']}, ['run'])", "user=1&after=x", 1),
    "a value and none": ("address.change({'user': '3', 'run': None})", "user=3", 1),
    "several values": ("address.change({'model': ['m', 'n']})", "user=1&run=a&model=m&model=n", 1),
    "all out, one in": ("address.change({'user': ['3']}, list(st.query_params))", "user=3", 1),
    "no value is none": ("address.change({'run': [], 'before': []})", "user=1", 1),
    "nothing to drop": ("address.change({}, ['after', 'before'])", "user=1&run=a", 0),
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the browser is told to write into its URL, oldest first."""
    told: list[dict[str, str]] = []
    send = QueryParams._send_query_param_msg

    def counted(params: QueryParams) -> None:
        told.append(params.to_dict())
        send(params)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", counted)
    return told


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_one_step_or_none(case: str, sent: list[dict[str, str]]) -> None:
    call, url, steps = CHANGES[case]
    at = AppTest.from_string(SCRIPT.format(call=call))
    at.query_params["user"] = "1"
    at.query_params["run"] = "a"
    at.run()
    assert not at.exception
    pairs = sorted(tuple(pair.split("=")) for pair in url.split("&"))
    assert sorted((name, value) for name, values in at.query_params.items() for value in values) == pairs
    assert len(sent) == steps


def test_the_url_is_said_again_after_another_page_and_only_then(sent: list[dict[str, str]]) -> None:
    at = AppTest.from_string("""
import streamlit as st
from pages.widgets import address
with address.held(st.session_state["page"]):
    if st.session_state["cut_short"]:
        st.stop()
""")
    at.query_params["run"] = "a"
    met = []
    # The first page of a visit comes from no other; a page cut short says it when it is drawn whole.
    for page, cut_short in (
        ("runs", 0),
        ("runs", 0),
        ("drive", 0),
        ("drive", 0),
        ("runs", 1),
        ("runs", 0),
        ("runs", 0),
    ):
        at.session_state["page"], at.session_state["cut_short"] = page, cut_short
        sent.clear()
        at.run()
        assert not at.exception
        met.append(list(sent))
    said = [{"run": "a"}]
    assert met == [[], [], said, [], [], said, []]
