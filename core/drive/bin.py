"""The bin of a candidate's Drive: what is put there leaves lists and pickers, and comes back as it was.

It stays in the bin until somebody takes it out, or the candidate is erased. What was made from it is not touched.
"""

from typing import Literal, cast

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.store import Document, Job, ResumeVersion, Store
from core.store.columns import now

Kind = Literal["job", "document", "resume_version"]
Thing = Job | Document | ResumeVersion

_MODELS: dict[Kind, type[Thing]] = {"job": Job, "document": Document, "resume_version": ResumeVersion}


def put(store: Store, user_id: int, kind: Kind, id: int) -> None:
    """Put one thing of a candidate's in the bin. Errors: `NotFound`, also when it is there already."""
    with store.writing(user_id) as session:
        found = _own(session, kind, id)
        if found is None or found.deleted_at is not None:
            raise NotFound(f"This {_said(kind)} is not in the candidate's Drive any more. Look in the bin, or reload.")
        found.deleted_at = now()


def take_out(store: Store, user_id: int, kind: Kind, id: int) -> None:
    """Take it out again. Errors: `NotFound`, also when it is not there any more."""
    with store.writing(user_id) as session:
        found = _own(session, kind, id)
        if found is None or found.deleted_at is None:
            raise NotFound(f"This {_said(kind)} is not in the bin any more. Reload the page to see where it is.")
        found.deleted_at = None


def _own(session: Session, kind: Kind, id: int) -> Thing | None:
    return cast("Thing | None", session.get(_MODELS[kind], id, with_for_update=True))


def _said(kind: Kind) -> str:
    return kind.replace("_", " ")
