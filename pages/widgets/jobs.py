"""A candidate's jobs: the list, one posting in full, and how to add another."""

from functools import partial
from typing import Any

import streamlit as st

from core.drive import importing, people
from core.drive.importing import JobDraft
from core.wiring import Workbench
from pages.widgets import address, binned, links, notice, safe, said, shelf, turns, upload
from pages.widgets.binned import Thing

WIDTHS = (6, 4, 3)
FIELDS = ("title", "company", "description")


def draw(workbench: Workbench, user: Any) -> None:
    """The open job, or the list, the bin and the form for a new one."""
    found = {job.id: job for job in people.jobs(workbench.store, user.id)}
    gone = {job.id: job for job in people.jobs(workbench.store, user.id, binned=True)}
    wanted = address.number("posting")
    if wanted is None:
        _list(list(found.values()))
        binned.listing(workbench, user, [_thing(job) for job in gone.values()])
        _add(workbench, user, first=not found)
        return
    shelf.back("jobs")
    if wanted in found:
        _open(workbench, user, found[wanted])
    elif wanted in gone:
        binned.told(workbench, user, _thing(gone[wanted]))
    else:
        st.warning(f"{safe.plain(user.name)} has no such job. Pick one from the list, or another candidate.")


def _list(found: list[Any]) -> None:
    if not found:
        st.info("There is no job yet. Paste a posting below, or choose its file.")
        return
    with st.container(border=True, gap="xsmall"):
        for column, name in zip(st.columns(WIDTHS), ("Title", "Company", "Added"), strict=True):
            column.caption(name)
        for job in found:
            _row(job)


def _row(job: Any) -> None:
    title, company, added = st.columns(WIDTHS, vertical_alignment="center")
    title.button(
        safe.plain(job.title),
        icon=":material/work:",
        type="tertiary",
        key=f"drive_open_job_{job.id}",
        on_click=partial(shelf.go, "jobs", posting=job.id),
    )
    company.caption(safe.line(job.company or "–"))
    added.caption(said.when(job.created_at))


def _thing(job: Any) -> Thing:
    return Thing("job", job.id, f"{job.title} · {job.company}" if job.company else job.title)


def _open(workbench: Workbench, user: Any, job: Any) -> None:
    st.subheader(safe.plain(job.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        at = f"{job.company} · " if job.company else ""
        st.caption(safe.line(f"{at}added {said.when(job.created_at)}"), width="content")
        links.to("generate.py", "Generate for this job", icon=":material/edit_note:", user=job.user_id, job=job.id)
        _correct(workbench, job)
        binned.button(
            workbench,
            user,
            _thing(job),
            help="It leaves this list and the choice of new runs. What was made for it stays. You can take it out.",
        )
    with st.container(border=True):
        st.markdown(safe.safe(job.description))


def _correct(workbench: Workbench, job: Any) -> None:
    """Title and company stand in every letter: a slip while adding can be mended."""
    with (
        st.popover("Correct", icon=":material/edit:", key=turns.key("drive_correcting"), on_change="rerun"),
        st.form(f"drive_correct_job_{job.id}", border=False),
    ):
        st.text_input("Title", job.title, max_chars=300, key=f"drive_title_of_{job.id}")
        st.text_input("Company (optional)", job.company, max_chars=200, key=f"drive_company_of_{job.id}")
        st.caption("The next runs use it. What was made before keeps its words.")
        st.form_submit_button("Correct", type="primary", on_click=_corrected, args=(workbench, job))


def _corrected(workbench: Workbench, job: Any) -> None:
    given = {part: st.session_state[f"drive_{part}_of_{job.id}"] or "" for part in ("title", "company")}
    work = partial(people.correct_job, workbench.store, job.user_id, job.id, **given)
    if notice.act("drive", work, f"The job is “{given['title'].strip()}” now."):
        turns.over("drive_correcting")


def _add(workbench: Workbench, user: Any, *, first: bool) -> None:
    with st.expander("Add a job", icon=":material/add:", expanded=first):
        read = upload.file(f"job_{user.id}", "Posting file, to fill in the form (optional)", importing.read_job)
        if read:
            _fill_in(user, read[1])
        with st.form("drive_new_job", border=False):
            title, company = st.columns(2)
            title.text_input(
                "Title",
                key=_key(user, "title"),
                max_chars=300,
                placeholder="Empty: the first line of the description",
            )
            company.text_input("Company (optional)", key=_key(user, "company"), max_chars=200)
            st.text_area("Description", key=_key(user, "description"), height=240, max_chars=100_000)
            st.form_submit_button(
                "Add the job", type="primary", icon=":material/add:", on_click=_added, args=(workbench, user)
            )


def _fill_in(user: Any, draft: JobDraft) -> None:
    """Once a file, so that what a person changes afterwards stays."""
    if st.session_state.get("drive_filled") is not draft:
        st.session_state["drive_filled"] = draft
        for field in FIELDS:
            st.session_state[_key(user, field)] = getattr(draft, field)


def _key(user: Any, field: str) -> str:
    return f"drive_job_{field}_{user.id}"


def _added(workbench: Workbench, user: Any) -> None:
    given = {field: st.session_state[_key(user, field)] or "" for field in FIELDS}
    untitled = not given["title"].strip()
    if untitled:
        given["title"] = importing.job_title(given["description"])
    made: list[int] = []
    add = lambda: made.append(people.add_job(workbench.store, user.id, **given).id)  # noqa: E731
    if notice.act("drive", add, _told(given["title"], guessed=untitled)):
        for field in FIELDS:
            st.session_state[_key(user, field)] = ""
        upload.clear(f"job_{user.id}")
        shelf.go("jobs", posting=made[0])


def _told(title: str, *, guessed: bool) -> str:
    """A title nobody typed is named as a guess: it goes into every letter for this job."""
    told = f"“{title.strip()}” was added."
    return (
        f"{told} That is the posting's first line: press Correct if the job is called otherwise." if guessed else told
    )
