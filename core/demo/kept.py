"""What people kept of made-up runs: documents, and versions of a resume, each with the run it came from."""

import hashlib
import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, select, text

from core.schema import CALLED
from core.store import Document, ResumeVersion

DOCUMENT: Table = Document.__table__  # type: ignore[assignment]
VERSION: Table = ResumeVersion.__table__  # type: ignore[assignment]

# Of a hundred answers of each feature so many were kept.
SHARES = {
    "cover_letter": 35,
    "tailor_resume": 30,
    "interview_prep": 20,
    "improve_text": 14,
    "match": 10,
    "recruiter_lens": 6,
}
TITLES = CALLED | {"improve_text": "Clearer text"}
BODY = "A made-up document: what a run of the made-up year was kept as.\n"
SHA = hashlib.sha256(BODY.encode()).hexdigest()
RESUME = {"basics": {"name": "Demo candidate", "summary": "A made-up resume, tailored by a run of the made-up year."}}
CONTENT = json.dumps(RESUME)
CONTENT_SHA = hashlib.sha256(CONTENT.encode()).hexdigest()

DOCUMENT_COLUMNS = ("id", "user_id", "title", "kind", "created_at", "updated_at")
REVISION_COLUMNS = (
    *("user_id", "document_id", "number", "body", "sha256", "source_run_id", "kept_permille"),
    *("created_by", "created_at"),
)
VERSION_COLUMNS = (
    *("user_id", "number", "label", "kind", "content", "sha256", "source_run_id", "kept_permille"),
    "created_at",
)

Rows = list[tuple[Any, ...]]


class Kept(NamedTuple):
    """One answer that was kept: of which run, for whom and by whom, when, and how much of its text in thousandths."""

    run_id: str
    feature: str
    user_id: int
    caller: str
    at: str
    permille: int


def of_run(run_id: str, feature: str, user_id: int, caller: str, ended: datetime, chance: int) -> Kept | None:
    """What was kept of a run that was answered, if anything; `chance` is a number of many bits."""
    if chance % 100 >= SHARES.get(feature, 0):
        return None
    chance //= 100
    permille = 1000 if chance % 5 < 2 else 520 + chance // 5 % 480  # two of five are kept as they came
    at = ended + timedelta(seconds=30 + chance // 2_400 % 570)
    return Kept(run_id, feature, user_id, caller, at.isoformat(timespec="microseconds"), permille)


def tables(connection: Connection, kept: list[Kept]) -> list[tuple[str, tuple[str, ...], Rows]]:
    """The rows that keep these, by table with its columns, in the order in which they go in."""
    papers = [one for one in kept if one.feature != "tailor_resume"]
    versions = [one for one in kept if one.feature == "tailor_resume"]
    ids, numbers = _ids(connection, len(papers)), _numbers(connection, {one.user_id for one in versions})
    documents: Rows = []
    revisions: Rows = []
    for id, one in zip(ids, papers, strict=True):
        documents.append((id, one.user_id, TITLES[one.feature], one.feature, one.at, one.at))
        revisions.append((one.user_id, id, 1, BODY, SHA, one.run_id, one.permille, one.caller, one.at))
    rows: Rows = []
    for one in versions:
        numbers[one.user_id] += 1
        number = numbers[one.user_id]
        head = (one.user_id, number, f"Tailored {number}", "tailored", CONTENT, CONTENT_SHA)
        rows.append((*head, one.run_id, one.permille, one.at))
    return [
        ("document", DOCUMENT_COLUMNS, documents),
        ("document_revision", REVISION_COLUMNS, revisions),
        ("resume_version", VERSION_COLUMNS, rows),
    ]


def _ids(connection: Connection, many: int) -> list[int]:
    """Ids that nobody has: on PostgreSQL from the table's own sequence, as others may add documents meanwhile."""
    if connection.dialect.name == "postgresql":
        taken = "SELECT nextval(pg_get_serial_sequence('document', 'id')) FROM generate_series(1, :many)"
        return list(connection.execute(text(taken), {"many": many}).scalars())
    last = connection.execute(select(func.max(DOCUMENT.c.id))).scalar() or 0
    return list(range(last + 1, last + 1 + many))


def _numbers(connection: Connection, users: set[int]) -> Counter[int]:
    """The number of the newest version of each of these candidates."""
    newest: Counter[int] = Counter()
    some = sorted(users)
    for begin in range(0, len(some), 500):
        asked = select(VERSION.c.user_id, func.max(VERSION.c.number).label("newest")).group_by(VERSION.c.user_id)
        wanted = asked.where(VERSION.c.user_id.in_(some[begin : begin + 500]))
        newest.update({row.user_id: row.newest for row in connection.execute(wanted)})
    return newest
