"""Candidates and their jobs: who there is to work for, and on what."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from core.access.plans import PLANS
from core.drive import erasure
from core.drive.shape import clean
from core.errors import Invalid, NotFound
from core.store import EVERYONE, Job, ResumeVersion, Store, User

USER: Table = User.__table__  # type: ignore[assignment]
_EVERYONE = select(USER.c.id, USER.c.name, USER.c.plan).order_by(USER.c.name, USER.c.id)


class Candidate(NamedTuple):
    """What a list of candidates shows of one."""

    id: int
    name: str
    plan: str


_listed: tuple[Candidate, ...] = ()


def candidates(store: Store) -> Sequence[Candidate]:
    """Everyone, by name. As long as nobody changes it is the same list: every session's pages hold it."""
    global _listed
    with store.read() as connection:
        found = tuple(map(Candidate._make, connection.execute(_EVERYONE)))
    if found != _listed:
        _listed = found
    return _listed


def name(store: Store, user_id: int) -> str | None:
    """What a candidate is called; None where there is no such candidate."""
    with store.read() as connection:
        return connection.execute(select(USER.c.name).where(USER.c.id == user_id)).scalar()


def furnished(store: Store) -> frozenset[int]:
    """The ids of the candidates a document can be made for: those with a job and a resume, neither in the bin."""
    with store.reading(EVERYONE) as session:
        having = [
            set(session.scalars(select(of.user_id).where(of.deleted_at.is_(None)).distinct()))
            for of in (Job, ResumeVersion)
        ]
    return frozenset(having[0] & having[1])


def jobs(store: Store, user_id: int, *, binned: bool = False) -> Sequence[Job]:
    """A candidate's jobs, newest first; `binned` lists those in the bin instead."""
    there = Job.deleted_at.is_not(None) if binned else Job.deleted_at.is_(None)
    with store.reading(user_id) as session:
        return session.scalars(select(Job).where(there).order_by(Job.created_at.desc(), Job.id.desc())).all()


def job_titles(store: Store, user_id: int) -> dict[int, str]:
    """What each of a candidate's jobs is called, those in the bin too: what was made for one goes on saying so."""
    with store.reading(user_id) as session:
        return {job.id: job.title for job in session.execute(select(Job.id, Job.title).where(Job.user_id == user_id))}


def add_candidate(store: Store, *, name: str, plan: str, profile: dict[str, Any]) -> User:
    """A new candidate. Errors: `Invalid` for an empty name or an unknown plan."""
    name = _name(name)
    if plan not in PLANS:
        raise Invalid(f"There is no plan {plan!r}. Use one of {', '.join(PLANS)}.")
    with store.writing(EVERYONE) as session:
        user = User(id=erasure.unused_id(session), name=name, plan=plan, profile=profile)
        session.add(user)
    return user


def change_plan(store: Store, user_id: int, plan: str) -> None:
    """Move a candidate to another plan; runs that were made keep theirs. Errors: `Invalid`, `NotFound`."""
    if plan not in PLANS:
        raise Invalid(f"There is no plan {plan!r}. Use one of {', '.join(PLANS)}.")
    with store.writing(EVERYONE) as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound(f"There is no candidate {user_id}. Pick another one, or add this one first.")
        user.plan = plan


def rename(store: Store, user_id: int, name: str) -> None:
    """Call a candidate otherwise. Errors: `Invalid` for an empty name, `NotFound`."""
    name = _name(name)
    with store.writing(EVERYONE) as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound(f"There is no candidate {user_id}. Pick another one, or add this one first.")
        user.name = name


def correct_job(store: Store, user_id: int, job_id: int, *, title: str, company: str) -> None:
    """Give a job its right title and company; papers made before keep their words. Errors: `Invalid`, `NotFound`."""
    title, company = clean(title), clean(company)
    if not title:
        raise Invalid("The job has no title. Give it the title of the posting.")
    with store.writing(user_id) as session:
        job = session.get(Job, job_id)
        if job is None or job.deleted_at is not None:
            raise NotFound(f"This candidate has no job {job_id}. Pick one from the list.")
        job.title, job.company = title[:300], company[:200]


def add_job(store: Store, user_id: int, *, title: str, company: str, description: str) -> Job:
    """A new job of a candidate. Errors: `Invalid` when there is nothing to match, `NotFound` for the candidate."""
    title, company, description = clean(title), clean(company), clean(description)
    if not description:
        raise Invalid(
            "The job has no description. Paste the text of the posting; without it there is nothing to match."
        )
    if not title:
        raise Invalid("The job has no title. Give it the title of the posting.")
    with store.writing(user_id) as session:
        if session.get(User, user_id) is None:
            raise NotFound(f"There is no candidate {user_id}. Pick another one, or add this one first.")
        job = Job(user_id=user_id, title=title[:300], company=company[:200], description=description)
        session.add(job)
    return job


def _name(given: str) -> str:
    name = clean(given)
    if not name or len(name) > 200:
        raise Invalid("A candidate needs a name of 200 characters at most.")
    return name
