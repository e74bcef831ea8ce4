"""API tokens: those in use, those that were revoked, and how to make another."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from core.access import tokens
from core.drive import people
from core.wiring import Workbench
from pages.widgets import admin_secret, grid, notice, safe, said
from pages.widgets.admin_secret import Made

# What each scope lets a token do.
SCOPES = {
    "run": "Start runs, follow them and stop them.",
    "choose-model": "Together with run: name the model, in place of those of the candidate's plan.",
    "choose-prompt": "Together with run: name the prompt and its version, in place of the one in use.",
    "read-runs": "Read the record of the runs it made, also later.",
    "admin": "All of the above, and the runs of everyone else.",
}
HEADS = ("Name", "May", "For", "Made", "Expires", "Last used", "")
WIDTHS = (4, 5, 3, 3, 3, 3, 2.4)


def draw(workbench: Workbench) -> None:
    """The new secret if there is one, the list, the form."""
    st.caption("A token lets a program use the HTTP API. Each run is recorded under the name of its token.")
    admin_secret.draw(workbench)
    names = {user.id: user.name for user in people.candidates(workbench.store)}
    everything = tokens.listed(workbench.store)
    live = [one for one in everything if one.revoked_at is None]
    if live:
        with st.container(border=True, gap="xsmall"):
            _heads()
            for token in live:
                _row(workbench, token, names)
    else:
        st.info("No token is in use. Make one below and give it to the program that calls the API.")
    _form(workbench, names)
    if gone := [one for one in everything if one.revoked_at is not None]:
        with st.expander(f"Revoked ({len(gone)})", icon=":material/block:"):
            _revoked(gone, names)


# -- the list ------------------------------------------------------------------------------------------


def _heads() -> None:
    for column, name in zip(st.columns(WIDTHS, vertical_alignment="center"), HEADS, strict=True):
        column.caption(name)


def _row(workbench: Workbench, token: Any, names: Mapping[int, str]) -> None:
    name, scopes, whom, made, expires, used, action = st.columns(WIDTHS, vertical_alignment="center")
    expired = " :orange-badge[expired]" if tokens.standing(token) == "expired" else ""
    name.markdown(f"**{safe.plain(token.name)}**{expired}")
    scopes.markdown(" ".join(f":blue-badge[{one}]" for one in tokens.SCOPES if one in token.scopes))
    whom.caption(_whom(token, names))
    made.caption(said.when(token.created_at))
    expires.caption(said.when(token.expires_at) if token.expires_at else "never")
    used.caption(said.when(token.last_used_at) if token.last_used_at else "never")
    with action.popover("Revoke", type="tertiary", icon=":material/block:", key=f"admin_revoking_{token.id}"):
        _confirm(workbench, token)


def _confirm(workbench: Workbench, token: Any) -> None:
    """What revoking does, before it is done: there is no way back."""
    st.markdown(
        f"**Revoke {safe.plain(token.name)}?** Calls with it are refused within {tokens.KEPT_S:.0f} seconds. "
        "This cannot be undone; its runs stay."
    )
    st.button(
        "Revoke it",
        type="primary",
        icon=":material/block:",
        key=f"admin_revoke_{token.id}",
        on_click=_revoke,
        args=(workbench, token.name),
    )


def _whom(token: Any, names: Mapping[int, str]) -> str:
    return "everyone" if token.user_id is None else safe.line(names.get(token.user_id, f"candidate {token.user_id}"))


def _revoked(gone: list[Any], names: Mapping[int, str]) -> None:
    config = st.column_config
    times = {"made": "Made", "used": "Last used", "revoked": "Revoked"}
    rows = [
        {
            "name": one.name,
            "scopes": ", ".join(scope for scope in tokens.SCOPES if scope in one.scopes),
            "whom": "everyone" if one.user_id is None else names.get(one.user_id, f"candidate {one.user_id}"),
            "made": one.created_at,
            "used": one.last_used_at,
            "revoked": one.revoked_at,
        }
        for one in gone
    ]
    grid.draw(
        rows,
        {"name": str, "scopes": str, "whom": str} | dict.fromkeys(times, datetime),
        height="content",
        placeholder="never",
        key="admin_revoked",
        alt="Revoked tokens, newest first",
        column_config={
            "name": config.TextColumn("Name"),
            "scopes": config.TextColumn("Could"),
            "whom": config.TextColumn("For"),
            **{key: config.DatetimeColumn(label, format="D MMM YYYY, HH:mm") for key, label in times.items()},
        },
    )


# -- a new one -----------------------------------------------------------------------------------------


def _form(workbench: Workbench, names: Mapping[int, str]) -> None:
    st.subheader("New token", anchor=False)
    with st.form("admin_new_token", enter_to_submit=False):
        one, two, three = st.columns((4, 4, 3))
        one.text_input("Name", key="admin_token_name", max_chars=64, placeholder="backend-eu")
        two.selectbox(
            "For",
            (None, *names),
            format_func=lambda id: "Everyone" if id is None else names[id],
            key="admin_token_user",
            help="A token for one candidate can neither run nor read anything of another.",
        )
        three.number_input(
            "Days until it expires",
            min_value=1,
            max_value=tokens.LONGEST_DAYS,
            value=None,
            step=1,
            key="admin_token_days",
            placeholder="Never",
        )
        st.pills(
            "It may", tokens.SCOPES, selection_mode="multi", default=("run", "read-runs"), key="admin_token_scopes"
        )
        st.caption("\n".join(f"- **{scope}** – {SCOPES[scope]}" for scope in tokens.SCOPES))
        st.form_submit_button(
            "Make token", type="primary", icon=":material/key:", key="admin_make", on_click=_make, args=(workbench,)
        )


# -- what the buttons do -------------------------------------------------------------------------------


def _make(workbench: Workbench) -> None:
    given = st.session_state
    name, user_id = (given["admin_token_name"] or "").strip(), given["admin_token_user"]
    scopes = tuple(given["admin_token_scopes"])

    def make() -> None:
        secret = tokens.create(workbench.store, name, scopes, user_id=user_id, days=given["admin_token_days"])
        admin_secret.remember(Made(name, secret, scopes, user_id))

    if notice.act("admin", make, ""):
        given.pop("admin_notice")  # the secret says it
        given["admin_token_name"] = ""


def _revoke(workbench: Workbench, name: str) -> None:
    revoke = partial(tokens.revoke, workbench.store, name)
    if notice.act("admin", revoke, f"Token {name} is revoked."):
        made: Made | None = st.session_state.get(admin_secret.KEY)
        if made and made.name == name:
            admin_secret.forget()
