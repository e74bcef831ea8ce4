"""The job pack as it is made: a line a document, what all cost, one answer open, and how they leave the house."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import sureness
from core.drive import answer_text, exporting
from core.errors import NotFound
from core.llm import outcome, packs, run_papers
from core.llm.history import Story
from core.llm.live import LiveRun
from core.llm.run_papers import Filed
from core.schema import AiRequest, Change
from core.wiring import Workbench
from pages.widgets import answer, figures, links, pack, pack_form, press, safe, show, ticks, view, words
from pages.widgets.pack import Entry
from pages.widgets.room import Room

LOOK_S = 0.15  # between two looks at the runs under way
WIDTHS = (4, 11, 3)
READY = "Saves what needs nobody's tick; the rest is left and named."


@dataclass(frozen=True, slots=True)
class Line:
    """One document as it stands: under way here, ended or elsewhere by its record, or refused."""

    entry: Entry
    live: LiveRun | None = None  # only while it is under way, as this drawing of the page found it
    story: Story | None = None

    @property
    def feature(self) -> str:
        return self.entry.feature

    @property
    def ended(self) -> bool:
        return self.story is not None and self.story.result.status != "running"


def draw(
    room: Room, page: str, card: DeltaGenerator, beside: DeltaGenerator, requests: Sequence[AiRequest]
) -> list[tuple[LiveRun, DeltaGenerator]]:
    """The board, and below it the answer that is open. Returns what is under way, for `follow` at the page's end.

    `requests` are what a press on the form would start.
    """
    lines = [_line(room.workbench, entry) for entry in pack.entries(page)]
    if lines and not _matches(room, page, lines):
        lines = []
    with card.container():
        _figures(room, lines, requests)
    if not lines:
        return []
    under_way = []
    with room.left:
        with st.container(border=True, key=f"{page}_pack_board", gap="small"):
            for line in lines:
                if watched := _row(page, line):
                    under_way.append(watched)
            _leave(room, page, lines)
        _saved(room, page)
        _elsewhere(page, [line for line in lines if line.story and not line.ended])
        opened = next((one for one in lines if one.feature == _opened(page) and one.ended), None)
        if opened and opened.entry.run_id:
            with beside:
                figures_of_it, score = st.container(border=True), st.container()
            show.run(page, room.workbench, opened.entry.run_id, figures_of_it, score)
    return under_way


def follow(room: Room, page: str, under_way: Sequence[tuple[LiveRun, DeltaGenerator]]) -> None:
    """Watch the runs until one of them has ended, then draw the page anew; the last thing a page does."""
    while under_way and not any(run.done for run, _ in under_way):
        for run, place in under_way:
            place.markdown(_progress(run))
        time.sleep(LOOK_S)
    # also where the last one ended after its buttons were drawn as if it still went on
    if under_way or (room.running and not pack_form.writing(room.workbench, page)):
        st.rerun()


# -- what stands where ------------------------------------------------------------------------------------


def _line(workbench: Workbench, entry: Entry) -> Line:
    if not entry.run_id:
        return Line(entry)
    live = workbench.find(entry.run_id)
    if live and not live.done:
        return Line(entry, live)
    try:
        return Line(entry, story=view.story(workbench, entry.run_id))
    except NotFound as gone:
        return Line(Entry(entry.feature, None, gone.code, gone.message))


def _matches(room: Room, page: str, lines: Sequence[Line]) -> bool:
    """Whether the pack is for the candidate and job of the form; if not, one line stands for it with the way back."""
    first = next((line.entry.run_id for line in lines if line.entry.run_id), None)
    if first is None:
        return True
    about = view.story(room.workbench, first)
    if (about.run.user_id, about.run.job_id) == (room.picked.user.id, room.picked.job_id):
        return True
    with room.left.container(border=True, key=f"{page}_pack_last"):
        line, again, dismiss = st.columns([6, 2, 2], vertical_alignment="center")
        state = "Under way" if any(one.live for one in lines) else "Last pack"
        line.markdown(safe.line(f"{state}: for {about.candidate}" + (f", {about.job}" if about.job else "")))
        where = (about.run.user_id, about.run.job_id)
        again.button("Show", icon=":material/visibility:", key=f"{page}_pack_show", on_click=_show, args=where)
        dismiss.button(
            "Dismiss",
            icon=":material/close:",
            type="tertiary",
            key=f"{page}_pack_dismiss",
            on_click=_dismiss,
            args=(page,),
        )
    return False


def _show(user_id: int, job_id: int | None) -> None:
    st.session_state["work_user"], st.session_state["work_job"] = user_id, job_id or 0


def _dismiss(page: str) -> None:
    st.session_state[f"{page}_pack"] = ()


def _opened(page: str) -> str | None:
    return st.session_state.get(f"{page}_pack_open")


def _open(page: str, feature: str | None) -> None:
    st.session_state[f"{page}_pack_open"] = feature


# -- one document -----------------------------------------------------------------------------------------


def _row(page: str, line: Line) -> tuple[LiveRun, DeltaGenerator] | None:
    """The document's line; of one under way the place that is redrawn."""
    name, told, button = st.columns(WIDTHS, vertical_alignment="center")
    name.markdown(f"**{words.feature(line.feature)}**")
    if line.live:
        place = told.empty()
        place.markdown(_progress(line.live))
        return line.live, place
    if line.ended and line.story:
        with told:
            _ended(line.story)
        is_open = _opened(page) == line.feature
        button.button(
            "Close" if is_open else "Open",
            icon=":material/close:" if is_open else ":material/visibility:",
            type="tertiary",
            key=f"{page}_pack_open_{line.feature}",
            on_click=_open,
            args=(page, None if is_open else line.feature),
        )
    elif line.story:
        told.caption("Under way in another process of the workbench.")
    else:
        with told:
            st.badge("refused", color="red", icon=":material/block:")
            st.caption(safe.line(line.entry.why))
    if not line.story or line.story.result.status in ("cancelled", "abandoned", "refused"):
        button.button(
            "Try again",
            icon=":material/refresh:",
            type="tertiary",
            key=f"{page}_pack_again_{line.feature}",
            on_click=press.ask,
            args=(f"{page}_pack", (line.feature,), True),
        )
    return None


def _progress(run: LiveRun) -> str:
    """`Writing · 213 words · gpt-6-luna · 4.2 s`, for Markdown."""
    count = sum(len(text.split()) for text in outcome.prose(run.after(0)).values())
    model = words.model(run.progress.provider, run.progress.model) if run.progress.provider else ""
    state = ":blue[**Writing**]" if count else ":gray[**Waiting**]"
    said = [f"{count:,} words" if count else "", safe.plain(model), words.seconds(run.elapsed_ms())]
    return " · ".join([state, *filter(None, said)])


def _ended(story: Story) -> None:
    """How it ended, how long it is, what it cost, and what in it waits for a person."""
    result = story.result
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        answer.badge(result.status)
        count = len(answer_text.to_markdown(story.run.feature, result.answer).split())  # what is kept: no notes on it
        cost = words.money(result.cost_usd, result.cost_status)
        told = safe.line(f"{count:,} words · {words.model(result.provider, result.model)} · {cost}")
        st.caption(f"{told} · :green[saved]" if story.kept else told, width="content")
    if doubts := len(result.details.doubts):
        st.caption(f":material/rate_review: {doubts} {'sentence' if doubts == 1 else 'sentences'} without evidence")
    if waiting := sum(change.verdict != "verified" for change in result.changes):
        st.caption(
            f":material/rate_review: {waiting} {'change waits' if waiting == 1 else 'changes wait'} for your tick"
        )


# -- all of them ------------------------------------------------------------------------------------------


def _figures(room: Room, lines: Sequence[Line], requests: Sequence[AiRequest]) -> None:
    """How far the pack is and what it cost, with how sure that is; before it is begun, what it would be."""
    if not lines:
        st.metric("Documents", len(requests) or "–")
        st.metric("Plan", room.picked.user.plan)
        figures.expected(room.workbench, requests)
        st.caption("Nothing is sent before you press the button. Each document is a run with its own record and cost.")
        return
    ended = [line.story.result for line in lines if line.ended and line.story]
    cost = packs.total(ended)
    st.metric("Documents", f"{len(ended)} of {len(lines)}")
    one, two = st.columns(2)
    one.metric("Tokens in", f"{sum(result.usage.input_tokens for result in ended):,}")
    two.metric("Tokens out", f"{sum(result.usage.output_tokens for result in ended):,}")
    under_way = any(line.live for line in lines)
    label = "Cost so far" if under_way else "Cost of the pack"
    st.metric(label, words.spend(cost.nanousd, sureness.least(cost)) if ended else "–", help=figures.COST_HELP)
    if ended:
        st.caption(f"Cost of {len(ended)} {'run' if len(ended) == 1 else 'runs'}: {sureness.coverage(cost)}.")


def _leave(room: Room, page: str, lines: Sequence[Line]) -> None:
    """Save all, and all as one file; where something ended with text."""
    done = [line.story for line in lines if line.ended and line.story and run_papers.ready(line.story)]
    if not done:
        return
    with st.container(horizontal=True):
        st.button(
            "Save all that are ready",
            icon=":material/save:",
            key=f"{page}_pack_save",
            on_click=_save,
            args=(room.workbench, page, done),
            help=READY,
        )
        job = room.picked.job
        st.download_button(
            "Download the pack",
            data=partial(_zip, room.workbench, done, ticks.of(page)),
            file_name=exporting.file_name(
                room.picked.user.name, "Job pack", (job.company or job.title) if job else None, ending="zip"
            ),
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            key=f"{page}_pack_zip",
            help="One ZIP: each document as a Word file and as Markdown. Of the resume only the ticked changes.",
        )


def _zip(workbench: Workbench, stories: Sequence[Story], ticked: dict[str, list[Change]]) -> bytes:
    return run_papers.zipped(run_papers.paper(workbench.store, one, ticked=ticked.get(one.run.id)) for one in stories)


def _save(workbench: Workbench, page: str, stories: Sequence[Story]) -> None:
    by, ticked = st.session_state["caller"].name, ticks.of(page)
    st.session_state[f"{page}_pack_saved"] = [
        run_papers.keep(workbench.store, one, by=by, ticked=ticked.get(one.run.id)) for one in stories
    ]


def _saved(room: Room, page: str) -> None:
    """What the last Save all came to."""
    saved: list[Filed] = st.session_state.get(f"{page}_pack_saved") or []
    kept = [one for one in saved if not one.left]
    if kept:
        count = "1 document" if len(kept) == 1 else f"{len(kept)} documents"
        st.success(f"Saved to Drive: {count}.", icon=":material/check_circle:")
        with st.container(horizontal=True):
            for one in kept:
                where = {"document": one.document_id} if one.document_id else {"version": one.resume_version_id}
                links.to("drive.py", one.label, icon=":material/description:", user=room.picked.user.id, **where)
    if left := [one for one in saved if one.left]:
        said = [f"**{words.feature(one.feature)}:** {one.left}" for one in left]
        st.warning(f"Left for you:\n\n{safe.bullets(said)}", icon=":material/rate_review:")


def _elsewhere(page: str, lines: Sequence[Line]) -> None:
    if lines:
        st.button("Look again", icon=":material/refresh:", key=f"{page}_pack_look")
