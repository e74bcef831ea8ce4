"""A resume version edited by hand: its summary and bullets as text, saved as a new version."""

from functools import partial
from typing import Any

import streamlit as st

from core.drive import papers, save
from core.drive.shape import sections
from core.drive.wording import heading
from core.wiring import Workbench
from pages.widgets import drafts, notice, safe, shelf

LINE = 26  # pixels


def draw(workbench: Workbench, version: Any) -> None:
    """One field for the summary, one for the bullets of each entry; what is typed is kept until it is saved."""
    st.caption("Names, titles and dates stay as they are. Saving makes a new version; this one is never changed.")
    summary = str(version.content.get("basics", {}).get("summary") or "")
    drafts.area("Summary", _key(version, "summary"), summary, height=120)
    for section, entry in _entries(version):
        bullets = "\n".join(entry["highlights"])
        label = f"{safe.plain(heading(section, entry))}: one bullet a line"
        drafts.area(label, _key(version, entry["id"]), bullets, height=LINE * (2 * len(entry["highlights"]) + 2))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Label", f"{version.label}, edited"[:200], max_chars=200, key=_key(version, "label"))
        st.button(
            "Save as a new version",
            type="primary",
            icon=":material/save:",
            key="drive_save_edited",
            on_click=_saved,
            args=(workbench, version),
        )


def _entries(version: Any) -> list[tuple[str, Any]]:
    return [(name, entry) for name, all_ in sections(version.content) for entry in all_ if entry.get("highlights")]


def _key(version: Any, part: str) -> str:
    return f"drive_edit_{version.id}_{part}"


def _saved(workbench: Workbench, version: Any) -> None:
    texts = {entry["id"]: st.session_state[_key(version, entry["id"])] or "" for _, entry in _entries(version)}
    content = save.edited(version.content, st.session_state[_key(version, "summary")] or "", texts)
    label = st.session_state[_key(version, "label")] or ""
    made: list[int] = []
    keep = partial(papers.add_resume, workbench.store, version.user_id, content, label=label, kind="manual")
    if content == version.content:
        notice.act("drive", lambda: None, "The text is the same as before, so no version was added.")
    elif notice.act("drive", lambda: made.append(keep().id), f"“{label.strip()}” was saved as a new resume version."):
        for part in ("summary", *texts):
            drafts.drop(_key(version, part))
        shelf.go("resumes", version=made[0])
