"""Candidates and their jobs: who there is to work for, and on what."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.access.plans import PLANS
from core.drive.shape import clean
from core.errors import Invalid, NotFound
from core.store import EVERYONE, Job, Store, User


def candidates(store: Store) -> Sequence[User]:
    """Everyone, by name."""
    with store.reading(EVERYONE) as session:
        return session.scalars(select(User).order_by(User.name, User.id)).all()


def jobs(store: Store, user_id: int) -> Sequence[Job]:
    """A candidate's jobs, newest first."""
    with store.reading(user_id) as session:
        return session.scalars(select(Job).order_by(Job.created_at.desc(), Job.id.desc())).all()


def add_candidate(store: Store, *, name: str, plan: str, profile: dict[str, Any]) -> User:
    """A new candidate. Errors: `Invalid` for an empty name or an unknown plan."""
    name = clean(name)
    if not name or len(name) > 200:
        raise Invalid("A candidate needs a name of 200 characters at most.")
    if plan not in PLANS:
        raise Invalid(f"There is no plan {plan!r}. Use one of {', '.join(PLANS)}.")
    with store.writing(EVERYONE) as session:
        user = User(name=name, plan=plan, profile=profile)
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
