"""Files in: a resume shown as it was read before it is saved, a posting that fills in the form."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from core.drive import importing, papers
from core.drive import resume as resumes
from core.errors import WorkbenchError
from core.wiring import Workbench
from pages.widgets import drafts, notice, safe, said, shelf, turns

TYPES = ["docx", "pdf", "md", "txt", "json"]
PASTED = "the pasted text"
LONGEST_PROFESSION = 60  # characters; what is longer is a sentence
MEGABYTES = importing.MAX_BYTES // 1_000_000


def resume(workbench: Workbench, user: Any, *, first: bool) -> None:
    """Choose a file or paste a text, see what was read, give it a label, save it as a new version."""
    with st.expander("Import a resume", icon=":material/upload_file:", expanded=first):
        read = file(_purpose(user), "Resume file", importing.read_resume) or _pasted(user)
        if read is None:
            return
        name, content = read
        st.caption(f"This was read from {safe.line(name)}. Nothing is saved yet.")
        if not content.get("work"):
            st.warning(
                "No work entries were recognised. Look below whether they stand in another section; "
                "a heading such as “Experience” above them helps.",
                icon=":material/warning:",
            )
        with st.container(border=True, height=420):
            st.markdown(safe.safe(resumes.to_markdown(content)))
        with (
            st.form("drive_save_resume", border=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            st.text_input("Label", _called(name, content), max_chars=200, key=_label(user))
            st.form_submit_button(
                "Save as a new version",
                type="primary",
                icon=":material/save:",
                on_click=_saved,
                args=(workbench, user, content),
            )


def _pasted(user: Any) -> tuple[str, Any] | None:
    """The other way in, while no file is chosen: the resume's text."""
    key = _paste_key(user)
    text = drafts.area("Or paste the text of the resume", key, height=160)
    st.button("Read the text", icon=":material/text_snippet:", key=f"{key}_read", disabled=not text.strip())
    if not text.strip():
        return None
    content, refusal = _tried(importing.read_resume, text.encode(), "pasted.md")
    if refusal:
        st.error(safe.safe(refusal), icon=":material/block:")
        return None
    return PASTED, content


def _paste_key(user: Any) -> str:
    return f"drive_paste_{user.id}"


def _called(name: str, content: dict[str, Any]) -> str:
    """A label to begin with: the profession the resume names, and the day. A file's name says whose it is and no more."""
    today = datetime.now(said.zone())
    profession = " ".join(str((content.get("basics") or {}).get("label") or "").split())
    how = profession if 0 < len(profession) <= LONGEST_PROFESSION else "Pasted" if name == PASTED else "Imported"
    return f"{how}{',' if how == profession else ''} {today.day} {today:%b}"


def file(purpose: str, label: str, read: Callable[[bytes, str], Any]) -> tuple[str, Any] | None:
    """An uploader and what `read` made of its file, read once; the sentence on the page where it could not."""
    given = st.file_uploader(label, type=TYPES, key=turns.key(f"drive_file_{purpose}"), max_upload_size=MEGABYTES)
    if given is None:
        return None
    kept = st.session_state.get(f"drive_read_{purpose}")
    if kept is None or kept[0] != given.file_id:
        with st.spinner(f"Reading {safe.plain(given.name)} …"):
            kept = (given.file_id, *_tried(read, given.getvalue(), given.name))
        st.session_state[f"drive_read_{purpose}"] = kept
    _, content, refusal = kept
    if refusal:
        st.error(safe.safe(refusal), icon=":material/block:")
        return None
    return given.name, content


def clear(purpose: str) -> None:
    """For callbacks: an empty uploader again."""
    turns.over(f"drive_file_{purpose}")
    st.session_state.pop(f"drive_read_{purpose}", None)


def _purpose(user: Any) -> str:
    """Each candidate has an uploader of their own: a file chosen for one is never saved for another."""
    return f"resume_{user.id}"


def _label(user: Any) -> str:
    """Each file has a label of its own, named by the file's id."""
    read = st.session_state.get(f"drive_read_{_purpose(user)}")
    return f"drive_label_{read[0] if read else ''}"


def _tried(read: Callable[[bytes, str], Any], data: bytes, name: str) -> tuple[Any, str]:
    try:
        return read(data, name), ""
    except WorkbenchError as refused:
        return None, refused.message


def _saved(workbench: Workbench, user: Any, content: dict[str, Any]) -> None:
    label = st.session_state[_label(user)] or ""
    made: list[int] = []
    save = lambda: made.append(papers.add_resume(workbench.store, user.id, content, label=label).id)  # noqa: E731
    if notice.act("drive", save, f"“{label.strip()}” was saved as a new resume version."):
        clear(_purpose(user))
        drafts.drop(_paste_key(user))
        shelf.go("resumes", version=made[0])
