"""What a run leaves as a paper: its text, its files, how it is kept, and why it may have to wait for a person."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.drive import answer_text, exporting, papers, people, save, tailoring
from core.drive.markdown import to_markdown
from core.errors import Invalid
from core.llm.history import Story
from core.schema import Change
from core.store import ResumeVersion, Store

ENDED_WELL = ("ok", "fallback")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a run came to as a paper. `resume` is its content where it is one, with these `changes`."""

    feature: str
    title: str
    markdown: str
    candidate: str
    company: str
    resume: Mapping[str, Any] | None = None
    changes: tuple[Change, ...] = ()

    def name(self, ending: str) -> str:
        """`Ada Moreno - Cover letter - Acme.docx`."""
        return exporting.paper_name(self.candidate, self.feature, self.title, self.company, ending=ending)

    def docx(self) -> bytes:
        """The paper as a Word file; call it from a worker thread."""
        if self.resume is not None:
            return exporting.resume(self.resume)
        return exporting.document(self.markdown, kind=self.feature, title=self.title, author=self.candidate)


@dataclass(frozen=True, slots=True)
class Filed:
    """What saving one paper came to: where it lies in Drive, or why it was left."""

    feature: str
    label: str = ""
    document_id: int | None = None
    resume_version_id: int | None = None
    left: str = ""


def source(store: Store, story: Story) -> ResumeVersion | None:
    """The resume version a run worked from: the one asked for, or the newest of that day, which its context names."""
    told = [piece["source"].get("id") for piece in story.run.context if piece["chip"] == "resume"]
    wanted = told[0] if told else story.run.request.get("resume_version_id")
    return papers.resume_version(store, story.run.user_id, wanted)


def company(store: Store, story: Story) -> str:
    """For whom a paper of this run is: the job's company, or the job where it names none."""
    job = next((one for one in people.jobs(store, story.run.user_id) if one.id == story.run.job_id), None)
    return (job.company or job.title) if job else story.job or ""


def name(store: Store, story: Story, *, ending: str) -> str:
    """The name of the run's paper as a file."""
    title, whom = story.result.answer.title, company(store, story)
    return exporting.paper_name(story.candidate, story.run.feature, title, whom, ending=ending)


def paper(store: Store, story: Story, *, ticked: Sequence[Change] | None = None) -> Paper:
    """The run as a paper. Of a tailored resume the `ticked` changes are in it; unless they are given, the verified."""
    run, answer = story.run, story.result.answer
    whole = Paper(
        run.feature,
        answer.title,
        answer_text.to_markdown(run.feature, answer),
        story.candidate,
        company(store, story),
    )
    if run.feature == "tailor_resume" and (of := source(store, story)) is not None:
        judged = save.judged(of.content, story.result.changes)
        changes = tuple(one for one in judged if one.verdict == "verified") if ticked is None else tuple(ticked)
        resume = tailoring.apply(of.content, changes).resume
        return replace(whole, markdown=to_markdown(resume), resume=resume, changes=changes)
    return whole


def ready(story: Story) -> bool:
    """Whether the run ended with something to keep."""
    answer = story.result.answer
    return story.result.status in ENDED_WELL and bool(answer.summary.strip() or answer.content.strip())


def keep(store: Store, story: Story, *, by: str, ticked: Sequence[Change] | None = None) -> Filed:
    """Save what needs nobody's tick; else say what it waits for. Twice the same is once."""
    run, result = story.run, story.result
    if not ready(story):
        return Filed(run.feature, left="It did not come to its end, so there is nothing whole to save.")
    made = paper(store, story, ticked=ticked)
    if made.resume is None and (doubts := save.unchecked(made.markdown, result.details.doubts)):
        count = "1 sentence claims" if len(doubts) == 1 else f"{len(doubts)} sentences claim"
        return Filed(
            run.feature, left=f"{count} what nothing in the context holds. Open it, check that, and save it there."
        )
    try:
        return _keep_resume(store, story, made) if made.resume is not None else _keep_document(store, story, made, by)
    except Invalid as refused:
        return Filed(run.feature, left=refused.message)


def zipped(made: Iterable[Paper]) -> bytes:
    """The papers as one ZIP, each as a Word file and as Markdown."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files(made):
            file.writestr(name, data)
    return packed.getvalue()


def files(made: Iterable[Paper]) -> list[tuple[str, bytes]]:
    """(name, content) of each paper's two files; no two names are alike, also where a system tells no case apart."""
    named: dict[str, tuple[str, bytes]] = {}
    for one in made:
        for ending, data in (("docx", one.docx()), ("md", one.markdown.encode())):
            name = one.name(ending)
            for count in range(2, 100):
                if name.casefold() not in named:
                    break
                name = f"{one.name(ending).removesuffix(f'.{ending}')} ({count}).{ending}"
            named[name.casefold()] = (name, data)
    return list(named.values())


def _keep_resume(store: Store, story: Story, made: Paper) -> Filed:
    of = source(store, story)
    if of is None or not made.changes:
        return Filed(
            story.run.feature, left="No change is ticked. Open it, tick the changes that are true, and save it there."
        )
    confirmed = [change.path for change in made.changes if change.verdict == "blocked"]
    version = save.keep_version(
        store,
        story.run.user_id,
        of.id,
        made.changes,
        confirmed=confirmed,
        label=f"For {story.job}" if story.job else f"{of.label}, tailored",
        job_id=story.run.job_id,
        run_id=story.run.id,
    )
    return Filed(story.run.feature, f"Resume v{version.number} · {version.label}", resume_version_id=version.id)


def _keep_document(store: Store, story: Story, made: Paper, by: str) -> Filed:
    run = story.run
    kept = save.keep_document(
        store,
        run.user_id,
        title=made.title,
        body=made.markdown,
        kind=run.feature,
        by=by,
        job_id=run.job_id,
        run_id=run.id,
    )
    return Filed(run.feature, kept.title, document_id=kept.id)
