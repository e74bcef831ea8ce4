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


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_one_step_or_none(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call, url, steps = CHANGES[case]
    sent: list[str] = []
    send = QueryParams._send_query_param_msg

    def counted(params: QueryParams) -> None:
        sent.append(str(params))
        send(params)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", counted)
    at = AppTest.from_string(SCRIPT.format(call=call))
    at.query_params["user"] = "1"
    at.query_params["run"] = "a"
    at.run()
    assert not at.exception
    pairs = sorted(tuple(pair.split("=")) for pair in url.split("&"))
    assert sorted((name, value) for name, values in at.query_params.items() for value in values) == pairs
    assert len(sent) == steps
