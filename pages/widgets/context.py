"""Who and what a run is about: candidate, job, resume version, and the chips that go into the context."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.drive import papers, people
from core.drive.papers import DriveDocument
from core.schema import AiRequest
from core.tools import context_tools
from core.tools.material import Piece
from core.wiring import Workbench
from pages.widgets import address, candidate, links, safe, words

NO_JOB = 0
MOST_DOCUMENTS = 20  # of one request
LONGEST_CHIP = 30  # characters
PARTS = ("user", "job", "resume")
OTHERS = "documents:others"  # among what is switched off: every document that is not switched on


@dataclass(frozen=True, slots=True)
class Context:
    """What is picked. `on` are the chips that are switched on, in the order of `pieces`."""

    user: Any
    job: Any | None
    resume: Any | None
    pieces: tuple[Piece, ...]
    on: tuple[str, ...]

    @property
    def job_id(self) -> int | None:
        return self.job.id if self.job else None

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces if piece.chip in self.on)

    def fields(self) -> dict[str, Any]:
        """The part of an `AiRequest` that is decided here."""
        there = [piece.chip for piece in self.pieces]
        off = [chip for chip in there if chip not in self.on and not chip.startswith("document:")]
        return {
            "user_id": self.user.id,
            "job_id": self.job_id,
            "resume_version_id": self.resume.id if self.resume else None,
            "document_ids": tuple(int(chip.partition(":")[2]) for chip in self.on if chip.startswith("document:")),
            "memory": "memory" not in off,
            "switched_off": frozenset(chip for chip in off if chip != "memory"),
        }


def pick(page: str, workbench: Workbench) -> Context | None:
    """Draw the pickers and the chips of `page`; None, with the cure on the page, when there is no candidate."""
    candidates = {user.id: user for user in people.candidates(workbench.store)}
    if not candidates:
        nobody()
        return None
    _follow_url(candidates)
    said = lambda id: f"{candidates[id].name} · {candidates[id].plan}"  # noqa: E731
    if st.session_state.get("work_user") not in candidates:
        st.session_state["work_user"] = candidate.first(workbench, candidates)
    user = candidates[_choose("Candidate", page, "user", list(candidates), said)]
    what, which = st.columns([3, 2])
    jobs = {job.id: job for job in people.jobs(workbench.store, user.id)}
    with what:
        chosen = _choose("Job", page, "job", [*jobs, NO_JOB], lambda id: _posting(jobs[id]) if id else "No job")
    versions = {version.id: version for version in papers.resume_versions(workbench.store, user.id)}
    with which:
        resume = None
        if versions:
            name = lambda id: f"v{versions[id].number} · {versions[id].label}"  # noqa: E731
            resume = versions[_choose("Resume version", page, "resume", list(versions), name)]
        else:
            st.selectbox("Resume version", [], placeholder="No resume yet", disabled=True)
    _say_what_lacks(user.id, bool(jobs), bool(versions))
    return _chips(page, workbench, user, jobs.get(chosen), resume)


def remember(page: str, request: AiRequest) -> None:
    """Pick what a request was about, as if a person had; before the pickers are drawn."""
    st.session_state["work_user"] = request.user_id
    st.session_state["work_job"] = request.job_id or NO_JOB
    if request.resume_version_id:
        st.session_state["work_resume"] = request.resume_version_id
    state = _switches(page, request.user_id, request.job_id)
    state["off"] = set(request.switched_off) | (set() if request.memory else {"memory"})
    state["on"] = {f"document:{id}" for id in request.document_ids}
    if request.document_ids or request.switched_off:  # somebody chose: a document that is not named was left out
        state["off"].add(OTHERS)


def nobody() -> None:
    """The page of a workbench without candidates."""
    with st.container(border=True):
        st.subheader("There is no candidate yet", anchor=False)
        st.markdown("Add one in Drive, then import their resume and add a job there.")
        links.to("drive.py", "Add a candidate in Drive", icon=":material/folder_open:")


def _choose(label: str, page: str, part: str, options: Sequence[int], name: Callable[[int], str]) -> int:
    """A picker whose choice all pages share."""
    shared, key = f"work_{part}", f"{page}_{part}"
    if st.session_state.get(shared) not in options:
        st.session_state[shared] = options[0]
    st.session_state[key] = st.session_state[shared]
    st.selectbox(label, options, format_func=name, key=key, on_change=_share, args=(shared, key))
    return int(st.session_state[shared])


def _share(shared: str, key: str) -> None:
    st.session_state[shared] = st.session_state[key]


def _follow_url(candidates: dict[int, Any]) -> None:
    """A link names whom it is about: it wins unless the URL is the one we wrote ourselves."""
    for part in PARTS:
        given = st.query_params.get(part)
        if given is None or given == st.session_state.get(f"work_url_{part}"):
            continue
        wanted = address.number(part)
        if part == "user" and wanted not in candidates:
            st.warning(f"There is no candidate “{safe.plain(given[:20])}”. Pick one from the list.")
        elif wanted or given == str(NO_JOB):
            st.session_state[f"work_{part}"] = wanted
        st.session_state[f"work_url_{part}"] = given


def show_in_url(run_id: str | None) -> None:
    """Name what is picked, and the run on view, in the URL."""
    picked = {part: str(st.session_state.get(f"work_{part}", "")) for part in PARTS}
    address.name(**picked, run=run_id)
    st.session_state.update({f"work_url_{part}": wanted for part, wanted in picked.items()})


def _say_what_lacks(user_id: int, has_job: bool, has_resume: bool) -> None:
    for there, what, do, view in (
        (has_resume, "resume", "Import their resume", "resumes"),
        (has_job, "job", "Add a job", "jobs"),
    ):
        if not there:
            st.info(f"This candidate has no {what} yet.")
            links.to("drive.py", f"{do} in Drive", icon=":material/folder_open:", user=user_id, view=view)


def _chips(page: str, workbench: Workbench, user: Any, job: Any | None, resume: Any | None) -> Context:
    documents = papers.documents(workbench.store, user.id)[:MOST_DOCUMENTS]
    whole = AiRequest(
        feature="match",
        user_id=user.id,
        job_id=job.id if job else None,
        resume_version_id=resume.id if resume else None,
        document_ids=tuple(paper.id for paper in documents),
    )
    pieces = context_tools.gather(workbench.store, whole, today=datetime.now(UTC).date()).pieces
    labels = {piece.chip: f"{safe.plain(_short(piece))} · {words.tokens(piece.tokens)}" for piece in pieces}
    state, key = _switches(page, user.id, whole.job_id), f"{page}_chips"
    off = state["off"] | (_left_out(documents, whole.job_id) - state["on"])
    if OTHERS in off:
        off |= {chip for chip in labels if chip.startswith("document:")} - state["on"]
    st.session_state[key] = [chip for chip in labels if chip not in off]
    st.pills(
        "Context",
        list(labels),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key=key,
        on_change=_switch,
        args=(page, user.id, whole.job_id, key, tuple(labels)),
        help="What the model is told. Click a chip to leave it out or to take it in.",
        wrap=True,
    )
    on = tuple(chip for chip in labels if chip not in off)
    if "keywords" in on and not {"job", "resume"} <= set(on):
        st.caption("Keywords are left out: they compare the job with the resume, and one of the two is off.")
        on = tuple(chip for chip in on if chip != "keywords")
    return Context(user, job, resume, pieces, on)


def _switch(page: str, user_id: int, job_id: int | None, key: str, there: tuple[str, ...]) -> None:
    state, on = _switches(page, user_id, job_id), set(st.session_state[key])
    state["off"] = (state["off"] | set(there)) - on - {OTHERS}
    state["on"] = (state["on"] - set(there)) | on


def _switches(page: str, user_id: int, job_id: int | None) -> dict[str, set[str]]:
    """What a person switched for this candidate and job; kept while the session lasts."""
    kept: dict[str, set[str]] = st.session_state.setdefault(
        f"{page}_switches_{user_id}_{job_id or NO_JOB}", {"off": set(), "on": set()}
    )
    return kept


def _left_out(documents: list[DriveDocument], job_id: int | None) -> set[str]:
    """Documents that are off until somebody takes them in: those of other jobs, and what the workbench itself made."""
    return {f"document:{paper.id}" for paper in documents if paper.source_run_id or paper.job_id not in (None, job_id)}


def _short(piece: Piece) -> str:
    """A chip's name; what the pickers above say in full is cut."""
    name = piece.label.partition(" · ")[0] if piece.chip == "resume" else piece.label
    return name if len(name) <= LONGEST_CHIP else name[: LONGEST_CHIP - 1].rstrip(" ,:") + "…"


def _posting(job: Any) -> str:
    return f"{job.title} · {job.company}" if job.company else str(job.title)
