"""Keeping an answer: as a document, as the next revision of one, as a resume version. Twice the same is once."""

import re
from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from typing import Any

from core.drive import papers, tailoring
from core.drive.markdown import to_markdown as to_page
from core.drive.papers import DriveDocument
from core.drive.shape import clean, normalise, sections
from core.drive.tailoring import Difference
from core.schema import Change, Doubt
from core.store import ResumeVersion, Store

_saving = Lock()  # a second press waits for the first and finds what it kept


def keep_document(
    store: Store, user_id: int, *, title: str, body: str, kind: str, by: str, job_id: int | None, run_id: str
) -> DriveDocument:
    """A new document, or the one that this run's same text already made. Errors: `Invalid`, `NotFound`."""
    with _saving:
        for paper in papers.documents(store, user_id):
            if (paper.source_run_id, paper.title, paper.body) == (run_id, clean(title)[:300], clean(body)):
                return paper
        return papers.save_document(
            store, user_id, title=title, body=body, kind=kind, by=by, job_id=job_id, run_id=run_id
        )


def keep_version(
    store: Store,
    user_id: int,
    source_id: int,
    changes: Sequence[Change],
    *,
    confirmed: Collection[str] = (),
    label: str,
    job_id: int | None,
    run_id: str,
) -> ResumeVersion:
    """A new resume version, or the one these changes of this run already made.

    `confirmed` are the paths of blocked changes that a person vouches for. Errors: `Invalid`, `NotFound`.
    """
    with _saving:
        source = papers.resume_version(store, user_id, source_id)
        wanted = dict(tailoring.apply(source.content, changes).resume) if source else None
        for one in papers.resume_versions(store, user_id):
            if (one.source_run_id, one.label, one.content) == (run_id, clean(label)[:200], wanted):
                return one
        return papers.save_tailored(
            store, user_id, source_id, changes, confirmed=confirmed, label=label, job_id=job_id, run_id=run_id
        )


def tailored(resume: Mapping[str, Any], changes: Sequence[Change]) -> str:
    """The resume with these changes and no other, as a Markdown page."""
    return to_page(tailoring.apply(resume, changes).resume)


def judged(resume: Mapping[str, Any], changes: Sequence[Change]) -> Sequence[Change]:
    """The changes with their verdicts; those of a run from before there were any are judged now."""
    if all(change.verdict for change in changes):
        return changes
    return [tailoring.judge(resume, [change]).accepted[0] if _holds(resume, change) else change for change in changes]


def unchecked(text: str, doubts: Sequence[Doubt]) -> list[Doubt]:
    """The doubts about sentences that still stand in a text, however it is set."""
    said = _letters(text)
    return [doubt for doubt in doubts if _letters(doubt.sentence) in said]


def edited(resume: Mapping[str, Any], summary: str, bullets: Mapping[str, str]) -> dict[str, Any]:
    """The resume with this summary, and by entry id these bullets, one a line; all else stays as it is."""
    copy = normalise(resume)
    copy["basics"].pop("summary", None)
    if summary.strip():
        copy["basics"]["summary"] = summary.strip()
    for _, entries in sections(copy):
        for entry in entries:
            lines = [line.strip() for line in bullets.get(entry["id"], "").splitlines() if line.strip()]
            if entry["id"] in bullets and lines != entry.get("highlights", []):
                known = dict(zip(entry.get("highlights", ()), entry.pop("highlight_ids", ()), strict=True))
                entry["highlights"] = lines
                if all(line in known for line in lines):  # moved or dropped: the rest keep their ids
                    entry["highlight_ids"] = [known[line] for line in lines]
    return normalise(copy)


def in_words(resume: Mapping[str, Any], changes: Sequence[Change]) -> list[Difference]:
    """Each change as it reads: where it stands, the text before and after; orders as words, not as ids."""
    return [_worded(resume, change) for change in changes]


def _worded(resume: Mapping[str, Any], change: Change) -> Difference:
    after = tailoring.apply(resume, [change]).resume
    for difference in tailoring.diff(resume, after):
        return difference
    return Difference(change.path, change.path, change.original, change.value)


def _holds(resume: Mapping[str, Any], change: Change) -> bool:
    return bool(tailoring.apply(resume, [change]).accepted)


def _letters(text: str) -> str:
    return " ".join(["", *re.findall(r"[^\W_]+", text.casefold()), ""])
