"""A token that was just made: its secret, this once, and a first call with it."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.drive import people
from core.wiring import Workbench
from pages.widgets import safe

KEY = "admin_secret"


@dataclass(frozen=True, slots=True)
class Made:
    """`user_id` is the one candidate it serves, None for everyone."""

    name: str
    secret: str
    scopes: tuple[str, ...]
    user_id: int | None


def remember(made: Made) -> None:
    """For callbacks: show it on the next drawing, until it is put away."""
    st.session_state[KEY] = made


def forget() -> None:
    """For callbacks: put it away; nothing can bring it back."""
    st.session_state.pop(KEY, None)


def draw(workbench: Workbench) -> None:
    """The secret with what to do with it, while there is one to show."""
    made: Made | None = st.session_state.get(KEY)
    if made is None:
        return
    with st.container(border=True):
        st.success(
            f"Token {safe.plain(made.name)} is made. **Copy it now:** only its hash is kept, "
            "so nobody can show it again.",
            icon=":material/key:",
        )
        st.code(made.secret, language=None, wrap_lines=True)
        st.caption("Point at the line and use the copy button at its right end. Keep it where you keep passwords.")
        st.markdown("**Try it** in a terminal. The first call says what the token may do; it runs nothing.")
        st.code(_example(workbench, made), language="bash", wrap_lines=True)
        st.button("I have copied it", icon=":material/check:", type="primary", key="admin_copied", on_click=forget)


def _example(workbench: Workbench, made: Made) -> str:
    """Calls that work as they stand. The secret is asked for, so that it stays out of the examples one passes on."""
    door = f"{_origin(workbench)}/api/v1/ai"
    lines = [
        "export TOKEN='paste the token here'",
        f'curl -H "Authorization: Bearer $TOKEN" {door}/features',
    ]
    if body := _body(workbench, made):
        lines += [
            "",
            "# A first run",
            f'curl -X POST {door}/run -H "Authorization: Bearer $TOKEN" \\',
            f"  -H 'Content-Type: application/json' -d '{json.dumps(body)}'",
        ]
    return "\n".join(lines)


def _body(workbench: Workbench, made: Made) -> dict[str, Any] | None:
    """A match report for somebody the token serves who has a job; None where there is nobody or it may not run."""
    if not {"run", "admin"} & set(made.scopes):
        return None
    for user in people.candidates(workbench.store):
        allowed = made.user_id in (None, user.id) and "match" in workbench.policy.plan(user.plan).features
        if allowed and (jobs := people.jobs(workbench.store, user.id)):
            return {"feature": "match", "user_id": user.id, "job_id": jobs[0].id}
    return None


def _origin(workbench: Workbench) -> str:
    """Where the reader reaches the workbench: the API is on the same port as the pages."""
    here = urlsplit(st.context.url or "")
    if here.scheme and here.netloc:
        return f"{here.scheme}://{here.netloc}"
    return f"http://{workbench.settings.host}:{workbench.settings.port}"
