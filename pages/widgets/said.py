"""Times, people and kinds of paper, as the pages say them."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.schema import FEATURES
from pages.widgets import words


def zone() -> tzinfo:
    """The viewer's time zone; by its offset where the machine does not know it by name."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(-timedelta(minutes=st.context.timezone_offset or 0))


def when(at: datetime) -> str:
    """`3 Nov 2026, 14:05` where the viewer is."""
    local = at.astimezone(zone())
    return f"{local.day} {local:%b %Y, %H:%M}"


def who(caller: str, names: Mapping[str, str]) -> str:
    """A caller as people know them: `member:1`, `token:NAME`, `cli` or `demo`."""
    kind, _, name = caller.partition(":")
    if kind == "token":
        return f"API token {name}"
    return names.get(caller) or {"cli": "the command line", "demo": "the demo data"}.get(caller, caller)


def kind(name: str) -> str:
    """A kind of document: what made it, or what it is."""
    return words.feature(name) if name in FEATURES else name.replace("_", " ").capitalize()
