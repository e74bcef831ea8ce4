"""Tables and sessions."""

from core.store.db import EVERYONE, Store, owned
from core.store.migrate import init_db
from core.store.models import (
    AiAttempt,
    AiMemory,
    AiRun,
    ApiToken,
    Base,
    Document,
    DocumentRevision,
    Job,
    Ledger,
    Member,
    Reservation,
    ResumeVersion,
    User,
)

__all__ = [
    "EVERYONE",
    "AiAttempt",
    "AiMemory",
    "AiRun",
    "ApiToken",
    "Base",
    "Document",
    "DocumentRevision",
    "Job",
    "Ledger",
    "Member",
    "Reservation",
    "ResumeVersion",
    "Store",
    "User",
    "init_db",
    "owned",
]
