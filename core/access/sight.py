"""Who may see a run: a token its own ones, an admin all, and a token for one candidate never another's."""

from sqlalchemy import Table, select

from core.errors import NotFound
from core.schema import Caller
from core.store import AiRun, Store

RUN: Table = AiRun.__table__  # type: ignore[assignment]


def may_see(caller: Caller, *, made_by: str, user_id: int) -> bool:
    """Whether the caller may read, follow and stop a run of `made_by` for this candidate."""
    own = caller.name == made_by or caller.may("admin")
    return own and caller.user_id in (None, user_id)


def status(store: Store, run_id: str, caller: Caller) -> str:
    """The recorded status of a run. Errors: `NotFound`, the same for a missing run and somebody else's."""
    wanted = select(RUN.c.caller, RUN.c.user_id, RUN.c.status).where(RUN.c.id == run_id)
    with store.read() as connection:
        found = connection.execute(wanted).one_or_none()
    if found is None or not may_see(caller, made_by=found.caller, user_id=found.user_id):
        raise unseen()
    return str(found.status)


def unseen() -> NotFound:
    return NotFound("There is no such run for this token. It reads the runs it made itself, all of them with `admin`.")
