"""Put the demo candidates into an empty database, once."""

import hashlib
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.demo.shelf import DemoCandidate, candidates
from core.drive import erasure
from core.drive.resume import digest
from core.drive.shape import normalise
from core.store import EVERYONE, Document, DocumentRevision, Job, ResumeVersion, Store, User
from core.store.columns import now

LOCK = 7_201_958_642


def load_once(store: Store) -> bool:
    """Load everything in one transaction unless there is, or was, a candidate. Returns whether it loaded."""
    with store.writing(EVERYONE) as session:
        if store.url.get_backend_name() == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
        if session.scalar(select(User.id).limit(1)) is not None or erasure.any_erased(session):
            return False
        for person in candidates():
            _load(session, person)
    return True


def _load(session: Session, person: DemoCandidate) -> None:
    profile = person.profile.model_dump(exclude={"name", "plan"}, exclude_none=True)
    user = User(name=person.profile.name, plan=person.profile.plan, profile=profile)
    session.add(user)
    session.flush()
    content = normalise(person.resume)
    session.add(
        ResumeVersion(
            user_id=user.id, number=1, label=person.resume_label, kind="base", content=content, sha256=digest(content)
        )
    )
    # The first posting, the one that fits best, counts as the newest: it is what the pages open on.
    jobs = [
        Job(
            user_id=user.id,
            title=posting.title,
            company=posting.company,
            description=posting.description,
            created_at=now() - timedelta(minutes=age),
        )
        for age, posting in enumerate(person.jobs)
    ]
    session.add_all(jobs)
    session.flush()
    for paper in person.documents:
        job_id = None if paper.job is None else jobs[paper.job].id
        document = Document(user_id=user.id, job_id=job_id, title=paper.title, kind=paper.kind)
        session.add(document)
        session.flush()
        sha = hashlib.sha256(paper.body.encode()).hexdigest()
        session.add(
            DocumentRevision(
                user_id=user.id, document_id=document.id, number=1, body=paper.body, sha256=sha, created_by="demo"
            )
        )
