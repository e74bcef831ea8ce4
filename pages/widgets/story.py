"""One run's whole story: why this model, what it was told, what each attempt did, what people saw and kept."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.access import members
from core.drive import save
from core.errors import Invalid, NotFound
from core.llm import history, run_papers
from core.llm.history import Story
from core.llm.prompt import parse
from core.wiring import Workbench
from pages.widgets import answer, attempts, difference, edits, grid, ledger, links, run_filters, safe, said, show, words


def draw(workbench: Workbench, run_id: str) -> None:
    """The run, or the sentence why there is none."""
    st.button("All runs", icon=":material/arrow_back:", type="tertiary", key="runs_back", on_click=ledger.back)
    try:
        story = history.story(workbench.store, run_id)
    except NotFound as unknown:
        st.title("Run", anchor=False)
        st.warning(unknown.message)
        return
    _head(story, members.names(workbench.store))
    _under_way(workbench, story)
    _figures(story)
    _kept(story, history.kept(workbench.store, run_id))
    shown, tried, told, asked = st.tabs(["Answer", f"Attempts ({len(story.attempts)})", "Context", "Request"])
    with shown:
        _answer(workbench, story)
    with tried:
        attempts.draw(story)
    with told:
        _context(story)
    with asked:
        _request(workbench, story)


def _head(story: Story, names: Mapping[str, str]) -> None:
    run = story.run
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(f"{words.feature(run.feature)} for {safe.plain(story.candidate)}", anchor=False, width="content")
        answer.badge(run.status)
    about = [said.when(run.created_at), f"by {said.who(run.caller, names)}", f"prompt {run.prompt}", f"plan {run.plan}"]
    if story.job:
        about.insert(0, story.job)
    st.caption(safe.line(" · ".join(about)))
    st.markdown(safe.line(_route(run)))
    _onward(story)


def _route(run: Any) -> str:
    if run.route:
        return f"Route: {run.route}."
    if run.status == "refused":
        return "No route was chosen: the run was refused before it."
    return "Why this model was chosen was not kept with the run."


def _onward(story: Story) -> None:
    """Where to go from here, and the record as a file."""
    run = story.run
    with st.container(horizontal=True, vertical_alignment="center"):
        links.to(
            "playground.py",
            "Open in Playground",
            icon=":material/science:",
            help="With everything it was made from: candidate, job, papers, chips, prompt, model and parameters",
            run=run.id,
            user=run.user_id,
            job=run.job_id or 0,
        )
        _others("All runs of this candidate", ":material/person_search:", "user", run.user_id)
        if run.job_id:
            _others("All runs for this job", ":material/work:", "job", run.job_id)
        st.space("stretch")
        st.download_button(
            "Download",
            data=lambda: json.dumps(history.export(story), ensure_ascii=False, indent=2),
            file_name=f"run-{run.id}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="runs_download",
            help="Everything recorded of this run, as JSON. It holds the texts the model was told.",
        )


def _others(label: str, icon: str, name: str, id: int) -> None:
    st.button(label, icon=icon, type="tertiary", key=f"runs_of_{name}", on_click=run_filters.only, args=(name, str(id)))


def _under_way(workbench: Workbench, story: Story) -> None:
    run = story.run
    if run.status == "running":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info("This run is under way; its figures come when it ends.", icon=":material/progress_activity:")
            links.to("generate.py", "Watch it", icon=":material/visibility:", run=run.id)
            st.button("Refresh", icon=":material/refresh:", key="runs_refresh_one")
        _until_it_ends(workbench, run.id)
    elif run.status == "refused":
        st.warning(
            f"Refused before anything was sent ({safe.plain(run.error_code or 'no reason kept')}): plan {run.plan} "
            f"does not include {words.feature(run.feature).lower()}."
            if run.error_code == "plan_denied"
            else f"Refused before anything was sent: {safe.plain(run.error_code or 'no reason was kept')}."
        )
    elif run.status == "abandoned":
        told = sum(piece["tokens"] for piece in run.context)
        st.warning(
            "The process that made this run ended before it did, so what it used and cost is not known. "
            f"The context it was to be told came to {told:,} tokens. What was held for it, the most it could have needed, "
            "counts as used against the candidate's and the project's limits."
        )


@st.fragment(run_every=2.0)
def _until_it_ends(workbench: Workbench, run_id: str) -> None:
    """Draw the page anew once the record says how the run ended."""
    if history.status(workbench.store, run_id) != "running":
        st.rerun()


def _figures(story: Story) -> None:
    run = story.run
    with st.container(border=True):
        model, used, price, took, first = st.columns((4, 3, 4, 2, 2))
    model.metric("Model", words.model(run.provider, run.model))
    unknown = {"running": "–", "abandoned": "not known"}.get(run.status)
    tokens = unknown or f"{run.input_tokens:,} / {run.output_tokens:,}"
    used.metric("Tokens in / out", tokens, help=None if unknown else _more_tokens(run))
    price.metric("Cost", ledger.cost(story.result.cost_usd, run.cost_status), help=_cost_help(story))
    took.metric("Took", words.seconds(run.latency_ms))
    first.metric("First token", words.seconds(run.ttft_ms))


def _more_tokens(run: Any) -> str:
    return f"{run.cached_tokens:,} of the input were cached, {run.reasoning_tokens:,} of the output were reasoning."


def _cost_help(story: Story) -> str:
    return f"The sum of {len(story.attempts)} attempts. An estimate was counted here; unknown means there is no price."


def _kept(story: Story, kept: list[history.Saved]) -> None:
    """What was saved from the run, each with the way to it."""
    if not kept:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Kept in Drive:", width="content")
        for one in kept:
            paper = {"document": one.document_id} if one.document_id else {"version": one.resume_version_id}
            links.to("drive.py", one.label, icon=":material/description:", user=story.run.user_id, **paper)


def _answer(workbench: Workbench, story: Story) -> None:
    if story.run.answer is None:
        st.info("This run has no answer.")
        return
    with st.container(border=True):
        answer.draw(story.run.feature, story.result)
    if story.run.feature in show.SCORED:
        answer.score(story.result.details)
    _changes(workbench, story)


def _changes(workbench: Workbench, story: Story) -> None:
    """What a tailoring proposed, in the words of the resume it was made for, and what code refused."""
    if changes := story.result.changes:
        with st.expander(f"Proposed changes ({len(changes)})", icon=":material/difference:"):
            source = run_papers.source(workbench.store, story)
            rows = save.in_words(source.content if source else {}, changes)
            difference.draw(rows, "Before", "Proposed", changes)
    if rejected := story.result.details.rejected:
        with st.expander(f"Refused changes ({len(rejected)})", icon=":material/block:"):
            for one in rejected:
                st.markdown(f"- {safe.line(one.why)} {safe.line(one.change.value or one.change.original)}")


def _context(story: Story) -> None:
    pieces = story.run.context
    if not pieces:
        st.info("This run was told nothing beyond its prompt.")
        return
    st.caption("What went into the context, as ids and hashes; the texts stand in the messages of each attempt.")
    grid.draw(
        map(_piece, pieces),
        {"Piece": str, "Tokens": int, "Trimmed from": str, "Source": str, "SHA-256": str},
        column_config={"Tokens": st.column_config.NumberColumn(format="localized")},
        alt="Pieces of context with their tokens and sources",
    )


def _piece(piece: Mapping[str, Any]) -> dict[str, Any]:
    source, trimmed_from = dict(piece.get("source") or {}), piece.get("trimmed_from")
    kind, sha = str(source.pop("kind", "")).replace("_", " "), str(source.pop("sha256", ""))
    id = str(source.pop("id", ""))
    return {
        "Piece": piece["label"],
        "Tokens": piece["tokens"],
        "Trimmed from": f"{trimmed_from:,}" if trimmed_from else "–",
        "Source": ", ".join(
            filter(None, (f"{kind} {id}".strip(), *(f"{name} {value}" for name, value in source.items())))
        ),
        "SHA-256": sha[:12],
    }


def _request(workbench: Workbench, story: Story) -> None:
    run = story.run
    if run.prompt_text:
        st.markdown("**The edited prompt**")
        st.caption("This run used a draft that no file holds, so its text was kept.")
        _edits(workbench, run.prompt_text)
        st.code(run.prompt_text, language="markdown", wrap_lines=True)
    if instructions := run.request.get("instructions"):
        st.markdown("**Instructions**")
        st.text(instructions)
    st.markdown("**As it came**")
    st.json({name: value for name, value in run.request.items() if name != "draft"}, expanded=True)
    st.caption(f"Run {run.id}")


def _edits(workbench: Workbench, draft: str) -> None:
    """What the draft says otherwise than the prompt it was made from, where that is still shipped."""
    try:
        origin = workbench.prompts.origin(parse(draft, draft=True))
    except Invalid:
        return
    if origin:
        edits.draw(origin.text, draft, origin.label)
