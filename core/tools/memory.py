"""What the workbench remembers for a candidate and a job: short notes, recalled by the next run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, String, Table, bindparam, delete, exists, insert, or_, select

from core.errors import NotFound
from core.schema import AiRequest, Written
from core.store import AiMemory, Job, Store
from core.store.columns import Number, UtcTime, now
from core.store.statement import Statement

MOST_ENTRIES = 5
MOST_TOKENS = 400
LASTS = timedelta(days=180)
LONGEST = 600  # characters of one note

TABLE: Table = AiMemory.__table__  # type: ignore[assignment]

_OF_NOTE = ("id", "user_id", "job_id", "text", "source_run_id", "created_at", "expires_at")
_NEWEST = Statement(
    select(*(TABLE.c[name] for name in _OF_NOTE))
    .where(TABLE.c.user_id == bindparam("user_id"), TABLE.c.expires_at > bindparam("at"))
    .where(TABLE.c.job_id.is_not_distinct_from(bindparam("job_id", type_=Number)))
    .order_by(TABLE.c.created_at.desc(), TABLE.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_JOB = bindparam("job_id", type_=Number)
_REMEMBER = Statement(
    insert(TABLE)
    .from_select(
        ["user_id", "job_id", "text", "source_run_id", "created_at", "expires_at"],
        select(
            bindparam("user_id", type_=Number),
            _JOB,
            bindparam("text", type_=String),
            bindparam("run_id", type_=String),
            bindparam("at", type_=UtcTime),
            bindparam("until", type_=UtcTime),
        ).where(or_(_JOB.is_(None), exists().where(Job.id == _JOB))),
    )
    .inline()
)


@dataclass(frozen=True, slots=True)
class Note:
    """One remembered sentence or two."""

    id: int
    user_id: int
    job_id: int | None
    text: str
    source_run_id: str | None
    created_at: datetime
    expires_at: datetime


def recall(connection: Connection, user_id: int, job_id: int | None, *, limit: int = MOST_ENTRIES) -> list[Note]:
    """The newest notes for this user and job that have not expired, newest first."""
    values = {"user_id": user_id, "job_id": job_id, "at": now(), "most": limit}
    return [Note(*row) for row in _NEWEST.rows(connection, values)]


def about(store: Store, user_id: int) -> list[Note]:
    """Everything remembered for a candidate, newest first, for the page where a person reads and deletes it."""
    with store.read() as connection:
        wanted = select(TABLE).where(TABLE.c.user_id == user_id, TABLE.c.expires_at > now())
        return [_note(row) for row in connection.execute(wanted.order_by(TABLE.c.created_at.desc(), TABLE.c.id.desc()))]


def keep(
    connection: Connection,
    *,
    user_id: int,
    job_id: int | None,
    text: str,
    run_id: str | None,
    at: datetime | None = None,
) -> None:
    """Write one note."""
    at = at or now()
    connection.execute(
        insert(TABLE).values(
            user_id=user_id, job_id=job_id, text=text, source_run_id=run_id, created_at=at, expires_at=at + LASTS
        )
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What a run leaves behind."""

    user_id: int
    job_id: int | None
    text: str
    run_id: str


def remember(connection: Connection, left: Sequence[Left]) -> None:
    """Write what runs leave behind, unless its job was removed while one went on."""
    at = now()
    about = {"at": at, "until": at + LASTS}
    values = [{"user_id": one.user_id, "job_id": one.job_id, "text": one.text, "run_id": one.run_id} for one in left]
    _REMEMBER.run_all(connection, [one | about for one in values])


def forget(store: Store, note_id: int, *, user_id: int) -> Note:
    """Delete one note and return it, so that it can be put back. Errors: `NotFound`."""
    with store.write() as connection:
        gone = connection.execute(
            delete(TABLE).where(TABLE.c.id == note_id, TABLE.c.user_id == user_id).returning(*TABLE.c)
        ).one_or_none()
    if gone is None:
        raise NotFound("This note is not there any more. Reload the page to see what is remembered.")
    return _note(gone)


def put_back(store: Store, note: Note) -> None:
    """Undo `forget`: the note returns with the time it had."""
    with store.write() as connection:
        keep(
            connection,
            user_id=note.user_id,
            job_id=note.job_id,
            text=note.text,
            run_id=note.source_run_id,
            at=note.created_at,
        )


def asked(request: AiRequest, written: Written, at: datetime) -> str:
    """What a finished run leaves behind: what was asked for, and what came out that the next one should know."""
    said = [f"{at:%d %b %Y}: {request.feature.replace('_', ' ')}."]
    if request.instructions.strip():
        asked_for = _short(request.instructions, 240)
        said.append(f"Asked: {asked_for}" if asked_for.endswith((".", "!", "?", "…")) else f"Asked: {asked_for}.")
    if written.details.score is not None:
        said.append(f"Match score {written.details.score} of 100.")
    if missing := [found.term for found in written.details.missing[:6]]:
        said.append(f"Not shown in the resume: {', '.join(missing)}.")
    return _short(" ".join(said), LONGEST)


def chosen(what: str, at: datetime) -> str:
    """What a person kept, e.g. 'Saved to Drive: Cover letter, Acme (revision 2).'"""
    return _short(f"{at:%d %b %Y}: {what}", LONGEST)


def as_text(notes: Sequence[Note]) -> str:
    return "\n".join(f"- {note.text}" for note in notes)


def _short(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _note(row: Any) -> Note:
    return Note(row.id, row.user_id, row.job_id, row.text, row.source_run_id, row.created_at, row.expires_at)
