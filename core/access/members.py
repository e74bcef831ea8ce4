"""Staff: who is at the workbench."""

from sqlalchemy import select

from core.errors import StoreConflict
from core.schema import Caller
from core.store import EVERYONE, Member, Store

LOCAL = "admin@localhost"


def local_admin(store: Store) -> Member:
    """The one member of a workbench without sign-in; made when it is first asked for."""
    with store.reading(EVERYONE) as session:
        if found := session.scalar(select(Member).where(Member.email == LOCAL)):
            return found
    try:
        with store.writing(EVERYONE) as session:
            found = Member(name="Local admin", email=LOCAL, role="admin")
            session.add(found)
    except StoreConflict:  # another tab was first
        return local_admin(store)
    return found


def caller(member: Member) -> Caller:
    """A member as the engine knows them. Staff may choose model and prompt: that is what the pages are for."""
    scopes = {"run", "read-runs", "choose-model", "choose-prompt"}
    if member.role == "admin":
        scopes.add("admin")
    return Caller(name=f"member:{member.id}", role=member.role, scopes=frozenset(scopes))


def names(store: Store) -> dict[str, str]:
    """What people are called by the name the engine knows: `member:1` -> `Local admin`."""
    with store.reading(EVERYONE) as session:
        return {f"member:{member.id}": member.name for member in session.scalars(select(Member))}
